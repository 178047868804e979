//! Tables of one's own data as the value of a cell, and what arrays a file holds.

use std::fmt;

use super::html::{self, FAINT, escape, frame};
use super::rows::{MORE, aligned, ends, fitting};
use super::width::{terminal_width, width};
use super::{Bundle, show, show_result};
use crate::data::{Column, ColumnType, Npz, Table};

/// Tables of more rows show so many of the first and of the last, as Pandas does.
const MOST_ROWS: usize = 20;
const END_ROWS: usize = 5;
/// How many columns a notebook shows of a table at most: half of the first, half of the last.
const MOST_COLUMNS: usize = 24;
/// Longer texts are cut.
const LONGEST_TEXT: usize = 48;
const MISSING: &str = "NaN";

impl Table {
    /// The table in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string()).html(self.to_html())
    }

    /// Shows the table below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the table as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    fn size(&self) -> String {
        let (rows, columns) = self.shape();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        format!(
            "{rows} row{} x {columns} column{}",
            plural(rows),
            plural(columns)
        )
    }

    /// The lines of the table: the head, then one for each row that is shown; the number of the row
    /// first. Of the columns, `chosen` says which are shown.
    fn lines(&self, chosen: &[Option<usize>]) -> Vec<Vec<String>> {
        let rows = shown_rows(self.len());
        let columns: Vec<&Column> = self.iter().collect();
        let cells: Vec<Vec<String>> = chosen
            .iter()
            .map(|column| match column {
                Some(column) => column_cells(columns[*column], &rows),
                None => vec![MORE.to_owned(); rows.len() + 1],
            })
            .collect();
        let number = |row: &Option<usize>| row.map_or(MORE.to_owned(), |row| row.to_string());
        let numbers = std::iter::once(String::new()).chain(rows.iter().map(number));
        numbers
            .enumerate()
            .map(|(line, number)| {
                let cells = cells.iter().map(|column| column[line].clone());
                std::iter::once(number).chain(cells).collect()
            })
            .collect()
    }

    /// The table in lines of at most `room` columns.
    fn to_text(&self, room: usize) -> String {
        let rows = shown_rows(self.len());
        let width = |column: &Column| {
            let cells = column_cells(column, &rows);
            cells.iter().map(|cell| width(cell)).max().unwrap_or(0)
        };
        // No more columns than there is room for are looked at.
        let count = self.shape().1;
        let near: Vec<Option<usize>> = if count > room {
            let (first, last) = (room / 2, room - room / 2);
            self.iter()
                .take(first)
                .map(width)
                .map(Some)
                .chain(std::iter::repeat_n(None, count - room))
                .chain(self.iter().skip(count - last).map(width).map(Some))
                .collect()
        } else {
            self.iter().map(width).map(Some).collect()
        };
        let first = self.len().to_string().len().max(MORE.len());
        let chosen = fitting(&near, room.saturating_sub(first));
        aligned(&self.lines(&chosen)) + &self.size()
    }

    fn to_html(&self) -> String {
        let columns = self.shape().1;
        let chosen = if columns <= MOST_COLUMNS {
            (0..columns).map(Some).collect()
        } else {
            ends(columns, MOST_COLUMNS / 2, MOST_COLUMNS / 2)
        };
        let mut lines = self.lines(&chosen).into_iter().map(|line| {
            let mut cells: Vec<String> = line.iter().map(|cell| escape(cell)).collect();
            cells[0] = format!("<span style=\"{FAINT}\">{}</span>", cells[0]);
            cells
        });
        let mut table = html::Table::new(&[], lines.next().unwrap_or_default());
        for line in lines {
            table.row(line, false);
        }
        let size = format!("<div style=\"{FAINT}\">{}</div>", self.size());
        frame(&(table.to_html() + &size))
    }
}

impl fmt::Display for Table {
    /// The first and last rows; columns in the middle are left out where lines would be too long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(terminal_width()))
    }
}

fn shown_rows(count: usize) -> Vec<Option<usize>> {
    if count <= MOST_ROWS {
        return (0..count).map(Some).collect();
    }
    ends(count, END_ROWS, END_ROWS)
}

/// The name of a column and its values in these rows.
fn column_cells(column: &Column, rows: &[Option<usize>]) -> Vec<String> {
    let numbers = NumberFormat::of(column, rows);
    let cell = |row: &Option<usize>| match row {
        None => MORE.to_owned(),
        Some(row) => match (column.text(*row), &numbers) {
            (None, _) => MISSING.to_owned(),
            (Some(text), Some(format)) => text.parse().map_or(text, |number| format.write(number)),
            (Some(text), None) => on_one_line(&text),
        },
    };
    let name = std::iter::once(on_one_line(column.name()));
    name.chain(rows.iter().map(cell)).collect()
}

/// A text that is short and changes nothing in a terminal.
fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for (i, character) in text.chars().enumerate() {
        if i == LONGEST_TEXT {
            return line + MORE;
        }
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

/// How the numbers of a column are written: all with the same number of digits after the point.
enum NumberFormat {
    Decimals(usize),
    Scientific,
}

impl NumberFormat {
    fn of(column: &Column, rows: &[Option<usize>]) -> Option<NumberFormat> {
        const MOST_DECIMALS: usize = 6;
        if column.dtype() != ColumnType::Float {
            return None;
        }
        let texts = rows.iter().flatten().filter_map(|row| column.text(*row));
        let numbers: Vec<f64> = texts.filter_map(|text| text.parse().ok()).collect();
        let sizes = || {
            numbers
                .iter()
                .map(|n: &f64| n.abs())
                .filter(|n| n.is_finite() && *n > 0.0)
        };
        let (largest, smallest) = (
            sizes().fold(0.0, f64::max),
            sizes().fold(f64::MAX, f64::min),
        );
        if largest >= 1e12 || (largest > 0.0 && smallest < 1e-4) {
            return Some(NumberFormat::Scientific);
        }
        let enough = |decimals: &usize| {
            let scale = 10f64.powi(*decimals as i32);
            sizes().all(|n| ((n * scale).round() / scale - n).abs() <= n * 1e-9)
        };
        let decimals = (1..MOST_DECIMALS).find(enough).unwrap_or(MOST_DECIMALS);
        Some(NumberFormat::Decimals(decimals))
    }

    fn write(&self, number: f64) -> String {
        match self {
            NumberFormat::Decimals(decimals) => format!("{number:.decimals$}"),
            NumberFormat::Scientific => super::numbers::scientific(number),
        }
    }
}

impl Column {
    /// The column in every form in which it can be shown: as a table of it alone.
    pub fn bundle(&self) -> Bundle {
        let alone = Table::from_columns([self.clone()]);
        // A column fits into an empty table.
        alone.unwrap_or_default().bundle()
    }

    /// Shows the column below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the column as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

impl Npz {
    /// The names, shapes and types of the arrays, in every form in which they can be shown.
    pub fn bundle(&self) -> Bundle {
        let cells = self.iter().map(|(name, array)| {
            [
                on_one_line(name),
                array.shape().to_string(),
                array.dtype().to_string(),
            ]
        });
        let head = ["name", "shape", "type"].map(String::from).to_vec();
        let mut table = html::Table::new(&[0, 1, 2], head.clone());
        let mut lines = vec![head];
        for cells in cells {
            table.row(cells.iter().map(|cell| escape(cell)).collect(), false);
            lines.push(cells.to_vec());
        }
        Bundle::text(aligned(&lines).trim_end()).html(frame(&table.to_html()))
    }

    /// Shows what arrays there are below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows what arrays there are as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;
    use crate::display::html::well_formed;

    #[test]
    fn a_table_is_shown_as_pandas_shows_one() -> Result<()> {
        let table = Table::from_columns([
            Column::floats("mpg", [18.0, 15.5, f64::NAN]),
            Column::ints("year", [70, 70, 71]),
            Column::texts("name", ["a <b>", "two\nlines", ""]),
        ])?;
        let text = "    mpg  year        name\n\
                    0  18.0    70       a <b>\n\
                    1  15.5    70  two\\nlines\n\
                    2   NaN    71            \n\
                    3 rows x 3 columns";
        assert_eq!(table.to_string(), text);
        let html = table.bundle();
        let html = well_formed(html.get("text/html").unwrap_or_default());
        assert!(
            html.contains("18.0") && html.contains("a &lt;b&gt;"),
            "{html}"
        );
        Ok(())
    }

    #[test]
    fn long_and_wide_tables_are_cut_in_the_middle() -> Result<()> {
        let name = |i: usize| format!("column {i}");
        let columns = (0..1000).map(|i| Column::ints(name(i), (0..100).map(|n| n * n)));
        let table = Table::from_columns(columns)?;
        for room in [60, 80, 120] {
            let text = table.to_text(room);
            assert!(text.lines().all(|line| width(line) <= room), "{text}");
        }
        let text = table.to_text(80);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 5 + 1 + 5 + 1);
        assert!(lines[0].contains("column 0  column 1") && lines[0].ends_with("column 999"));
        assert!(
            lines[6].starts_with("...") && lines[11].starts_with(" 99"),
            "{text}"
        );
        assert_eq!(lines[12], "100 rows x 1000 columns");
        let html = table.bundle();
        let html = html.get("text/html").unwrap_or_default();
        well_formed(html);
        assert!(html.len() < 60_000 && html.contains("column 988") && !html.contains("column 987"));
        let wide = Table::from_columns([Column::texts("x".repeat(200), ["y".repeat(200)])])?;
        assert!(wide.to_text(80).lines().all(|line| width(line) <= 80));
        assert_eq!(Table::default().to_string(), "\n0 rows x 0 columns");
        Ok(())
    }

    #[test]
    fn numbers_of_a_column_have_the_same_digits() -> Result<()> {
        for (numbers, written) in [
            (vec![1.0, 20.0], ["1.0", "20.0"]),
            (vec![0.25, 1.5], ["0.25", "1.50"]),
            (vec![1.0 / 3.0, 2.0], ["0.333333", "2.000000"]),
            (vec![1e-7, 1.0], ["1.0000e-07", "1.0000e+00"]),
            (vec![f64::INFINITY, 0.0], ["inf", "0.0"]),
        ] {
            let column = Column::floats("x", numbers);
            assert_eq!(column_cells(&column, &[Some(0), Some(1)])[1..], written);
        }
        Ok(())
    }
}
