//! [`Column`]: values of one type under a name.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::texts::Texts;
use crate::{Element, Error, Result, Setting, Tensor};

/// What the values of a [`Column`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers: `"int64"`.
    Int,
    /// Numbers: `"float64"`.
    Float,
    /// True or false: `"bool"`.
    Bool,
    /// Anything else: `"str"`.
    Text,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ColumnType::Int => "int64",
            ColumnType::Float => "float64",
            ColumnType::Bool => "bool",
            ColumnType::Text => "str",
        })
    }
}

impl FromStr for ColumnType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "int" | "int32" | "int64" => Ok(ColumnType::Int),
            "float" | "float32" | "float64" => Ok(ColumnType::Float),
            "bool" => Ok(ColumnType::Bool),
            "str" | "string" => Ok(ColumnType::Text),
            _ => {
                let known = ["int64", "float64", "bool", "str"];
                Err(Error::unknown_name("column type", name, &known))
            }
        }
    }
}

impl From<ColumnType> for Setting<ColumnType> {
    fn from(column_type: ColumnType) -> Self {
        Setting::value(column_type)
    }
}

/// Values of one type under a name; some may be missing.
///
/// Pandas: `Series`.
///
/// # Example
/// ```
/// use kerust::data::Column;
/// let pets = Column::texts("pet", ["dog", "cat", "dog"]);
/// assert_eq!(pets.unique(), ["dog", "cat"]);
/// let (classes, names) = pets.factorize()?;
/// assert_eq!(classes.to_vec::<i64>(), [0, 1, 0]);
/// assert_eq!(names, ["dog", "cat"]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    name: String,
    pub(in crate::data) values: Values,
    /// Which values are missing; nothing when none is. Missing floats are NaN instead.
    missing: Vec<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Values {
    Int(Vec<i64>),
    Float(Vec<f64>),
    Bool(Vec<bool>),
    Text(Texts),
}

impl Column {
    /// A column of whole numbers.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::ints("rooms", [3, 5]).to_texts(), ["3", "5"]);
    /// ```
    pub fn ints(name: impl Into<String>, values: impl IntoIterator<Item = i64>) -> Column {
        Column::new(name, Values::Int(values.into_iter().collect()), Vec::new())
    }

    /// A column of numbers; those that are NaN are missing.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::floats("height", [1.5, f64::NAN]).missing(), 1);
    /// ```
    pub fn floats(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Column {
        Column::new(
            name,
            Values::Float(values.into_iter().collect()),
            Vec::new(),
        )
    }

    /// A column of true and false.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let furnished = Column::bools("furnished", [true, false]);
    /// assert_eq!(furnished.to_tensor()?.to_vec::<u8>(), [1, 0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn bools(name: impl Into<String>, values: impl IntoIterator<Item = bool>) -> Column {
        Column::new(name, Values::Bool(values.into_iter().collect()), Vec::new())
    }

    /// A column of texts.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::texts("pet", ["dog", "cat"]).len(), 2);
    /// ```
    pub fn texts<T: AsRef<str>>(
        name: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Column {
        Column::new(name, Values::Text(values.into_iter().collect()), Vec::new())
    }

    /// `missing` is empty or as long as the values.
    pub(in crate::data) fn new(
        name: impl Into<String>,
        values: Values,
        missing: Vec<bool>,
    ) -> Column {
        let some = missing.contains(&true);
        Column {
            name: name.into(),
            values,
            missing: if some { missing } else { Vec::new() },
        }
    }

    /// The name.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::ints("rooms", [3, 5]).name(), "rooms");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same values under another name.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let rooms = Column::ints("rooms", [3, 5]).renamed("number of rooms");
    /// assert_eq!(rooms.name(), "number of rooms");
    /// ```
    #[must_use]
    pub fn renamed(&self, name: impl Into<String>) -> Column {
        Column {
            name: name.into(),
            ..self.clone()
        }
    }

    /// What the values are.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, ColumnType};
    /// assert_eq!(Column::texts("pet", ["dog"]).dtype(), ColumnType::Text);
    /// ```
    pub fn dtype(&self) -> ColumnType {
        match self.values {
            Values::Int(_) => ColumnType::Int,
            Values::Float(_) => ColumnType::Float,
            Values::Bool(_) => ColumnType::Bool,
            Values::Text(_) => ColumnType::Text,
        }
    }

    /// The number of rows.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::ints("rooms", [3, 5]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Int(values) => values.len(),
            Values::Float(values) => values.len(),
            Values::Bool(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert!(Column::ints("rooms", []).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the value of a row is missing; rows that do not exist are.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let height = Column::floats("height", [1.5, f64::NAN]);
    /// assert!(height.is_missing(1) && !height.is_missing(0));
    /// ```
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.values {
            Values::Float(values) => values.get(row).is_none_or(|value| value.is_nan()),
            _ => row >= self.len() || self.missing.get(row).copied().unwrap_or(false),
        }
    }

    /// How many values are missing.
    ///
    /// Pandas: `column.isna().sum()`.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::floats("height", [1.5, f64::NAN, 1.7]).missing(), 1);
    /// ```
    pub fn missing(&self) -> usize {
        (0..self.len()).filter(|&row| self.is_missing(row)).count()
    }

    /// The value of a row as text, as it is written in a table; `None` where it is missing.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let height = Column::floats("height", [1.5, f64::NAN]);
    /// assert_eq!(height.text(0).as_deref(), Some("1.5"));
    /// assert_eq!(height.text(1), None);
    /// ```
    pub fn text(&self, row: usize) -> Option<String> {
        if self.is_missing(row) {
            return None;
        }
        Some(match &self.values {
            Values::Int(values) => values[row].to_string(),
            Values::Float(values) => values[row].to_string(),
            Values::Bool(values) => values[row].to_string(),
            Values::Text(values) => values.get(row).to_owned(),
        })
    }

    /// The texts, or all values written as text; empty where one is missing.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::bools("furnished", [true, false]).to_texts(), ["true", "false"]);
    /// ```
    pub fn to_texts(&self) -> Vec<String> {
        let rows = 0..self.len();
        rows.map(|row| self.text(row).unwrap_or_default()).collect()
    }

    /// The numbers, NaN where one is missing; true is 1 and false 0. `None` for texts.
    pub(in crate::data) fn numbers(&self) -> Option<Vec<f64>> {
        let number = |row: usize, value: f64| match self.is_missing(row) {
            true => f64::NAN,
            false => value,
        };
        Some(match &self.values {
            Values::Int(values) => {
                let values = values.iter().enumerate();
                values.map(|(row, &v)| number(row, v as f64)).collect()
            }
            Values::Float(values) => values.clone(),
            Values::Bool(values) => {
                let values = values.iter().enumerate();
                values
                    .map(|(row, &v)| number(row, f64::from(u8::from(v))))
                    .collect()
            }
            Values::Text(_) => return None,
        })
    }

    /// The values as a tensor: whole numbers as int64, numbers as float32, true and false as uint8.
    ///
    /// Pandas: `column.to_numpy()`.
    ///
    /// # Shapes
    /// `(rows,)`
    ///
    /// # Errors
    /// When the values are texts, or some are missing.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let y = Column::ints("rooms", [3, 5]).to_tensor()?;
    /// assert_eq!(y.to_vec::<i64>(), [3, 5]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn to_tensor(&self) -> Result<Tensor> {
        self.check_complete()?;
        match &self.values {
            Values::Int(values) => tensor(values.clone()),
            Values::Float(values) => tensor(values.clone()),
            Values::Bool(values) => tensor(values.iter().map(|&v| u8::from(v)).collect()),
            Values::Text(_) => Err(self.no_numbers()),
        }
    }

    /// Fails when values are missing.
    pub(in crate::data) fn check_complete(&self) -> Result<()> {
        match self.missing() {
            0 => Ok(()),
            missing => Err(
                Error::data(format!("{missing} of {} values are missing", self.len()))
                    .remedy("leave out their rows with `dropna()`, or fill them with `fillna(0.0)`")
                    .at(self.place()),
            ),
        }
    }

    pub(in crate::data) fn no_numbers(&self) -> Error {
        Error::data("its values are texts, not numbers")
            .remedy("`factorize()` turns categories into numbers, `get_dummies` into columns of 0 and 1")
            .at(self.place())
    }

    pub(in crate::data) fn place(&self) -> String {
        format!("column `{}`", self.name)
    }

    /// The values that occur, written as text, each once, in the order of their first row.
    ///
    /// Pandas: `column.unique()`, which has missing ones as well.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// assert_eq!(Column::texts("pet", ["dog", "cat", "dog"]).unique(), ["dog", "cat"]);
    /// ```
    pub fn unique(&self) -> Vec<String> {
        self.categories().1
    }

    /// For each row which of the values that occur it has, and these values; -1 where it is missing.
    fn categories(&self) -> (Vec<i64>, Vec<String>) {
        let mut known: HashMap<String, i64> = HashMap::new();
        let mut names = Vec::new();
        let indices = (0..self.len()).map(|row| match self.text(row) {
            None => -1,
            Some(text) => *known.entry(text).or_insert_with_key(|text| {
                names.push(text.clone());
                names.len() as i64 - 1
            }),
        });
        (indices.collect(), names)
    }

    /// Categories as numbers: for each row the index of its value, -1 where it is missing, and the
    /// values in the order of these indices.
    ///
    /// Pandas: `pd.factorize(column)`.
    ///
    /// # Shapes
    /// `(rows,)`, int64
    ///
    /// # Errors
    /// None at present; files that do not fit into memory are refused earlier.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let (classes, names) = Column::texts("pet", ["dog", "cat", "dog"]).factorize()?;
    /// assert_eq!(classes.to_vec::<i64>(), [0, 1, 0]);
    /// assert_eq!(names, ["dog", "cat"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn factorize(&self) -> Result<(Tensor, Vec<String>)> {
        let (indices, names) = self.categories();
        Ok((tensor(indices)?, names))
    }

    /// Categories as rows with 1 in the place of their value and 0 elsewhere, and the values in the
    /// order of these places. Rows whose value is missing are 0 everywhere.
    ///
    /// # Shapes
    /// `(rows, categories)`, float32
    ///
    /// # Errors
    /// When the result does not fit into memory.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let (rows, names) = Column::texts("pet", ["dog", "cat"]).one_hot()?;
    /// assert_eq!(rows.to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
    /// assert_eq!(names, ["dog", "cat"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn one_hot(&self) -> Result<(Tensor, Vec<String>)> {
        let (indices, names) = self.categories();
        let classes = names.len();
        let size = indices.len().saturating_mul(classes);
        let mut places: Vec<f32> = Vec::new();
        if places.try_reserve_exact(size).is_err() {
            let error = format!(
                "{} rows of {classes} categories do not fit into memory",
                indices.len()
            );
            return Err(Error::data(error)
                .remedy("`factorize()` and an `Embedding` need less")
                .at(self.place()));
        }
        places.resize(size, 0.0);
        for (row, &index) in indices.iter().enumerate() {
            if let Ok(index) = usize::try_from(index) {
                places[row * classes + index] = 1.0;
            }
        }
        Ok((Tensor::from_vec(places, (indices.len(), classes))?, names))
    }

    /// How often each value occurs, the most frequent first.
    ///
    /// Pandas: `column.value_counts()`.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let pets = Column::texts("pet", ["cat", "dog", "dog"]);
    /// assert_eq!(pets.value_counts()[0], ("dog".to_owned(), 2));
    /// ```
    pub fn value_counts(&self) -> Vec<(String, usize)> {
        let (indices, names) = self.categories();
        let mut counts: Vec<(String, usize)> = names.into_iter().map(|name| (name, 0)).collect();
        for index in indices {
            if let Ok(index) = usize::try_from(index) {
                counts[index].1 += 1;
            }
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// The values of these rows, which must exist.
    pub(in crate::data) fn take(&self, rows: &[usize]) -> Column {
        let values = match &self.values {
            Values::Int(values) => Values::Int(rows.iter().map(|&i| values[i]).collect()),
            Values::Float(values) => Values::Float(rows.iter().map(|&i| values[i]).collect()),
            Values::Bool(values) => Values::Bool(rows.iter().map(|&i| values[i]).collect()),
            Values::Text(values) => Values::Text(rows.iter().map(|&i| values.get(i)).collect()),
        };
        let missing = match self.missing.is_empty() {
            true => Vec::new(),
            false => rows.iter().map(|&i| self.missing[i]).collect(),
        };
        Column::new(&self.name, values, missing)
    }

    /// This column with `value` where one is missing; texts and truth values stay as they are.
    pub(in crate::data) fn filled(&self, value: f64) -> Column {
        let missing = |row: usize| self.is_missing(row);
        let values = match &self.values {
            Values::Int(values) if value.fract() == 0.0 && value.abs() < 2f64.powi(53) => {
                let values = values.iter().enumerate();
                Values::Int(
                    values
                        .map(|(i, &v)| if missing(i) { value as i64 } else { v })
                        .collect(),
                )
            }
            Values::Int(_) | Values::Float(_) => {
                let numbers = self.numbers().unwrap_or_default();
                Values::Float(
                    numbers
                        .iter()
                        .map(|v| if v.is_nan() { value } else { *v })
                        .collect(),
                )
            }
            _ => return self.clone(),
        };
        Column::new(&self.name, values, Vec::new())
    }
}

fn tensor<T: Element>(values: Vec<T>) -> Result<Tensor> {
    let rows = values.len();
    Tensor::from_vec(values, rows)
}
