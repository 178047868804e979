//! RMSprop.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_not_negative, check_share,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, settled_square, vectorized};

/// Steps divided by the usual size of the gradient.
///
/// Keras: `keras.optimizers.RMSprop`.
///
/// Hinton, "Neural networks for machine learning", lecture 6, 2012.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = RMSprop::new().rho(0.95).momentum(0.9);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RMSprop {
    #[serde(flatten)]
    base: OptimizerBase,
    rho: f32,
    momentum: f32,
    epsilon: f32,
    centered: bool,
}

impl Default for RMSprop {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("rmsprop", 1e-3),
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            centered: false,
        }
    }
}

impl RMSprop {
    /// With Keras's defaults: learning rate 0.001, rho 0.9.
    pub fn new() -> Self {
        Self::default()
    }

    /// How slowly the mean square of the gradient follows; 0.9 unless set.
    #[must_use]
    pub fn rho(mut self, rho: f32) -> Self {
        self.rho = rho;
        self
    }

    /// How much of the last step is repeated, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// What keeps the division away from 0; 1e-7 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether the gradient's variance is used instead of its mean square; false unless set.
    #[must_use]
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }
}

impl Optimizer for RMSprop {
    optimizer_identity!("RMSprop");

    fn check_arguments(&self) -> Result<()> {
        check_share("rho", self.rho)?;
        check_share("momentum", self.momentum)?;
        check_not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        // The square comes first, so that `update` finds it in every combination.
        let mut slots = vec![("velocity", 0.0)];
        if self.momentum > 0.0 {
            slots.push(("momentum", 0.0));
        }
        if self.centered {
            slots.push(("average_gradient", 0.0));
        }
        slots
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let kernel = match (self.momentum > 0.0, self.centered) {
            (false, false) => "rmsprop",
            (true, false) => "rmsprop_momentum",
            (false, true) => "rmsprop_centered",
            (true, true) => "rmsprop_centered_momentum",
        };
        let numbers = [step.learning_rate, self.rho, self.epsilon, self.momentum];
        Rule::new(kernel, numbers)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let (rate, rho, rest, epsilon) =
            (step.learning_rate, self.rho, 1.0 - self.rho, self.epsilon);
        let Some((square, others)) = slots.split_first_mut() else {
            return;
        };
        let (mut momentum, mut average) = match (self.momentum > 0.0, others) {
            (true, [momentum, average]) => (Some(momentum), Some(average)),
            (true, [momentum]) => (Some(momentum), None),
            (false, [average]) => (None, Some(average)),
            _ => (None, None),
        };
        vectorized(
            #[inline(always)]
            || {
                for (i, (w, g)) in weight.iter_mut().zip(gradient).enumerate() {
                    square[i] = settled(rho * square[i] + rest * settled_square(*g));
                    let mut denominator = square[i] + epsilon;
                    if let Some(average) = &mut average {
                        average[i] = settled(rho * average[i] + rest * g);
                        denominator -= average[i] * average[i];
                    }
                    let change = rate * g / denominator.sqrt();
                    *w -= match &mut momentum {
                        Some(momentum) => {
                            momentum[i] = settled(self.momentum * momentum[i] + change);
                            momentum[i]
                        }
                        None => change,
                    };
                }
            },
        );
    }
}
