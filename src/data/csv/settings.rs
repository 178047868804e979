//! The arguments of `read_csv`.

use std::collections::HashSet;
use std::str::FromStr;

use crate::data::ColumnType;
use crate::{Error, Result, Setting};

/// What is usually written where a value is missing, as Pandas knows it.
const MISSING: [&str; 18] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan",
];

/// What happens to a row with too few or too many fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadLines {
    /// Reading stops with an error that names the line: `"error"`.
    #[default]
    Error,
    /// The row is left out: `"skip"`.
    Skip,
}

impl FromStr for BadLines {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "error" => Ok(BadLines::Error),
            "skip" => Ok(BadLines::Skip),
            _ => Err(Error::unknown_name(
                "on_bad_lines",
                name,
                &["error", "skip"],
            )),
        }
    }
}

impl From<BadLines> for Setting<BadLines> {
    fn from(bad_lines: BadLines) -> Self {
        Setting::value(bad_lines)
    }
}

/// The arguments of [`read_csv_with`](super::read_csv_with), with Pandas's names and defaults.
#[derive(Clone, Debug)]
pub struct ReadCsv {
    /// What stands between values: a comma unless set, `'\t'`, `';'`, `' '`.
    pub sep: char,
    /// Whether the first row has the names of the columns; true unless set, or `names` are given.
    pub header: Option<bool>,
    /// The names of the columns. With `header: Some(true)` they replace those of the first row.
    pub names: Vec<String>,
    /// The columns that are kept, in the order of the file; all unless set.
    pub usecols: Vec<String>,
    /// Names of columns with their types: `("zip".into(), "str".into())`. The others' types are
    /// those of their values.
    pub dtype: Vec<(String, Setting<ColumnType>)>,
    /// What else is written where a value is missing.
    pub na_values: Vec<String>,
    /// Whether empty fields, `NA`, `NaN`, `null` and the like are missing values; true unless set.
    pub keep_default_na: bool,
    /// How many lines are left out at the start of the file.
    pub skiprows: usize,
    /// How many rows are read; all unless set.
    pub nrows: Option<usize>,
    /// The rest of a line from here on is left out; nothing unless set.
    pub comment: Option<char>,
    /// What stands around values that have a separator in them.
    pub quotechar: char,
    /// Whether spaces behind a separator are left out; false unless set. With `sep: ' '`, any number
    /// of spaces is one separator then.
    pub skipinitialspace: bool,
    /// What happens to rows with too few or too many fields: `"error"` unless set, or `"skip"`.
    pub on_bad_lines: Setting<BadLines>,
}

impl Default for ReadCsv {
    fn default() -> Self {
        Self {
            sep: ',',
            header: None,
            names: Vec::new(),
            usecols: Vec::new(),
            dtype: Vec::new(),
            na_values: Vec::new(),
            keep_default_na: true,
            skiprows: 0,
            nrows: None,
            comment: None,
            quotechar: '"',
            skipinitialspace: false,
            on_bad_lines: BadLines::Error.into(),
        }
    }
}

/// The arguments, looked at.
pub(super) struct Manner {
    pub(super) separator: u8,
    pub(super) quote: u8,
    pub(super) comment: Option<u8>,
    pub(super) skip_spaces: bool,
    pub(super) skiprows: u64,
    pub(super) nrows: Option<usize>,
    pub(super) header: bool,
    pub(super) names: Vec<String>,
    pub(super) usecols: Vec<String>,
    pub(super) dtype: Vec<(String, ColumnType)>,
    pub(super) bad_lines: BadLines,
    missing: HashSet<String>,
}

impl Manner {
    pub(super) fn of(arguments: &ReadCsv) -> Result<Manner> {
        let separator = byte("sep", arguments.sep)?;
        let quote = byte("quotechar", arguments.quotechar)?;
        let comment = arguments.comment.map(|c| byte("comment", c)).transpose()?;
        if separator == quote || comment == Some(separator) || comment == Some(quote) {
            let given = "the same twice";
            return Err(Error::argument(
                "sep",
                "another character than `quotechar` and `comment`",
                given,
            ));
        }
        let mut missing: HashSet<String> = arguments.na_values.iter().cloned().collect();
        if arguments.keep_default_na {
            missing.extend(
                MISSING
                    .iter()
                    .chain(&["null"])
                    .map(|text| (*text).to_owned()),
            );
        }
        let dtype = arguments.dtype.iter();
        let dtype = dtype.map(|(name, dtype)| Ok((name.clone(), *dtype.get()?)));
        Ok(Manner {
            separator,
            quote,
            comment,
            skip_spaces: arguments.skipinitialspace,
            skiprows: arguments.skiprows as u64,
            nrows: arguments.nrows,
            header: arguments.header.unwrap_or(arguments.names.is_empty()),
            names: arguments.names.clone(),
            usecols: arguments.usecols.clone(),
            dtype: dtype.collect::<Result<_>>()?,
            bad_lines: *arguments.on_bad_lines.get()?,
            missing,
        })
    }

    /// Whether a field says that its value is missing.
    pub(super) fn is_missing(&self, field: &str) -> bool {
        self.missing.contains(field)
    }
}

fn byte(name: &str, character: char) -> Result<u8> {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() && !b"\r\n\0".contains(&byte) => Ok(byte),
        _ => Err(Error::argument(
            name,
            "an ASCII character",
            format!("{character:?}"),
        )),
    }
}
