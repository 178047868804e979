//! What to try next: each file is one way to search.
//!
//! The answer follows from the trials so far and the seed alone. Nothing else is remembered, so a
//! search goes on in another process as if it had never stopped.

mod bayesian;
mod gaussian_process;
mod grid_search;
mod hyperband;
mod random_search;

use std::fmt::Debug;

pub(super) use bayesian::BayesianOracle;
pub(super) use grid_search::GridSearchOracle;
pub(super) use hyperband::HyperbandOracle;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
pub(super) use random_search::RandomSearchOracle;

use super::hyperparameters::Values;
use super::trial::{Rung, Trial};
use super::{HyperParameters, Objective};
use crate::{Config, Result};

/// A way to search.
///
/// Keras Tuner: `keras_tuner.Oracle`.
pub(super) trait Oracle: Debug + Send + Sync {
    /// Its name at Keras Tuner.
    fn class_name(&self) -> &'static str;

    /// Fails when an argument is wrong.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The arguments that a search cannot go on without.
    fn arguments(&self) -> Result<Config> {
        Ok(serde_json::json!({}).into())
    }

    /// How many trials there will be at most, if that is known.
    fn trials(&self) -> Option<usize> {
        None
    }

    /// What to try next; none when there is nothing left.
    fn propose(&self, known: &Known<'_>) -> Result<Option<Proposal>>;
}

/// What a search knows so far. No trial is under way.
pub(super) struct Known<'a> {
    pub(super) space: &'a HyperParameters,
    pub(super) trials: &'a [Trial],
    pub(super) objective: &'a Objective,
    pub(super) seed: u64,
}

/// What to try.
#[derive(Debug, PartialEq)]
pub(super) struct Proposal {
    pub(super) values: Values,
    pub(super) rung: Option<Rung>,
}

impl From<Values> for Proposal {
    fn from(values: Values) -> Self {
        Proposal { values, rung: None }
    }
}

/// After so many sets of values that were tried already, the space counts as exhausted.
const MOST_COLLISIONS: usize = 20;

impl Known<'_> {
    /// What is random about the next trial.
    fn generator(&self) -> StdRng {
        let number = self.trials.len();
        StdRng::seed_from_u64(super::seed_of(self.seed, number, 0))
    }

    /// Values that no trial had yet; none when they are hard to find.
    ///
    /// Keras Tuner: `Oracle._random_values`.
    fn random_values(&self) -> Option<Values> {
        let mut generator = self.generator();
        for _ in 0..=MOST_COLLISIONS {
            let mut values = Values::new();
            for hp in self.space.space() {
                if hp.is_active(&values) && !values.contains_key(hp.name()) {
                    let value = hp.prob_to_value(generator.r#gen());
                    values.insert(hp.name().to_string(), value);
                }
            }
            if !self.was_tried(&values) {
                return Some(values);
            }
        }
        None
    }

    fn was_tried(&self, values: &Values) -> bool {
        // What is not tuned makes no difference.
        let is_tuned = |name: &String| self.space.space().iter().any(|hp| hp.name() == name);
        self.trials.iter().any(|trial| {
            let tried = trial.hyperparameters.active().iter();
            tried.filter(|(name, _)| is_tuned(name)).eq(values)
        })
    }
}
