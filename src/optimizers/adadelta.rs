//! Adadelta.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_not_negative, check_share,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, settled_square, vectorized};

/// Steps as large as those before were, compared to the gradient.
///
/// Keras: `keras.optimizers.Adadelta`; as there, the learning rate is 0.001 where the paper has 1.
///
/// Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Adadelta::new().learning_rate(1.0);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adadelta {
    #[serde(flatten)]
    base: OptimizerBase,
    rho: f32,
    epsilon: f32,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("adadelta", 1e-3),
            rho: 0.95,
            epsilon: 1e-7,
        }
    }
}

impl Adadelta {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How slowly the mean squares follow; 0.95 unless set.
    #[must_use]
    pub fn rho(mut self, rho: f32) -> Self {
        self.rho = rho;
        self
    }

    /// What keeps the division away from 0; 1e-7 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Optimizer for Adadelta {
    optimizer_identity!("Adadelta");

    fn check_arguments(&self) -> Result<()> {
        check_share("rho", self.rho)?;
        check_not_negative("epsilon", self.epsilon)?;
        Ok(())
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("accumulated_grad", 0.0), ("accumulated_delta_var", 0.0)]
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        Rule::new("adadelta", [step.learning_rate, self.rho, self.epsilon])
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [squares, changes] = slots else { return };
        let (rate, rho, epsilon) = (step.learning_rate, self.rho, self.epsilon);
        let rest = 1.0 - rho;
        vectorized(
            #[inline(always)]
            || {
                let sums = squares.iter_mut().zip(changes.iter_mut());
                for ((w, g), (square, change)) in weight.iter_mut().zip(gradient).zip(sums) {
                    *square = settled(rho * *square + rest * settled_square(*g));
                    let delta = (*change + epsilon).sqrt() * g / (*square + epsilon).sqrt();
                    *change = settled(rho * *change + rest * settled_square(delta));
                    *w -= rate * delta;
                }
            },
        );
    }
}
