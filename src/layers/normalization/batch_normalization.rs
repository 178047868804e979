//! BatchNormalization.

use serde::{Deserialize, Serialize};

use super::renorm::{self, Correction, RenormClipping};
use super::{check_epsilon, require_axes};
use crate::axes::sample_axis;
use crate::device::in_float32;
use crate::initializers::Initializer;
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::ops::{self, BatchNormalizing, BatchStatistics};
use crate::{Config, DType, Error, Result, Setting, Shape, Tape, Tensor};

/// Keeps each channel near mean 0 and variance 1: while training by the statistics of the batch,
/// afterwards by their moving averages.
///
/// Keras: `keras.layers.BatchNormalization`. Steps that a mask leaves out do not count for the
/// statistics.
///
/// Ioffe and Szegedy, "Batch normalization", 2015; with [`renorm`](Self::renorm) Ioffe, "Batch
/// renormalization", 2017.
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
    moving_mean_initializer: Setting<Initializer>,
    moving_variance_initializer: Setting<Initializer>,
    renorm: bool,
    renorm_clipping: Option<RenormClipping>,
    renorm_momentum: f32,
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
            moving_mean_initializer: Initializer::Zeros.into(),
            moving_variance_initializer: Initializer::Ones.into(),
            renorm: false,
            renorm_clipping: None,
            renorm_momentum: 0.99,
        }
    }
}

impl BatchNormalization {
    /// With Keras's defaults: momentum 0.99, epsilon 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axis of the channels, counted from that of the batch, which is 0, or from the end; -1
    /// unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
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

    weight_setters!(beta);
    weight_setters!(gamma);

    /// How the moving mean starts; `"zeros"` unless set.
    #[must_use]
    pub fn moving_mean_initializer(mut self, initializer: impl Into<Setting<Initializer>>) -> Self {
        self.moving_mean_initializer = initializer.into();
        self
    }

    /// How the moving variance starts; `"ones"` unless set.
    #[must_use]
    pub fn moving_variance_initializer(
        mut self,
        initializer: impl Into<Setting<Initializer>>,
    ) -> Self {
        self.moving_variance_initializer = initializer.into();
        self
    }

    /// Whether batches are corrected towards the statistics of all batches while training, which
    /// helps where they are small; false unless set.
    #[must_use]
    pub fn renorm(mut self, renorm: bool) -> Self {
        self.renorm = renorm;
        self
    }

    /// How far `renorm` may correct; without limits unless set.
    #[must_use]
    pub fn renorm_clipping(mut self, renorm_clipping: RenormClipping) -> Self {
        self.renorm_clipping = Some(renorm_clipping);
        self
    }

    /// How much of the statistics by which `renorm` corrects each batch keeps; 0.99 unless set.
    #[must_use]
    pub fn renorm_momentum(mut self, renorm_momentum: f32) -> Self {
        self.renorm_momentum = renorm_momentum;
        self
    }

    /// `gamma` and `beta`, as they are to be applied after normalizing by the statistics of this
    /// batch, towards which the moving averages move.
    fn follow(
        &self,
        pass: &mut Pass<'_>,
        batch: [&Tensor; 2],
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (gamma, beta) = self.gamma_and_beta(pass)?;
        if self.renorm {
            let (scale, shift) = in_float32(|| {
                let clipping = self.renorm_clipping.unwrap_or_default();
                let correction = Correction::of(batch, self.epsilon, clipping, pass.weights)?;
                let momenta = [self.momentum, self.renorm_momentum];
                renorm::follow(batch, self.epsilon, momenta, pass.weights)?;
                correction.of_weights(gamma, beta, pass)
            })?;
            return Ok((Some(scale), Some(shift)));
        }
        let names = ["moving_mean", "moving_variance"];
        move_averages(names, batch, self.momentum, pass.weights)?;
        Ok((gamma, beta))
    }

    fn gamma_and_beta(&self, pass: &Pass<'_>) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gamma = self.scale.then(|| pass.weight("gamma")).transpose()?;
        let beta = self.center.then(|| pass.weight("beta")).transpose()?;
        Ok((gamma, beta))
    }

    /// Normalizes the last axis.
    fn normalize_last(&self, x: &Tensor, relu: bool, pass: &mut Pass<'_>) -> Result<Tensor> {
        let of_this_batch = uses_the_batch(pass);
        let (statistics, (gamma, beta)) = if of_this_batch {
            let statistics = ops::batch_statistics(x)?;
            let transform = self.follow(pass, [&statistics.mean, &statistics.variance])?;
            (statistics, transform)
        } else {
            let statistics = BatchStatistics {
                mean: pass.weights.get("moving_mean")?.value.clone(),
                variance: pass.weights.get("moving_variance")?.value.clone(),
            };
            (statistics, self.gamma_and_beta(pass)?)
        };
        let how = BatchNormalizing {
            epsilon: self.epsilon,
            of_this_batch,
            relu,
        };
        let weights = [gamma.as_ref(), beta.as_ref()];
        ops::normalize_batch(pass.tape, x, weights, &statistics, how)
    }

    /// Normalizes `axis` by the statistics of the steps that `mask` lets count.
    fn normalize_masked(
        &self,
        x: &Tensor,
        mask: &Tensor,
        axis: usize,
        pass: &mut Pass<'_>,
    ) -> Result<Tensor> {
        /// Keeps a batch that is masked altogether from being divided by 0, as in Keras.
        const EPSILON: f32 = 1e-7;
        if mask.ndim() + 1 != x.ndim() {
            return Err(Error::shape(format!(
                "expected a mask with one axis less than input of shape {}, got {}",
                x.shape(),
                mask.shape()
            ))
            .remedy("give the mask all axes of the input but the last, that of the channels"));
        }
        let others: Vec<isize> = (0..x.ndim() as isize)
            .filter(|i| *i != axis as isize)
            .collect();
        let mask = mask
            .astype(DType::Float32)
            .untracked()
            .reshape(mask.shape().with_appended(1))?;
        let off = &mut Tape::off();
        let mask = ops::broadcast_to(off, &mask, x.shape())?;
        let count = ops::sum(off, &mask, &others, true)?;
        let count = ops::add(off, &count, &Tensor::scalar(EPSILON))?;
        let share = ops::divide(off, &Tensor::scalar(1.0), &count)?;

        let tape = &mut *pass.tape;
        let zero = Tensor::scalar(0.0);
        let counting = ops::where_(tape, &mask, x, &zero)?;
        let sum = ops::sum(tape, &counting, &others, true)?;
        let mean = ops::multiply(tape, &sum, &share)?;
        let distance = ops::subtract(tape, x, &mean)?;
        let counting = ops::where_(tape, &mask, &distance, &zero)?;
        let squares = ops::square(tape, &counting)?;
        let sum = ops::sum(tape, &squares, &others, true)?;
        let variance = ops::multiply(tape, &sum, &share)?;
        let channels = x.shape()[axis];
        let batch = [mean.reshape(channels)?, variance.reshape(channels)?];
        let (gamma, beta) = self.follow(pass, [&batch[0], &batch[1]])?;

        let shifted = ops::add(pass.tape, &variance, &Tensor::scalar(self.epsilon))?;
        let mut factor = ops::rsqrt(pass.tape, &shifted)?;
        if let Some(gamma) = gamma {
            let gamma = gamma.reshape(factor.shape())?;
            factor = ops::multiply(pass.tape, &factor, &gamma)?;
        }
        let mut y = ops::multiply(pass.tape, &distance, &factor)?;
        if let Some(beta) = beta {
            let beta = beta.reshape(factor.shape())?;
            y = ops::add(pass.tape, &y, &beta)?;
        }
        Ok(y)
    }
}

/// Moves the weights of these names, two moving averages, towards a batch.
pub(super) fn move_averages(
    names: [&str; 2],
    batch: [&Tensor; 2],
    momentum: f32,
    weights: &mut Weights,
) -> Result<()> {
    let averages = [&weights.get(names[0])?.value, &weights.get(names[1])?.value];
    let [first, second] = ops::moved_towards(averages, batch, momentum)?;
    weights.set(names[0], first)?;
    weights.set(names[1], second)
}

/// Whether the statistics are those of the batch. A frozen layer uses its moving averages even while
/// the model trains, as in Keras.
fn uses_the_batch(pass: &Pass<'_>) -> bool {
    pass.training && !pass.weights.is_frozen()
}

impl Layer for BatchNormalization {
    layer_identity!("BatchNormalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_axes(input)?;
        sample_axis("axis", self.axis, input)?;
        check_epsilon(self.epsilon)?;
        for (name, momentum) in [
            ("momentum", self.momentum),
            ("renorm_momentum", self.renorm_momentum),
        ] {
            if !(0.0..=1.0).contains(&momentum) {
                return Err(Error::argument(name, "a number from 0 to 1", momentum));
            }
        }
        if let Some(clipping) = self.renorm_clipping {
            clipping.check()?;
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let channels = input[sample_axis("axis", self.axis, input)? - 1];
        if self.scale {
            weights.add_configured("gamma", channels, &self.gamma)?;
        }
        if self.center {
            weights.add_configured("beta", channels, &self.beta)?;
        }
        weights.add_moving("moving_mean", channels, &self.moving_mean_initializer)?;
        weights.add_moving(
            "moving_variance",
            channels,
            &self.moving_variance_initializer,
        )?;
        if self.renorm {
            renorm::build(channels, weights)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let axis = sample_axis("axis", self.axis, &x.shape().without_batch())?;
        if let (Some(mask), true) = (x.mask(), uses_the_batch(pass)) {
            return in_float32(|| self.normalize_masked(x, mask, axis, pass));
        }
        let last = x.ndim() - 1;
        if axis == last {
            return self.normalize_last(x, false, pass);
        }
        let mut order: Vec<usize> = (0..x.ndim()).collect();
        order.swap(axis, last);
        let moved = ops::transpose(pass.tape, x, &order)?;
        let y = self.normalize_last(&moved, false, pass)?;
        ops::transpose(pass.tape, &y, &order)
    }

    fn call_with_next(
        &self,
        next: &dyn Layer,
        x: &Tensor,
        pass: &mut Pass<'_>,
    ) -> Result<Option<Tensor>> {
        let axis = sample_axis("axis", self.axis, &x.shape().without_batch())?;
        if !next.is_relu() || x.mask().is_some() || axis != x.ndim() - 1 {
            return Ok(None);
        }
        self.normalize_last(x, true, pass).map(Some)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "BatchNormalization",
    what: "keeps channels near mean 0 and variance 1",
    example: || (Box::new(BatchNormalization::new()), Shape::from((4, 3))),
    from_config: Config::layer::<BatchNormalization>,
};
