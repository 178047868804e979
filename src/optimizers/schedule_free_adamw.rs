//! Schedule-free AdamW.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_moments, moment_setters,
    optimizer_identity,
};
use crate::ops::{settled, settled_square, vectorized};
use crate::{Error, Result};

/// Adam whose steps need no schedule: gradients move one copy of the weights, the mean of all its
/// places so far is another, and the model's weights, where gradients are taken, lie between the two.
///
/// Keras: `keras.optimizers.ScheduleFreeAdamW`.
///
/// Defazio et al., "The road less scheduled", 2024.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = ScheduleFreeAdamW::new().warmup_steps(100);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScheduleFreeAdamW {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    warmup_steps: u64,
}

impl Default for ScheduleFreeAdamW {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("schedule_free_adam_w", 0.0025),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            warmup_steps: 0,
        }
    }
}

impl ScheduleFreeAdamW {
    /// With Keras's defaults: learning rate 0.0025, epsilon 1e-8.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!();

    /// In how many steps the learning rate rises to its size; 0 unless set.
    #[must_use]
    pub fn warmup_steps(mut self, warmup_steps: u64) -> Self {
        self.warmup_steps = warmup_steps;
        self
    }
}

impl ScheduleFreeAdamW {
    /// The learning rate while it warms up, what is left of the square, and what this step counts.
    fn corrections(&self, step: Step) -> [f32; 3] {
        let steps = step.iteration as f64;
        let warm = match self.warmup_steps {
            0 => 1.0,
            warmup => (steps / warmup as f64).min(1.0),
        };
        [
            (f64::from(step.learning_rate) * warm) as f32,
            (1.0 - f64::from(self.beta_2).powf(steps)) as f32,
            (1.0 / steps) as f32,
        ]
    }
}

impl Optimizer for ScheduleFreeAdamW {
    optimizer_identity!("ScheduleFreeAdamW");

    fn check_arguments(&self) -> Result<()> {
        if self.beta_1 == 0.0 {
            // The mean could not be told from weights that have no part of it.
            return Err(Error::argument("beta_1", "a number above 0, below 1", 0));
        }
        check_moments(self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0), ("velocity", 0.0)]
    }

    fn copies_weight(&self, slot: &str) -> bool {
        slot == "momentum"
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let [rate, left, share] = self.corrections(step);
        let (beta_1, part_2) = (self.beta_1, 1.0 - self.beta_2);
        let numbers = [rate, beta_1, part_2, self.epsilon, left, share];
        Rule::new("schedule_free_adamw", numbers)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [moved, v] = slots else { return };
        let [rate, left, share] = self.corrections(step);
        let (beta_1, part_2, epsilon) = (self.beta_1, 1.0 - self.beta_2, self.epsilon);
        vectorized(
            #[inline(always)]
            || {
                let copies = moved.iter_mut().zip(v.iter_mut());
                for ((w, g), (moved, v)) in weight.iter_mut().zip(gradient).zip(copies) {
                    let mean = (*w - (1.0 - beta_1) * *moved) / beta_1;
                    *v = settled(*v + (settled_square(*g) - *v) * part_2);
                    *moved -= rate * g / ((*v / left).sqrt() + epsilon);
                    let mean = (1.0 - share) * mean + share * *moved;
                    *w = (1.0 - beta_1) * *moved + beta_1 * mean;
                }
            },
        );
    }
}
