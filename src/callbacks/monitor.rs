//! Watching a result: which way is better, and whether a value is.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::callbacks::Logs;
use crate::{Error, Result, Setting};

/// Which way a watched result is better.
///
/// Keras: the argument `mode` of callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As the name of the result says.
    #[default]
    Auto,
    /// Less is better.
    Min,
    /// More is better.
    Max,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Mode> {
        match name {
            "auto" => Ok(Mode::Auto),
            "min" => Ok(Mode::Min),
            "max" => Ok(Mode::Max),
            _ => Err(Error::unknown_name("mode", name, &["auto", "min", "max"])),
        }
    }
}

impl From<Mode> for Setting<Mode> {
    fn from(mode: Mode) -> Self {
        Setting::value(mode)
    }
}

/// Which way a result is better, known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Min,
    Max,
}

impl Direction {
    /// Whether `value` is better than `reference`.
    pub(crate) fn is_better(self, value: f64, reference: f64) -> bool {
        match self {
            Direction::Min => value < reference,
            Direction::Max => value > reference,
        }
    }
}

/// Results of which more is better, by Keras's names.
const MORE: &[&str] = &[
    "acc",
    "accuracy",
    "auc",
    "precision",
    "recall",
    "precision_at_recall",
    "recall_at_precision",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "true_positives",
    "true_negatives",
    "f1_score",
    "fbeta_score",
    "io_u",
    "iou",
    "mean_io_u",
    "r2_score",
    "cosine_similarity",
    "pearson_correlation",
    "concordance_correlation",
];

/// Results of which less is better.
const LESS: &[&str] = &[
    "loss",
    "false_positives",
    "false_negatives",
    "mse",
    "mae",
    "mape",
    "msle",
    "error",
    "hinge",
    "crossentropy",
    "kl_divergence",
    "poisson",
    "logcosh",
];

/// Which way the result called `name` is better: `val_` before it, the name of an output or a kind
/// (`top_k_categorical_accuracy`), and a number behind it (`auc_1`) make no difference.
pub(crate) fn direction(name: &str) -> Option<Direction> {
    let name = name.strip_prefix("val_").unwrap_or(name);
    let name = match name.rsplit_once('_') {
        Some((base, number)) if number.chars().all(|c| c.is_ascii_digit()) => base,
        _ => name,
    };
    let is = |known: &&str| name == *known || name.ends_with(&format!("_{known}"));
    if MORE.iter().any(&is) {
        Some(Direction::Max)
    } else if LESS.iter().any(is) {
        Some(Direction::Min)
    } else {
        None
    }
}

/// A result that is watched, and the best value of it so far.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub(super) name: String,
    pub(super) mode: Setting<Mode>,
    /// By how much a value must be better to count.
    pub(super) min_delta: f64,
    pub(super) best: Option<f64>,
    direction: Direction,
    told: bool,
}

impl Monitor {
    pub(super) fn new(min_delta: f64) -> Monitor {
        Monitor {
            name: "val_loss".to_string(),
            mode: Mode::Auto.into(),
            min_delta,
            best: None,
            direction: Direction::Min,
            told: false,
        }
    }

    /// Before a run: finds out which way is better.
    pub(super) fn begin(&mut self) -> Result<()> {
        if !self.min_delta.is_finite() {
            return Err(Error::argument("min_delta", "a number", self.min_delta));
        }
        self.told = false;
        self.direction = match (self.mode.get()?, direction(&self.name)) {
            (Mode::Min, _) => Direction::Min,
            (Mode::Max, _) => Direction::Max,
            (Mode::Auto, Some(known)) => known,
            (Mode::Auto, None) => {
                let given = format!("`auto` for `{}`", self.name);
                let expected = "`min` or `max`, as the name of the result does not tell";
                return Err(Error::argument("mode", expected, given)
                    .remedy("`.mode(\"max\")` when more is better"));
            }
        };
        Ok(())
    }

    /// The value of an epoch. When there is none, that is told, once a run.
    pub(super) fn value(&mut self, logs: &Logs, callback: &str) -> Option<f64> {
        let value = logs.get(&self.name);
        if value.is_none() && !self.told {
            self.told = true;
            let known = logs.as_slice().iter().map(|(name, _)| name.as_str());
            let known: Vec<&str> = known.collect();
            eprintln!(
                "note: {callback} watches `{}`, which is not measured; there are: {}",
                self.name,
                known.join(", ")
            );
        }
        value
    }

    /// Whether a value is better than another, by enough.
    pub(super) fn is_improvement(&self, value: f64, reference: Option<f64>) -> bool {
        let delta = self.min_delta.abs();
        let value = match self.direction {
            Direction::Min => value + delta,
            Direction::Max => value - delta,
        };
        reference.is_none_or(|reference| self.direction.is_better(value, reference))
    }
}

/// The methods of a callback with a field `monitor: Monitor`.
macro_rules! monitor_setters {
    () => {
        /// The result that is watched; `val_loss` unless set.
        #[must_use]
        pub fn monitor(mut self, monitor: &str) -> Self {
            self.monitor.name = monitor.to_string();
            self
        }

        /// `"min"`, `"max"`, or `"auto"`, which the name of the result decides; that unless set.
        #[must_use]
        pub fn mode(mut self, mode: impl Into<$crate::Setting<$crate::callbacks::Mode>>) -> Self {
            self.monitor.mode = mode.into();
            self
        }

        /// 1 prints what the callback does; 0 unless set.
        #[must_use]
        pub fn verbose(mut self, verbose: usize) -> Self {
            self.verbose = verbose;
            self
        }
    };
}
pub(super) use monitor_setters;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_which_way_is_better() {
        for name in [
            "accuracy",
            "val_accuracy",
            "val_sparse_top_k_categorical_accuracy",
            "auc_1",
            "head_precision",
            "mean_io_u",
        ] {
            assert_eq!(direction(name), Some(Direction::Max), "{name}");
        }
        for name in [
            "loss",
            "val_loss",
            "head_loss",
            "mean_squared_error",
            "val_mae",
            "binary_crossentropy",
            "root_mean_squared_error",
        ] {
            assert_eq!(direction(name), Some(Direction::Min), "{name}");
        }
        assert_eq!(direction("beauty"), None);
    }
}
