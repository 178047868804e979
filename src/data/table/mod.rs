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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.columns(), ["rooms", "town"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let mut table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// table.insert(Column::floats("price", [1.5, 2.0, 1.7]))?;
    /// table.insert(Column::ints("rooms", [4, 6, 5]))?;
    /// assert_eq!(table.columns(), ["rooms", "town", "price"]);
    /// assert_eq!(table.column("rooms")?.to_texts(), ["4", "6", "5"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.shape(), (3, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns.len())
    }

    /// The number of rows.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.len(), 3);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    ///
    /// # Example
    /// ```
    /// assert!(kerust::data::Table::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The names of the columns.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.columns(), ["rooms", "town"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(Column::name).collect()
    }

    /// All columns.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// let names: Vec<&str> = table.iter().map(Column::name).collect();
    /// assert_eq!(names, ["rooms", "town"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The column called `name`.
    ///
    /// Pandas: `table["name"]`.
    ///
    /// # Errors
    /// When there is none; the message says which there are.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.column("town")?.unique(), ["Ulm", "Bonn"]);
    /// let error = table.column("towns").expect_err("no such column");
    /// assert!(error.to_string().contains("did you mean `town`?"));
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.select(&["town"])?.columns(), ["town"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.drop(&["town"])?.columns(), ["rooms"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let mut table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// let y = table.pop("rooms")?.to_tensor()?;
    /// assert_eq!(y.to_vec::<i64>(), [3, 5, 4]);
    /// assert_eq!(table.columns(), ["town"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn pop(&mut self, name: &str) -> Result<Column> {
        let at = self.position(name)?;
        Ok(self.columns.remove(at))
    }

    /// The first rows.
    ///
    /// Pandas: `table.head(n)`, whose `n` is 5 by default.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.head(2).column("rooms")?.to_texts(), ["3", "5"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> Table {
        self.rows_of(&(0..n.min(self.rows)).collect::<Vec<_>>())
    }

    /// The last rows.
    ///
    /// Pandas: `table.tail(n)`, whose `n` is 5 by default.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.tail(2).column("rooms")?.to_texts(), ["5", "4"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.slice(1..)?.column("rooms")?.to_texts(), ["5", "4"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// assert_eq!(table.take(&[2, 0])?.column("rooms")?.to_texts(), ["4", "3"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([Column::floats("height", [1.5, f64::NAN, 1.7])])?;
    /// assert_eq!(table.dropna().len(), 2);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn dropna(&self) -> Table {
        let whole = |row: &usize| !self.columns.iter().any(|column| column.is_missing(*row));
        self.rows_of(&(0..self.rows).filter(whole).collect::<Vec<_>>())
    }

    /// `value` in the place of numbers that are missing; texts and truth values stay missing.
    ///
    /// Pandas: `table.fillna(value)`.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([Column::floats("height", [1.5, f64::NAN, 1.7])])?;
    /// assert_eq!(table.fillna(0.0).column("height")?.to_texts(), ["1.5", "0", "1.7"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// let table = table.get_dummies(&["town"])?;
    /// assert_eq!(table.columns(), ["rooms", "town_Bonn", "town_Ulm"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([
    ///     Column::ints("rooms", [3, 5, 4]),
    ///     Column::texts("town", ["Ulm", "Bonn", "Ulm"]),
    /// ])?;
    /// let x = table.get_dummies(&["town"])?.to_tensor(&["rooms", "town_Ulm"])?;
    /// assert_eq!(x.shape(), (3, 2));
    /// assert_eq!(x.to_vec::<f32>(), [3.0, 1.0, 5.0, 0.0, 4.0, 1.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
