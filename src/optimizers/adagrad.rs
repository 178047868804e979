//! Adagrad.

use super::{Optimizer, Stretch, check_not_negative, optimizer_identity};
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
#[derive(Clone, Debug, PartialEq)]
pub struct Adagrad {
    learning_rate: f32,
    epsilon: f32,
    slots: [(&'static str, f32); 1],
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            epsilon: 1e-7,
            slots: [("accumulator", 0.1)],
        }
    }
}

impl Adagrad {
    /// With Keras's defaults: learning rate 0.001, accumulators start at 0.1.
    pub fn new() -> Self {
        Self::default()
    }

    /// How large the first steps are; 0.001 unless set.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// What the sums of squares start from; 0.1 unless set.
    #[must_use]
    pub fn initial_accumulator_value(mut self, value: f32) -> Self {
        self.slots[0].1 = value;
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
    optimizer_identity!("adagrad");

    fn check(&self) -> Result<()> {
        check_not_negative("learning_rate", self.learning_rate)?;
        check_not_negative("initial_accumulator_value", self.slots[0].1)?;
        check_not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> &[(&'static str, f32)] {
        &self.slots
    }

    fn update(&self, _: u64, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
        } = stretch;
        let [accumulator, ..] = slots else { return };
        let (rate, epsilon) = (self.learning_rate, self.epsilon);
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
