//! A hyperparameter in words.

use std::fmt;

use super::condition::Condition;
use super::hyperparameter::{HyperParameter, Kind};
use super::scale::Sampling;
use crate::tuner::Value;

impl HyperParameter {
    /// On what it depends: `kind = conv`.
    pub(crate) fn condition_words(&self) -> String {
        let words = self.conditions().iter().map(|condition| {
            let Condition::Parent { name, values } = condition;
            format!("{name} = {}", listed(values))
        });
        words.collect::<Vec<String>>().join(" and ")
    }
}

/// The first few of some values.
fn listed(values: &[Value]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = values.iter().take(MOST).map(Value::short).collect();
    match values.len() {
        0..=MOST => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - MOST),
    }
}

/// A range: `1 to 64, log, step 2`.
fn range(min: Value, max: Value, step: Option<Value>, sampling: Sampling) -> String {
    let mut words = format!("{} to {}", min.short(), max.short());
    words += match sampling {
        Sampling::Linear => "",
        Sampling::Log => ", log",
        Sampling::ReverseLog => ", reverse_log",
    };
    match step {
        None | Some(Value::Int(1)) => words,
        Some(step) => words + ", step " + &step.short(),
    }
}

impl fmt::Display for HyperParameter {
    /// What values it may have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match &self.0 {
            Kind::Int {
                min_value,
                max_value,
                step,
                sampling,
                ..
            } => {
                let (min, max) = (Value::Int(*min_value), Value::Int(*max_value));
                range(min, max, step.map(Value::Int), *sampling)
            }
            Kind::Float {
                min_value,
                max_value,
                step,
                sampling,
                ..
            } => {
                let (min, max) = (Value::Float(*min_value), Value::Float(*max_value));
                range(min, max, step.map(Value::Float), *sampling)
            }
            Kind::Choice { values, .. } => listed(values),
            Kind::Boolean { .. } => "true, false".to_string(),
            Kind::Fixed { value, .. } => value.short(),
        })
    }
}
