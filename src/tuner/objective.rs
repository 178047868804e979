//! `Objective`: what a search makes best.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::callbacks::{Direction, Mode, direction};
use crate::{Error, Result, Setting};

/// The result that a search makes best, and which way it is better.
///
/// Keras Tuner: `keras_tuner.Objective`. The name alone will do where it tells which way is better:
/// `"val_accuracy"`, `"val_loss"`.
///
/// # Example
/// ```
/// use kerust::tuner::Objective;
/// assert_eq!(Objective::new("beauty", "max").get()?.name(), "beauty");
/// assert!("beauty".parse::<Objective>().is_err());
/// assert_eq!("val_loss".parse::<Objective>()?.direction(), "min");
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    name: String,
    direction: Direction,
}

impl Objective {
    /// The result called `name`, of which less (`"min"`) or more (`"max"`) is better.
    // What it makes may be a mistake, which the search reports.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(name: &str, direction: impl Into<Setting<Mode>>) -> Setting<Objective> {
        let make = || match direction.into().get()? {
            Mode::Auto => name.parse(),
            Mode::Min => Ok(Objective::of(name, Direction::Min)),
            Mode::Max => Ok(Objective::of(name, Direction::Max)),
        };
        Setting::looked_up(make())
    }

    fn of(name: &str, direction: Direction) -> Objective {
        let name = name.to_string();
        Objective { name, direction }
    }

    /// The number that a trial of one's own returns: less is better.
    pub(super) fn of_own_trials() -> Objective {
        Objective::of("default_objective", Direction::Min)
    }

    /// The name of the result.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `"min"` or `"max"`.
    pub fn direction(&self) -> &'static str {
        match self.direction {
            Direction::Min => "min",
            Direction::Max => "max",
        }
    }

    /// Whether `score` is better than `reference`.
    pub(crate) fn is_better(&self, score: f64, reference: f64) -> bool {
        self.direction.is_better(score, reference)
    }

    /// The score such that less is better.
    pub(super) fn cost(&self, score: f64) -> f64 {
        match self.direction {
            Direction::Min => score,
            Direction::Max => -score,
        }
    }
}

impl FromStr for Objective {
    type Err = Error;

    fn from_str(name: &str) -> Result<Objective> {
        let known = direction(name).map(|direction| Objective::of(name, direction));
        known.ok_or_else(|| {
            let expected = "a result whose name tells which way it is better";
            let given = format!("`{name}`");
            Error::argument("objective", expected, given)
                .remedy(format!("say it: Objective::new(\"{name}\", \"max\")"))
        })
    }
}

impl From<Objective> for Setting<Objective> {
    fn from(objective: Objective) -> Self {
        Setting::value(objective)
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.direction())
    }
}
