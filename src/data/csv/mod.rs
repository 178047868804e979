//! Tables in text files, `.csv` and its relatives.
//!
//! A file is read twice: `types.rs` looks at all values before any is kept, so that nothing has to
//! be guessed from the first rows. `clean.rs` takes away comments and spaces before the `csv` crate
//! sees them.

mod clean;
mod settings;
mod types;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use self::clean::Cleaned;
use self::settings::Manner;
pub use self::settings::{BadLines, ReadCsv};
use self::types::{Filling, Seen};
use super::table::{Column, Table};
use crate::models::file;
use crate::notebook;
use crate::{Error, Result};

/// Tables of more columns are mistakes, or made to do harm.
const MOST_COLUMNS: usize = 1 << 16;
/// So many rows are read before the user is asked whether to stop.
const ROWS_AT_ONCE: usize = 10_000;

/// The table in a text file, with the names of its columns in the first row and commas between
/// values. A leading `~` stands for the home folder.
///
/// The type of a column is that of all its values: whole numbers, numbers, true and false, or else
/// texts. Empty fields, and what is usually written where a value is missing (`NA`, `NaN`, `null`),
/// are missing values. [`read_csv_with`] has more choices.
///
/// Pandas: `pd.read_csv(path)`.
///
/// # Errors
/// When the file cannot be read, is not UTF-8, or a row has another number of fields than the first;
/// the message says in which line.
///
/// # Example
/// ```
/// use kerust::data::read_csv;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("people.csv");
/// std::fs::write(&path, "name,height,pets\nAda,1.65,2\nGrace,1.7,\n").expect("a file");
/// let table = read_csv(&path)?;
/// assert_eq!(table.columns(), ["name", "height", "pets"]);
/// assert_eq!(table.column("height")?.max()?, 1.7);
/// let x = table.fillna(0.0).to_tensor(&["height", "pets"])?;
/// assert_eq!(x.to_vec::<f32>(), [1.65, 2.0, 1.7, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn read_csv(path: impl AsRef<Path>) -> Result<Table> {
    read_csv_with(path, ReadCsv::default())
}

/// As [`read_csv`], with choices.
///
/// Pandas: `pd.read_csv(path, sep=.., names=.., ..)`.
///
/// # Errors
/// As [`read_csv`]; when an argument cannot be, a column of `usecols` or `dtype` does not exist, or
/// a value is none of its column's type.
///
/// # Example
/// ```
/// use kerust::data::{ReadCsv, read_csv_with};
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("auto-mpg.data");
/// std::fs::write(&path, "18.0   8   130.0\t\"chevelle\"\n25.0   4   ?\t\"pinto\"\n").expect("a file");
/// let names = ["MPG", "Cylinders", "Horsepower"];
/// let table = read_csv_with(&path, ReadCsv {
///     names: names.map(String::from).to_vec(),
///     na_values: vec!["?".into()],
///     comment: Some('\t'),
///     sep: ' ',
///     skipinitialspace: true,
///     ..ReadCsv::default()
/// })?;
/// assert_eq!(table.shape(), (2, 3));
/// assert_eq!(table.column("Horsepower")?.missing(), 1);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn read_csv_with(path: impl AsRef<Path>, arguments: ReadCsv) -> Result<Table> {
    let place = format!("`read_csv`: `{}`", path.as_ref().display());
    let path = file::expanded(path.as_ref());
    let open = || -> Result<BufReader<File>> { Ok(BufReader::new(file::open(&path)?.0)) };
    read(open, &arguments).map_err(|e| e.at(place))
}

/// The table in a text, as [`read_csv_with`] reads it from a file.
///
/// Pandas: `pd.read_csv(io.StringIO(text))`.
///
/// # Errors
/// As [`read_csv_with`].
///
/// # Example
/// ```
/// use kerust::data::{ReadCsv, parse_csv};
/// let table = parse_csv("a;b\n1;x\n2;y\n", ReadCsv { sep: ';', ..ReadCsv::default() })?;
/// assert_eq!(table.column("b")?.to_texts(), ["x", "y"]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn parse_csv(text: &str, arguments: ReadCsv) -> Result<Table> {
    let open = || Ok(Cursor::new(text.as_bytes()));
    read(open, &arguments).map_err(|e| e.at("`parse_csv`"))
}

fn read<R: Read>(open: impl Fn() -> Result<R>, arguments: &ReadCsv) -> Result<Table> {
    let manner = Manner::of(arguments)?;
    let mut rows = Rows::open(open()?, &manner)?;
    let mut kept = rows.kept()?;
    while let Some(line) = rows.next()? {
        for column in &mut kept {
            let field = rows.field(column.at, line)?;
            column.seen.note(field, &manner);
        }
    }
    let count = rows.read;
    let mut filled: Vec<(Kept, Filling)> = Vec::new();
    for column in kept {
        let filling = Filling::of(column.dtype(), count)?;
        filled.push((column, filling));
    }
    let mut rows = Rows::open(open()?, &manner)?;
    while rows.read < count
        && let Some(line) = rows.next()?
    {
        for (column, filling) in &mut filled {
            let field = rows.field(column.at, line)?;
            let place = || format!("line {line}, column `{}`", column.name);
            filling.push(field, &manner).map_err(|e| e.at(place()))?;
        }
    }
    let columns = filled
        .into_iter()
        .map(|(column, filling)| filling.finish(&column.name));
    Table::from_columns(columns.collect::<Vec<Column>>())
}

/// A column that is kept.
struct Kept {
    /// Which field of a row.
    at: usize,
    name: String,
    /// The type that was asked for.
    wanted: Option<super::ColumnType>,
    seen: Seen,
}

impl Kept {
    fn dtype(&self) -> super::ColumnType {
        self.wanted.unwrap_or_else(|| self.seen.dtype())
    }
}

/// The rows of a file, one after the other.
struct Rows<'a, R> {
    reader: Reader<Cleaned<R>>,
    manner: &'a Manner,
    names: Vec<String>,
    record: ByteRecord,
    /// Whether `record` is a row that `next` has yet to give.
    waiting: bool,
    read: usize,
}

impl<'a, R: Read> Rows<'a, R> {
    /// Reads up to the first row of values.
    fn open(source: R, manner: &'a Manner) -> Result<Rows<'a, R>> {
        let reader = ReaderBuilder::new()
            .delimiter(manner.separator)
            .quote(manner.quote)
            .has_headers(false)
            .flexible(true)
            .from_reader(Cleaned::new(source, manner));
        let mut rows = Rows {
            reader,
            manner,
            names: manner.names.clone(),
            record: ByteRecord::new(),
            waiting: false,
            read: 0,
        };
        let there = rows.advance()?;
        if !there && (manner.header || rows.names.is_empty()) {
            return Err(
                Error::data("it is empty").remedy("check the path, and what wrote the file")
            );
        }
        if rows.record.len() > MOST_COLUMNS {
            let error = format!("its first row has {} fields", rows.record.len());
            return Err(Error::data(error).remedy("check `sep` and `quotechar`"));
        }
        if manner.header {
            let names = rows.header()?;
            if rows.names.is_empty() {
                rows.names = names;
            }
        } else {
            rows.waiting = there;
            if rows.names.is_empty() {
                rows.names = (0..rows.record.len()).map(|i| i.to_string()).collect();
            }
        }
        Ok(rows)
    }

    /// The names in the record, each once.
    fn header(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut known = HashSet::new();
        for (i, field) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(field).map_err(|_| not_utf8(self.line()))?;
            let name = match name {
                "" => format!("Unnamed: {i}"),
                name => name.to_owned(),
            };
            let mut unique = name.clone();
            let mut number = 0;
            while !known.insert(unique.clone()) {
                number += 1;
                unique = format!("{name}.{number}");
            }
            names.push(unique);
        }
        Ok(names)
    }

    /// The line in which the record begins.
    fn line(&self) -> u64 {
        let line = self.record.position().map_or(0, csv::Position::line);
        line + self.manner.skiprows
    }

    /// Reads the next record, whatever it is.
    fn advance(&mut self) -> Result<bool> {
        let read = self.reader.read_byte_record(&mut self.record);
        read.map_err(|error| Error::io("cannot read the file", error))
    }

    /// Goes to the next row that has as many fields as there are columns: its line.
    fn next(&mut self) -> Result<Option<u64>> {
        if self.manner.nrows.is_some_and(|most| self.read >= most) {
            return Ok(None);
        }
        if self.read.is_multiple_of(ROWS_AT_ONCE) && notebook::interrupted() {
            return Err(Error::interrupted("reading the table"));
        }
        loop {
            if !std::mem::take(&mut self.waiting) && !self.advance()? {
                return Ok(None);
            }
            let line = self.line();
            if self.record.len() == self.names.len() {
                self.read += 1;
                return Ok(Some(line));
            }
            if self.manner.bad_lines == BadLines::Error {
                return Err(self.uneven(line));
            }
        }
    }

    fn uneven(&self, line: u64) -> Error {
        let (expected, given) = (self.names.len(), self.record.len());
        let fields = |count| if count == 1 { "field" } else { "fields" };
        let error = Error::data(format!(
            "line {line}: expected {expected} {}, got {given}",
            fields(expected)
        ));
        if self.read == 0 && self.manner.names.is_empty() && expected == 1 {
            return error.remedy("say what stands between values, as in `sep: ';'`");
        }
        if self.read == 0 && !self.manner.names.is_empty() {
            return error.remedy(format!("give `names` {given} names, or set `sep`"));
        }
        error.remedy("mend the line (a value with the separator in it needs quotes), or set `on_bad_lines: \"skip\".into()`")
    }

    fn field(&self, at: usize, line: u64) -> Result<&str> {
        // `next` has compared the number of fields.
        let field = self.record.get(at).unwrap_or_default();
        std::str::from_utf8(field).map_err(|_| not_utf8(line))
    }

    /// The columns that are wanted.
    fn kept(&self) -> Result<Vec<Kept>> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let mut once = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !once.insert(**name)) {
            let given = format!("`{twice}` twice");
            return Err(Error::argument("names", "different names", given));
        }
        for name in &self.manner.usecols {
            if !once.contains(name.as_str()) {
                return Err(Error::unknown_name("column in `usecols`", name, &names));
            }
        }
        for (name, _) in &self.manner.dtype {
            if !once.contains(name.as_str()) {
                return Err(Error::unknown_name("column in `dtype`", name, &names));
            }
        }
        let chosen: HashSet<&str> = self.manner.usecols.iter().map(String::as_str).collect();
        let all = chosen.is_empty();
        let kept = names
            .iter()
            .enumerate()
            .filter(|(_, name)| all || chosen.contains(**name));
        let kept = kept.map(|(at, name)| {
            let wanted = self.manner.dtype.iter().find(|(known, _)| known == name);
            Kept {
                at,
                name: (*name).to_owned(),
                wanted: wanted.map(|(_, dtype)| *dtype),
                seen: Seen::default(),
            }
        });
        Ok(kept.collect())
    }
}

fn not_utf8(line: u64) -> Error {
    Error::data(format!("line {line}: the text is not UTF-8"))
        .remedy("save the file as UTF-8, `iconv -f latin1 -t utf8 old.csv > new.csv`")
}
