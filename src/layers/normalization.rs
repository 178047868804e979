//! BatchNormalization.

use serde::{Deserialize, Serialize};

use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::ops::{self, BatchStatistics};
use crate::{Config, Error, Result, Shape, Tensor};

/// Keeps each channel near mean 0 and variance 1: while training by the statistics of the batch,
/// afterwards by their moving averages.
///
/// Keras: `keras.layers.BatchNormalization` (on the last axis).
///
/// Ioffe and Szegedy, "Batch normalization", 2015.
///
/// # Shapes
/// `(batch, .., channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(BatchNormalization::new().input_shape(3))?;
/// assert_eq!(model.count_params()?, 12);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchNormalization {
    #[serde(flatten)]
    base: LayerBase,
    axis: isize,
    momentum: f32,
    epsilon: f32,
    center: bool,
    scale: bool,
    #[serde(flatten, deserialize_with = "weight_settings::beta")]
    beta: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::gamma")]
    gamma: WeightSettings,
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: -1,
            momentum: 0.99,
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta: WeightSettings::beta(),
            gamma: WeightSettings::gamma(),
        }
    }
}

impl BatchNormalization {
    /// With Keras's defaults: momentum 0.99, epsilon 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the old moving average each batch keeps; 0.99 unless set.
    #[must_use]
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
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

    weight_setters!(
        beta,
        beta_initializer,
        beta_regularizer,
        beta_constraint,
        "zeros"
    );
    weight_setters!(
        gamma,
        gamma_initializer,
        gamma_regularizer,
        gamma_constraint,
        "ones"
    );

    /// Moves a moving average towards the value of this batch.
    fn follow(&self, pass: &mut Pass<'_>, name: &str, batch: &[f32]) -> Result<()> {
        let mut moving = pass.weights.get(name)?.value.to_vec::<f32>();
        for (moving, batch) in moving.iter_mut().zip(batch) {
            *moving = *moving * self.momentum + batch * (1.0 - self.momentum);
        }
        pass.weights
            .set(name, Tensor::from_vec(moving, batch.len())?)
    }
}

impl Layer for BatchNormalization {
    layer_identity!("BatchNormalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() == 0 {
            return Err(Error::shape(
                "expected samples with at least one axis, got single numbers",
            )
            .remedy("reshape the data to (samples, 1)"));
        }
        if self.axis != -1 && self.axis != input.rank() as isize {
            return Err(Error::argument("axis", "-1, the last axis", self.axis));
        }
        if self.epsilon.is_nan() || self.epsilon <= 0.0 {
            return Err(Error::argument(
                "epsilon",
                "a positive number",
                self.epsilon,
            ));
        }
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Error::argument(
                "momentum",
                "a number from 0 to 1",
                self.momentum,
            ));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let channels = input.last();
        if self.scale {
            weights.add_configured("gamma", channels, &self.gamma)?;
        }
        if self.center {
            weights.add_configured("beta", channels, &self.beta)?;
        }
        weights.add_non_trainable("moving_mean", channels, 0.0);
        weights.add_non_trainable("moving_variance", channels, 1.0);
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let gamma = self.scale.then(|| pass.weight("gamma")).transpose()?;
        let beta = self.center.then(|| pass.weight("beta")).transpose()?;
        // A frozen layer uses its moving averages even while the model trains, as in Keras.
        let of_this_batch = pass.training && !pass.weights.is_frozen();
        let statistics = if of_this_batch {
            let statistics = ops::batch_statistics(x)?;
            self.follow(pass, "moving_mean", &statistics.mean)?;
            self.follow(pass, "moving_variance", &statistics.variance)?;
            statistics
        } else {
            BatchStatistics {
                mean: pass.weights.get("moving_mean")?.value.to_vec(),
                variance: pass.weights.get("moving_variance")?.value.to_vec(),
            }
        };
        ops::batch_normalization(
            pass.tape,
            x,
            gamma.as_ref(),
            beta.as_ref(),
            &statistics,
            self.epsilon,
            of_this_batch,
        )
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "BatchNormalization",
    what: "keeps channels near mean 0 and variance 1",
    example: || (Box::new(BatchNormalization::new()), Shape::from((4, 3))),
    from_config: Config::layer::<BatchNormalization>,
}];
