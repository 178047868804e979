//! What callbacks see of a training run, and what they can do to it.

use std::path::Path;

use crate::models::{Model, Progression};
use crate::{Result, Tensor};

/// Results by name: `loss`, `accuracy`, `val_loss`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    pub(crate) fn new(results: Vec<(String, f64)>) -> Logs {
        Logs(results)
    }

    /// The result called `name`.
    pub fn get(&self, name: &str) -> Option<f64> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value)
    }

    /// Adds a result, or replaces it.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_string(), value)),
        }
    }

    /// All of them.
    pub fn as_slice(&self) -> &[(String, f64)] {
        &self.0
    }
}

/// A training run, between two of its steps.
pub struct Training<'a> {
    pub(crate) model: &'a mut Model,
    pub(crate) progression: &'a mut Progression,
}

impl Training<'_> {
    /// The model that is trained.
    pub fn model(&self) -> &Model {
        self.model
    }

    /// The epoch after which the run ends.
    pub fn epochs(&self) -> usize {
        self.progression.epochs
    }

    /// How many batches an epoch has, once that is known.
    pub fn steps(&self) -> Option<usize> {
        self.progression.steps
    }

    /// Ends the run after this batch or epoch; `reason` is shown.
    ///
    /// Keras: `self.model.stop_training = True`.
    pub fn stop(&mut self, reason: &str) {
        self.progression.stopped = Some(reason.to_string());
    }

    /// How large steps are.
    pub fn learning_rate(&self) -> f32 {
        self.model.learning_rate().unwrap_or(0.0)
    }

    /// Changes how large steps are.
    ///
    /// # Errors
    /// When it is negative or no number.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.model.set_learning_rate(learning_rate)
    }

    /// Replaces all weights, in the order of [`Model::get_weights`].
    ///
    /// # Errors
    /// When their number or shapes differ.
    pub fn set_weights(&mut self, weights: &[Tensor]) -> Result<()> {
        self.model.set_weights(weights)
    }

    /// Takes weights and the optimizer's memory from a file.
    ///
    /// # Errors
    /// As [`Model::load_weights`].
    pub fn load_weights(&mut self, filepath: impl AsRef<Path>) -> Result<()> {
        self.model.load_weights(filepath)
    }

    /// Where the run stands, and what its order of samples comes from.
    pub(crate) fn progression(&mut self) -> &mut Progression {
        self.progression
    }
}
