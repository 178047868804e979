//! Arguments that are either a value or Keras's name for one.

use std::str::FromStr;

use crate::{Error, Result};

/// An argument that may be given as a value or by name, as Keras allows: `"relu"` or
/// `Activation::Relu`, `"adam"` or `Adam::new()`.
///
/// Names are looked up at once; a name that does not exist is reported by the call that uses the
/// argument (`add`, `compile`), so that building a layer never fails.
#[derive(Clone, Debug)]
pub struct Setting<T>(Result<T>);

impl<T> Setting<T> {
    /// A value.
    pub fn value(value: T) -> Self {
        Setting(Ok(value))
    }

    /// The outcome of a lookup.
    pub fn looked_up(result: Result<T>) -> Self {
        Setting(result)
    }

    /// The value, or why there is none.
    ///
    /// # Errors
    /// When the name does not exist.
    pub fn get(&self) -> Result<&T> {
        self.0.as_ref().map_err(Error::clone)
    }
}

impl<T: FromStr<Err = Error>> From<&str> for Setting<T> {
    fn from(name: &str) -> Self {
        Setting(name.parse())
    }
}

impl<T> From<String> for Setting<T>
where
    Setting<T>: for<'a> From<&'a str>,
{
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}
