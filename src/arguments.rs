//! Arguments that have defaults, can be set one by one, and are written to Keras's JSON and read
//! from it.

use serde_json::{Map, Value};

use crate::{Error, Result, Setting};

/// A value that stands in a configuration.
pub(crate) trait Argument: Sized {
    /// As Keras writes it.
    fn to_json(&self) -> Value;

    /// What `value` says, or nothing when it cannot be meant.
    fn from_json(value: &Value) -> Option<Self>;

    /// What `from_json` takes, for messages.
    fn expected() -> String;
}

impl Argument for bool {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn expected() -> String {
        "true or false".to_string()
    }
}

impl Argument for f32 {
    /// The shortest decimal that is this number: 0.1, not 0.10000000149011612.
    fn to_json(&self) -> Value {
        self.to_string().parse::<f64>().unwrap_or(f64::NAN).into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64().map(|number| number as f32)
    }

    fn expected() -> String {
        "a number".to_string()
    }
}

impl Argument for f64 {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64()
    }

    fn expected() -> String {
        "a number".to_string()
    }
}

impl Argument for usize {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }

    fn expected() -> String {
        "a whole number that is not negative".to_string()
    }
}

impl Argument for isize {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_i64()?.try_into().ok()
    }

    fn expected() -> String {
        "a whole number".to_string()
    }
}

impl<T: Argument> Argument for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_json(value).map(Some),
        }
    }

    fn expected() -> String {
        format!("{} or null", T::expected())
    }
}

impl<T: Argument> Argument for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::from_json).collect()
    }

    fn expected() -> String {
        format!("a list, each item {}", T::expected())
    }
}

/// One of a few possibilities, each with its name in Keras.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// What is chosen, for messages.
    const WHAT: &'static str;
    /// Every possibility; the first name of each is the one that is written.
    const NAMES: &'static [(&'static str, Self)];

    /// The possibility of that name.
    fn by_name(name: &str) -> Result<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let known: Vec<&str> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            Error::unknown_name(Self::WHAT, name, &known)
        })
    }
}

/// `None` of Python is the choice `"none"`.
impl<T: Choice> Argument for Setting<T> {
    fn to_json(&self) -> Value {
        let name = self.get().ok().and_then(|choice| {
            let entry = T::NAMES.iter().find(|(_, known)| known == choice);
            entry.map(|(name, _)| *name)
        });
        match name {
            Some("none") | None => Value::Null,
            Some(name) => name.into(),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let name = value.as_str().or(value.is_null().then_some("none"))?;
        T::by_name(name).ok().map(Setting::value)
    }

    fn expected() -> String {
        let names: Vec<String> = T::NAMES.iter().map(|(n, _)| format!("\"{n}\"")).collect();
        format!("one of {}", names.join(", "))
    }
}

/// Defines an enumeration whose members have names in Keras, to be set by value or by name.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $choice:ident, $what:literal {
            $($(#[$member_doc:meta])* $member:ident = $name:literal $(| $other:literal)*),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $choice {
            $($(#[$member_doc])* $member,)*
        }

        impl $crate::arguments::Choice for $choice {
            const WHAT: &'static str = $what;
            const NAMES: &'static [(&'static str, Self)] = &[
                $(($name, $choice::$member), $(($other, $choice::$member),)*)*
            ];
        }

        impl std::str::FromStr for $choice {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                $crate::arguments::Choice::by_name(name)
            }
        }

        impl From<$choice> for $crate::Setting<$choice> {
            fn from(choice: $choice) -> Self {
                $crate::Setting::value(choice)
            }
        }
    };
}
pub(crate) use choice;

/// Fails unless `config` is an object that names arguments of `class` alone.
pub(crate) fn check_known(class: &str, config: &Value, known: &[&str]) -> Result<()> {
    let Some(given) = config.as_object() else {
        return Err(Error::argument("config", "a JSON object", config).at(class));
    };
    // What every class of Keras may write.
    let common = ["name", "dtype"];
    match given
        .keys()
        .find(|name| !known.contains(&name.as_str()) && !common.contains(&name.as_str()))
    {
        Some(name) => Err(Error::unknown_name("argument", name, known).at(class)),
        None => Ok(()),
    }
}

/// The argument `name`, when `config` has it.
pub(crate) fn read<T: Argument>(config: &Value, name: &str) -> Result<Option<T>> {
    let given = config.get(name);
    given
        .map(|value| {
            T::from_json(value).ok_or_else(|| Error::argument(name, &T::expected(), value))
        })
        .transpose()
}

/// The argument `name`, which has no default.
pub(crate) fn read_required<T: Argument>(config: &Value, name: &str) -> Result<T> {
    read(config, name)?.ok_or_else(|| Error::argument(name, &T::expected(), "nothing"))
}

/// The name in `config`, or the one that `automatic` makes.
pub(crate) fn read_name(config: &Value, automatic: impl FnOnce() -> String) -> Result<String> {
    match config.get("name") {
        None | Some(Value::Null) => Ok(automatic()),
        Some(Value::String(name)) => Ok(name.clone()),
        Some(other) => Err(Error::argument("name", "a text", other)),
    }
}

/// Writes the argument `name`; a `quiet` one only when it is not its default.
pub(crate) fn write<T: Argument>(
    config: &mut Map<String, Value>,
    name: &str,
    value: &T,
    default: &T,
    marks: &str,
) {
    let (value, quiet) = (value.to_json(), marks.contains("quiet"));
    if !quiet || value != default.to_json() {
        config.insert(name.to_string(), value);
    }
}

/// Defines a class with a name, arguments and a state: the struct, `new` with Keras's defaults, a
/// method to set each argument, and its configuration.
///
/// Marks stand before an argument: `[into]` lets the method take whatever converts to its type,
/// `[quiet]` leaves it out of the configuration while it is its default, as Keras does with some.
macro_rules! configured {
    (
        $(#[$doc:meta])*
        $class:ident, $name:expr,
        required {
            $($(#[$required_doc:meta])* $([$($required_mark:ident)*])? $required:ident: $required_type:ty),* $(,)?
        }
        arguments {
            $($(#[$argument_doc:meta])* $([$($mark:ident)*])? $argument:ident: $type:ty = $default:expr),* $(,)?
        }
        state { $($state:ident: $state_type:ty),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $class {
            name: String,
            $($required: $required_type,)*
            $($argument: $type,)*
            $($state: $state_type,)*
        }

        $crate::arguments::configured!(@new $class, $name,
            $(($required: $required_type $(, $($required_mark)*)?))*);

        impl $class {
            /// The name of the class in Keras.
            pub(crate) const CLASS_NAME: &'static str = stringify!($class);

            fn named(name: String $(, $required: $required_type)*) -> Self {
                Self {
                    name,
                    $($required,)*
                    $($argument: $default,)*
                    $($state: Default::default(),)*
                }
            }

            /// The name under which results are shown; a usual one unless set.
            #[must_use]
            pub fn name(mut self, name: &str) -> Self {
                self.name = name.to_string();
                self
            }

            $($crate::arguments::configured!(@setter $(#[$argument_doc])*
                [$($($mark)*)?] $argument: $type);)*

            fn arguments(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut config = serde_json::Map::new();
                config.insert("name".to_string(), self.name.as_str().into());
                $($crate::arguments::write(
                    &mut config, stringify!($required), &self.$required, &self.$required, "",
                );)*
                $({
                    let default: $type = $default;
                    let marks = stringify!($($($mark)*)?);
                    $crate::arguments::write(
                        &mut config, stringify!($argument), &self.$argument, &default, marks,
                    );
                })*
                config
            }

            /// As Keras's `from_config`; what is not in `config` has its default.
            pub(crate) fn from_config(config: &serde_json::Value) -> $crate::Result<Self> {
                use $crate::arguments as config;
                config::check_known(
                    Self::CLASS_NAME,
                    config,
                    &[$(stringify!($required),)* $(stringify!($argument)),*],
                )?;
                let read = || -> $crate::Result<Self> {
                    #[allow(unused_mut, reason = "a class may have no arguments with defaults")]
                    let mut made = Self::named(
                        config::read_name(config, || $name)?,
                        $(config::read_required(config, stringify!($required))?),*
                    );
                    $(if let Some(value) = config::read(config, stringify!($argument))? {
                        made.$argument = value;
                    })*
                    Ok(made)
                };
                read().map_err(|error| error.at(Self::CLASS_NAME))
            }
        }
    };
    (@new $class:ident, $name:expr, ) => {
        impl $class {
            /// With Keras's defaults.
            pub fn new() -> Self {
                Self::named($name)
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@new $class:ident, $name:expr, $(($required:ident: $type:ty $(, $into:ident)?))+) => {
        impl $class {
            /// With Keras's defaults for all other arguments.
            pub fn new($($required: $crate::arguments::configured!(@type [$($into)?] $type)),+) -> Self {
                Self::named($name, $($required.into()),+)
            }
        }
    };
    (@type [] $type:ty) => { $type };
    (@type [into] $type:ty) => { impl Into<$type> };
    (@setter $(#[$doc:meta])* [into $($mark:ident)*] $argument:ident: $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $argument(mut self, $argument: impl Into<$type>) -> Self {
            self.$argument = $argument.into();
            self
        }
    };
    (@setter $(#[$doc:meta])* [$($mark:ident)*] $argument:ident: $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $argument(mut self, $argument: $type) -> Self {
            self.$argument = $argument;
            self
        }
    };
}
pub(crate) use configured;
