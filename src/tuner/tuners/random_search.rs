//! `RandomSearch`.

use super::tuner;
use crate::tuner::Tuner;
use crate::tuner::oracles::RandomSearchOracle;

/// Tries values that are drawn at random.
///
/// Keras Tuner: `keras_tuner.RandomSearch`. The search ends early when new values are hard to find.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// let mut tuner = RandomSearch::default().max_trials(5).seed(3).directory(folder.path());
/// tuner.search_with(|trial| {
///     let x: i64 = trial.hyperparameters.int("x", 0, 100).get()?;
///     Ok((x - 50).abs() as f64)
/// })?;
/// assert_eq!(tuner.get_best_trials(10)?.len(), 5);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct RandomSearch {
    tuner: Tuner,
}

impl Default for RandomSearch {
    fn default() -> Self {
        RandomSearch {
            tuner: Tuner::new(RandomSearchOracle),
        }
        .max_trials(10)
    }
}

impl RandomSearch {
    /// How many trials there are; 10 unless set.
    #[must_use]
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.tuner.settings.max_trials = Some(max_trials);
        self
    }
}

tuner!(RandomSearch);
