//! Sequences of different lengths.

use std::fmt;
use std::ops::Deref;

/// Sequences shown of a long list, at its beginning and at its end.
const ENDS: usize = 3;
/// Numbers shown of a long sequence, at its beginning and at its end.
const NUMBERS: usize = 6;

/// Sequences of whole numbers, each of its own length: texts as the indices of their words.
///
/// It is used like a slice of vectors (`x.len()`, `x[0]`, `&x[..100]`, `for sequence in &x`), and
/// shows itself in a few lines. [`pad_sequences`](crate::preprocessing::pad_sequences) makes a
/// tensor of it.
///
/// Keras: the NumPy arrays of lists that `imdb.load_data` and `reuters.load_data` return.
///
/// # Example
/// ```
/// use kerust::datasets::Sequences;
/// use kerust::preprocessing::PadSequences;
/// use kerust::prelude::*;
/// let x = Sequences::from(vec![vec![1, 14, 22], vec![1, 194]]);
/// assert_eq!(x[1], [1, 194]);
/// let padded = pad_sequences(&x, PadSequences { maxlen: Some(4), ..Default::default() })?;
/// assert_eq!(padded.to_vec::<i64>(), [0, 1, 14, 22, 0, 0, 1, 194]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sequences(Vec<Vec<i64>>);

impl From<Vec<Vec<i64>>> for Sequences {
    fn from(sequences: Vec<Vec<i64>>) -> Self {
        Sequences(sequences)
    }
}

impl From<Sequences> for Vec<Vec<i64>> {
    fn from(sequences: Sequences) -> Self {
        sequences.0
    }
}

impl Deref for Sequences {
    type Target = [Vec<i64>];

    fn deref(&self) -> &[Vec<i64>] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Sequences {
    type Item = &'a Vec<i64>;
    type IntoIter = std::slice::Iter<'a, Vec<i64>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Sequences {
    type Item = Vec<i64>;
    type IntoIter = std::vec::IntoIter<Vec<i64>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = || self.iter().map(Vec::len);
        let count = self.len();
        let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else {
            return f.write_str("no sequences");
        };
        let sequences = if count == 1 { "sequence" } else { "sequences" };
        write!(f, "{count} {sequences} of {shortest} to {longest} numbers")?;
        for (index, sequence) in self.iter().enumerate() {
            if count > 2 * ENDS && (ENDS..count - ENDS).contains(&index) {
                if index == ENDS {
                    f.write_str("\n...")?;
                }
                continue;
            }
            write!(f, "\n[{}]", preview(sequence))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The numbers of a sequence; the middle of a long one is left out.
pub(crate) fn preview(sequence: &[i64]) -> String {
    let join = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        numbers.join(", ")
    };
    let count = sequence.len();
    match count > 2 * NUMBERS {
        false => join(sequence),
        true => format!(
            "{}, ..., {}",
            join(&sequence[..NUMBERS]),
            join(&sequence[count - NUMBERS..])
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::Sequences;

    #[test]
    fn long_ones_are_shown_by_their_ends() {
        let sequences = Sequences::from((0..30).map(|n| (0..n).collect()).collect::<Vec<_>>());
        let shown = "30 sequences of 0 to 29 numbers\n[]\n[0]\n[0, 1]\n...\n\
                     [0, 1, 2, 3, 4, 5, ..., 21, 22, 23, 24, 25, 26]\n\
                     [0, 1, 2, 3, 4, 5, ..., 22, 23, 24, 25, 26, 27]\n\
                     [0, 1, 2, 3, 4, 5, ..., 23, 24, 25, 26, 27, 28]";
        assert_eq!(sequences.to_string(), shown);
        assert_eq!(Sequences::default().to_string(), "no sequences");
    }
}
