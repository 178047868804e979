//! On what other hyperparameters one depends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tuner::Value;

/// The values of a search's hyperparameters, by name; only of those that are active.
pub(crate) type Values = BTreeMap<String, Value>;

/// When a hyperparameter is active.
///
/// Keras Tuner: `keras_tuner.engine.conditions.Parent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class_name", content = "config")]
pub(crate) enum Condition {
    /// When the one called `name` has one of these values.
    Parent { name: String, values: Vec<Value> },
}

impl Condition {
    pub(crate) fn parent(&self) -> &str {
        let Condition::Parent { name, .. } = self;
        name
    }

    /// A value with which it is met.
    pub(crate) fn first(&self) -> Option<&Value> {
        let Condition::Parent { values, .. } = self;
        values.first()
    }

    pub(crate) fn is_met(&self, current: &Values) -> bool {
        let Condition::Parent { name, values } = self;
        current
            .get(name)
            .is_some_and(|value| values.contains(value))
    }
}

/// Whether all are met.
pub(crate) fn all_met(conditions: &[Condition], values: &Values) -> bool {
    conditions.iter().all(|condition| condition.is_met(values))
}
