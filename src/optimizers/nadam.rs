//! Nadam.

use serde::{Deserialize, Serialize};

use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_moments, moment_setters,
    optimizer_identity,
};
use crate::Result;
use crate::ops::{settled, settled_square, vectorized};

/// Adam with Nesterov's momentum.
///
/// Keras: `keras.optimizers.Nadam`.
///
/// Dozat, "Incorporating Nesterov momentum into Adam", 2015.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Nadam::new().learning_rate(3e-4);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Nadam {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    /// After how many steps, the product of the momentum in all of them.
    #[serde(skip)]
    product: (u64, f64),
}

impl Default for Nadam {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("nadam", 1e-3),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            product: (0, 1.0),
        }
    }
}

impl Nadam {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!();
}

impl Nadam {
    /// The momentum of a step, which rises to `beta_1`.
    fn momentum_at(&self, iteration: u64) -> f64 {
        f64::from(self.beta_1) * (1.0 - 0.5 * 0.96f64.powf(iteration as f64))
    }
}

impl Nadam {
    /// What the mean and the gradient count, and what is left of the square.
    fn corrections(&self, step: Step) -> [f32; 3] {
        let now = self.momentum_at(step.iteration);
        let next = self.momentum_at(step.iteration + 1);
        let product = self.product.1;
        [
            (next / (1.0 - product * next)) as f32,
            ((1.0 - now) / (1.0 - product)) as f32,
            (1.0 - f64::from(self.beta_2).powf(step.iteration as f64)) as f32,
        ]
    }
}

impl Optimizer for Nadam {
    optimizer_identity!("Nadam");

    fn check_arguments(&self) -> Result<()> {
        check_moments(self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0), ("velocity", 0.0)]
    }

    fn begin(&mut self, step: Step) {
        // All from the first on, when the steps before were made by another run.
        let first = if self.product.0 > 0 && self.product.0 + 1 == step.iteration {
            step.iteration
        } else {
            self.product.1 = 1.0;
            1
        };
        for iteration in first..=step.iteration {
            // A product of so many that it is 0 stays so.
            if self.product.1 == 0.0 {
                break;
            }
            self.product.1 *= self.momentum_at(iteration);
        }
        self.product.0 = step.iteration;
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let [of_mean, of_gradient, left] = self.corrections(step);
        let (rate, parts) = (step.learning_rate, (1.0 - self.beta_1, 1.0 - self.beta_2));
        let rates = (rate * of_mean, rate * of_gradient);
        let numbers = [rates.0, rates.1, parts.0, parts.1, self.epsilon, left];
        Rule::new("nadam", numbers)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            ..
        } = stretch;
        let [m, v] = slots else { return };
        let (part_1, part_2) = (1.0 - self.beta_1, 1.0 - self.beta_2);
        let [of_mean, of_gradient, left] = self.corrections(step);
        let (rate, epsilon) = (step.learning_rate, self.epsilon);
        vectorized(
            #[inline(always)]
            || {
                let moments = m.iter_mut().zip(v.iter_mut());
                for ((w, g), (m, v)) in weight.iter_mut().zip(gradient).zip(moments) {
                    *m = settled(*m + (g - *m) * part_1);
                    *v = settled(*v + (settled_square(*g) - *v) * part_2);
                    let mean = of_mean * *m + of_gradient * g;
                    *w -= rate * mean / ((*v / left).sqrt() + epsilon);
                }
            },
        );
    }
}
