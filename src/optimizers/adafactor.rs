//! Adafactor.

use serde::{Deserialize, Serialize};

use super::gpu::{self, Whole};
use super::{
    Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_not_negative, check_number,
    optimizer_identity,
};
use crate::Result;
use crate::ops::vectorized;

/// Steps divided by the usual size of the gradient, of which a matrix keeps only the means of rows
/// and columns.
///
/// Keras: `keras.optimizers.Adafactor`.
///
/// Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Adafactor::new().learning_rate(0.01);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adafactor {
    #[serde(flatten)]
    base: OptimizerBase,
    beta_2_decay: f32,
    epsilon_1: f32,
    epsilon_2: f32,
    clip_threshold: f32,
    relative_step: bool,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self {
            base: OptimizerBase::new("adafactor", 1e-3),
            beta_2_decay: -0.8,
            epsilon_1: 1e-30,
            epsilon_2: 1e-3,
            clip_threshold: 1.0,
            relative_step: true,
        }
    }
}

impl Adafactor {
    /// With Keras's defaults: learning rate 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the means of squares follow less and less; -0.8 unless set.
    #[must_use]
    pub fn beta_2_decay(mut self, beta_2_decay: f32) -> Self {
        self.beta_2_decay = beta_2_decay;
        self
    }

    /// What is added to squares; 1e-30 unless set.
    #[must_use]
    pub fn epsilon_1(mut self, epsilon_1: f32) -> Self {
        self.epsilon_1 = epsilon_1;
        self
    }

    /// The least size of a weight that steps are measured by; 0.001 unless set.
    #[must_use]
    pub fn epsilon_2(mut self, epsilon_2: f32) -> Self {
        self.epsilon_2 = epsilon_2;
        self
    }

    /// The usual size of a change from which on it is made smaller; 1 unless set.
    #[must_use]
    pub fn clip_threshold(mut self, clip_threshold: f32) -> Self {
        self.clip_threshold = clip_threshold;
        self
    }

    /// Whether steps become smaller with the root of their number; true unless set. As in Keras,
    /// they do in any case.
    #[must_use]
    pub fn relative_step(mut self, relative_step: bool) -> Self {
        self.relative_step = relative_step;
        self
    }
}

impl Adafactor {
    /// The rate for weights of size 1, and how much of the means stays.
    fn rate_and_beta(&self, step: Step) -> (f32, f32) {
        let steps = step.iteration as f64;
        let falling = (1.0 / steps.sqrt()) as f32;
        let beta = (1.0 - steps.powf(self.beta_2_decay.into())) as f32;
        (step.learning_rate.min(falling), beta)
    }
}

impl Optimizer for Adafactor {
    optimizer_identity!("Adafactor");

    fn check_arguments(&self) -> Result<()> {
        let decay = self.beta_2_decay;
        check_number("beta_2_decay", decay, |v| v <= 0.0, "a number of at most 0")?;
        check_not_negative("epsilon_1", self.epsilon_1)?;
        check_not_negative("epsilon_2", self.epsilon_2)?;
        let threshold = self.clip_threshold;
        check_number(
            "clip_threshold",
            threshold,
            |v| v > 0.0,
            "a positive number",
        )
    }

    /// Of matrices, the first numbers of the one are the means of rows, of the other those of
    /// columns; others keep a mean for each number, in the first.
    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("velocity", 0.0), ("velocity_columns", 0.0)]
    }

    fn takes_whole_weights(&self) -> bool {
        true
    }

    fn gpu_rule(&self, step: Step, _: WeightInfo<'_>) -> Option<Rule> {
        let (rate, beta) = self.rate_and_beta(step);
        let rule = gpu::Adafactor {
            rate,
            beta,
            epsilons: [self.epsilon_1, self.epsilon_2],
            clip_threshold: self.clip_threshold,
        };
        Some(Whole::Adafactor(rule).into())
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        let Stretch {
            weight,
            gradient,
            slots,
            info,
        } = stretch;
        let [first, second] = slots else { return };
        let (rate, beta) = self.rate_and_beta(step);
        let rate = rate * self.epsilon_2.max(mean_square(weight).sqrt());
        let follow = |mean: &mut f32, now: f32| *mean = beta * *mean + (1.0 - beta) * now;
        let square = |g: f32| g * g + self.epsilon_1;

        let mut change = gradient.to_vec();
        if let [outer @ .., rows, columns] = info.shape.dims() {
            let (rows, columns) = (*rows, *columns);
            let matrices: usize = outer.iter().product();
            let size = rows * columns;
            for matrix in 0..matrices {
                let gradient = &gradient[matrix * size..][..size];
                let of_rows = &mut first[matrix * rows..][..rows];
                let of_columns = &mut second[matrix * columns..][..columns];
                let mut sums = vec![0.0f32; columns];
                for (mean, row) in of_rows.iter_mut().zip(gradient.chunks_exact(columns)) {
                    let mut of_row = 0.0;
                    for (sum, g) in sums.iter_mut().zip(row) {
                        *sum += square(*g);
                        of_row += square(*g);
                    }
                    follow(mean, of_row / columns as f32);
                }
                for (mean, sum) in of_columns.iter_mut().zip(sums) {
                    follow(mean, sum / rows as f32);
                }
                let mean_row = of_rows.iter().sum::<f32>() / rows as f32;
                let change = &mut change[matrix * size..][..size];
                for (row, of_row) in change.chunks_exact_mut(columns).zip(of_rows) {
                    let share = *of_row / mean_row;
                    for (change, of_column) in row.iter_mut().zip(of_columns.iter()) {
                        *change /= (share * of_column).sqrt();
                    }
                }
            }
        } else {
            for ((change, g), mean) in change.iter_mut().zip(gradient).zip(first.iter_mut()) {
                follow(mean, square(*g));
                *change /= mean.sqrt();
            }
        }

        let size = mean_square(&change).sqrt();
        let rate = rate / f32::max(1.0, size / self.clip_threshold);
        vectorized(
            #[inline(always)]
            || {
                for (w, change) in weight.iter_mut().zip(&change) {
                    *w -= rate * change;
                }
            },
        );
    }
}

fn mean_square(values: &[f32]) -> f32 {
    let sum: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
    (sum / values.len() as f64) as f32
}
