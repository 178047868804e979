//! What is said of the numbers of a column.

use super::{Column, ColumnType, Table};
use crate::{Error, Result};

/// The rows of a description, as Pandas calls them.
const STATISTICS: [&str; 8] = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"];

impl Column {
    /// The numbers that are not missing.
    fn present(&self) -> Result<Vec<f64>> {
        let numbers = self.numbers().ok_or_else(|| self.no_numbers())?;
        Ok(numbers
            .into_iter()
            .filter(|number| !number.is_nan())
            .collect())
    }

    /// The mean of the numbers that are not missing; NaN if all are.
    ///
    /// # Errors
    /// When the values are texts.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let x = Column::floats("x", [1.0, 2.0, f64::NAN, 3.0]);
    /// assert_eq!(x.mean()?, 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn mean(&self) -> Result<f64> {
        Ok(mean(&self.present()?))
    }

    /// The standard deviation of the numbers that are not missing, as that of a sample (divided by
    /// their number less 1); NaN if there are fewer than two.
    ///
    /// Pandas: `column.std()`.
    ///
    /// # Errors
    /// When the values are texts.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let x = Column::floats("x", [1.0, 2.0, f64::NAN, 3.0]);
    /// assert_eq!(x.std()?, 1.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn std(&self) -> Result<f64> {
        Ok(deviation(&self.present()?))
    }

    /// The smallest of the numbers that are not missing; NaN if all are.
    ///
    /// # Errors
    /// When the values are texts.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let x = Column::floats("x", [1.0, 2.0, f64::NAN, 3.0]);
    /// assert_eq!(x.min()?, 1.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn min(&self) -> Result<f64> {
        self.quantile(0.0)
    }

    /// The largest of the numbers that are not missing; NaN if all are.
    ///
    /// # Errors
    /// When the values are texts.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let x = Column::floats("x", [1.0, 2.0, f64::NAN, 3.0]);
    /// assert_eq!(x.max()?, 3.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn max(&self) -> Result<f64> {
        self.quantile(1.0)
    }

    /// The number below which a share `q` of the numbers is: 0.5 for the median. Between two of them
    /// it is on the line that joins them. NaN if all are missing.
    ///
    /// Pandas: `column.quantile(q)`.
    ///
    /// # Errors
    /// When the values are texts, or `q` is not between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use kerust::data::Column;
    /// let x = Column::floats("x", [1.0, 2.0, f64::NAN, 3.0]);
    /// assert_eq!(x.quantile(0.25)?, 1.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn quantile(&self, q: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&q) {
            return Err(Error::argument("q", "a number from 0 to 1", q));
        }
        let mut numbers = self.present()?;
        numbers.sort_by(f64::total_cmp);
        Ok(quantile(&numbers, q))
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn deviation(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    match numbers.len() {
        0 | 1 => f64::NAN,
        count => (squares / (count - 1) as f64).sqrt(),
    }
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = q * last as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    if below == above {
        return below;
    }
    below + (above - below) * place.fract()
}

impl Table {
    /// Count, mean, standard deviation, smallest and largest number and quartiles of each column
    /// that has numbers. Without any: count, number of different values, the most frequent one and
    /// how often it occurs.
    ///
    /// Pandas: `table.describe()`.
    ///
    /// # Example
    /// ```
    /// use kerust::data::{Column, Table};
    /// let table = Table::from_columns([Column::ints("x", [1, 2, 3, 6])])?;
    /// let described = table.describe();
    /// assert_eq!(described.column("x")?.to_texts()[..2], ["4", "3"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn describe(&self) -> Table {
        let is_number =
            |column: &&Column| matches!(column.dtype(), ColumnType::Int | ColumnType::Float);
        let numbers: Vec<&Column> = self.columns.iter().filter(is_number).collect();
        if numbers.is_empty() {
            return self.described_categories();
        }
        let mut columns = vec![Column::texts("statistic", STATISTICS)];
        for column in numbers {
            let mut present = column.present().unwrap_or_default();
            present.sort_by(f64::total_cmp);
            let at = |q: f64| quantile(&present, q);
            let (mean, deviation) = (mean(&present), deviation(&present));
            let count = present.len() as f64;
            let statistics = [
                count,
                mean,
                deviation,
                at(0.0),
                at(0.25),
                at(0.5),
                at(0.75),
                at(1.0),
            ];
            columns.push(Column::floats(column.name(), statistics));
        }
        described(columns)
    }

    fn described_categories(&self) -> Table {
        let mut columns = vec![Column::texts(
            "statistic",
            ["count", "unique", "top", "freq"],
        )];
        for column in &self.columns {
            let counts = column.value_counts();
            let (top, frequency) = counts.first().cloned().unwrap_or_default();
            let present = column.len() - column.missing();
            let texts = [
                present.to_string(),
                counts.len().to_string(),
                top,
                frequency.to_string(),
            ];
            columns.push(Column::texts(column.name(), texts));
        }
        described(columns)
    }
}

/// A table of columns of the same length; a column of the user may have the name of the first.
fn described(columns: Vec<Column>) -> Table {
    let rows = columns.first().map_or(0, Column::len);
    Table { columns, rows }
}
