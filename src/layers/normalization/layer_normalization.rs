//! LayerNormalization.

use serde::{Deserialize, Serialize};

use super::{check_epsilon, require_axes, signed};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::ops::{self, RowStatistics};
use crate::{Config, Result, Shape, Tensor};

/// Brings the numbers of each sample along some axes to mean 0 and variance 1.
///
/// Keras: `keras.layers.LayerNormalization`.
///
/// Ba, Kiros and Hinton, "Layer normalization", 2016.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::LayerNormalization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(LayerNormalization::new().input_shape((5, 3)))?;
/// assert_eq!(model.count_params()?, 6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerNormalization {
    #[serde(flatten)]
    base: LayerBase,
    axis: Axes,
    epsilon: f32,
    center: bool,
    scale: bool,
    rms_scaling: bool,
    #[serde(flatten, deserialize_with = "weight_settings::beta")]
    beta: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::gamma")]
    gamma: WeightSettings,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Axes::One(-1),
            epsilon: 1e-3,
            center: true,
            scale: true,
            rms_scaling: false,
            beta: WeightSettings::beta(),
            gamma: WeightSettings::gamma(),
        }
    }
}

impl LayerNormalization {
    /// With Keras's defaults: the last axis, epsilon 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axis or axes, counted from that of the batch, which is 0, or from the end; -1 unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    /// What is added to the variance before its root is taken; 0.001 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether a learned `beta` is added; true unless set.
    #[must_use]
    pub fn center(mut self, center: bool) -> Self {
        self.center = center;
        self
    }

    /// Whether the result is multiplied by a learned `gamma`; true unless set.
    #[must_use]
    pub fn scale(mut self, scale: bool) -> Self {
        self.scale = scale;
        self
    }

    /// Whether the mean stays in, and no `beta` is added; false unless set. Keras advises against
    /// it: `RMSNormalization` divides by the root of the mean square, this by that of the variance.
    #[must_use]
    pub fn rms_scaling(mut self, rms_scaling: bool) -> Self {
        self.rms_scaling = rms_scaling;
        self
    }

    weight_setters!(beta);
    weight_setters!(gamma);

    fn has_gamma(&self) -> bool {
        self.scale || self.rms_scaling
    }

    fn has_beta(&self) -> bool {
        self.center && !self.rms_scaling
    }
}

impl Layer for LayerNormalization {
    layer_identity!("LayerNormalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_axes(input)?;
        self.axis.of_samples(input)?;
        check_epsilon(self.epsilon)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let axes = self.axis.of_samples(input)?;
        let shape: Vec<usize> = axes.iter().map(|&axis| input[axis - 1]).collect();
        if self.has_gamma() {
            weights.add_configured("gamma", shape.as_slice(), &self.gamma)?;
        }
        if self.has_beta() {
            weights.add_configured("beta", shape.as_slice(), &self.beta)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let axes = signed(&self.axis.of_samples(&x.shape().without_batch())?);
        let gamma = self.has_gamma().then(|| pass.weight("gamma")).transpose()?;
        let beta = self.has_beta().then(|| pass.weight("beta")).transpose()?;
        let statistics = match self.rms_scaling {
            true => RowStatistics::Variance,
            false => RowStatistics::MeanAndVariance,
        };
        let weights = (gamma.as_ref(), beta.as_ref());
        ops::normalize_over(pass.tape, x, &axes, statistics, self.epsilon, weights)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "LayerNormalization",
    what: "brings each sample to mean 0 and variance 1",
    example: || (Box::new(LayerNormalization::new()), Shape::from((4, 3))),
    from_config: Config::layer::<LayerNormalization>,
};
