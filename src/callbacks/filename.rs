//! Names of files with results in them: `weights-{epoch:02d}-{val_loss:.2f}.safetensors`.

use super::Logs;
use crate::{Error, Result};

/// A piece of a name.
#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Value),
}

/// A value with Python's format behind the colon: `[0][width][.digits][d|f|e|%]`.
#[derive(Debug)]
struct Value {
    name: String,
    zeros: bool,
    width: usize,
    digits: Option<usize>,
    kind: Option<char>,
}

/// Fails when `filepath` cannot be filled in, whatever the results are.
pub(super) fn check(filepath: &str) -> Result<()> {
    parse(filepath).map(|_| ())
}

/// `filepath` with `epoch` (and `batch`), counted from 1, and the results filled in.
pub(super) fn fill(
    filepath: &str,
    epoch: usize,
    batch: Option<usize>,
    logs: &Logs,
) -> Result<String> {
    let mut filled = String::new();
    for piece in parse(filepath)? {
        match piece {
            Piece::Text(text) => filled += &text,
            Piece::Value(value) => match (value.name.as_str(), batch) {
                ("epoch", _) => filled += &value.whole(epoch),
                ("batch", Some(batch)) => filled += &value.whole(batch),
                _ => {
                    let Some(number) = logs.get(&value.name) else {
                        let known = logs.as_slice().iter().map(|(name, _)| name.as_str());
                        let known: Vec<&str> = std::iter::once("epoch").chain(known).collect();
                        let error = Error::unknown_name("placeholder", &value.name, &known);
                        return Err(error.at("argument `filepath`"));
                    };
                    filled += &value.real(number);
                }
            },
        }
    }
    Ok(filled)
}

fn parse(filepath: &str) -> Result<Vec<Piece>> {
    let wrong = |what: &str| {
        let expected = "a path with placeholders like `{epoch:02d}` and `{val_loss:.2f}`";
        Error::argument("filepath", expected, format!("`{filepath}`, where {what}"))
            .remedy("write `{{` for a brace that is none")
    };
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut letters = filepath.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.peek() == Some(&letter) => {
                letters.next();
                text.push(letter);
            }
            '}' => return Err(wrong("a `}` closes nothing")),
            '{' => {
                let mut inside = String::new();
                loop {
                    match letters.next() {
                        Some('}') => break,
                        Some(letter) => inside.push(letter),
                        None => return Err(wrong("a `{` is not closed")),
                    }
                }
                let (name, format) = inside.split_once(':').unwrap_or((&inside, ""));
                let value = Value::parse(name, format)
                    .ok_or_else(|| wrong(&format!("`{{{inside}}}` is no placeholder")))?;
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Value(value));
            }
            letter => text.push(letter),
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

impl Value {
    fn parse(name: &str, format: &str) -> Option<Value> {
        /// More makes no name of a file.
        const WIDEST: usize = 100;
        let kind = format.chars().last().filter(|c| !c.is_ascii_digit());
        let rest = format
            .strip_suffix(|c: char| Some(c) == kind)
            .unwrap_or(format);
        let (width, digits) = match rest.split_once('.') {
            Some((width, digits)) => (width, Some(digits.parse().ok()?)),
            None => (rest, None),
        };
        let zeros = width.starts_with('0');
        let width = match width {
            "" => 0,
            width => width.parse().ok()?,
        };
        let fits = kind.is_none_or(|kind| "dfe%".contains(kind))
            && width <= WIDEST
            && digits.unwrap_or(0) <= WIDEST
            && !name.is_empty();
        fits.then(|| Value {
            name: name.to_string(),
            zeros,
            width,
            digits,
            kind,
        })
    }

    fn whole(&self, number: usize) -> String {
        match self.kind {
            None | Some('d') => self.padded(number.to_string()),
            _ => self.real(number as f64),
        }
    }

    fn real(&self, number: f64) -> String {
        let digits = self.digits.unwrap_or(6);
        self.padded(match self.kind {
            Some('f') => format!("{number:.digits$}"),
            Some('%') => format!("{:.digits$}%", number * 100.0),
            Some('e') => {
                let text = format!("{number:.digits$e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{digits}e{sign}{:02}", exponent.abs())
            }
            _ => match self.digits {
                Some(digits) => format!("{number:.digits$}"),
                None => number.to_string(),
            },
        })
    }

    fn padded(&self, text: String) -> String {
        let width = self.width;
        match (self.zeros, text.strip_prefix('-')) {
            (true, Some(number)) => format!("-{number:0>w$}", w = width.saturating_sub(1)),
            (true, None) => format!("{text:0>width$}"),
            (false, _) => format!("{text:>width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        let mut logs = Logs::default();
        logs.set("val_loss", 0.45678);
        logs.set("loss", -1234.5);
        for (path, expected) in [
            ("a-{epoch:02d}-{val_loss:.2f}.x", "a-07-0.46.x"),
            ("{epoch}", "7"),
            ("{epoch:4d}|{epoch:.1f}", "   7|7.0"),
            ("{val_loss}", "0.45678"),
            ("{val_loss:.1%}", "45.7%"),
            ("{val_loss:.3e}|{loss:010.2f}", "4.568e-01|-001234.50"),
            ("{{epoch}}", "{epoch}"),
        ] {
            assert_eq!(fill(path, 7, None, &logs).ok().as_deref(), Some(expected));
        }
        assert_eq!(
            fill("{epoch}-{batch:03d}", 1, Some(20), &logs)
                .ok()
                .as_deref(),
            Some("1-020")
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        for path in [
            "{epoch",
            "epoch}",
            "{}",
            "{epoch:x}",
            "{epoch:.d}",
            "{a:999999999d}",
        ] {
            assert!(check(path).is_err(), "{path}");
        }
        let error = fill("{val_los:.2f}", 1, None, &Logs::default());
        assert!(error.is_err_and(|e| e.to_string().contains("known: epoch")));
    }
}
