//! `Hyperband`.

use super::tuner;
use crate::tuner::Tuner;
use crate::tuner::oracles::HyperbandOracle;

/// Trains many models for a few epochs, and only the best of them for more.
///
/// A model that goes on has the weights, and the optimizer's memory, of its best epoch so far.
/// `epochs` in the arguments of `fit` does not matter here.
///
/// Keras Tuner: `keras_tuner.Hyperband`. Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach
/// to Hyperparameter Optimization", <https://jmlr.org/papers/v18/16-558.html>. Where trials have
/// failed, each round takes the best of those that have not.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// let mut tuner = Hyperband::default().max_epochs(4).factor(2).directory(folder.path());
/// tuner.search_with(|trial| {
///     let x: f64 = trial.hyperparameters.float("x", 0.0, 1.0).get()?;
///     let epochs = trial.last_epoch().unwrap_or(1);
///     Ok(x + 1.0 / epochs as f64)
/// })?;
/// assert_eq!(tuner.get_best_trials(1)?[0].last_epoch(), Some(4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct Hyperband {
    tuner: Tuner,
    oracle: HyperbandOracle,
}

impl Default for Hyperband {
    fn default() -> Self {
        let oracle = HyperbandOracle {
            max_epochs: 100,
            factor: 3,
            hyperband_iterations: 1,
        };
        Hyperband {
            tuner: Tuner::new(oracle),
            oracle,
        }
    }
}

impl Hyperband {
    /// For how many epochs a model is trained at most; 100 unless set.
    #[must_use]
    pub fn max_epochs(self, max_epochs: usize) -> Self {
        self.with(|oracle| oracle.max_epochs = max_epochs)
    }

    /// From one round to the next, so many times fewer models are trained for so many times more
    /// epochs; 3 unless set.
    #[must_use]
    pub fn factor(self, factor: usize) -> Self {
        self.with(|oracle| oracle.factor = factor)
    }

    /// How often the whole is done, with other values each time; 1 unless set.
    #[must_use]
    pub fn hyperband_iterations(self, hyperband_iterations: usize) -> Self {
        self.with(|oracle| oracle.hyperband_iterations = hyperband_iterations)
    }

    fn with(mut self, change: impl FnOnce(&mut HyperbandOracle)) -> Self {
        change(&mut self.oracle);
        self.tuner.oracle = Box::new(self.oracle);
        self
    }
}

tuner!(Hyperband);
