//! The arguments of `hp.int`, `hp.float` and so on: what a definition says besides name and range.

use super::condition::Condition;
use super::hyperparameter::{HyperParameter, Kind};
use super::{HyperParameters, Sampling};
use crate::tuner::value::{Real, Tunable, Value, Whole};
use crate::{Error, Result, Setting};

/// A definition of a hyperparameter, which `get` makes.
pub trait Define: Sized {
    /// The type of its value.
    type Value;

    /// Defines it, with one more condition or none; no value when it is not active.
    ///
    /// # Errors
    /// When an argument is wrong.
    fn define(self, parent: Option<Parent>) -> Result<Option<Self::Value>>;
}

/// What a hyperparameter depends on.
#[derive(Clone, Debug)]
pub struct Parent {
    name: String,
    values: Vec<Value>,
}

/// A hyperparameter that matters only while another one has certain values.
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct Conditional<D> {
    definition: D,
    parent: Parent,
}

impl<D: Define> Conditional<D> {
    /// Defines it; its value, or none while it does not matter.
    ///
    /// # Errors
    /// When an argument is wrong, or there is no hyperparameter of the parent's name.
    pub fn get(self) -> Result<Option<D::Value>> {
        self.definition.define(Some(self.parent))
    }
}

/// The name of a definition with its scopes, and all of its conditions.
fn place(
    hp: &HyperParameters,
    name: &str,
    parent: Option<Parent>,
) -> Result<(String, Vec<Condition>)> {
    let mut conditions = hp.conditions.clone();
    if let Some(parent) = parent {
        conditions.push(hp.condition(&parent.name, parent.values)?);
    }
    Ok((hp.full_name(name), conditions))
}

/// The value in the type of the definition.
fn read<T: Tunable>(name: &str, value: Option<Value>) -> Result<Option<T>> {
    let read = |value: Value| T::from_value(&value).ok_or_else(|| defined_twice(name, &value));
    value.map(read).transpose()
}

fn defined_twice(name: &str, value: &Value) -> Error {
    Error::state(format!(
        "hyperparameter `{name}` is {value}, from another definition of the same name"
    ))
    .remedy("give the two different names")
}

fn always<T>(value: Option<T>, name: &str) -> Result<T> {
    value.ok_or_else(|| {
        Error::state(format!("hyperparameter `{name}` is not active"))
            .remedy("define it inside of `conditional_scope`, or with `.parent(..)`")
    })
}

/// The methods of all definitions.
macro_rules! definition {
    () => {
        /// Lets it matter only while the hyperparameter called `parent_name` has one of
        /// `parent_values`: `get` then returns an `Option`.
        ///
        /// Keras Tuner: the arguments `parent_name` and `parent_values`.
        pub fn parent<V: Into<Value>>(
            self,
            parent_name: &str,
            parent_values: impl IntoIterator<Item = V>,
        ) -> Conditional<Self> {
            let parent = Parent {
                name: parent_name.to_string(),
                values: parent_values.into_iter().map(Into::into).collect(),
            };
            Conditional {
                definition: self,
                parent,
            }
        }

        /// Defines it, and returns its value.
        ///
        /// # Errors
        /// When an argument is wrong.
        pub fn get(self) -> Result<<Self as Define>::Value> {
            let name = self.name.clone();
            always(self.define(None)?, &name)
        }
    };
}

/// The methods of ranges.
macro_rules! range {
    () => {
        /// What is added from one value to the next; with logarithms, by what it is multiplied.
        pub fn step(mut self, step: T) -> Self {
            self.step = Some(step);
            self
        }

        /// `"linear"`, `"log"` or `"reverse_log"`; linear unless set.
        pub fn sampling(mut self, sampling: impl Into<Setting<Sampling>>) -> Self {
            self.sampling = sampling.into();
            self
        }

        /// The value before anything is tuned; `min_value` unless set.
        pub fn default(mut self, default: T) -> Self {
            self.default = Some(default);
            self
        }
    };
}

/// A whole number of a range; see [`HyperParameters::int`].
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct IntArguments<'a, T> {
    hp: &'a mut HyperParameters,
    name: String,
    min_value: T,
    max_value: T,
    step: Option<T>,
    sampling: Setting<Sampling>,
    default: Option<T>,
}

impl<'a, T: Whole> IntArguments<'a, T> {
    pub(super) fn new(hp: &'a mut HyperParameters, name: &str, min: T, max: T) -> Self {
        IntArguments {
            hp,
            name: name.to_string(),
            min_value: min,
            max_value: max,
            step: None,
            sampling: Sampling::Linear.into(),
            default: None,
        }
    }

    range!();
    definition!();
}

/// The number in a value that was made of a whole one.
fn whole(value: impl Into<Value>) -> i64 {
    match value.into() {
        Value::Int(number) => number,
        _ => i64::MAX,
    }
}

/// The number in a value that was made of one.
fn real(value: impl Into<Value>) -> f64 {
    match value.into() {
        Value::Float(number) => number,
        _ => f64::NAN,
    }
}

impl<T: Whole> Define for IntArguments<'_, T> {
    type Value = T;

    fn define(self, parent: Option<Parent>) -> Result<Option<T>> {
        let (name, conditions) = place(self.hp, &self.name, parent)?;
        let title = |e: Error| e.at(format!("hyperparameter `{name}`"));
        let sampling = *self.sampling.get().map_err(title)?;
        let linear = (sampling == Sampling::Linear).then_some(1);
        let value = self.hp.retrieve(HyperParameter(Kind::Int {
            name: name.clone(),
            default: self.default.map(whole),
            conditions,
            min_value: whole(self.min_value),
            max_value: whole(self.max_value),
            step: self.step.map(whole).or(linear),
            sampling,
        }))?;
        read(&name, value)
    }
}

/// A number of a range; see [`HyperParameters::float`].
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct FloatArguments<'a, T> {
    hp: &'a mut HyperParameters,
    name: String,
    min_value: T,
    max_value: T,
    step: Option<T>,
    sampling: Setting<Sampling>,
    default: Option<T>,
}

impl<'a, T: Real> FloatArguments<'a, T> {
    pub(super) fn new(hp: &'a mut HyperParameters, name: &str, min: T, max: T) -> Self {
        FloatArguments {
            hp,
            name: name.to_string(),
            min_value: min,
            max_value: max,
            step: None,
            sampling: Sampling::Linear.into(),
            default: None,
        }
    }

    range!();
    definition!();
}

impl<T: Real> Define for FloatArguments<'_, T> {
    type Value = T;

    fn define(self, parent: Option<Parent>) -> Result<Option<T>> {
        let (name, conditions) = place(self.hp, &self.name, parent)?;
        let title = |e: Error| e.at(format!("hyperparameter `{name}`"));
        let sampling = *self.sampling.get().map_err(title)?;
        let value = self.hp.retrieve(HyperParameter(Kind::Float {
            name: name.clone(),
            default: self.default.map(real),
            conditions,
            min_value: real(self.min_value),
            max_value: real(self.max_value),
            step: self.step.map(real),
            sampling,
        }))?;
        read(&name, value)
    }
}

/// One of some values; see [`HyperParameters::choice`].
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct ChoiceArguments<'a, T> {
    hp: &'a mut HyperParameters,
    name: String,
    values: Vec<T>,
    ordered: Option<bool>,
    default: Option<T>,
}

impl<'a, T: Clone + Into<Value>> ChoiceArguments<'a, T> {
    pub(super) fn new(hp: &'a mut HyperParameters, name: &str, values: Vec<T>) -> Self {
        ChoiceArguments {
            hp,
            name: name.to_string(),
            values,
            ordered: None,
            default: None,
        }
    }

    /// Whether the values stand in an order, so that neighbours are alike; true for numbers and
    /// false for words unless set.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.ordered = Some(ordered);
        self
    }

    /// The value before anything is tuned; the first one unless set.
    pub fn default(mut self, default: T) -> Self {
        self.default = Some(default);
        self
    }

    definition!();
}

impl<T: Clone + Into<Value>> Define for ChoiceArguments<'_, T> {
    type Value = T;

    fn define(self, parent: Option<Parent>) -> Result<Option<T>> {
        let (name, conditions) = place(self.hp, &self.name, parent)?;
        let values: Vec<Value> = self.values.iter().cloned().map(Into::into).collect();
        let is_numeric = !matches!(values.first(), Some(Value::Text(_)));
        let value = self.hp.retrieve(HyperParameter(Kind::Choice {
            name: name.clone(),
            default: self.default.map(Into::into),
            conditions,
            values: values.clone(),
            ordered: self.ordered.unwrap_or(is_numeric),
        }))?;
        let Some(value) = value else {
            return Ok(None);
        };
        let chosen = values.iter().position(|known| *known == value);
        let chosen = chosen.and_then(|index| self.values.get(index).cloned());
        chosen.ok_or_else(|| defined_twice(&name, &value)).map(Some)
    }
}

/// True or false; see [`HyperParameters::boolean`].
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct BooleanArguments<'a> {
    hp: &'a mut HyperParameters,
    name: String,
    default: bool,
}

impl<'a> BooleanArguments<'a> {
    pub(super) fn new(hp: &'a mut HyperParameters, name: &str) -> Self {
        BooleanArguments {
            hp,
            name: name.to_string(),
            default: false,
        }
    }

    /// The value before anything is tuned; false unless set.
    pub fn default(mut self, default: bool) -> Self {
        self.default = default;
        self
    }

    definition!();
}

impl Define for BooleanArguments<'_> {
    type Value = bool;

    fn define(self, parent: Option<Parent>) -> Result<Option<bool>> {
        let (name, conditions) = place(self.hp, &self.name, parent)?;
        let value = self.hp.retrieve(HyperParameter(Kind::Boolean {
            name: name.clone(),
            default: self.default,
            conditions,
        }))?;
        read(&name, value)
    }
}

/// A value that is not tuned; see [`HyperParameters::fixed`].
#[derive(Debug)]
#[must_use = "`get` defines the hyperparameter and returns its value"]
pub struct FixedArguments<'a, T> {
    hp: &'a mut HyperParameters,
    name: String,
    value: T,
}

impl<'a, T: Clone + Into<Value>> FixedArguments<'a, T> {
    pub(super) fn new(hp: &'a mut HyperParameters, name: &str, value: T) -> Self {
        FixedArguments {
            hp,
            name: name.to_string(),
            value,
        }
    }

    definition!();
}

impl<T: Clone + Into<Value>> Define for FixedArguments<'_, T> {
    type Value = T;

    fn define(self, parent: Option<Parent>) -> Result<Option<T>> {
        let (name, conditions) = place(self.hp, &self.name, parent)?;
        let fixed: Value = self.value.clone().into();
        let value = self.hp.retrieve(HyperParameter(Kind::Fixed {
            name: name.clone(),
            conditions,
            value: fixed.clone(),
        }))?;
        match value {
            Some(value) if value != fixed => Err(defined_twice(&name, &value)),
            value => Ok(value.map(|_| self.value)),
        }
    }
}
