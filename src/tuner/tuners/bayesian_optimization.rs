//! `BayesianOptimization`.

use super::tuner;
use crate::tuner::Tuner;
use crate::tuner::oracles::BayesianOracle;

/// Tries values where the score may be best, by what the trials before have shown: a Gaussian
/// process says what to expect between them, and how sure that is.
///
/// Keras Tuner: `keras_tuner.BayesianOptimization`. It looks for the best place by random points and
/// moves, not by gradients.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// let mut tuner = BayesianOptimization::default().max_trials(12).seed(5).directory(folder.path());
/// tuner.search_with(|trial| {
///     let x: f64 = trial.hyperparameters.float("x", -4.0, 4.0).get()?;
///     Ok((x - 1.0).powi(2))
/// })?;
/// assert!(tuner.get_best_trials(1)?[0].score < Some(0.05));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct BayesianOptimization {
    tuner: Tuner,
    oracle: BayesianOracle,
}

impl Default for BayesianOptimization {
    fn default() -> Self {
        let oracle = BayesianOracle {
            num_initial_points: None,
            alpha: 1e-4,
            beta: 2.6,
        };
        BayesianOptimization {
            tuner: Tuner::new(oracle),
            oracle,
        }
        .max_trials(10)
    }
}

impl BayesianOptimization {
    /// How many trials there are; 10 unless set.
    #[must_use]
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.tuner.settings.max_trials = Some(max_trials);
        self
    }

    /// How many of the first trials are random; three for each hyperparameter unless set.
    #[must_use]
    pub fn num_initial_points(self, num_initial_points: usize) -> Self {
        self.with(|oracle| oracle.num_initial_points = Some(num_initial_points))
    }

    /// How noisy the scores are, as a variance; 0.0001 unless set.
    #[must_use]
    pub fn alpha(self, alpha: f64) -> Self {
        self.with(|oracle| oracle.alpha = alpha)
    }

    /// How much it draws the search to where little is known; 2.6 unless set.
    #[must_use]
    pub fn beta(self, beta: f64) -> Self {
        self.with(|oracle| oracle.beta = beta)
    }

    fn with(mut self, change: impl FnOnce(&mut BayesianOracle)) -> Self {
        change(&mut self.oracle);
        self.tuner.oracle = Box::new(self.oracle);
        self
    }
}

tuner!(BayesianOptimization);
