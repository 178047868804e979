//! Adam.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_moments, moment_setters,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, settled_square, vectorized};

/// Steps as large as the gradient is steady, compared to its usual size.
///
/// Keras: `keras.optimizers.Adam`. As there, epsilon is added to the uncorrected root (the
/// "epsilon hat" of the paper), unlike in PyTorch.
///
/// Kingma and Ba, "Adam: a method for stochastic optimization", 2014.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Adam::new().learning_rate(3e-4);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adam {
    #[serde(flatten)]
    base: OptimizerBase,
    pub(super) beta_1: f32,
    pub(super) beta_2: f32,
    pub(super) epsilon: f32,
    amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("adam", 1e-3),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
        }
    }
}

impl Adam {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!();

    /// Whether the largest mean square so far is used; false unless set.
    ///
    /// Reddi et al., "On the convergence of Adam and beyond", 2018.
    #[must_use]
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.amsgrad = amsgrad;
        self
    }
}

impl Adam {
    /// The learning rate, corrected for averages that began at 0.
    fn corrected_rate(&self, step: Step) -> f32 {
        let (beta_1, beta_2) = (f64::from(self.beta_1), f64::from(self.beta_2));
        let steps = step.iteration as f64;
        let correction = (1.0 - beta_2.powf(steps)).sqrt() / (1.0 - beta_1.powf(steps));
        (f64::from(step.learning_rate) * correction) as f32
    }
}

impl Optimizer for Adam {
    optimizer_identity!("Adam");

    fn check_arguments(&self) -> Result<()> {
        check_moments(self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        let mut slots = vec![("momentum", 0.0), ("velocity", 0.0)];
        if self.amsgrad {
            slots.push(("velocity_hat", 0.0));
        }
        slots
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let kernel = if self.amsgrad { "adam_amsgrad" } else { "adam" };
        let parts = (1.0 - self.beta_1, 1.0 - self.beta_2);
        let numbers = [self.corrected_rate(step), parts.0, parts.1, self.epsilon];
        Rule::new(kernel, numbers)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let (part_1, part_2) = (1.0 - self.beta_1, 1.0 - self.beta_2);
        let rate = self.corrected_rate(step);
        let epsilon = self.epsilon;
        match slots {
            [m, v] => vectorized(
                #[inline(always)]
                || {
                    let moments = m.iter_mut().zip(v.iter_mut());
                    for ((w, g), (m, v)) in weight.iter_mut().zip(gradient).zip(moments) {
                        *m = settled(*m + (g - *m) * part_1);
                        *v = settled(*v + (settled_square(*g) - *v) * part_2);
                        *w -= *m * rate / (v.sqrt() + epsilon);
                    }
                },
            ),
            [m, v, largest] => vectorized(
                #[inline(always)]
                || {
                    let moments = m.iter_mut().zip(v.iter_mut()).zip(largest.iter_mut());
                    for ((w, g), ((m, v), largest)) in weight.iter_mut().zip(gradient).zip(moments)
                    {
                        *m = settled(*m + (g - *m) * part_1);
                        *v = settled(*v + (settled_square(*g) - *v) * part_2);
                        *largest = if *v > *largest { *v } else { *largest };
                        *w -= *m * rate / (largest.sqrt() + epsilon);
                    }
                },
            ),
            _ => {}
        }
    }
}
