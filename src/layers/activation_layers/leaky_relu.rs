//! LeakyReLU.

use serde::{Deserialize, Serialize};

use super::require_not_negative;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// `x` where positive, `negative_slope * x` elsewhere.
///
/// Keras: `keras.layers.LeakyReLU`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::LeakyReLU;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(LeakyReLU::new().negative_slope(0.5).input_shape(2))?;
/// let x = Tensor::from_vec(vec![-4.0, 5.0], (1, 2))?;
/// assert_eq!(model.predict(&x)?.to_vec::<f32>(), [-2.0, 5.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct LeakyReLU {
    #[serde(flatten)]
    base: LayerBase,
    negative_slope: f32,
}

impl Default for LeakyReLU {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            negative_slope: 0.3,
        }
    }
}

impl LeakyReLU {
    /// With Keras's default: a negative slope of 0.3.
    pub fn new() -> Self {
        Self::default()
    }

    /// The slope of negative numbers; 0.3 unless set.
    #[must_use]
    pub fn negative_slope(mut self, negative_slope: f32) -> Self {
        self.negative_slope = negative_slope;
        self
    }
}

impl Layer for LeakyReLU {
    layer_identity!("LeakyReLU");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_not_negative("negative_slope", self.negative_slope)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let slope = self.negative_slope;
        ops::elementwise(
            pass.tape,
            x,
            ops::Each::with("leaky_relu_layer", [slope]),
            move |x| if x < 0.0 { slope * x } else { x },
            move |x, _| if x < 0.0 { slope } else { 1.0 },
        )
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "LeakyReLU",
    what: "keeps positive numbers, makes others small",
    example: || (Box::new(LeakyReLU::new()), Shape::from((4, 2))),
    from_config: Config::layer::<LeakyReLU>,
};
