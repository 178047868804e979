//! [`Config`]: what something is made of, as Keras writes it down.

use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::layers::Layer;
use crate::{Error, Result, Setting};

/// The arguments of a layer, loss, metric or optimizer by their names in Keras; shown as JSON.
///
/// Keras: the dictionary that `get_config()` returns.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let config = Dense::new(3).activation("relu").get_config()?;
/// assert!(config.to_string().contains(r#""units": 3"#));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config(Value);

impl Config {
    /// Reads JSON; [`Display`](fmt::Display) writes it.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_json(json: &str) -> Result<Config> {
        let value = serde_json::from_str(json);
        value
            .map(Config)
            .map_err(|error| Error::data(format!("the configuration is no JSON: {error}")))
    }

    /// The arguments that `item` holds.
    pub(crate) fn of(item: &impl Serialize) -> Result<Config> {
        // By way of text, in which float32 numbers are as short as can be: 0.1 stays 0.1.
        Config::of_text(serde_json::to_string(item))
    }

    /// See [`of`](Self::of); what does not depend on the item is compiled once.
    fn of_text(json: serde_json::Result<String>) -> Result<Config> {
        let json = json.map_err(|error| {
            Error::data(format!("the arguments cannot be written down: {error}"))
        })?;
        Config::from_json(&json)
    }

    /// The arguments that `item` holds, without those of the `silent` that are as usual: Keras does
    /// not write them then.
    pub(crate) fn of_unusual<T: Default + Serialize>(item: &T, silent: &[&str]) -> Result<Config> {
        let Config(mut arguments) = Config::of(item)?;
        if let (Some(arguments), false) = (arguments.as_object_mut(), silent.is_empty()) {
            let Config(usual) = Config::of(&T::default())?;
            arguments
                .retain(|name, value| !silent.contains(&name.as_str()) || usual[name] != *value);
        }
        Ok(Config(arguments))
    }

    /// The item that these are the arguments of.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        self.require_channels_last()?;
        T::deserialize(&self.0).map_err(unfit)
    }

    fn require_channels_last(&self) -> Result<()> {
        if self.0["data_format"] == "channels_first" {
            let error = Error::argument("data_format", "\"channels_last\"", "\"channels_first\"");
            return Err(error.remedy("kerust keeps the channels on the last axis"));
        }
        Ok(())
    }

    /// As [`read`](Self::read); what is not said is as in `usual`, and there may be nothing else.
    pub(crate) fn read_over<T: Serialize + DeserializeOwned>(&self, usual: &T) -> Result<T> {
        let usual = Config::of(usual)?;
        usual
            .with(self.as_object()?)?
            .read()
            .map_err(|error| self.blame(error, &usual, |config| config.read::<T>().is_ok()))
    }

    fn as_object(&self) -> Result<&Map<String, Value>> {
        let object = self.0.as_object();
        object.ok_or_else(|| Error::argument("config", "a JSON object", self))
    }

    /// `error` with the name of the argument that does not fit: serde does not tell which it is.
    fn blame(&self, error: Error, usual: &Config, fits: fn(&Config) -> bool) -> Error {
        let mut given = self.0.as_object().into_iter().flatten();
        let wrong = given.find(|(name, value)| {
            let one = Map::from_iter([(name.to_string(), (*value).clone())]);
            usual.with(&one).is_ok_and(|one| !fits(&one))
        });
        match wrong {
            Some((name, _)) => error.at(format!("argument `{name}`")),
            None => error,
        }
    }

    /// These arguments with others in the places of some.
    fn with(&self, others: &Map<String, Value>) -> Result<Config> {
        let mut arguments = self.clone();
        for (name, value) in others {
            match arguments.0.get_mut(name) {
                Some(place) => *place = value.clone(),
                None => {
                    let known = self.0.as_object().into_iter().flat_map(Map::keys);
                    let known: Vec<&str> = known.map(String::as_str).collect();
                    return Err(Error::unknown_name("argument", name, &known));
                }
            }
        }
        Ok(arguments)
    }

    /// Fails unless the arguments are said that have no default.
    pub(crate) fn require(&self, names: &[&str]) -> Result<()> {
        match names.iter().find(|name| self.0.get(**name).is_none()) {
            Some(name) => Err(Error::argument(name, "a value", "none")),
            None => Ok(()),
        }
    }

    /// The arguments as JSON, to look at.
    pub(crate) fn as_value(&self) -> &Value {
        &self.0
    }

    /// The arguments as JSON.
    pub(crate) fn into_value(self) -> Value {
        self.0
    }

    /// The layer that these are the arguments of.
    pub(crate) fn layer<L: Layer + DeserializeOwned + 'static>(&self) -> Result<Box<dyn Layer>> {
        Ok(Box::new(self.read::<L>()?))
    }
}

impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(Config)
    }
}

fn unfit(error: serde_json::Error) -> Error {
    Error::data(format!("the configuration does not fit: {error}"))
}

/// An object inside of a configuration, as Keras writes it: a schedule, an initializer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Described {
    #[serde(default)]
    module: Option<String>,
    pub(crate) class_name: String,
    pub(crate) config: Config,
    #[serde(default)]
    registered_name: Option<String>,
}

impl Described {
    /// The object of a class in a module of Keras, or of a class of somebody's own.
    pub(crate) fn new<'a>(
        module: impl Into<Option<&'a str>>,
        class_name: &str,
        config: Config,
    ) -> Self {
        let module = module.into().map(str::to_string);
        Self {
            registered_name: module.is_none().then(|| class_name.to_string()),
            module,
            class_name: class_name.to_string(),
            config,
        }
    }

    /// What is described by its name alone, or by its class and arguments.
    pub(crate) fn read<'de, T, D>(
        from: D,
        make: impl Fn(&str, &Config) -> Result<T>,
    ) -> Result<T, D::Error>
    where
        T: FromStr<Err = Error>,
        D: Deserializer<'de>,
    {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Name(String),
            Described(Described),
        }
        match Either::deserialize(from)? {
            Either::Name(name) => name.parse(),
            Either::Described(described) => make(&described.class_name, &described.config),
        }
        .map_err(serde::de::Error::custom)
    }
}

/// No arguments.
impl Default for Config {
    fn default() -> Self {
        Config(Value::Object(Map::new()))
    }
}

impl From<Value> for Config {
    fn from(value: Value) -> Self {
        Config(value)
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl<T: Serialize> Serialize for Setting<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get()
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Setting::value)
    }
}

/// A flag that Keras names by its opposite.
pub(crate) mod inverted {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        (!flag).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        bool::deserialize(from).map(|flag| !flag)
    }
}

impl Serialize for crate::Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.name();
        if !name
            .parse()
            .is_ok_and(|plain: crate::Activation| plain == *self)
        {
            return Err(serde::ser::Error::custom(format!(
                "`{name}` has arguments, which Keras writes down for layers alone: use a layer for it"
            )));
        }
        name.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for crate::Activation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
