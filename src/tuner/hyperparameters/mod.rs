//! `HyperParameters`: what is tuned, and the values that it has at the moment.
//!
//! `hyperparameter.rs` is one of them, `scale.rs` the arithmetic of ranges, `arguments.rs` how a
//! cell defines them, `condition.rs` when they are active.

mod arguments;
mod condition;
mod hyperparameter;
mod scale;
mod words;

use serde::{Deserialize, Serialize};

pub use arguments::{
    BooleanArguments, ChoiceArguments, Conditional, Define, FixedArguments, FloatArguments,
    IntArguments,
};
pub(super) use condition::Values;
use condition::{Condition, all_met};
pub use hyperparameter::HyperParameter;
pub use scale::Sampling;

use super::value::{Real, Tunable, Value, Whole};
use crate::{Config, Error, Result};

/// What is tuned, and the values that it has at the moment.
///
/// A hyperparameter is defined where its value is needed: the call tells the search which values
/// there are, and `get` returns the one to use. The same call in the next trial returns another one.
/// Outside of a search, or in the first build, all have their defaults.
///
/// Keras Tuner: `keras_tuner.HyperParameters`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut hp = HyperParameters::new();
/// let units: usize = hp.int("units", 32, 256).step(32).default(64).get()?;
/// let rate: f32 = hp.float("learning_rate", 1e-4, 1e-2).sampling("log").get()?;
/// let activation = hp.choice("activation", ["relu", "tanh"]).get()?;
/// let dropout = hp.boolean("dropout").get()?;
/// assert_eq!((units, rate, activation, dropout), (64, 1e-4, "relu", false));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HyperParameters {
    space: Vec<HyperParameter>,
    values: Values,
    #[serde(skip)]
    name_scopes: Vec<String>,
    #[serde(skip)]
    conditions: Vec<Condition>,
    /// The conditional scopes that a build came by, and whether they were active.
    #[serde(skip)]
    scopes: Vec<(Vec<Condition>, bool)>,
}

impl HyperParameters {
    /// None yet.
    pub fn new() -> HyperParameters {
        HyperParameters::default()
    }

    /// A whole number from `min_value` to `max_value`, both included: `hp.int("units", 32, 256)`.
    /// The type is that of the place where the value is used.
    ///
    /// Keras Tuner: `hp.Int`.
    pub fn int<T: Whole>(&mut self, name: &str, min_value: T, max_value: T) -> IntArguments<'_, T> {
        IntArguments::new(self, name, min_value, max_value)
    }

    /// A number from `min_value` to `max_value`: `hp.float("learning_rate", 1e-4, 1e-2)`.
    ///
    /// Keras Tuner: `hp.Float`.
    pub fn float<T: Real>(
        &mut self,
        name: &str,
        min_value: T,
        max_value: T,
    ) -> FloatArguments<'_, T> {
        FloatArguments::new(self, name, min_value, max_value)
    }

    /// One of some words, numbers or truth values: `hp.choice("activation", ["relu", "tanh"])`.
    ///
    /// Keras Tuner: `hp.Choice`.
    pub fn choice<T: Clone + Into<Value>>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) -> ChoiceArguments<'_, T> {
        ChoiceArguments::new(self, name, values.into_iter().collect())
    }

    /// True or false: `hp.boolean("dropout")`.
    ///
    /// Keras Tuner: `hp.Boolean`.
    pub fn boolean(&mut self, name: &str) -> BooleanArguments<'_> {
        BooleanArguments::new(self, name)
    }

    /// A value that is not tuned, but written down with the others: `hp.fixed("batch_size", 32)`.
    ///
    /// Keras Tuner: `hp.Fixed`.
    pub fn fixed<T: Clone + Into<Value>>(&mut self, name: &str, value: T) -> FixedArguments<'_, T> {
        FixedArguments::new(self, name, value)
    }

    /// Defines hyperparameters that matter only while the one called `parent_name` has one of
    /// `parent_values`. `body` is called then alone, and its result returned; the search finds out
    /// by itself what it defines.
    ///
    /// Keras Tuner: `with hp.conditional_scope(parent_name, parent_values)`.
    ///
    /// # Errors
    /// Those of `body`; when there is no hyperparameter of that name.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut hp = HyperParameters::new();
    /// let kind = hp.choice("kind", ["dense", "conv"]).get()?;
    /// let filters = hp.conditional_scope("kind", ["conv"], |hp| hp.int("filters", 8, 64).get())?;
    /// assert_eq!((kind, filters), ("dense", None::<usize>));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn conditional_scope<T, V: Into<Value>>(
        &mut self,
        parent_name: &str,
        parent_values: impl IntoIterator<Item = V>,
        body: impl FnOnce(&mut HyperParameters) -> Result<T>,
    ) -> Result<Option<T>> {
        let condition = self.condition(parent_name, parent_values)?;
        self.conditions.push(condition);
        let is_active = all_met(&self.conditions, &self.values);
        self.scopes.push((self.conditions.clone(), is_active));
        let result = is_active.then(|| body(self)).transpose();
        self.conditions.pop();
        result
    }

    /// Puts `name` and a slash before the names of the hyperparameters that `body` defines.
    ///
    /// Keras Tuner: `with hp.name_scope(name)`.
    ///
    /// # Errors
    /// Those of `body`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut hp = HyperParameters::new();
    /// for block in ["first", "second"] {
    ///     let _: usize = hp.name_scope(block, |hp| hp.int("units", 8, 64).get())?;
    /// }
    /// assert_eq!(hp.get::<usize>("second/units")?, 8);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn name_scope<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut HyperParameters) -> Result<T>,
    ) -> Result<T> {
        self.name_scopes.push(name.to_string());
        let result = body(self);
        self.name_scopes.pop();
        result
    }

    /// The value of the hyperparameter called `name`: `best.get::<usize>("units")?`.
    ///
    /// Keras Tuner: `hp.get(name)`.
    ///
    /// # Errors
    /// When there is none of that name, it is not active, or its values have another type.
    pub fn get<T: Tunable>(&self, name: &str) -> Result<T> {
        let name = self.full_name(name);
        let Some(value) = self.values.get(&name) else {
            if self.space.iter().any(|hp| hp.name() == name) {
                return Err(
                    Error::state(format!("hyperparameter `{name}` is not active"))
                        .remedy("what it depends on has another value"),
                );
            }
            let known: Vec<&str> = self.values.keys().map(String::as_str).collect();
            return Err(Error::unknown_name("hyperparameter", &name, &known));
        };
        T::from_value(value).ok_or_else(|| {
            Error::argument(&name, T::EXPECTED, value).remedy(format!(
                "its values are {}: ask for that type",
                value.kind()
            ))
        })
    }

    /// The names and values of all that are active, in the order of their definition.
    ///
    /// Keras Tuner: `hp.values`.
    pub fn values(&self) -> Vec<(&str, &Value)> {
        let mut listed: Vec<(&str, &Value)> = Vec::new();
        for hp in &self.space {
            let known = listed.iter().any(|(name, _)| *name == hp.name());
            if let Some(value) = self.values.get(hp.name()).filter(|_| !known) {
                listed.push((hp.name(), value));
            }
        }
        listed
    }

    /// All that were defined, in order.
    ///
    /// Keras Tuner: `hp.space`.
    pub fn space(&self) -> &[HyperParameter] {
        &self.space
    }

    /// Definitions and values, as Keras Tuner writes them down.
    ///
    /// Keras Tuner: `hp.get_config()`.
    ///
    /// # Errors
    /// When they cannot be written down.
    pub fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    /// The hyperparameters of a configuration.
    ///
    /// Keras Tuner: `HyperParameters.from_config(config)`.
    ///
    /// # Errors
    /// When a definition makes no sense, or a value does not fit its definition.
    pub fn from_config(config: &Config) -> Result<HyperParameters> {
        let read: HyperParameters = config.read()?;
        read.check()?;
        Ok(read)
    }

    /// Fails unless definitions and values fit together.
    pub(super) fn check(&self) -> Result<()> {
        for hp in &self.space {
            hp.check()?;
        }
        for (name, value) in &self.values {
            let mut of_name = self.space.iter().filter(|hp| hp.name() == name);
            if !of_name.any(|hp| hp.accepts(value)) {
                return Err(Error::data(format!(
                    "hyperparameter `{name}` cannot be {value}"
                )));
            }
        }
        Ok(())
    }

    /// The value of a hyperparameter, which is defined unless it is already; none when it is not
    /// active.
    fn retrieve(&mut self, hp: HyperParameter) -> Result<Option<Value>> {
        hp.check()?;
        if let Some(parent) = hp.conditions().iter().find(|c| c.parent() == hp.name()) {
            let expected = format!("another one than `{}`", hp.name());
            return Err(Error::argument("parent_name", &expected, parent.parent()));
        }
        let is_active = hp.is_active(&self.values);
        let (name, default) = (hp.name().to_string(), hp.default());
        if !self.contains(&hp) {
            self.space.push(hp);
        }
        if !is_active {
            return Ok(None);
        }
        Ok(Some(self.values.entry(name).or_insert(default).clone()))
    }

    /// Whether there is one of the same name under the same conditions.
    fn contains(&self, hp: &HyperParameter) -> bool {
        let mut known = self.space.iter();
        known.any(|known| known.name() == hp.name() && known.conditions() == hp.conditions())
    }

    fn full_name(&self, name: &str) -> String {
        let mut parts = self.name_scopes.clone();
        parts.push(name.to_string());
        parts.join("/")
    }

    fn condition<V: Into<Value>>(
        &self,
        parent_name: &str,
        parent_values: impl IntoIterator<Item = V>,
    ) -> Result<Condition> {
        let name = self.full_name(parent_name);
        if !self.space.iter().any(|hp| hp.name() == name) {
            let known: Vec<&str> = self.space.iter().map(HyperParameter::name).collect();
            return Err(
                Error::unknown_name("hyperparameter", &name, &known).at("argument `parent_name`")
            );
        }
        let values: Vec<Value> = parent_values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            let error = Error::argument("parent_values", "at least one value", "none");
            return Err(error);
        }
        Ok(Condition::Parent { name, values })
    }

    /// Adds the definitions that others have and this has not.
    pub(super) fn merge(&mut self, others: &[HyperParameter]) {
        for hp in others {
            if !self.contains(hp) {
                self.space.push(hp.clone());
            }
        }
    }

    /// The same definitions with other values. Those that are missing get their defaults, those that
    /// are not active are left out.
    pub(super) fn with_values(&self, values: &Values) -> HyperParameters {
        let mut active = Values::new();
        for hp in &self.space {
            if hp.is_active(&active) && !active.contains_key(hp.name()) {
                let given = values.get(hp.name()).filter(|value| hp.accepts(value));
                let value = given.cloned().unwrap_or_else(|| hp.default());
                active.insert(hp.name().to_string(), value);
            }
        }
        HyperParameters {
            space: self.space.clone(),
            values: active,
            ..HyperParameters::default()
        }
    }

    /// The values of those that are active.
    pub(super) fn active(&self) -> &Values {
        &self.values
    }

    /// Values under which a conditional scope that no build was in yet is entered, if there is one.
    /// `seen` holds the scopes of all builds so far and whether one has been in them.
    pub(super) fn next_to_explore(
        &mut self,
        seen: &mut Vec<(Vec<Condition>, bool)>,
    ) -> Option<Values> {
        for (scope, is_active) in std::mem::take(&mut self.scopes) {
            match seen.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, entered)) => *entered |= is_active,
                None => seen.push((scope, is_active)),
            }
        }
        let (scope, tried) = seen.iter_mut().find(|(_, entered)| !entered)?;
        // Tried once: what cannot be entered is not asked for again.
        *tried = true;
        let mut values = self.values.clone();
        for condition in scope {
            let value = condition.first()?.clone();
            values.insert(condition.parent().to_string(), value);
        }
        Some(values)
    }
}
