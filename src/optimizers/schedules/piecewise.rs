//! A rate that is the same between given steps.

use serde::{Deserialize, Serialize};

use super::{LearningRateSchedule, check_finite, schedule_identity};
use crate::{Error, Result};

/// The first value up to and with the step of the first boundary, then the second, and so on.
///
/// Keras: `keras.optimizers.schedules.PiecewiseConstantDecay`.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{LearningRateSchedule, PiecewiseConstantDecay};
/// let schedule = PiecewiseConstantDecay::new([100, 200], [0.1, 0.05, 0.01]);
/// assert_eq!((schedule.call(100), schedule.call(101), schedule.call(900)), (0.1, 0.05, 0.01));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PiecewiseConstantDecay {
    boundaries: Vec<u64>,
    values: Vec<f64>,
    name: String,
}

impl Default for PiecewiseConstantDecay {
    fn default() -> Self {
        Self::new([], [0.01])
    }
}

impl PiecewiseConstantDecay {
    /// One value more than boundaries, which rise.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self {
            boundaries: boundaries.into(),
            values: values.into(),
            name: "PiecewiseConstant".to_string(),
        }
    }
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    schedule_identity!("PiecewiseConstantDecay");

    fn check(&self) -> Result<()> {
        let (boundaries, values) = (self.boundaries.len(), self.values.len());
        if values != boundaries + 1 {
            let expected = format!("{} values for {boundaries} boundaries", boundaries + 1);
            return Err(Error::argument("values", &expected, values));
        }
        if !self.boundaries.is_sorted() {
            let given = format!("{:?}", self.boundaries);
            return Err(Error::argument("boundaries", "numbers that rise", given));
        }
        self.values
            .iter()
            .try_for_each(|value| check_finite("values", *value))
    }

    fn call(&self, step: u64) -> f32 {
        let passed = self.boundaries.partition_point(|boundary| step > *boundary);
        self.values.get(passed).map_or(0.0, |value| *value as f32)
    }
}
