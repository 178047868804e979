//! `Value`: what a hyperparameter is set to, and the Rust types that it stands for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a hyperparameter is set to.
///
/// Keras Tuner: an entry of `hp.values`.
///
/// # Example
/// ```
/// use kerust::tuner::Value;
/// assert_eq!(Value::from(64), Value::Int(64));
/// assert_eq!(Value::from("relu").to_string(), "relu");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A word.
    Text(String),
}

impl Value {
    /// What kind of value it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a word",
        }
    }

    /// Whether it can be written to a file and compared: NaN cannot.
    pub(super) fn is_definite(&self) -> bool {
        !matches!(self, Value::Float(number) if !number.is_finite())
    }

    /// The value for a table: a number with five digits that count, and not too many letters.
    pub(crate) fn short(&self) -> String {
        const MOST_LETTERS: usize = 30;
        let text = match self {
            Value::Float(number) => significant(*number),
            other => other.to_string(),
        };
        if text.chars().count() <= MOST_LETTERS {
            return text;
        }
        text.chars().take(MOST_LETTERS - 1).collect::<String>() + "…"
    }
}

/// A number with five significant digits, as Python's `{:.5g}` writes it.
fn significant(number: f64) -> String {
    let magnitude = match number {
        0.0 => 0,
        _ => number.abs().log10().floor() as i32,
    };
    if !(-5..5).contains(&magnitude) {
        let text = format!("{number:.4e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        return format!("{digits}e{exponent}");
    }
    let text = format!("{number:.*}", (4 - magnitude).max(0) as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::Float(value) => value.fmt(f),
            Value::Text(value) => f.write_str(value),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<f32> for Value {
    /// The number that `f32` writes itself as: 0.1 stays 0.1.
    fn from(value: f32) -> Self {
        let written = value.to_string().parse();
        Value::Float(written.unwrap_or_else(|_| value.into()))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_string())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

/// A Rust type that a hyperparameter can be read as.
pub trait Tunable: Sized {
    /// What the type holds, in words.
    const EXPECTED: &'static str;

    /// The value in this type, if it has a place there.
    fn from_value(value: &Value) -> Option<Self>;
}

impl Tunable for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl Tunable for String {
    const EXPECTED: &'static str = "a word";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl Tunable for Value {
    const EXPECTED: &'static str = "a value";

    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl Tunable for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Float(value) => Some(*value),
            Value::Int(value) => Some(*value as f64),
            _ => None,
        }
    }
}

impl Tunable for f32 {
    const EXPECTED: &'static str = "a number";

    fn from_value(value: &Value) -> Option<Self> {
        f64::from_value(value).map(|value| value as f32)
    }
}

/// A type of whole numbers: what `hp.int` takes and gives.
pub trait Whole: Tunable + Copy + Into<Value> {}

/// A type of numbers: what `hp.float` takes and gives.
pub trait Real: Tunable + Copy + Into<Value> {}

impl Real for f32 {}
impl Real for f64 {}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            /// Beyond the largest `i64`, that one.
            fn from(value: $type) -> Self {
                Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
            }
        }

        impl Tunable for $type {
            const EXPECTED: &'static str = concat!("a whole number that fits into `", stringify!($type), "`");

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(value) => <$type>::try_from(*value).ok(),
                    _ => None,
                }
            }
        }

        impl Whole for $type {}
    )*};
}
whole!(i32, i64, u8, u16, u32, u64, usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_tables_have_five_digits() {
        for (number, text) in [
            (0.0, "0"),
            (0.001, "0.001"),
            (0.123_456_78, "0.12346"),
            (256.0, "256"),
            (12_345.678, "12346"),
            (1.5e-7, "1.5e-7"),
            (1e10, "1e10"),
            (-0.25, "-0.25"),
        ] {
            assert_eq!(Value::Float(number).short(), text);
        }
        assert_eq!(Value::from("x".repeat(99)).short().chars().count(), 30);
    }

    #[test]
    fn values_are_read_back_as_the_types_they_came_from() {
        assert_eq!(f32::from_value(&Value::from(0.1_f32)), Some(0.1));
        assert_eq!(Value::from(0.1_f32), Value::Float(0.1));
        assert_eq!(usize::from_value(&Value::Int(-1)), None);
        assert_eq!(u8::from_value(&Value::Int(300)), None);
        assert_eq!(usize::from_value(&Value::Float(1.0)), None);
        assert_eq!(f64::from_value(&Value::Int(2)), Some(2.0));
        let text = serde_json::to_string(&Value::Float(1.0)).expect("JSON");
        assert_eq!(text, "1.0");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, Value::Float(1.0));
    }
}
