//! RMSNormalization.

use serde::{Deserialize, Serialize};

use super::{check_epsilon, signed};
use crate::initializers::Initializer;
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// Brings the mean of the squares of each sample along some axes to 1; the mean stays.
///
/// Keras: `keras.layers.RMSNormalization`.
///
/// Zhang and Sennrich, "Root mean square layer normalization", 2019.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::RMSNormalization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RMSNormalization::new().input_shape((5, 3)))?;
/// assert_eq!(model.count_params()?, 3);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RMSNormalization {
    #[serde(flatten)]
    base: LayerBase,
    axis: Axes,
    epsilon: f32,
}

impl Default for RMSNormalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Axes::One(-1),
            epsilon: 1e-6,
        }
    }
}

impl RMSNormalization {
    /// With Keras's defaults: the last axis, epsilon 0.000001.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axis or axes, counted from that of the batch, which is 0, or from the end; -1 unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    /// What is added to the mean square before its root is taken; 0.000001 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Layer for RMSNormalization {
    layer_identity!("RMSNormalization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.axis.of_samples(input)?;
        check_epsilon(self.epsilon)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let axes = self.axis.of_samples(input)?;
        let shape: Vec<usize> = axes.iter().map(|&axis| input[axis - 1]).collect();
        weights.add("scale", shape, &Initializer::Ones.into())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let axes = signed(&self.axis.of_samples(&x.shape().without_batch())?);
        let scale = pass.weight("scale")?;
        ops::rms_normalization(pass.tape, x, Some(&scale), &axes, self.epsilon)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "RMSNormalization",
    what: "brings each sample to a mean square of 1",
    example: || (Box::new(RMSNormalization::new()), Shape::from((4, 3))),
    from_config: Config::layer::<RMSNormalization>,
};
