//! `GridSearch`: all combinations, one after the other.

use super::{Known, Oracle, Proposal};
use crate::Result;
use crate::tuner::hyperparameters::Values;
use crate::tuner::{HyperParameter, HyperParameters, Value};

/// The last hyperparameter changes first; each begins with its default. The first trial has all
/// defaults, and each other one is the successor of the one before: hyperparameters that a trial has
/// brought to light are gone through from there on.
#[derive(Debug)]
pub(in crate::tuner) struct GridSearchOracle;

impl Oracle for GridSearchOracle {
    fn class_name(&self) -> &'static str {
        "GridSearch"
    }

    fn propose(&self, known: &Known<'_>) -> Result<Option<Proposal>> {
        let next = match known.trials.last() {
            None => Some(known.space.with_values(&Values::new()).active().clone()),
            Some(last) => successor(known.space, last.hyperparameters.active()),
        };
        Ok(next.map(Proposal::from))
    }
}

/// The combination after that one; none after the last one.
fn successor(space: &HyperParameters, values: &Values) -> Option<Values> {
    // With the values of hyperparameters that were not known then.
    let values = space.with_values(values).active().clone();
    let mut next = values.clone();
    for hp in space.space().iter().rev() {
        let active = values.get(hp.name()).filter(|_| hp.is_active(&values));
        let Some(current) = active else {
            continue;
        };
        if let Some(following) = following(hp, current) {
            next.insert(hp.name().to_string(), following);
            return Some(space.with_values(&next).active().clone());
        }
        // Back to the default.
        next.remove(hp.name());
    }
    None
}

/// The value after that one: the default comes first, then the others in their order.
fn following(hp: &HyperParameter, value: &Value) -> Option<Value> {
    let default = hp.default();
    let next = match *value == default {
        true => 0,
        // A value from nowhere counts as the last one.
        false => hp.grid_index(value)? + 1,
    };
    let mut candidates = (next..hp.grid_size()).filter_map(|index| hp.grid_value(index));
    candidates.find(|candidate| *candidate != default)
}
