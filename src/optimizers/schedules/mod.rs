//! Learning rates that change with the number of the step. Formulas and defaults are Keras's.
//!
//! Adding one: a struct that says its rate ([`LearningRateSchedule::call`]), a line in
//! [`SCHEDULES`], a case in `tests/golden`.

mod cosine;
mod decay;
mod piecewise;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use cosine::{CosineDecay, CosineDecayRestarts};
pub use decay::{ExponentialDecay, InverseTimeDecay, PolynomialDecay};
pub use piecewise::PiecewiseConstantDecay;

use crate::{Config, Error, Result};

/// A learning rate that depends on the number of the step.
///
/// Keras: `keras.optimizers.schedules.LearningRateSchedule`.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::LearningRateSchedule;
/// use kerust::prelude::*;
///
/// /// Falls with the root of the step.
/// #[derive(Clone, Debug)]
/// struct InverseRoot(f32);
///
/// impl LearningRateSchedule for InverseRoot {
///     fn class_name(&self) -> &'static str {
///         "InverseRoot"
///     }
///     fn call(&self, step: u64) -> f32 {
///         self.0 / ((step + 1) as f32).sqrt()
///     }
///     fn boxed_clone(&self) -> Box<dyn LearningRateSchedule> {
///         Box::new(self.clone())
///     }
/// }
///
/// let optimizer = SGD::new().learning_rate(InverseRoot(0.5));
/// assert_eq!(optimizer.base().learning_rate.at(24), 0.1);
/// ```
pub trait LearningRateSchedule: Debug + Send + Sync {
    /// The class, as Keras names it: `ExponentialDecay`.
    fn class_name(&self) -> &'static str;

    /// The rate for the step after so many.
    fn call(&self, step: u64) -> f32;

    /// Fails when an argument makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The arguments, as Keras writes them down.
    ///
    /// # Errors
    /// When the schedule does not say them.
    fn get_config(&self) -> Result<Config> {
        let what = format!("`{}` does not say its configuration", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn LearningRateSchedule>;
}

impl Clone for Box<dyn LearningRateSchedule> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Where schedules are in Keras.
pub(super) const MODULE: &str = "keras.optimizers.schedules";

/// A schedule that kerust has.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleEntry {
    /// The class, as Keras names it.
    pub class_name: &'static str,
    from_config: fn(&Config) -> Result<Box<dyn LearningRateSchedule>>,
}

const fn entry<S>(class_name: &'static str) -> ScheduleEntry
where
    S: LearningRateSchedule + Default + Serialize + DeserializeOwned + 'static,
{
    ScheduleEntry {
        class_name,
        from_config: |config| Ok(Box::new(config.read_over(&S::default())?)),
    }
}

/// Every schedule.
pub const SCHEDULES: &[ScheduleEntry] = &[
    entry::<ExponentialDecay>("ExponentialDecay"),
    entry::<PiecewiseConstantDecay>("PiecewiseConstantDecay"),
    entry::<PolynomialDecay>("PolynomialDecay"),
    entry::<InverseTimeDecay>("InverseTimeDecay"),
    entry::<CosineDecay>("CosineDecay"),
    entry::<CosineDecayRestarts>("CosineDecayRestarts"),
];

/// The schedule of class `class_name` that `config` describes.
///
/// Keras: `keras.optimizers.schedules.deserialize`.
///
/// # Errors
/// When there is no such class, or an argument cannot be.
///
/// # Example
/// ```
/// use kerust::optimizers::schedules::{self, ExponentialDecay, LearningRateSchedule};
/// let config = ExponentialDecay::new(0.1, 1000, 0.5).get_config()?;
/// let again = schedules::from_config("ExponentialDecay", &config)?;
/// assert_eq!(again.call(1000), 0.05);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Config) -> Result<Box<dyn LearningRateSchedule>> {
    let entry = SCHEDULES
        .iter()
        .find(|entry| entry.class_name == class_name);
    let Some(entry) = entry else {
        let known: Vec<&str> = SCHEDULES.iter().map(|entry| entry.class_name).collect();
        return Err(Error::unknown_name("schedule", class_name, &known));
    };
    (entry.from_config)(config).map_err(|e| e.at(format!("schedule of class `{class_name}`")))
}

/// Writes `class_name`, `get_config` and `boxed_clone`, which are the same for every schedule.
macro_rules! schedule_identity {
    ($class_name:literal) => {
        fn class_name(&self) -> &'static str {
            $class_name
        }

        fn get_config(&self) -> crate::Result<crate::Config> {
            crate::Config::of(self)
        }

        fn boxed_clone(&self) -> Box<dyn crate::optimizers::schedules::LearningRateSchedule> {
            Box::new(self.clone())
        }
    };
}
use schedule_identity;

fn check_finite(name: &str, value: f64) -> Result<()> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(Error::argument(name, "a finite number", value))
    }
}

fn check_steps(name: &str, steps: u64) -> Result<()> {
    if steps == 0 {
        Err(Error::argument(name, "a number of steps of at least 1", 0))
    } else {
        Ok(())
    }
}
