//! Stochastic gradient descent.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_share, optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, vectorized};

/// `w -= learning_rate · g`, with momentum if asked.
///
/// Keras: `keras.optimizers.SGD`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = SGD::new().learning_rate(0.1).momentum(0.9).nesterov(true);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SGD {
    #[serde(flatten)]
    base: OptimizerBase,
    momentum: f32,
    nesterov: bool,
}

impl Default for SGD {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("sgd", 0.01),
            momentum: 0.0,
            nesterov: false,
        }
    }
}

impl SGD {
    /// With Keras's defaults: learning rate 0.01, no momentum.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the last step is repeated, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// Whether the gradient is taken where the momentum leads; false unless set.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }
}

impl Optimizer for SGD {
    optimizer_identity!("SGD");

    fn check_arguments(&self) -> Result<()> {
        check_share("momentum", self.momentum)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        if self.momentum == 0.0 {
            Vec::new()
        } else {
            vec![("momentum", 0.0)]
        }
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let kernel = match (self.momentum == 0.0, self.nesterov) {
            (true, _) => "sgd",
            (false, false) => "sgd_momentum",
            (false, true) => "sgd_nesterov",
        };
        Rule::new(kernel, [step.learning_rate, self.momentum])
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let (rate, momentum) = (step.learning_rate, self.momentum);
        let steps = weight.iter_mut().zip(gradient);
        match slots {
            [velocity, ..] => vectorized(
                #[inline(always)]
                || {
                    for ((w, g), v) in steps.zip(velocity.iter_mut()) {
                        *v = settled(momentum * *v - rate * g);
                        *w += if self.nesterov {
                            momentum * *v - rate * g
                        } else {
                            *v
                        };
                    }
                },
            ),
            [] => vectorized(
                #[inline(always)]
                || steps.for_each(|(w, g)| *w -= rate * g),
            ),
        }
    }
}
