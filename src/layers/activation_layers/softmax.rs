//! Softmax.

use serde::{Deserialize, Serialize};

use crate::device::in_float32;
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// `exp(x) / sum(exp(x))` over one axis or several: positive numbers whose sum is 1.
///
/// Keras: `keras.layers.Softmax`. A mask of the input leaves steps out, when their axis is one of
/// those that the sum is over.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::Softmax;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Softmax::new().axis(1).input_shape((2, 3)))?;
/// assert_eq!(model.predict(&Tensor::ones((1, 2, 3)))?, Tensor::full((1, 2, 3), 0.5));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Softmax {
    #[serde(flatten)]
    base: LayerBase,
    axis: Axes,
}

impl Default for Softmax {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Axes::One(-1),
        }
    }
}

impl Softmax {
    /// Over the last axis, unless set otherwise.
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

impl Layer for Softmax {
    layer_identity!("Softmax");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.axis.of_samples(input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// What Keras puts in the place of numbers that do not count.
        const BLOCKED: f32 = -1e9;
        let axes = self.axis.of_samples(&x.shape().without_batch())?;
        let axes: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
        let Some(mask) = x.mask() else {
            return ops::softmax_over(pass.tape, x, &axes);
        };
        if mask.shape().broadcast(x.shape()).ok().as_ref() != Some(x.shape()) {
            return Err(Error::shape(format!(
                "a mask of shape {} does not broadcast to input of shape {}",
                mask.shape(),
                x.shape()
            ))
            .remedy("give it a mask of the input's shape, or one without the last axes"));
        }
        in_float32(|| {
            let counting = ops::where_(pass.tape, mask, x, &Tensor::scalar(BLOCKED))?;
            let y = ops::softmax_over(pass.tape, &counting, &axes)?;
            ops::where_(pass.tape, mask, &y, &Tensor::scalar(0.0))
        })
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Softmax",
    what: "makes numbers positive with sum 1",
    example: || (Box::new(Softmax::new()), Shape::from((4, 2))),
    from_config: Config::layer::<Softmax>,
};
