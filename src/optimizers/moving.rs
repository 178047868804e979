//! One stretch of one weight through one step: clip, decay, update, average.

use super::{Optimizer, OptimizerBase, Step, Stretch, WeightInfo};
use crate::ops::vectorized;

/// A stretch of a weight with all that the step needs of it.
pub(super) struct Moving<'a> {
    pub(super) weight: &'a mut [f32],
    pub(super) gradient: &'a mut [f32],
    /// One slice for each slot of the optimizer.
    pub(super) slots: Vec<&'a mut [f32]>,
    /// The moving average of the weight, where one is kept.
    pub(super) average: Option<&'a mut [f32]>,
    pub(super) info: WeightInfo<'a>,
    /// What the gradient is multiplied with before it is used.
    pub(super) factor: f32,
    /// What share is taken from the weight, times the learning rate.
    pub(super) decay: f32,
}

/// What all stretches of a step have in common.
#[derive(Clone, Copy)]
pub(super) struct Motion<'a> {
    pub(super) optimizer: &'a dyn Optimizer,
    pub(super) base: &'a OptimizerBase,
    /// None while gradients are only gathered.
    pub(super) step: Option<Step>,
    /// How slowly averages follow in this step.
    pub(super) average_momentum: f32,
    /// Whether weights are set to their averages.
    pub(super) overwrite: bool,
}

/// How many numbers go through all parts of a step before the next: they stay in the nearest cache,
/// so that memory is read and written once.
const BLOCK: usize = 1 << 12;

impl Moving<'_> {
    pub(super) fn go(mut self, motion: Motion<'_>) {
        let decay = motion
            .step
            .map_or(0.0, |step| self.decay * step.learning_rate);
        let limit = motion.base.clipvalue.filter(|limit| *limit > 0.0);
        let plain = self.factor == 1.0 && limit.is_none() && decay == 0.0 && self.average.is_none();
        if let Some(step) = motion.step
            && plain
        {
            let stretch = Stretch {
                weight: self.weight,
                gradient: self.gradient,
                slots: &mut self.slots,
                info: self.info,
            };
            motion.optimizer.update(step, stretch);
            return;
        }
        let length = self.weight.len();
        let block = if motion.optimizer.takes_whole_weights() {
            length
        } else {
            BLOCK
        };
        let mut start = 0;
        while start < length {
            let range = start..length.min(start + block);
            start = range.end;
            let weight = &mut self.weight[range.clone()];
            let gradient = &mut self.gradient[range.clone()];
            if let Some(step) = motion.step {
                if self.factor != 1.0 {
                    scale(gradient, self.factor);
                }
                if let Some(limit) = limit {
                    clip(gradient, limit);
                }
                if decay != 0.0 {
                    scale(weight, 1.0 - decay);
                }
                let slots = self.slots.iter_mut();
                let mut slots: Vec<&mut [f32]> =
                    slots.map(|slot| &mut slot[range.clone()]).collect();
                let stretch = Stretch {
                    weight,
                    gradient,
                    slots: &mut slots,
                    info: self.info,
                };
                motion.optimizer.update(step, stretch);
            }
            if let Some(average) = &mut self.average {
                let weight = &mut self.weight[range.clone()];
                follow(&mut average[range], weight, motion.average_momentum);
                if motion.overwrite {
                    weight.copy_from_slice(&average[start - weight.len()..start]);
                }
            }
        }
    }
}

fn scale(values: &mut [f32], factor: f32) {
    vectorized(
        #[inline(always)]
        || values.iter_mut().for_each(|v| *v *= factor),
    );
}

fn clip(values: &mut [f32], limit: f32) {
    vectorized(
        #[inline(always)]
        || {
            for v in values.iter_mut() {
                let below = if *v > limit { limit } else { *v };
                *v = if below < -limit { -limit } else { below };
            }
        },
    );
}

fn follow(average: &mut [f32], weight: &[f32], momentum: f32) {
    vectorized(
        #[inline(always)]
        || {
            for (average, w) in average.iter_mut().zip(weight) {
                *average = momentum * *average + (1.0 - momentum) * w;
            }
        },
    );
}
