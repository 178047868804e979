//! Lion.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_beta, optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, vectorized};

/// Steps of the same size for all weights, in the direction of the gradient and its mean.
///
/// Keras: `keras.optimizers.Lion`.
///
/// Chen et al., "Symbolic discovery of optimization algorithms", 2023.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Lion::new().learning_rate(3e-4);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lion {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_1: f32,
    beta_2: f32,
}

impl Default for Lion {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("lion", 1e-3),
            beta_1: 0.9,
            beta_2: 0.99,
        }
    }
}

impl Lion {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the mean is in the direction of a step; 0.9 unless set.
    #[must_use]
    pub fn beta_1(mut self, beta_1: f32) -> Self {
        self.beta_1 = beta_1;
        self
    }

    /// How slowly the mean follows; 0.99 unless set.
    #[must_use]
    pub fn beta_2(mut self, beta_2: f32) -> Self {
        self.beta_2 = beta_2;
        self
    }
}

impl Optimizer for Lion {
    optimizer_identity!("Lion");

    fn check_arguments(&self) -> Result<()> {
        check_beta("beta_1", self.beta_1)?;
        check_beta("beta_2", self.beta_2)?;
        Ok(())
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0)]
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        Rule::new("lion", [step.learning_rate, self.beta_1, self.beta_2])
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [m, ..] = slots else { return };
        let (rate, beta_1, beta_2) = (step.learning_rate, self.beta_1, self.beta_2);
        let (part_1, part_2) = (1.0 - beta_1, 1.0 - beta_2);
        vectorized(
            #[inline(always)]
            || {
                for ((w, g), m) in weight.iter_mut().zip(gradient).zip(m.iter_mut()) {
                    let direction = *m * beta_1 + g * part_1;
                    // Not `signum`, which is 1 at 0.
                    let sign = f32::from(direction > 0.0) - f32::from(direction < 0.0);
                    *w -= rate * sign;
                    *m = settled(*m * beta_2 + g * part_2);
                }
            },
        );
    }
}
