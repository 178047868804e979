//! How large steps are: a number, or a schedule.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check_not_negative;
use super::schedules::{self, LearningRateSchedule};
use crate::Result;
use crate::config::Described;

/// How large the steps of an optimizer are: the same always, or as a schedule says.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::optimizers::schedules::ExponentialDecay;
/// let steady = Adam::new().learning_rate(3e-4);
/// let falling = Adam::new().learning_rate(ExponentialDecay::new(1e-2, 1000, 0.9));
/// assert_eq!(falling.base().learning_rate.at(1000), 9e-3);
/// # let _ = steady;
/// ```
#[derive(Clone, Debug)]
pub enum LearningRate {
    /// The same in every step.
    Constant(f32),
    /// What a schedule says for the number of the step.
    Schedule(Box<dyn LearningRateSchedule>),
}

impl LearningRate {
    /// The rate after so many steps.
    pub fn at(&self, step: u64) -> f32 {
        match self {
            LearningRate::Constant(rate) => *rate,
            LearningRate::Schedule(schedule) => schedule.call(step),
        }
    }

    /// Fails when the number, or an argument of the schedule, makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            LearningRate::Constant(rate) => check_not_negative("learning_rate", *rate),
            LearningRate::Schedule(schedule) => schedule
                .check()
                .map_err(|e| e.at(format!("schedule `{}`", schedule.class_name()))),
        }
    }
}

impl From<f32> for LearningRate {
    fn from(rate: f32) -> Self {
        LearningRate::Constant(rate)
    }
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        LearningRate::Constant(rate as f32)
    }
}

impl<S: LearningRateSchedule + 'static> From<S> for LearningRate {
    fn from(schedule: S) -> Self {
        LearningRate::Schedule(Box::new(schedule))
    }
}

impl Serialize for LearningRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LearningRate::Constant(rate) => rate.serialize(serializer),
            LearningRate::Schedule(schedule) => {
                let config = schedule.get_config().map_err(serde::ser::Error::custom)?;
                Described::new(schedules::MODULE, schedule.class_name(), config)
                    .serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for LearningRate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f32),
            Schedule(Described),
        }
        match Either::deserialize(from)? {
            Either::Number(rate) => Ok(LearningRate::Constant(rate)),
            Either::Schedule(described) => {
                schedules::from_config(&described.class_name, &described.config)
                    .map(LearningRate::Schedule)
                    .map_err(serde::de::Error::custom)
            }
        }
    }
}
