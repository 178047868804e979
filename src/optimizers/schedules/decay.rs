//! Rates that only fall: exponentially, with the inverse of time, along a polynomial.

use serde::{Deserialize, Serialize};

use super::{LearningRateSchedule, check_steps, schedule_identity};
use crate::Result;
use crate::optimizers::check_not_negative;

/// Times `decay_rate` every `decay_steps` steps.
///
/// Keras: `keras.optimizers.schedules.ExponentialDecay`.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{ExponentialDecay, LearningRateSchedule};
/// let schedule = ExponentialDecay::new(0.1, 100, 0.5);
/// assert_eq!((schedule.call(0), schedule.call(200)), (0.1, 0.025));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExponentialDecay {
    initial_learning_rate: f64,
    decay_steps: u64,
    decay_rate: f64,
    staircase: bool,
    name: String,
}

impl Default for ExponentialDecay {
    fn default() -> Self {
        Self::new(0.01, 1, 1.0)
    }
}

impl ExponentialDecay {
    /// From `initial_learning_rate`, times `decay_rate` in `decay_steps` steps.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            decay_rate,
            staircase: false,
            name: "ExponentialDecay".to_string(),
        }
    }

    /// Whether the rate falls at once after `decay_steps` steps, not in each of them; false unless
    /// set.
    #[must_use]
    pub fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

impl LearningRateSchedule for ExponentialDecay {
    schedule_identity!("ExponentialDecay");

    fn check(&self) -> Result<()> {
        check_not_negative("initial_learning_rate", self.initial_learning_rate)?;
        check_steps("decay_steps", self.decay_steps)?;
        check_not_negative("decay_rate", self.decay_rate)
    }

    fn call(&self, step: u64) -> f32 {
        let periods = periods(step, self.decay_steps, self.staircase);
        (self.initial_learning_rate * self.decay_rate.powf(periods)) as f32
    }
}

/// Divided by `1 + decay_rate` after `decay_steps` steps, by `1 + 2 decay_rate` after twice as many.
///
/// Keras: `keras.optimizers.schedules.InverseTimeDecay`.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{InverseTimeDecay, LearningRateSchedule};
/// let schedule = InverseTimeDecay::new(0.1, 100, 1.0);
/// assert_eq!((schedule.call(0), schedule.call(100)), (0.1, 0.05));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseTimeDecay {
    initial_learning_rate: f64,
    decay_steps: u64,
    decay_rate: f64,
    staircase: bool,
    name: String,
}

impl Default for InverseTimeDecay {
    fn default() -> Self {
        Self::new(0.01, 1, 0.0)
    }
}

impl InverseTimeDecay {
    /// From `initial_learning_rate`, with `decay_rate` in `decay_steps` steps.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            decay_rate,
            staircase: false,
            name: "InverseTimeDecay".to_string(),
        }
    }

    /// Whether the rate falls at once after `decay_steps` steps, not in each of them; false unless
    /// set.
    #[must_use]
    pub fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    schedule_identity!("InverseTimeDecay");

    fn check(&self) -> Result<()> {
        check_not_negative("initial_learning_rate", self.initial_learning_rate)?;
        check_steps("decay_steps", self.decay_steps)?;
        check_not_negative("decay_rate", self.decay_rate)
    }

    fn call(&self, step: u64) -> f32 {
        let periods = periods(step, self.decay_steps, self.staircase);
        (self.initial_learning_rate / (1.0 + self.decay_rate * periods)) as f32
    }
}

/// Along a polynomial to `end_learning_rate`, which is reached after `decay_steps` steps.
///
/// Keras: `keras.optimizers.schedules.PolynomialDecay`.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{LearningRateSchedule, PolynomialDecay};
/// let schedule = PolynomialDecay::new(0.1, 100).end_learning_rate(0.0);
/// assert_eq!((schedule.call(50), schedule.call(200)), (0.05, 0.0));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolynomialDecay {
    initial_learning_rate: f64,
    decay_steps: u64,
    end_learning_rate: f64,
    power: f64,
    cycle: bool,
    name: String,
}

impl Default for PolynomialDecay {
    fn default() -> Self {
        Self::new(0.01, 1)
    }
}

impl PolynomialDecay {
    /// From `initial_learning_rate`, down in `decay_steps` steps.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: 1e-4,
            power: 1.0,
            cycle: false,
            name: "PolynomialDecay".to_string(),
        }
    }

    /// The rate at the end; 0.0001 unless set.
    #[must_use]
    pub fn end_learning_rate(mut self, end_learning_rate: f64) -> Self {
        self.end_learning_rate = end_learning_rate;
        self
    }

    /// The degree of the polynomial; 1, a straight line, unless set.
    #[must_use]
    pub fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }

    /// Whether the rate rises again after the end, to fall until the next multiple of
    /// `decay_steps`; false unless set.
    #[must_use]
    pub fn cycle(mut self, cycle: bool) -> Self {
        self.cycle = cycle;
        self
    }
}

impl LearningRateSchedule for PolynomialDecay {
    schedule_identity!("PolynomialDecay");

    fn check(&self) -> Result<()> {
        check_not_negative("initial_learning_rate", self.initial_learning_rate)?;
        check_steps("decay_steps", self.decay_steps)?;
        check_not_negative("end_learning_rate", self.end_learning_rate)?;
        check_not_negative("power", self.power)
    }

    fn call(&self, step: u64) -> f32 {
        let end = if self.cycle {
            self.decay_steps
                .saturating_mul(step.div_ceil(self.decay_steps).max(1))
        } else {
            self.decay_steps
        };
        let left = 1.0 - step.min(end) as f64 / end as f64;
        let span = self.initial_learning_rate - self.end_learning_rate;
        (span * left.powf(self.power) + self.end_learning_rate) as f32
    }
}

/// How many times `decay_steps` are over.
fn periods(step: u64, decay_steps: u64, staircase: bool) -> f64 {
    let periods = step as f64 / decay_steps as f64;
    if staircase { periods.floor() } else { periods }
}
