//! `CSVLogger`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::model_checkpoint::make_folder_of;
use super::{Callback, Logs, Memory, Training};
use crate::{Error, Result};

/// Writes the results of each epoch as a line of a CSV file.
///
/// Keras: `keras.callbacks.CSVLogger`. As there, columns are sorted by name, epochs count from 0,
/// and a result that is not measured is `NA`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("training.csv");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let callbacks = vec![CSVLogger::new(&path).into()];
/// model.fit(&x, &y, Fit { epochs: 3, callbacks, verbose: 0, ..Fit::default() })?;
/// let text = std::fs::read_to_string(&path).expect("the file is there");
/// assert!(text.starts_with("epoch,loss,val_loss\r\n0,"));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: String,
    append: bool,
    file: Option<File>,
    columns: Vec<String>,
    /// How long the file is that an earlier process wrote for this run.
    kept: Option<u64>,
}

impl CSVLogger {
    /// Writes to `filename`.
    pub fn new(filename: impl AsRef<Path>) -> Self {
        CSVLogger {
            filename: filename.as_ref().to_path_buf(),
            separator: ",".to_string(),
            append: false,
            file: None,
            columns: Vec::new(),
            kept: None,
        }
    }

    /// What stands between two values; a comma unless set.
    #[must_use]
    pub fn separator(mut self, separator: &str) -> Self {
        self.separator = separator.to_string();
        self
    }

    /// Whether a file that is there is continued; it is replaced unless set.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    fn failed(&self, error: &io::Error) -> Error {
        let what = format!("cannot write `{}`", self.filename.display());
        Error::io(what, error).at("CSVLogger")
    }

    /// Opens the file for the first line of this process, and writes the names of the columns
    /// unless they are there.
    fn open(&self) -> io::Result<File> {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.filename)?;
        match self.kept {
            // What was written after the backup will be written again.
            Some(length) => file.set_len(length.min(file.metadata()?.len()))?,
            None if self.append => {}
            None => file.set_len(0)?,
        }
        if file.metadata()?.len() == 0 {
            let columns = std::iter::once("epoch").chain(self.columns.iter().map(String::as_str));
            let columns: Vec<String> = columns.map(|name| self.quoted(name)).collect();
            self.write(&mut file, &columns)?;
        }
        Ok(file)
    }

    fn write(&self, file: &mut File, cells: &[String]) -> io::Result<()> {
        file.write_all(format!("{}\r\n", cells.join(&self.separator)).as_bytes())
    }

    fn quoted(&self, text: &str) -> String {
        if text.contains(['"', '\n', '\r']) || text.contains(&self.separator) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_string()
        }
    }
}

/// A number as Python writes it.
fn python(value: f64) -> String {
    match value {
        value if value.is_nan() => "nan".to_string(),
        value if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_string(),
        value if value != 0.0 && !(1e-4..1e16).contains(&value.abs()) => {
            let text = format!("{value:e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        value => format!("{value:?}"),
    }
}

impl Callback for CSVLogger {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        if self.separator.is_empty() {
            return Err(Error::argument("separator", "a character", "none").at("CSVLogger"));
        }
        make_folder_of(&self.filename).map_err(|e| e.at("CSVLogger"))?;
        // A path that cannot be written shows now, not after the first epoch.
        let mut options = OpenOptions::new();
        let opened = options.append(true).create(true).open(&self.filename);
        opened.map_err(|error| self.failed(&error))?;
        self.file = None;
        self.columns.clear();
        self.kept = None;
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut Training<'_>) -> Result<()> {
        if self.columns.is_empty() {
            let logs = logs.as_slice().iter();
            self.columns = logs.map(|(name, _)| name.clone()).collect();
            self.columns.sort();
            if !self.columns.iter().any(|name| name.starts_with("val_")) {
                // A validation that is measured now and then has its columns from the start.
                let later: Vec<String> = self.columns.iter().map(|n| format!("val_{n}")).collect();
                self.columns.extend(later);
            }
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open().map_err(|error| self.failed(&error))?,
        };
        let value = |name: &String| logs.get(name).map_or("NA".to_string(), python);
        let cells = std::iter::once(epoch.to_string()).chain(self.columns.iter().map(value));
        let cells: Vec<String> = cells.collect();
        self.write(&mut file, &cells)
            .map_err(|error| self.failed(&error))?;
        self.file = Some(file);
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.file = None;
        Ok(())
    }

    fn memory(&self) -> Memory {
        let length = match (&self.file, self.kept) {
            (Some(_), _) => fs::metadata(&self.filename).ok().map(|m| m.len()),
            (None, kept) => kept,
        };
        let columns = self.columns.iter().map(|name| (name.clone(), 0.0));
        let mut numbers = Logs::new(columns.collect());
        if let Some(length) = length {
            numbers.set(LENGTH, length as f64);
        }
        Memory {
            numbers,
            ..Memory::default()
        }
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        let numbers = memory.numbers.as_slice().iter();
        let names = numbers.map(|(name, _)| name.clone());
        self.columns = names.filter(|name| name != LENGTH).collect();
        self.kept = memory.numbers.get(LENGTH).map(|length| length as u64);
        Ok(())
    }
}

/// The length of the file among the names of the columns: no result is called so.
const LENGTH: &str = "length of the file";

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (value, text) in [
            (0.5, "0.5"),
            (2.0, "2.0"),
            (0.0, "0.0"),
            (1e-5, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (1e16, "1e+16"),
            (123_456_789.0, "123456789.0"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(super::python(value), text);
        }
    }
}
