//! [`Table`]: columns of the same length, each of its own type.

mod column;
mod describe;
mod texts;

use std::ops::RangeBounds;

pub(super) use self::column::Values;
pub use self::column::{Column, ColumnType};
pub(super) use self::texts::Texts;
use crate::{Error, Result, Tensor};

/// Named columns of the same length, each with values of one type: what
/// [`read_csv`](super::read_csv) returns. As the value of a cell it shows its first and last rows.
///
/// Pandas: `DataFrame`, without an index.
///
/// # Example
/// ```
/// use kerust::data::{Column, Table};
/// let table = Table::from_columns([
///     Column::floats("height", [1.6, 1.8, 1.7]),
///     Column::texts("eyes", ["brown", "blue", "brown"]),
/// ])?;
/// assert_eq!(table.shape(), (3, 2));
/// let x = table.get_dummies(&["eyes"])?.to_tensor(&["height", "eyes_blue"])?;
/// assert_eq!(x.to_vec::<f32>(), [1.6, 0.0, 1.8, 1.0, 1.7, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// When two have the same name, or their lengths differ.
    pub fn from_columns(columns: impl IntoIterator<Item = Column>) -> Result<Table> {
        let mut table = Table::default();
        for column in columns {
            table.insert(column)?;
        }
        Ok(table)
    }

    /// Adds a column at the end, or puts it in the place of the one that has its name.
    ///
    /// Pandas: `table["name"] = values`.
    ///
    /// # Errors
    /// When it has another number of rows than the table.
    pub fn insert(&mut self, column: Column) -> Result<()> {
        if !self.columns.is_empty() && column.len() != self.rows {
            return Err(Error::data(format!(
                "expected {} rows as the table has, got {}",
                self.rows,
                column.len()
            ))
            .at(column.place()));
        }
        self.rows = column.len();
        let known = self
            .columns
            .iter_mut()
            .find(|known| known.name() == column.name());
        match known {
            Some(known) => *known = column,
            None => self.columns.push(column),
        }
        Ok(())
    }

    /// Numbers of rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns.len())
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The names of the columns.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(Column::name).collect()
    }

    /// All columns.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The column called `name`.
    ///
    /// Pandas: `table["name"]`.
    ///
    /// # Errors
    /// When there is none; the message says which there are.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.position(name).map(|at| &self.columns[at])
    }

    fn position(&self, name: &str) -> Result<usize> {
        let found = self.columns.iter().position(|column| column.name() == name);
        found.ok_or_else(|| Error::unknown_name("column", name, &self.columns()))
    }

    /// These columns alone, in this order.
    ///
    /// Pandas: `table[["a", "b"]]`.
    ///
    /// # Errors
    /// When one does not exist.
    pub fn select<N: AsRef<str>>(&self, names: &[N]) -> Result<Table> {
        let columns = names.iter().map(|name| self.column(name.as_ref()).cloned());
        let columns: Vec<Column> = columns.collect::<Result<_>>()?;
        Ok(Table {
            columns,
            rows: self.rows,
        })
    }

    /// All columns but these.
    ///
    /// Pandas: `table.drop(columns=["a", "b"])`.
    ///
    /// # Errors
    /// When one does not exist.
    pub fn drop<N: AsRef<str>>(&self, names: &[N]) -> Result<Table> {
        let mut table = self.clone();
        for name in names {
            table.pop(name.as_ref())?;
        }
        Ok(table)
    }

    /// Takes a column out of the table: labels, usually.
    ///
    /// Pandas: `table.pop("name")`.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn pop(&mut self, name: &str) -> Result<Column> {
        let at = self.position(name)?;
        Ok(self.columns.remove(at))
    }

    /// The first rows.
    ///
    /// Pandas: `table.head(n)`, whose `n` is 5 by default.
    pub fn head(&self, n: usize) -> Table {
        self.rows_of(&(0..n.min(self.rows)).collect::<Vec<_>>())
    }

    /// The last rows.
    ///
    /// Pandas: `table.tail(n)`, whose `n` is 5 by default.
    pub fn tail(&self, n: usize) -> Table {
        let start = self.rows.saturating_sub(n);
        self.rows_of(&(start..self.rows).collect::<Vec<_>>())
    }

    /// The rows of a range; one that reaches too far ends at the end.
    ///
    /// Pandas: `table[a:b]`.
    ///
    /// # Errors
    /// When the range starts behind its end.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Table> {
        let rows = Tensor::arange(self.rows).slice(range)?.to_vec::<usize>();
        Ok(self.rows_of(&rows))
    }

    /// The rows at these positions, in this order.
    ///
    /// Pandas: `table.iloc[rows]`.
    ///
    /// # Errors
    /// When a row does not exist.
    pub fn take(&self, rows: &[usize]) -> Result<Table> {
        if let Some(&bad) = rows.iter().find(|&&row| row >= self.rows) {
            let expected = format!("rows below {}", self.rows);
            return Err(Error::argument("rows", &expected, bad));
        }
        Ok(self.rows_of(rows))
    }

    /// These rows, which must exist.
    pub(super) fn rows_of(&self, rows: &[usize]) -> Table {
        Table {
            columns: self
                .columns
                .iter()
                .map(|column| column.take(rows))
                .collect(),
            rows: rows.len(),
        }
    }

    /// The rows in which no value is missing.
    ///
    /// Pandas: `table.dropna()`.
    #[must_use]
    pub fn dropna(&self) -> Table {
        let whole = |row: &usize| !self.columns.iter().any(|column| column.is_missing(*row));
        self.rows_of(&(0..self.rows).filter(whole).collect::<Vec<_>>())
    }

    /// `value` in the place of numbers that are missing; texts and truth values stay missing.
    ///
    /// Pandas: `table.fillna(value)`.
    #[must_use]
    pub fn fillna(&self, value: f64) -> Table {
        Table {
            columns: self
                .columns
                .iter()
                .map(|column| column.filled(value))
                .collect(),
            rows: self.rows,
        }
    }

    /// A table that has, instead of each of these columns, one column for each value that occurs in
    /// it, sorted and called `column_value`: true in the rows with this value.
    ///
    /// Pandas: `pd.get_dummies(table, columns=["a", "b"])`.
    ///
    /// # Errors
    /// When a column does not exist, or has more than a thousand different values.
    pub fn get_dummies<N: AsRef<str>>(&self, names: &[N]) -> Result<Table> {
        const MOST: usize = 1000;
        let mut table = self.drop(names)?;
        for name in names {
            let column = self.column(name.as_ref())?;
            let mut categories = column.unique();
            if categories.len() > MOST {
                let error = format!("it has {} different values", categories.len());
                return Err(Error::data(error)
                    .remedy("`factorize()` and an `Embedding` are for so many")
                    .at(column.place()));
            }
            match column.dtype() {
                ColumnType::Int | ColumnType::Float => categories.sort_by(|a, b| {
                    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
                    number(a).total_cmp(&number(b))
                }),
                _ => categories.sort(),
            }
            let texts: Vec<Option<String>> = (0..self.rows).map(|row| column.text(row)).collect();
            for category in categories {
                let is = texts.iter().map(|text| text.as_deref() == Some(&category));
                let name = format!("{}_{category}", column.name());
                table.insert(Column::bools(name, is))?;
            }
        }
        Ok(table)
    }

    /// The values of these columns as one tensor: what a model is given. True is 1 and false 0.
    ///
    /// Pandas: `table[["a", "b"]].to_numpy(dtype="float32")`.
    ///
    /// # Shapes
    /// `(rows, columns)`, float32
    ///
    /// # Errors
    /// When a column does not exist, holds texts, or values of it are missing.
    pub fn to_tensor<N: AsRef<str>>(&self, names: &[N]) -> Result<Tensor> {
        let columns = names.iter().map(|name| {
            let column = self.column(name.as_ref())?;
            let numbers = column.numbers().ok_or_else(|| column.no_numbers())?;
            column.check_complete()?;
            Ok(numbers)
        });
        let columns: Vec<Vec<f64>> = columns.collect::<Result<_>>()?;
        let mut values = Vec::with_capacity(self.rows * columns.len());
        for row in 0..self.rows {
            values.extend(columns.iter().map(|column| column[row] as f32));
        }
        Tensor::from_vec(values, (self.rows, columns.len()))
    }
}
