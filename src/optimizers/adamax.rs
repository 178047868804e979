//! Adamax.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_moments, moment_setters,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, vectorized};

/// Adam with the largest gradient so far in the place of the mean square.
///
/// Keras: `keras.optimizers.Adamax`.
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", section 7, 2014.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Adamax::new().learning_rate(3e-4);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adamax {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
}

impl Default for Adamax {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("adamax", 1e-3),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
        }
    }
}

impl Adamax {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!();
}

impl Adamax {
    /// The learning rate, corrected for an average that began at 0.
    fn corrected_rate(&self, step: Step) -> f32 {
        let correction = 1.0 - f64::from(self.beta_1).powf(step.iteration as f64);
        (f64::from(step.learning_rate) / correction) as f32
    }
}

impl Optimizer for Adamax {
    optimizer_identity!("Adamax");

    fn check_arguments(&self) -> Result<()> {
        check_moments(self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0), ("norm", 0.0)]
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let part = 1.0 - self.beta_1;
        let numbers = [self.corrected_rate(step), part, self.beta_2, self.epsilon];
        Rule::new("adamax", numbers)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [m, largest] = slots else { return };
        let (part, beta_2, epsilon) = (1.0 - self.beta_1, self.beta_2, self.epsilon);
        let rate = self.corrected_rate(step);
        vectorized(
            #[inline(always)]
            || {
                let moments = m.iter_mut().zip(largest.iter_mut());
                for ((w, g), (m, largest)) in weight.iter_mut().zip(gradient).zip(moments) {
                    *m = settled(*m + (g - *m) * part);
                    let kept = settled(beta_2 * *largest);
                    *largest = if g.abs() > kept { g.abs() } else { kept };
                    *w -= rate * *m / (*largest + epsilon);
                }
            },
        );
    }
}
