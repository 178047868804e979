//! `GridSearch`.

use super::tuner;
use crate::tuner::Tuner;
use crate::tuner::oracles::GridSearchOracle;

/// Tries all combinations of values, beginning with all defaults; the hyperparameter that was
/// defined last changes first.
///
/// Of a range without a step it takes ten values.
///
/// Keras Tuner: `keras_tuner.GridSearch`. The values of a range without a step come in ascending
/// order here; there the order is that of a Python set.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// let mut tuner = GridSearch::default().directory(folder.path());
/// tuner.search_with(|trial| {
///     let hp = &mut trial.hyperparameters;
///     let x: i64 = hp.int("x", 1, 3).get()?;
///     let sign = hp.choice("sign", [1, -1]).get()?;
///     Ok((x * sign) as f64)
/// })?;
/// let tried = tuner.get_best_trials(10)?;
/// assert_eq!(tried.len(), 6);
/// assert_eq!(tried[0].score, Some(-3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct GridSearch {
    tuner: Tuner,
}

impl Default for GridSearch {
    fn default() -> Self {
        GridSearch {
            tuner: Tuner::new(GridSearchOracle),
        }
    }
}

impl GridSearch {
    /// How many trials there are at most; all combinations unless set.
    #[must_use]
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.tuner.settings.max_trials = Some(max_trials);
        self
    }
}

tuner!(GridSearch);
