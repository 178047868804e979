//! What callbacks see of a training run, and what they can do to it.

use std::path::Path;

use super::SharedCallback;
use crate::models::{Ending, Model, Progression};
use crate::{Result, Tensor};

/// Results by name: `loss`, `accuracy`, `val_loss`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

/// Results by name: `[("loss", 0.5)].into()`.
impl<const N: usize> From<[(&str, f64); N]> for Logs {
    fn from(results: [(&str, f64); N]) -> Logs {
        let results = results.into_iter();
        Logs::new(
            results
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
        )
    }
}

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

/// What a callback must know for its run to go on in another process: numbers by name, and tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Numbers, kept exactly, infinities and NaN too.
    pub numbers: Logs,
    /// Tensors, such as the best weights so far.
    pub tensors: Vec<Tensor>,
}

impl Memory {
    /// Some numbers; those that are none are left out.
    pub fn of(numbers: &[(&str, Option<f64>)]) -> Memory {
        let numbers = numbers.iter();
        let known = numbers.filter_map(|(name, value)| Some((name.to_string(), (*value)?)));
        Memory {
            numbers: Logs::new(known.collect()),
            tensors: Vec::new(),
        }
    }

    /// A count that was kept, or 0.
    pub fn count(&self, name: &str) -> usize {
        self.numbers.get(name).unwrap_or(0.0) as usize
    }
}

/// A training run, between two of its steps.
pub struct Training<'a> {
    pub(crate) model: &'a mut Model,
    pub(crate) progression: &'a mut Progression,
    /// All callbacks of the run.
    pub(crate) callbacks: &'a [SharedCallback],
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

    /// How many steps the optimizer has made since `compile`.
    ///
    /// Keras: `self.model.optimizer.iterations`.
    pub fn iterations(&self) -> u64 {
        self.model.iterations()
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

    /// Fails unless the optimizer keeps moving averages of the weights.
    pub(crate) fn check_averages(&mut self) -> Result<()> {
        self.model.check_averages()
    }

    /// Lets the weights and the moving averages that the optimizer keeps of them change places.
    pub(crate) fn swap_averages(&mut self) -> Result<()> {
        self.model.swap_averages()
    }

    /// Takes weights and the optimizer's memory from a file.
    ///
    /// # Errors
    /// As [`Model::load_weights`].
    pub fn load_weights(&mut self, filepath: impl AsRef<Path>) -> Result<()> {
        self.model.load_weights(filepath)
    }

    /// Whether the user interrupted the run.
    pub fn is_interrupted(&self) -> bool {
        self.progression.history.ending == Ending::Interrupted
    }
}
