//! GaussianNoise, GaussianDropout.

use serde::{Deserialize, Serialize};

use super::noise::{Seed, check_rate, normal};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// Adds normal noise while training.
///
/// Keras: `keras.layers.GaussianNoise`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::GaussianNoise;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(GaussianNoise::new(0.1).input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?, Tensor::ones((2, 4)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GaussianNoise {
    #[serde(flatten)]
    base: LayerBase,
    stddev: f32,
    #[serde(default)]
    seed: Seed,
}

impl GaussianNoise {
    /// Noise with standard deviation `stddev`, from 0 to 1.
    pub fn new(stddev: f32) -> Self {
        Self {
            base: LayerBase::default(),
            stddev,
            seed: Seed::default(),
        }
    }

    /// Makes the noise the same in every run; from the model's generator unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed::new(seed);
        self
    }
}

impl Layer for GaussianNoise {
    layer_identity!("GaussianNoise");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_rate("stddev", self.stddev)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training || self.stddev == 0.0 {
            return Ok(x.clone());
        }
        let draw = |from: &mut _| normal(x.shape(), 0.0, self.stddev, from);
        let noise = self.seed.draw(pass.generator, draw);
        ops::add(pass.tape, x, &noise)
    }
}

/// Multiplies by normal noise around 1 while training.
///
/// Keras: `keras.layers.GaussianDropout`.
///
/// Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::GaussianDropout;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(GaussianDropout::new(0.1).input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?, Tensor::ones((2, 4)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GaussianDropout {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    seed: Seed,
}

impl GaussianDropout {
    /// Noise with standard deviation `sqrt(rate / (1 - rate))`, that of dropout.
    pub fn new(rate: f32) -> Self {
        Self {
            base: LayerBase::default(),
            rate,
            seed: Seed::default(),
        }
    }

    /// Makes the noise the same in every run; from the model's generator unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed::new(seed);
        self
    }
}

impl Layer for GaussianDropout {
    layer_identity!("GaussianDropout");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_rate("rate", self.rate)?;
        if self.rate == 1.0 {
            return Err(crate::Error::argument(
                "rate",
                "a number below 1",
                self.rate,
            ));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training || self.rate == 0.0 {
            return Ok(x.clone());
        }
        let stddev = (self.rate / (1.0 - self.rate)).sqrt();
        let noise = self
            .seed
            .draw(pass.generator, |from| normal(x.shape(), 1.0, stddev, from));
        ops::multiply(pass.tape, x, &noise)
    }
}

pub(super) const NOISE: LayerEntry = LayerEntry {
    class_name: "GaussianNoise",
    what: "adds normal noise while training",
    example: || (Box::new(GaussianNoise::new(0.2)), Shape::from(8)),
    from_config: Config::layer::<GaussianNoise>,
};

pub(super) const DROPOUT: LayerEntry = LayerEntry {
    class_name: "GaussianDropout",
    what: "multiplies by normal noise while training",
    example: || (Box::new(GaussianDropout::new(0.1)), Shape::from(8)),
    from_config: Config::layer::<GaussianDropout>,
};
