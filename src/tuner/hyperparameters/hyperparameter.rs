//! `HyperParameter`: one thing that is tuned, with all values that it may have.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::condition::{Condition, Values, all_met};
use super::scale::{Sampling, Scale, index_to_prob, prob_to_index};
use crate::tuner::Value;
use crate::{Error, Result};

/// One thing that is tuned: its name and the values that it may have.
///
/// Keras Tuner: `keras_tuner.engine.hyperparameters.HyperParameter` and its kinds.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::tuner::Value;
/// let mut hp = HyperParameters::new();
/// let _: usize = hp.int("units", 32, 256).step(32).get()?;
/// let units = &hp.space()[0];
/// assert_eq!(units.name(), "units");
/// assert_eq!(units.default(), Value::Int(32));
/// assert_eq!(units.prob_to_value(0.99), Value::Int(256));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HyperParameter(pub(super) Kind);

/// The kinds, as Keras Tuner writes them down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "class_name", content = "config")]
pub(super) enum Kind {
    Int {
        name: String,
        default: Option<i64>,
        conditions: Vec<Condition>,
        min_value: i64,
        max_value: i64,
        step: Option<i64>,
        sampling: Sampling,
    },
    Float {
        name: String,
        default: Option<f64>,
        conditions: Vec<Condition>,
        min_value: f64,
        max_value: f64,
        step: Option<f64>,
        sampling: Sampling,
    },
    Choice {
        name: String,
        default: Option<Value>,
        conditions: Vec<Condition>,
        values: Vec<Value>,
        ordered: bool,
    },
    Boolean {
        name: String,
        default: bool,
        conditions: Vec<Condition>,
    },
    Fixed {
        name: String,
        conditions: Vec<Condition>,
        value: Value,
    },
}

/// Whole numbers up to here are exact as `f64`, in which ranges are computed.
const LARGEST: i64 = 1 << 53;
/// How many values of a range without a step a grid has.
const SAMPLES: usize = 10;

impl HyperParameter {
    /// Its name, with the name scopes that it was defined in.
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Int { name, .. }
            | Kind::Float { name, .. }
            | Kind::Choice { name, .. }
            | Kind::Boolean { name, .. }
            | Kind::Fixed { name, .. } => name,
        }
    }

    /// Its kind by Keras Tuner's name: `Int`, `Float`, `Choice`, `Boolean` or `Fixed`.
    pub fn class_name(&self) -> &'static str {
        match &self.0 {
            Kind::Int { .. } => "Int",
            Kind::Float { .. } => "Float",
            Kind::Choice { .. } => "Choice",
            Kind::Boolean { .. } => "Boolean",
            Kind::Fixed { .. } => "Fixed",
        }
    }

    /// The value that it has before anything is tuned.
    pub fn default(&self) -> Value {
        match &self.0 {
            Kind::Int {
                default, min_value, ..
            } => Value::Int(default.unwrap_or(*min_value)),
            Kind::Float {
                default, min_value, ..
            } => Value::Float(default.unwrap_or(*min_value)),
            Kind::Choice {
                default, values, ..
            } => {
                let first = values.first().cloned();
                let default = default.clone().or(first);
                default.unwrap_or(Value::Bool(false))
            }
            Kind::Boolean { default, .. } => Value::Bool(*default),
            Kind::Fixed { value, .. } => value.clone(),
        }
    }

    /// The value at a probability from 0 to 1: equal stretches of it are equally likely.
    ///
    /// Keras Tuner: `HyperParameter.prob_to_value`.
    pub fn prob_to_value(&self, prob: f64) -> Value {
        let prob = if prob >= 0.0 { prob.min(1.0) } else { 0.0 };
        match (&self.0, self.scale()) {
            (Kind::Int { max_value, .. }, Some(scale)) => {
                let number = match scale.step {
                    Some(step) => scale.nth(prob_to_index(prob, scale.count(step)), step),
                    None => scale.at(prob),
                };
                Value::Int((number as i64).min(*max_value))
            }
            (Kind::Float { .. }, Some(scale)) => Value::Float(match scale.step {
                Some(step) => scale.nth(prob_to_index(prob, scale.count(step)), step),
                None => scale.at(prob).clamp(scale.min, scale.max),
            }),
            (Kind::Choice { values, .. }, _) => {
                let index = prob_to_index(prob, values.len() as f64) as usize;
                values.get(index).cloned().unwrap_or(self.default())
            }
            (Kind::Boolean { .. }, _) => Value::Bool(prob >= 0.5),
            _ => self.default(),
        }
    }

    /// The middle of the probabilities that lead to a value.
    ///
    /// Keras Tuner: `HyperParameter.value_to_prob`.
    ///
    /// # Errors
    /// When it cannot have that value.
    pub fn value_to_prob(&self, value: &Value) -> Result<f64> {
        if !self.accepts(value) {
            let error = Error::argument("value", &format!("one of `{}`", self.name()), value);
            return Err(error.remedy(format!("it is {self}")));
        }
        let number = match value {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            _ => 0.0,
        };
        Ok(match (&self.0, self.scale()) {
            (kind, Some(scale)) => match (scale.step, kind) {
                (Some(step), _) => index_to_prob(scale.index_of(number, step), scale.count(step)),
                // The middle of the stretch that belongs to the whole number.
                (None, Kind::Int { .. }) => scale.prob_of(number + 0.5),
                (None, _) => scale.prob_of(number),
            },
            (Kind::Choice { values, .. }, _) => {
                let index = values.iter().position(|known| known == value);
                index_to_prob(index.unwrap_or(0) as f64, values.len() as f64)
            }
            (Kind::Boolean { .. }, _) if *value == Value::Bool(true) => 0.75,
            (Kind::Boolean { .. }, _) => 0.25,
            _ => 0.5,
        })
    }

    /// How many values a grid has: all of them, or ten of a range without a step.
    ///
    /// Keras Tuner: the length of `HyperParameter.values`.
    pub fn grid_size(&self) -> usize {
        match (&self.0, self.scale()) {
            (_, Some(scale)) => match scale.step {
                Some(step) => scale.count(step) as usize,
                None => self.samples().len(),
            },
            (Kind::Choice { values, .. }, _) => values.len(),
            (Kind::Boolean { .. }, _) => 2,
            _ => 1,
        }
    }

    /// A value of the grid, by its index.
    ///
    /// Keras Tuner: an item of `HyperParameter.values`; of a range without a step they are in order.
    pub fn grid_value(&self, index: usize) -> Option<Value> {
        if index >= self.grid_size() {
            return None;
        }
        Some(match (&self.0, self.scale()) {
            (kind, Some(scale)) => match (scale.step, kind) {
                (Some(step), Kind::Int { .. }) => Value::Int(scale.nth(index as f64, step) as i64),
                (Some(step), _) => Value::Float(scale.nth(index as f64, step)),
                (None, _) => self.samples().swap_remove(index),
            },
            (Kind::Choice { values, .. }, _) => values.get(index)?.clone(),
            (Kind::Boolean { .. }, _) => Value::Bool(index == 0),
            _ => self.default(),
        })
    }

    /// Where a value is in the grid.
    pub(crate) fn grid_index(&self, value: &Value) -> Option<usize> {
        match self.scale() {
            Some(scale) if scale.step.is_some() => {
                let number = match value {
                    Value::Int(value) => *value as f64,
                    Value::Float(value) => *value,
                    _ => return None,
                };
                let index = scale.index_of(number, scale.step?).round().max(0.0) as usize;
                (self.grid_value(index)? == *value).then_some(index)
            }
            // Few.
            _ => {
                (0..self.grid_size()).find(|index| self.grid_value(*index).as_ref() == Some(value))
            }
        }
    }

    /// What a grid has of a range without a step.
    fn samples(&self) -> Vec<Value> {
        let samples = (0..SAMPLES).map(|i| self.prob_to_value(i as f64 * 0.1 + 0.05));
        let mut samples: Vec<Value> = samples.collect();
        samples.dedup();
        samples
    }

    fn scale(&self) -> Option<Scale> {
        match &self.0 {
            Kind::Int {
                min_value,
                max_value,
                step,
                sampling,
                ..
            } => Some(Scale {
                min: *min_value as f64,
                // Without a step, each whole number has the stretch up to the next one.
                max: *max_value as f64 + if step.is_none() { 1.0 } else { 0.0 },
                step: step.map(|step| step as f64),
                sampling: *sampling,
            }),
            Kind::Float {
                min_value,
                max_value,
                step,
                sampling,
                ..
            } => Some(Scale {
                min: *min_value,
                max: *max_value,
                step: *step,
                sampling: *sampling,
            }),
            _ => None,
        }
    }

    /// Whether it can have a value.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        match (&self.0, value) {
            (
                Kind::Int {
                    min_value,
                    max_value,
                    ..
                },
                Value::Int(value),
            ) => (min_value..=max_value).contains(&value),
            (
                Kind::Float {
                    min_value,
                    max_value,
                    ..
                },
                Value::Float(value),
            ) => (min_value..=max_value).contains(&value),
            (Kind::Choice { values, .. }, value) => values.contains(value),
            (Kind::Boolean { .. }, Value::Bool(_)) => true,
            (Kind::Fixed { value: fixed, .. }, value) => fixed == value,
            _ => false,
        }
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        match &self.0 {
            Kind::Int { conditions, .. }
            | Kind::Float { conditions, .. }
            | Kind::Choice { conditions, .. }
            | Kind::Boolean { conditions, .. }
            | Kind::Fixed { conditions, .. } => conditions,
        }
    }

    /// Whether it has a value beside those.
    pub(crate) fn is_active(&self, values: &Values) -> bool {
        all_met(self.conditions(), values)
    }

    /// Fails unless the definition makes sense.
    pub(crate) fn check(&self) -> Result<()> {
        let check = || {
            if self.name().is_empty() {
                return Err(Error::argument("name", "a name", "\"\""));
            }
            if let Kind::Int {
                min_value,
                max_value,
                ..
            } = &self.0
            {
                for (name, value) in [("min_value", min_value), ("max_value", max_value)] {
                    if !(-LARGEST..=LARGEST).contains(value) {
                        let expected = "a whole number of at most 2^53, up or down";
                        return Err(Error::argument(name, expected, value));
                    }
                }
            }
            if let Some(scale) = self.scale() {
                scale.check()?;
            }
            if let Kind::Choice {
                values, ordered, ..
            } = &self.0
            {
                check_choices(values, *ordered)?;
            }
            let default = self.default();
            if !default.is_definite() || !self.accepts(&default) {
                let name = match &self.0 {
                    Kind::Fixed { .. } => "value",
                    _ => "default",
                };
                return Err(Error::argument(name, "one of its values", default)
                    .remedy(format!("it is {self}")));
            }
            Ok(())
        };
        check().map_err(|e| e.at(format!("hyperparameter `{}`", self.name())))
    }
}

fn check_choices(values: &[Value], ordered: bool) -> Result<()> {
    let Some(first) = values.first() else {
        return Err(Error::argument("values", "at least one value", "none"));
    };
    if let Some(other) = values.iter().find(|value| value.kind() != first.kind()) {
        let expected = format!("values of one type: {}, as the first one", first.kind());
        return Err(Error::argument("values", &expected, other));
    }
    if let Some(other) = values.iter().find(|value| !value.is_definite()) {
        return Err(Error::argument("values", "numbers", other));
    }
    let mut known = HashSet::new();
    if let Some(twice) = values.iter().find(|value| !known.insert(value.to_string())) {
        let given = format!("{twice} twice");
        return Err(Error::argument("values", "values that differ", given));
    }
    if ordered && matches!(first, Value::Text(_)) {
        return Err(Error::argument("ordered", "false for words", true));
    }
    Ok(())
}
