//! ELU.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// `x` where positive, `alpha * (exp(x) - 1)` elsewhere.
///
/// Keras: `keras.layers.ELU`.
///
/// Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
/// linear units", 2016.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::ELU;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(ELU::new().alpha(2.0).input_shape(2))?;
/// let x = Tensor::from_vec(vec![-100.0, 5.0], (1, 2))?;
/// assert_eq!(model.predict(&x)?.to_vec::<f32>(), [-2.0, 5.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ELU {
    #[serde(flatten)]
    base: LayerBase,
    alpha: f32,
}

impl Default for ELU {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            alpha: 1.0,
        }
    }
}

impl ELU {
    /// With Keras's default: an `alpha` of 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far down it goes; 1 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }
}

impl Layer for ELU {
    layer_identity!("ELU");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if !self.alpha.is_finite() {
            return Err(Error::argument("alpha", "a finite number", self.alpha));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let alpha = self.alpha;
        ops::elementwise(
            pass.tape,
            x,
            ops::Each::with("elu_layer", [alpha]),
            move |x| if x < 0.0 { alpha * ops::exp_m1(x) } else { x },
            move |x, y| if x < 0.0 { y + alpha } else { 1.0 },
        )
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "ELU",
    what: "keeps positive numbers, lets others saturate",
    example: || (Box::new(ELU::new()), Shape::from((4, 2))),
    from_config: Config::layer::<ELU>,
};
