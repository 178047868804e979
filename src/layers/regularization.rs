//! Dropout.

use serde::{Deserialize, Serialize};

use super::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// Leaves out random inputs while training, so that the network does not rely on single ones.
///
/// Keras: `keras.layers.Dropout`. What stays is scaled by `1 / (1 - rate)`; when predicting,
/// everything passes unchanged.
///
/// Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.
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
}

impl Dropout {
    /// Leaves out each input with probability `rate`.
    pub fn new(rate: f32) -> Self {
        Self {
            base: LayerBase::default(),
            rate,
        }
    }
}

impl Layer for Dropout {
    layer_identity!("Dropout");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if !(0.0..=1.0).contains(&self.rate) {
            return Err(Error::argument("rate", "a number from 0 to 1", self.rate));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if pass.training && self.rate > 0.0 {
            ops::dropout(pass.tape, x, self.rate, pass.generator)
        } else {
            Ok(x.clone())
        }
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Dropout",
    what: "leaves out random inputs while training",
    example: || (Box::new(Dropout::new(0.5)), Shape::from(8)),
    from_config: Config::layer::<Dropout>,
}];
