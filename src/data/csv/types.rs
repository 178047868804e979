//! What the values of a column are, and the values themselves.

use super::settings::Manner;
use crate::data::ColumnType;
use crate::data::table::{Column, Texts, Values};
use crate::{Error, Result};

/// What all values of a column that were seen so far are.
#[derive(Debug)]
pub(super) struct Seen {
    any: bool,
    ints: bool,
    floats: bool,
    bools: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Seen {
            any: false,
            ints: true,
            floats: true,
            bools: true,
        }
    }
}

impl Seen {
    pub(super) fn note(&mut self, field: &str, manner: &Manner) {
        if manner.is_missing(field) {
            return;
        }
        self.any = true;
        self.ints = self.ints && int(field).is_some();
        // A whole number that is too long for one would lose digits as a number.
        self.floats =
            self.floats && float(field).is_some() && !(is_whole(field) && int(field).is_none());
        self.bools = self.bools && truth(field).is_some();
    }

    /// The narrowest type that has all of them; numbers where there are none.
    pub(super) fn dtype(&self) -> ColumnType {
        match self {
            Seen { any: false, .. } => ColumnType::Float,
            Seen { bools: true, .. } => ColumnType::Bool,
            Seen { ints: true, .. } => ColumnType::Int,
            Seen { floats: true, .. } => ColumnType::Float,
            _ => ColumnType::Text,
        }
    }
}

fn is_whole(field: &str) -> bool {
    let digits = field.trim().trim_start_matches(['+', '-']);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn int(field: &str) -> Option<i64> {
    field.trim().parse().ok()
}

fn float(field: &str) -> Option<f64> {
    field.trim().parse().ok()
}

fn truth(field: &str) -> Option<bool> {
    match field {
        "True" | "TRUE" | "true" => Some(true),
        "False" | "FALSE" | "false" => Some(false),
        _ => None,
    }
}

/// The values of a column that were read so far.
pub(super) struct Filling {
    values: Values,
    missing: Vec<bool>,
}

impl Filling {
    /// Room for so many values of a type.
    pub(super) fn of(dtype: ColumnType, rows: usize) -> Result<Filling> {
        fn room<T>(rows: usize) -> Result<Vec<T>> {
            let mut values = Vec::new();
            let reserved = values.try_reserve_exact(rows);
            reserved.map_err(|_| {
                Error::data(format!("{rows} rows do not fit into memory"))
                    .remedy("read a part with `nrows`, or less columns with `usecols`")
            })?;
            Ok(values)
        }
        let values = match dtype {
            ColumnType::Int => Values::Int(room(rows)?),
            ColumnType::Float => Values::Float(room(rows)?),
            ColumnType::Bool => Values::Bool(room(rows)?),
            ColumnType::Text => Values::Text(Texts::default()),
        };
        let missing = match dtype {
            // Missing numbers are NaN.
            ColumnType::Float => Vec::new(),
            _ => room(rows)?,
        };
        Ok(Filling { values, missing })
    }

    pub(super) fn push(&mut self, field: &str, manner: &Manner) -> Result<()> {
        let missing = manner.is_missing(field);
        let wrong = |dtype: ColumnType| {
            Error::data(format!(
                "expected a value of type {dtype}, got {:?}",
                shortened(field)
            ))
            .remedy("set another type in `dtype`, or name what is missing in `na_values`")
        };
        match &mut self.values {
            Values::Float(values) => {
                let value = match missing {
                    true => f64::NAN,
                    false => float(field).ok_or_else(|| wrong(ColumnType::Float))?,
                };
                values.push(value);
                return Ok(());
            }
            _ if missing => self.push_missing(),
            Values::Int(values) => values.push(int(field).ok_or_else(|| wrong(ColumnType::Int))?),
            Values::Bool(values) => {
                values.push(truth(field).ok_or_else(|| wrong(ColumnType::Bool))?);
            }
            Values::Text(values) => values.push(field),
        }
        self.missing.push(missing);
        Ok(())
    }

    fn push_missing(&mut self) {
        match &mut self.values {
            Values::Int(values) => values.push(0),
            Values::Float(values) => values.push(f64::NAN),
            Values::Bool(values) => values.push(false),
            Values::Text(values) => values.push(""),
        }
    }

    pub(super) fn finish(self, name: &str) -> Column {
        Column::new(name, self.values, self.missing)
    }
}

/// The start of a value from a file.
fn shortened(text: &str) -> &str {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
