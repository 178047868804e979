//! AlphaDropout.

use serde::{Deserialize, Serialize};

use super::noise::{Seed, check_noise_shape, check_rate, chosen, noise_shape_for};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// Dropout for networks with `selu`: what is left out becomes the value at which that saturates, and
/// mean and variance stay as they are.
///
/// Keras: `keras.layers.AlphaDropout`.
///
/// Klambauer et al., "Self-normalizing neural networks", 2017.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::AlphaDropout;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(AlphaDropout::new(0.1).input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?, Tensor::ones((2, 4)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlphaDropout {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    noise_shape: Option<Vec<Option<usize>>>,
    #[serde(default)]
    seed: Seed,
}

impl AlphaDropout {
    /// Leaves out each input with probability `rate`.
    pub fn new(rate: f32) -> Self {
        Self {
            base: LayerBase::default(),
            rate,
            noise_shape: None,
            seed: Seed::default(),
        }
    }

    /// What is left out together, as in [`Dropout::noise_shape`](super::Dropout::noise_shape).
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

impl Layer for AlphaDropout {
    layer_identity!("AlphaDropout");

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
        check_noise_shape(self.noise_shape.as_deref(), input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// Where `selu` saturates.
        const SATURATION: f32 = -1.758_099_3;
        if !pass.training || self.rate == 0.0 {
            return Ok(x.clone());
        }
        let rate = self.rate;
        let spread = (1.0 - rate) * (1.0 + rate * SATURATION * SATURATION);
        let scale = 1.0 / spread.sqrt();
        let shift = -scale * SATURATION * rate;
        let shape = noise_shape_for(self.noise_shape.as_deref(), x)?;
        let kept = self.seed.draw(pass.generator, |from| {
            chosen(&shape, rate, [0.0, 1.0], from)
        });
        // What stays is scaled and shifted, what is left out is the saturation, scaled and shifted.
        let factor = kept.map(|kept| scale * kept);
        let addend = kept.map(|kept| scale * SATURATION * (1.0 - kept) + shift);
        let y = ops::multiply(pass.tape, x, &factor)?;
        ops::add(pass.tape, &y, &addend)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "AlphaDropout",
    what: "leaves out random inputs of self-normalizing networks",
    example: || (Box::new(AlphaDropout::new(0.1)), Shape::from(8)),
    from_config: Config::layer::<AlphaDropout>,
};
