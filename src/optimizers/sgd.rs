//! Stochastic gradient descent.

use super::{Optimizer, Stretch, check_not_negative, check_share, optimizer_identity};
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
#[derive(Clone, Debug, PartialEq)]
pub struct SGD {
    learning_rate: f32,
    momentum: f32,
    nesterov: bool,
}

impl Default for SGD {
    fn default() -> Self {
        Self {
            learning_rate: 0.01,
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

    /// How large steps are; 0.01 unless set.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.learning_rate = learning_rate;
        self
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
    optimizer_identity!("sgd");

    fn check(&self) -> Result<()> {
        check_not_negative("learning_rate", self.learning_rate)?;
        check_share("momentum", self.momentum)
    }

    fn slots(&self) -> &[(&'static str, f32)] {
        if self.momentum == 0.0 {
            &[]
        } else {
            &[("momentum", 0.0)]
        }
    }

    fn update(&self, _: u64, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
        } = stretch;
        let (rate, momentum) = (self.learning_rate, self.momentum);
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
