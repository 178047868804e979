//! UnitNormalization.

use serde::{Deserialize, Serialize};

use super::signed;
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// Brings each sample to length 1: the squares of its numbers along some axes have the sum 1.
///
/// Keras: `keras.layers.UnitNormalization`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::UnitNormalization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(UnitNormalization::new().input_shape(2))?;
/// let y = model.predict(&Tensor::from_vec(vec![3.0, 4.0], (1, 2))?)?;
/// assert!((y.item(0)? - 0.6).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitNormalization {
    #[serde(flatten)]
    base: LayerBase,
    axis: Axes,
}

impl Default for UnitNormalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Axes::One(-1),
        }
    }
}

impl UnitNormalization {
    /// Along the last axis, unless set otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axis or axes, counted from that of the batch, which is 0, or from the end; -1 unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }
}

impl Layer for UnitNormalization {
    layer_identity!("UnitNormalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.axis.of_samples(input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// The smallest length, as in Keras.
        const EPSILON: f32 = 1e-12;
        let axes = signed(&self.axis.of_samples(&x.shape().without_batch())?);
        ops::normalize(pass.tape, x, &axes, EPSILON)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "UnitNormalization",
    what: "brings each sample to length 1",
    example: || (Box::new(UnitNormalization::new()), Shape::from((4, 3))),
    from_config: Config::layer::<UnitNormalization>,
};
