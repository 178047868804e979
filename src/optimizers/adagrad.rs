//! Adagrad.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_not_negative,
    optimizer_identity,
};
use crate::Result;
use crate::ops::vectorized;

/// Steps that become smaller the more a weight has been moved.
///
/// Keras: `keras.optimizers.Adagrad`.
///
/// Duchi et al., "Adaptive subgradient methods", 2011.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Adagrad::new().learning_rate(0.01);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adagrad {
    #[serde(flatten)]
    base: OptimizerBase,
    initial_accumulator_value: f32,
    epsilon: f32,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("adagrad", 1e-3),
            initial_accumulator_value: 0.1,
            epsilon: 1e-7,
        }
    }
}

impl Adagrad {
    /// With Keras's defaults: learning rate 0.001, accumulators start at 0.1.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the sums of squares start from; 0.1 unless set.
    #[must_use]
    pub fn initial_accumulator_value(mut self, value: f32) -> Self {
        self.initial_accumulator_value = value;
        self
    }

    /// What keeps the division away from 0; 1e-7 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Optimizer for Adagrad {
    optimizer_identity!("Adagrad");

    fn check_arguments(&self) -> Result<()> {
        check_not_negative("initial_accumulator_value", self.initial_accumulator_value)?;
        check_not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("accumulator", self.initial_accumulator_value)]
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        Rule::new("adagrad", [step.learning_rate, self.epsilon])
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [accumulator, ..] = slots else { return };
        let (rate, epsilon) = (step.learning_rate, self.epsilon);
        vectorized(
            #[inline(always)]
            || {
                for ((w, g), sum) in weight.iter_mut().zip(gradient).zip(accumulator.iter_mut()) {
                    *sum += g * g;
                    *w -= rate * g / (*sum + epsilon).sqrt();
                }
            },
        );
    }
}
