//! What the `csv` crate leaves to others: comments, spaces in front of values, lines to skip.

use std::io::{self, Read};

use super::settings::Manner;

/// A text without comments, spaces in front of values and the first lines, byte for byte the same
/// otherwise; ends of lines stay, so that lines can be counted.
pub(super) struct Cleaned<R> {
    source: R,
    separator: u8,
    quote: u8,
    comment: Option<u8>,
    skip_spaces: bool,
    /// How many lines are still to skip.
    skip: u64,
    at: At,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    StartOfField,
    Field,
    Quoted,
    /// Behind a quote that ends a value, or is the first of two that stand for one.
    Unquoted,
    Comment,
}

impl<R: Read> Cleaned<R> {
    pub(super) fn new(source: R, manner: &Manner) -> Cleaned<R> {
        Cleaned {
            source,
            separator: manner.separator,
            quote: manner.quote,
            comment: manner.comment,
            skip_spaces: manner.skip_spaces,
            skip: manner.skiprows,
            at: At::StartOfField,
        }
    }

    /// Whether a byte is kept.
    fn keeps(&mut self, byte: u8) -> bool {
        if self.skip > 0 {
            self.skip -= u64::from(byte == b'\n');
            return false;
        }
        match self.at {
            At::Quoted => {
                if byte == self.quote {
                    self.at = At::Unquoted;
                }
                return true;
            }
            At::Comment if byte != b'\n' => return false,
            _ => {}
        }
        if byte == b'\n' || byte == b'\r' {
            self.at = At::StartOfField;
            return true;
        }
        if Some(byte) == self.comment {
            self.at = At::Comment;
            return false;
        }
        if self.skip_spaces && self.at == At::StartOfField && byte == b' ' {
            return false;
        }
        if byte == self.separator {
            self.at = At::StartOfField;
        } else if byte == self.quote && self.at != At::Field {
            self.at = At::Quoted;
        } else {
            self.at = At::Field;
        }
        true
    }
}

impl<R: Read> Read for Cleaned<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.source.read(buffer)?;
            let mut kept = 0;
            for i in 0..read {
                let byte = buffer[i];
                if self.keeps(byte) {
                    buffer[kept] = byte;
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}
