//! StringLookup.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::lookup::{Lookup, Token, lookup_methods, require_utf8};
use super::salt::{self, OovMethod, Salt};
use super::texts::Texts;
use crate::models::layer_config;
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Numbers the words of a vocabulary from 0 on. Tensors hold no text: this is called on strings,
/// before the model, and not added to it.
///
/// Keras: `keras.layers.StringLookup`. The vocabulary is given, or [`adapt`](Self::adapt) learns it.
/// The configuration holds it either way.
///
/// # Shapes
/// [`call_text`](Self::call_text): words to `(words,)`, with the mode `"one_hot"` to
/// `(words, places)`, with the others to `(places,)`; [`call_rows`](Self::call_rows) has the rows in
/// front of it. [`call_numbers`](Self::call_numbers): a tensor of any shape to a list of words
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let lookup = StringLookup::new().vocabulary(["cat", "dog"]);
/// assert_eq!(lookup.call_text(&["dog", "cow", "cat"])?.to_vec::<i64>(), [2, 0, 1]);
/// assert_eq!(lookup.call_numbers(&Tensor::from_vec(vec![2, 0], 2)?)?, ["dog", "[UNK]"]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StringLookup {
    #[serde(flatten)]
    pub(super) lookup: Lookup<String>,
}

impl Token for String {
    const NEEDS_FARMHASH: bool = false;

    fn bucket(&self, buckets: usize, _: OovMethod, salt: Option<Salt>) -> i64 {
        salt::bucket(self.as_bytes(), buckets, salt)
    }
}

impl Default for StringLookup {
    fn default() -> Self {
        Self::new()
    }
}

impl StringLookup {
    /// With one number, 0, for all that is not in the vocabulary.
    pub fn new() -> Self {
        Self {
            lookup: Lookup::new("[UNK]".to_string()),
        }
    }

    lookup_methods!(String);

    /// Makes the vocabulary of `words`, the most frequent one first: `&["a", ..]`, a list of strings,
    /// or a [`TextDataset`](crate::data::TextDataset), of which each text is one word.
    ///
    /// # Errors
    /// When the vocabulary was given, there are no words, or one cannot be read.
    pub fn adapt<'a>(&mut self, words: impl Into<Texts<'a>>) -> Result<()> {
        let words = words.into();
        let documents = words.iter().map(|word| Ok(vec![word?.into_owned()]));
        let learned = self.lookup.adapt(documents);
        learned.map_err(|e| e.at("StringLookup: adapt"))
    }

    /// The number of each word, of shape `(words,)`; with the mode `"one_hot"` a row for each,
    /// and with the others one row for all words together, of shape `(places,)`.
    ///
    /// # Errors
    /// When there is no vocabulary yet, or a word is not in it and `num_oov_indices` is 0.
    pub fn call_text<S: AsRef<str>>(&self, words: &[S]) -> Result<Tensor> {
        let rows = self.call_rows(&[words.iter().map(S::as_ref).collect::<Vec<_>>()])?;
        rows.reshape(rows.shape().without_batch())
    }

    /// As [`call_text`](Self::call_text), for several rows of equally many words: the output has
    /// the rows as its first axis.
    ///
    /// # Errors
    /// As `call_text`, and when a row has another length than the first.
    pub fn call_rows<S: AsRef<str>, R: AsRef<[S]>>(&self, rows: &[R]) -> Result<Tensor> {
        let call = || {
            self.lookup.check()?;
            let length = rows.first().map_or(0, |row| row.as_ref().len());
            if let Some(row) = rows.iter().find(|row| row.as_ref().len() != length) {
                return Err(Error::shape(format!(
                    "expected {length} words in each row, as in the first, got {}",
                    row.as_ref().len()
                ))
                .remedy("fill short rows up with the mask token"));
            }
            let words = rows.iter().flat_map(AsRef::as_ref);
            let words: Vec<String> = words.map(|word| word.as_ref().to_string()).collect();
            self.lookup
                .encode(self.lookup.numbers(words.iter())?, &Shape::from(length))
        };
        call().map_err(|e: Error| e.at("StringLookup"))
    }

    /// The word of each number, `oov_token` where there is none.
    ///
    /// Keras: `StringLookup(invert=True)`.
    ///
    /// # Errors
    /// When there is no vocabulary yet.
    pub fn call_numbers(&self, numbers: &Tensor) -> Result<Vec<String>> {
        let words = self.lookup.tokens_of(&numbers.to_vec::<i64>());
        words.map_err(|e| e.at("StringLookup"))
    }

    /// The arguments, with the vocabulary.
    ///
    /// Keras: `get_config()`.
    ///
    /// # Errors
    /// When the output mode's name does not exist.
    pub fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    /// A lookup with these arguments.
    ///
    /// # Errors
    /// When an argument is missing or cannot be.
    pub fn from_config(config: &Config) -> Result<StringLookup> {
        require_utf8(config)?;
        config.read()
    }

    /// The lookup called `name` of a model in a `.keras` file, with the vocabulary that it has
    /// learned: for texts, before what follows it in the model.
    ///
    /// Keras: `keras.models.load_model(filepath).get_layer(name)`.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged, the model has no such layer, or it has arguments
    /// that kerust does not know.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/files/texts.keras");
    /// let kind = StringLookup::from_file(path, "kind")?;
    /// let x = kind.call_text(&["small", "huge"])?;
    /// assert_eq!(x.to_vec::<i64>(), [2, 4]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_file(filepath: impl AsRef<Path>, name: &str) -> Result<StringLookup> {
        let config = layer_config(filepath.as_ref(), "StringLookup", name);
        let made = config.and_then(|config| StringLookup::from_config(&config));
        made.map_err(|e| e.at("`StringLookup::from_file`"))
    }
}
