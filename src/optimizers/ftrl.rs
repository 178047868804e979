//! FTRL.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_not_negative, check_number,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled_square, vectorized};

/// "Follow the regularized leader": weights stay at 0 until gradients insist.
///
/// Keras: `keras.optimizers.Ftrl`.
///
/// McMahan et al., "Ad click prediction: a view from the trenches", 2013.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Ftrl::new().l1_regularization_strength(0.001);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ftrl {
    #[serde(flatten)]
    base: OptimizerBase,
    learning_rate_power: f32,
    initial_accumulator_value: f32,
    l1_regularization_strength: f32,
    l2_regularization_strength: f32,
    l2_shrinkage_regularization_strength: f32,
    beta: f32,
}

impl Default for Ftrl {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("ftrl", 1e-3),
            learning_rate_power: -0.5,
            initial_accumulator_value: 0.1,
            l1_regularization_strength: 0.0,
            l2_regularization_strength: 0.0,
            l2_shrinkage_regularization_strength: 0.0,
            beta: 0.0,
        }
    }
}

impl Ftrl {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the rate falls with the sum of squares; -0.5, its root, unless set.
    #[must_use]
    pub fn learning_rate_power(mut self, learning_rate_power: f32) -> Self {
        self.learning_rate_power = learning_rate_power;
        self
    }

    /// What the sums of squares start from; 0.1 unless set.
    #[must_use]
    pub fn initial_accumulator_value(mut self, initial_accumulator_value: f32) -> Self {
        self.initial_accumulator_value = initial_accumulator_value;
        self
    }

    /// How strongly weights are held at 0; 0 unless set.
    #[must_use]
    pub fn l1_regularization_strength(mut self, l1_regularization_strength: f32) -> Self {
        self.l1_regularization_strength = l1_regularization_strength;
        self
    }

    /// How strongly weights are pulled to 0; 0 unless set.
    #[must_use]
    pub fn l2_regularization_strength(mut self, l2_regularization_strength: f32) -> Self {
        self.l2_regularization_strength = l2_regularization_strength;
        self
    }

    /// How much of a weight is added to its gradient; 0 unless set.
    #[must_use]
    pub fn l2_shrinkage_regularization_strength(
        mut self,
        l2_shrinkage_regularization_strength: f32,
    ) -> Self {
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength;
        self
    }

    /// What is added to the root of the sums of squares; 0 unless set.
    #[must_use]
    pub fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
    }
}

impl Ftrl {
    /// Those of both penalties, of the shrinkage, and the exponent.
    fn strengths(&self, rate: f32) -> [f32; 4] {
        [
            self.l1_regularization_strength,
            2.0 * (self.l2_regularization_strength + self.beta / (2.0 * rate)),
            2.0 * self.l2_shrinkage_regularization_strength,
            -self.learning_rate_power,
        ]
    }
}

impl Optimizer for Ftrl {
    optimizer_identity!("Ftrl");

    fn check_arguments(&self) -> Result<()> {
        let power = self.learning_rate_power;
        check_number(
            "learning_rate_power",
            power,
            |v| v <= 0.0,
            "a number of at most 0",
        )?;
        for (name, value) in [
            ("initial_accumulator_value", self.initial_accumulator_value),
            (
                "l1_regularization_strength",
                self.l1_regularization_strength,
            ),
            (
                "l2_regularization_strength",
                self.l2_regularization_strength,
            ),
            (
                "l2_shrinkage_regularization_strength",
                self.l2_shrinkage_regularization_strength,
            ),
            ("beta", self.beta),
        ] {
            check_not_negative(name, value)?;
        }
        Ok(())
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![
            ("accumulator", self.initial_accumulator_value),
            ("linear", 0.0),
        ]
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let rate = step.learning_rate;
        if rate == 0.0 {
            // Nothing moves.
            return Rule::new("rest", []);
        }
        let [l1, l2, shrinkage, power] = self.strengths(rate);
        Rule::new("ftrl", [rate, l1, l2, shrinkage, power])
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [accumulator, linear] = slots else { return };
        let rate = step.learning_rate;
        if rate == 0.0 {
            return;
        }
        let [l1, l2, shrinkage, power] = self.strengths(rate);
        let root = power == 0.5;
        let raised = |sum: f32| if root { sum.sqrt() } else { sum.powf(power) };
        vectorized(
            #[inline(always)]
            || {
                let sums = accumulator.iter_mut().zip(linear.iter_mut());
                for ((w, g), (sum, linear)) in weight.iter_mut().zip(gradient).zip(sums) {
                    let new_sum = *sum + settled_square(*g);
                    let (before, after) = (raised(*sum), raised(new_sum));
                    *linear += g + shrinkage * *w - (after - before) / rate * *w;
                    let held = if *linear > l1 {
                        l1
                    } else if *linear < -l1 {
                        -l1
                    } else {
                        *linear
                    };
                    *w = (held - *linear) / (after / rate + l2);
                    *sum = new_sum;
                }
            },
        );
    }
}
