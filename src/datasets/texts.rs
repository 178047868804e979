//! What the data sets of texts have in common: words as ranks, and what `load_data` does to them.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Sequences;
use crate::{Error, Result, Tensor};

/// Texts and labels to train on and to test with: `((x_train, y_train), (x_test, y_test))`.
pub type TextSplit = ((Sequences, Tensor), (Sequences, Tensor));

/// The highest rank of a word that a file may have.
const HIGHEST: i64 = i32::MAX as i64;
/// The longest word index that is read, in bytes.
const LONGEST_INDEX: u64 = 1 << 26;

/// What is done to the texts, as `load_data` of Keras does it.
pub(super) struct Treatment {
    pub(super) num_words: Option<usize>,
    pub(super) skip_top: usize,
    pub(super) maxlen: Option<usize>,
    pub(super) start_char: Option<i64>,
    pub(super) oov_char: Option<i64>,
    pub(super) index_from: i64,
}

/// Texts and their labels, in one order.
pub(super) struct Texts {
    pub(super) x: Vec<Vec<i64>>,
    pub(super) y: Vec<i64>,
}

impl Texts {
    /// Checks what was read from the file at `path`.
    pub(super) fn new(x: Vec<Vec<i64>>, y: &Tensor, classes: i64, path: &Path) -> Result<Texts> {
        let wrong = |message: String| {
            Err(
                Error::data(format!("`{}` is damaged: {message}", path.display()))
                    .remedy("copy or download it again"),
            )
        };
        let labels: Vec<i64> = y.to_vec();
        if y.ndim() != 1 || labels.len() != x.len() {
            let shape = y.shape();
            return wrong(format!("{} texts have labels of shape {shape}", x.len()));
        }
        if let Some(label) = labels.iter().find(|label| !(0..classes).contains(*label)) {
            return wrong(format!("a label is {label}, expected 0 to {}", classes - 1));
        }
        let words = x.iter().flatten();
        if let Some(word) = words
            .into_iter()
            .find(|word| !(0..=HIGHEST).contains(*word))
        {
            return wrong(format!("a word is {word}, expected 0 to {HIGHEST}"));
        }
        Ok(Texts { x, y: labels })
    }

    /// In the order of `indices`.
    pub(super) fn in_order(mut self, indices: &[usize]) -> Texts {
        Texts {
            x: indices
                .iter()
                .map(|i| std::mem::take(&mut self.x[*i]))
                .collect(),
            y: indices.iter().map(|i| self.y[*i]).collect(),
        }
    }

    /// Appends others.
    pub(super) fn and(mut self, others: Texts) -> Texts {
        self.x.extend(others.x);
        self.y.extend(others.y);
        self
    }

    /// Cuts them in two, `first` in the first part.
    pub(super) fn split(mut self, first: usize) -> Result<TextSplit> {
        let test = (self.x.split_off(first), self.y.split_off(first));
        let part = |(x, y): (Vec<Vec<i64>>, Vec<i64>)| -> Result<(Sequences, Tensor)> {
            let count = y.len();
            Ok((Sequences::from(x), Tensor::from_vec(y, count)?))
        };
        Ok((part((self.x, self.y))?, part(test)?))
    }
}

impl Treatment {
    /// Moves the indices of words up, puts the mark of the start in front, and drops texts that are
    /// `maxlen` long or longer.
    pub(super) fn mark(&self, texts: Texts) -> Texts {
        let longest = self.maxlen.filter(|maxlen| *maxlen > 0);
        let marked = texts.x.into_iter().zip(texts.y).map(|(mut text, label)| {
            for word in &mut text {
                *word = word.saturating_add(self.index_from);
            }
            if let Some(start) = self.start_char {
                text.insert(0, start);
            }
            (text, label)
        });
        let (x, y) = marked
            .filter(|(text, _)| longest.is_none_or(|longest| text.len() < longest))
            .unzip();
        Texts { x, y }
    }

    /// An error when `maxlen` left nothing.
    pub(super) fn require(&self, texts: &Texts) -> Result<()> {
        match (texts.x.is_empty(), self.maxlen) {
            (true, Some(maxlen)) => {
                Err(
                    Error::argument("maxlen", "a length that some text is shorter than", maxlen)
                        .remedy("give a larger one"),
                )
            }
            _ => Ok(()),
        }
    }

    /// Puts `oov_char` in the place of words that are too frequent or too rare, or drops them.
    pub(super) fn limit(&self, texts: &mut Texts) {
        let highest = || texts.x.iter().flatten().copied().max().unwrap_or(0);
        let most = match self.num_words {
            None | Some(0) => highest(),
            Some(words) => i64::try_from(words).unwrap_or(i64::MAX),
        };
        let kept = i64::try_from(self.skip_top).unwrap_or(i64::MAX)..most;
        for text in &mut texts.x {
            match self.oov_char {
                None => text.retain(|word| kept.contains(word)),
                Some(unknown) => {
                    for word in text.iter_mut().filter(|word| !kept.contains(*word)) {
                        *word = unknown;
                    }
                }
            }
        }
    }
}

/// The ranks of words, from a JSON file.
pub(super) fn word_index(path: &Path) -> Result<HashMap<String, i64>> {
    let cannot =
        |error: std::io::Error| Error::io(format!("cannot read `{}`", path.display()), error);
    let mut text = String::new();
    let file = File::open(path).map_err(cannot)?;
    let mut limited = file.take(LONGEST_INDEX);
    limited.read_to_string(&mut text).map_err(cannot)?;
    serde_json::from_str(&text).map_err(|error| {
        Error::data(format!(
            "`{}` is damaged: expected words and their ranks in JSON ({error})",
            path.display()
        ))
        .remedy("copy or download it again")
    })
}
