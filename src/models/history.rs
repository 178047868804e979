//! What `fit` leaves behind: every metric of every epoch.

use serde::{Deserialize, Serialize};

/// The course of a training run: one value for each metric and epoch.
///
/// Keras: `keras.callbacks.History`, as returned by `fit`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The epochs that were run, counted from 0 as Keras does.
    pub epoch: Vec<usize>,
    /// How long each epoch took, in seconds.
    pub seconds: Vec<f64>,
    columns: Vec<(String, Vec<f64>)>,
    /// How the run ended.
    pub ending: Ending,
}

/// How a training run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// All epochs were run.
    #[default]
    Finished,
    /// The user interrupted it; the weights are those after the last batch.
    Interrupted,
    /// A callback ended it, for this reason.
    Stopped(String),
    /// [`TerminateOnNaN`](crate::callbacks::TerminateOnNaN) ended it: where, and what became NaN or
    /// infinite.
    Diverged(String),
}

impl History {
    /// The values of a metric, one for each epoch: `history.get("val_accuracy")`.
    ///
    /// Keras: `history.history["val_accuracy"]`.
    pub fn get(&self, metric: &str) -> Option<&[f64]> {
        self.columns
            .iter()
            .find(|(name, _)| name == metric)
            .map(|(_, values)| values.as_slice())
    }

    /// The names of the metrics, in the order in which the progress line shows them.
    ///
    /// Keras: `history.history.keys()`.
    pub fn metrics(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Adds an epoch.
    pub(crate) fn push(&mut self, epoch: usize, seconds: f64, values: &[(String, f64)]) {
        self.epoch.push(epoch);
        self.seconds.push(seconds);
        for (name, value) in values {
            match self.columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, column)) => column.push(*value),
                None => self.columns.push((name.clone(), vec![*value])),
            }
        }
    }
}
