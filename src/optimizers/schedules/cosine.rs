//! Rates that fall along half a wave.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{LearningRateSchedule, check_finite, check_steps, schedule_identity};
use crate::{Error, Result};

/// Along half a cosine to `alpha` times the rate at its start, after a straight rise if wanted.
///
/// Keras: `keras.optimizers.schedules.CosineDecay`.
///
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{CosineDecay, LearningRateSchedule};
/// let schedule = CosineDecay::new(0.0, 1000).warmup_target(0.1).warmup_steps(100);
/// assert_eq!((schedule.call(50), schedule.call(100), schedule.call(600)), (0.05, 0.1, 0.05));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineDecay {
    initial_learning_rate: f64,
    decay_steps: u64,
    alpha: f64,
    name: String,
    warmup_target: Option<f64>,
    warmup_steps: u64,
}

impl Default for CosineDecay {
    fn default() -> Self {
        Self::new(0.01, 1)
    }
}

impl CosineDecay {
    /// From `initial_learning_rate`, down in `decay_steps` steps.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            name: "CosineDecay".to_string(),
            warmup_target: None,
            warmup_steps: 0,
        }
    }

    /// What share of the rate is left at the end; 0 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Where the rate rises to before it falls; it does not rise unless set.
    #[must_use]
    pub fn warmup_target(mut self, warmup_target: f64) -> Self {
        self.warmup_target = Some(warmup_target);
        self
    }

    /// In how many steps it rises, before the `decay_steps` begin; 0 unless set.
    #[must_use]
    pub fn warmup_steps(mut self, warmup_steps: u64) -> Self {
        self.warmup_steps = warmup_steps;
        self
    }
}

impl LearningRateSchedule for CosineDecay {
    schedule_identity!("CosineDecay");

    fn check(&self) -> Result<()> {
        check_finite("initial_learning_rate", self.initial_learning_rate)?;
        check_steps("decay_steps", self.decay_steps)?;
        check_finite("alpha", self.alpha)?;
        check_finite("warmup_target", self.warmup_target.unwrap_or(0.0))
    }

    fn call(&self, step: u64) -> f32 {
        let start = self.initial_learning_rate;
        let Some(top) = self.warmup_target else {
            return self.fallen(start, step);
        };
        if step < self.warmup_steps {
            (start + (top - start) * (step as f64 / self.warmup_steps as f64)) as f32
        } else {
            self.fallen(top, step - self.warmup_steps)
        }
    }
}

impl CosineDecay {
    /// The rate after `step` steps down from `top`.
    fn fallen(&self, top: f64, step: u64) -> f32 {
        let done = step.min(self.decay_steps) as f64 / self.decay_steps as f64;
        let left = 0.5 * (1.0 + (PI * done).cos());
        (top * ((1.0 - self.alpha) * left + self.alpha)) as f32
    }
}

/// Along half a cosine, again and again, each time for `t_mul` times as long and from `m_mul` times
/// the rate.
///
/// Keras: `keras.optimizers.schedules.CosineDecayRestarts`.
///
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{CosineDecayRestarts, LearningRateSchedule};
/// let schedule = CosineDecayRestarts::new(0.1, 100).m_mul(0.5);
/// assert_eq!((schedule.call(50), schedule.call(100), schedule.call(200)), (0.05, 0.05, 0.025));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineDecayRestarts {
    initial_learning_rate: f64,
    first_decay_steps: u64,
    t_mul: f64,
    m_mul: f64,
    alpha: f64,
    name: String,
}

impl Default for CosineDecayRestarts {
    fn default() -> Self {
        Self::new(0.01, 1)
    }
}

impl CosineDecayRestarts {
    /// From `initial_learning_rate`, down in `first_decay_steps` steps for the first time.
    pub fn new(initial_learning_rate: f64, first_decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            first_decay_steps,
            t_mul: 2.0,
            m_mul: 1.0,
            alpha: 0.0,
            name: "SGDRDecay".to_string(),
        }
    }

    /// How much longer each way down is than the one before; 2 unless set.
    #[must_use]
    pub fn t_mul(mut self, t_mul: f64) -> Self {
        self.t_mul = t_mul;
        self
    }

    /// What share of the rate is left after each restart; 1 unless set.
    #[must_use]
    pub fn m_mul(mut self, m_mul: f64) -> Self {
        self.m_mul = m_mul;
        self
    }

    /// What share of the rate is left at the end of a way down; 0 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    schedule_identity!("CosineDecayRestarts");

    fn check(&self) -> Result<()> {
        check_finite("initial_learning_rate", self.initial_learning_rate)?;
        check_steps("first_decay_steps", self.first_decay_steps)?;
        check_finite("t_mul", self.t_mul)?;
        if self.t_mul < 1.0 {
            return Err(Error::argument(
                "t_mul",
                "a number of at least 1",
                self.t_mul,
            ));
        }
        check_finite("m_mul", self.m_mul)?;
        check_finite("alpha", self.alpha)
    }

    fn call(&self, step: u64) -> f32 {
        let done = step as f64 / self.first_decay_steps as f64;
        let (restarts, done) = if self.t_mul == 1.0 {
            (done.floor(), done.fract())
        } else {
            // The sum of the first n ways is (1 - t_mul^n) / (1 - t_mul). What rounding takes from
            // a whole number of restarts must not count as one restart less.
            let length = 1.0 - done * (1.0 - self.t_mul);
            let restarts = (length.ln() / self.t_mul.ln() + 1e-9).floor();
            let power = self.t_mul.powf(restarts);
            let before = (1.0 - power) / (1.0 - self.t_mul);
            (restarts, (done - before) / power)
        };
        let left = 0.5 * self.m_mul.powf(restarts) * (1.0 + (PI * done).cos());
        (self.initial_learning_rate * ((1.0 - self.alpha) * left + self.alpha)) as f32
    }
}
