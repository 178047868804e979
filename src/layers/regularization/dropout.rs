//! Dropout.

use serde::{Deserialize, Serialize};

use super::noise::{Seed, check_noise_shape, check_rate, chosen, noise_shape_for};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// Leaves out random inputs while training, so that the network does not rely on single ones.
///
/// Keras: `keras.layers.Dropout`. What stays is scaled by `1 / (1 - rate)`; when predicting,
/// everything passes unchanged.
///
/// Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dropout::new(0.5).input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?, Tensor::ones((2, 4)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dropout {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    noise_shape: Option<Vec<Option<usize>>>,
    #[serde(default)]
    seed: Seed,
}

impl Dropout {
    /// Leaves out each input with probability `rate`.
    pub fn new(rate: f32) -> Self {
        Self {
            base: LayerBase::default(),
            rate,
            noise_shape: None,
            seed: Seed::default(),
        }
    }

    /// What is left out together: sizes with that of the batch first, 1 along axes where all is left
    /// out or nothing, `None` where each is drawn by itself. `[None, Some(1), None]` leaves out
    /// features at all steps of a sequence alike.
    #[must_use]
    pub fn noise_shape(mut self, noise_shape: impl Into<Vec<Option<usize>>>) -> Self {
        self.noise_shape = Some(noise_shape.into());
        self
    }

    /// Makes what is left out the same in every run; from the model's generator unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed::new(seed);
        self
    }
}

impl Layer for Dropout {
    layer_identity!("Dropout");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        check_rate("rate", self.rate)?;
        check_noise_shape(self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training || self.rate == 0.0 {
            return Ok(x.clone());
        }
        drop_out(x, self.rate, self.noise_shape.as_deref(), &self.seed, pass)
    }
}

/// Leaves out what the noise says.
pub(super) fn drop_out(
    x: &Tensor,
    rate: f32,
    noise_shape: Option<&[Option<usize>]>,
    seed: &Seed,
    pass: &mut Pass<'_>,
) -> Result<Tensor> {
    if noise_shape.is_none() {
        return seed.draw(pass.generator, |from| {
            ops::dropout(pass.tape, x, rate, from)
        });
    }
    let shape = noise_shape_for(noise_shape, x)?;
    let scale = if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 };
    let noise = seed.draw(pass.generator, |from| {
        chosen(&shape, rate, [0.0, scale], from)
    });
    ops::multiply(pass.tape, x, &noise)
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Dropout",
    what: "leaves out random inputs while training",
    example: || (Box::new(Dropout::new(0.5)), Shape::from(8)),
    from_config: Config::layer::<Dropout>,
};
