//! LAMB.

use serde::{Deserialize, Serialize};

use super::gpu::{self, Whole};
use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_moments, moment_setters,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, settled_square, vectorized};

/// Adam with steps as large as each weight's norm allows; for large batches.
///
/// Keras: `keras.optimizers.Lamb`.
///
/// You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2019.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Lamb::new().learning_rate(3e-4);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lamb {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
}

impl Default for Lamb {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("lamb", 1e-3),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
        }
    }
}

impl Lamb {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!();

    /// What is left to 1 of what the moments have seen.
    fn left(&self, step: Step) -> [f32; 2] {
        let left = |beta: f32| (1.0 - f64::from(beta).powf(step.iteration as f64)) as f32;
        [left(self.beta_1), left(self.beta_2)]
    }
}

impl Optimizer for Lamb {
    optimizer_identity!("Lamb");

    fn check_arguments(&self) -> Result<()> {
        check_moments(self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0), ("velocity", 0.0)]
    }

    fn takes_whole_weights(&self) -> bool {
        true
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let rule = gpu::Lamb {
            parts: [1.0 - self.beta_1, 1.0 - self.beta_2],
            left: self.left(step),
            epsilon: self.epsilon,
        };
        Some(Whole::Lamb(rule).into())
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [m, v] = slots else { return };
        let (part_1, part_2) = (1.0 - self.beta_1, 1.0 - self.beta_2);
        let ([left_1, left_2], epsilon) = (self.left(step), self.epsilon);
        let change = |m: f32, v: f32| (m / left_1) / ((v / left_2).sqrt() + epsilon);
        let (mut of_weight, mut of_change) = (0.0f64, 0.0f64);
        vectorized(
            #[inline(always)]
            || {
                let moments = m.iter_mut().zip(v.iter_mut());
                for ((w, g), (m, v)) in weight.iter().zip(gradient).zip(moments) {
                    *m = settled(*m + (g - *m) * part_1);
                    *v = settled(*v + (settled_square(*g) - *v) * part_2);
                    of_weight += f64::from(*w).powi(2);
                    of_change += f64::from(change(*m, *v)).powi(2);
                }
            },
        );
        let ratio = if of_weight > 0.0 && of_change > 0.0 {
            (of_weight / of_change).sqrt() as f32
        } else {
            1.0
        };
        let rate = ratio * step.learning_rate;
        vectorized(
            #[inline(always)]
            || {
                let moments = m.iter().zip(v.iter());
                for (w, (m, v)) in weight.iter_mut().zip(moments) {
                    *w -= rate * change(*m, *v);
                }
            },
        );
    }
}
