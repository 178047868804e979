//! TextVectorization.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::lookup::{Lookup, require_utf8};
use super::texts::Texts;
use crate::models::layer_config;
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Makes numbers of texts: words become numbers in a vocabulary. Tensors hold no text: this is called
/// on strings, before the model, and not added to it.
///
/// Keras: `keras.layers.TextVectorization`. As there, only ASCII letters become small.
///
/// # Shapes
/// Texts to `(texts, length)`; with the modes `"multi_hot"`, `"count"` and `"tf_idf"` to
/// `(texts, places)`, a place for each word of the vocabulary
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut vectorize = TextVectorization::new().output_sequence_length(4);
/// vectorize.adapt(&["The cat sat.", "A cat!"])?;
/// let x = vectorize.call_text(&["the cat", "a dog sat"])?;
/// assert_eq!(x.shape(), (2, 4));
/// assert_eq!(vectorize.get_vocabulary()?, ["", "[UNK]", "cat", "the", "sat", "a"]);
/// assert_eq!(x.to_vec::<i64>(), [3, 2, 0, 0, 5, 1, 4, 0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "TextVectorizationConfig", into = "TextVectorizationConfig")]
pub struct TextVectorization {
    standardize: Option<Setting<Standardize>>,
    split: Setting<Split>,
    ngrams: Option<Ngrams>,
    output_sequence_length: Option<usize>,
    lookup: Lookup<String>,
}

/// How Keras writes it down.
#[derive(Serialize, Deserialize)]
struct TextVectorizationConfig {
    max_tokens: Option<usize>,
    standardize: Option<Setting<Standardize>>,
    split: Setting<Split>,
    ngrams: Option<Ngrams>,
    output_mode: Setting<OutputMode>,
    output_sequence_length: Option<usize>,
    pad_to_max_tokens: bool,
    vocabulary: Option<Vec<String>>,
    idf_weights: Option<Vec<f32>>,
}

impl From<TextVectorizationConfig> for TextVectorization {
    fn from(config: TextVectorizationConfig) -> Self {
        let mut vectorization = TextVectorization::new();
        vectorization.standardize = config.standardize;
        vectorization.split = config.split;
        vectorization.ngrams = config.ngrams;
        vectorization.output_sequence_length = config.output_sequence_length;
        let lookup = &mut vectorization.lookup;
        lookup.max_tokens = config.max_tokens;
        lookup.output_mode = config.output_mode;
        lookup.pad_to_max_tokens = config.pad_to_max_tokens;
        lookup.vocabulary = config.vocabulary;
        lookup.idf_weights = config.idf_weights;
        vectorization
    }
}

impl From<TextVectorization> for TextVectorizationConfig {
    fn from(vectorization: TextVectorization) -> Self {
        let lookup = vectorization.lookup;
        TextVectorizationConfig {
            max_tokens: lookup.max_tokens,
            standardize: vectorization.standardize,
            split: vectorization.split,
            ngrams: vectorization.ngrams,
            output_mode: lookup.output_mode,
            output_sequence_length: vectorization.output_sequence_length,
            pad_to_max_tokens: lookup.pad_to_max_tokens,
            vocabulary: lookup.vocabulary,
            idf_weights: lookup.idf_weights,
        }
    }
}

/// What happens to a text before it is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardize {
    /// Letters become small, and ASCII punctuation goes away.
    LowerAndStripPunctuation,
    /// Letters become small.
    Lower,
    /// ASCII punctuation goes away.
    StripPunctuation,
}

impl std::str::FromStr for Standardize {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "lower_and_strip_punctuation" => Ok(Self::LowerAndStripPunctuation),
            "lower" => Ok(Self::Lower),
            "strip_punctuation" => Ok(Self::StripPunctuation),
            _ => {
                let known = ["lower_and_strip_punctuation", "lower", "strip_punctuation"];
                Err(Error::unknown_name("standardization", name, &known))
            }
        }
    }
}

impl From<Standardize> for Setting<Standardize> {
    fn from(standardize: Standardize) -> Self {
        Setting::value(standardize)
    }
}

/// What a text is split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What stands between white space.
    Whitespace,
    /// Single characters.
    Character,
}

impl std::str::FromStr for Split {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "whitespace" => Ok(Self::Whitespace),
            "character" => Ok(Self::Character),
            _ => Err(Error::unknown_name(
                "split",
                name,
                &["whitespace", "character"],
            )),
        }
    }
}

impl From<Split> for Setting<Split> {
    fn from(split: Split) -> Self {
        Setting::value(split)
    }
}

/// How many words next to each other make a token: `2` for one or two, `[2]` for two alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ngrams {
    /// Any number up to this one.
    UpTo(usize),
    /// These numbers.
    Exactly(Vec<usize>),
}

impl From<usize> for Ngrams {
    fn from(most: usize) -> Self {
        Ngrams::UpTo(most)
    }
}

impl<const N: usize> From<[usize; N]> for Ngrams {
    fn from(widths: [usize; N]) -> Self {
        Ngrams::Exactly(widths.into())
    }
}

impl Default for TextVectorization {
    fn default() -> Self {
        Self::new()
    }
}

impl TextVectorization {
    /// Numbers of words in small letters, without punctuation.
    pub fn new() -> Self {
        let mut lookup = Lookup::new("[UNK]".to_string());
        lookup.mask_token = Some(String::new());
        Self {
            standardize: Some(Standardize::LowerAndStripPunctuation.into()),
            split: Split::Whitespace.into(),
            ngrams: None,
            output_sequence_length: None,
            lookup,
        }
    }

    /// How many numbers there are at most, those for padding and unknown words included.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.lookup.max_tokens = Some(max_tokens);
        self
    }

    /// `"lower_and_strip_punctuation"` (unless set), `"lower"` or `"strip_punctuation"`.
    #[must_use]
    pub fn standardize(mut self, standardize: impl Into<Setting<Standardize>>) -> Self {
        self.standardize = Some(standardize.into());
        self
    }

    /// Leaves texts as they are before they are split.
    ///
    /// Keras: `standardize=None`.
    #[must_use]
    pub fn without_standardize(mut self) -> Self {
        self.standardize = None;
        self
    }

    /// `"whitespace"` (unless set) or `"character"`.
    #[must_use]
    pub fn split(mut self, split: impl Into<Setting<Split>>) -> Self {
        self.split = split.into();
        self
    }

    /// How many words next to each other make a token: `2` for one or two, `[2]` for two alone.
    #[must_use]
    pub fn ngrams(mut self, ngrams: impl Into<Ngrams>) -> Self {
        self.ngrams = Some(ngrams.into());
        self
    }

    /// `"int"` (unless set), `"multi_hot"`, `"count"` or `"tf_idf"`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
        self.lookup.output_mode = output_mode.into();
        self
    }

    /// How many numbers each text has in the end; as many as the longest unless set.
    #[must_use]
    pub fn output_sequence_length(mut self, length: usize) -> Self {
        self.output_sequence_length = Some(length);
        self
    }

    /// Whether the output has `max_tokens` places even when there are fewer; false unless set.
    #[must_use]
    pub fn pad_to_max_tokens(mut self, pad: bool) -> Self {
        self.lookup.pad_to_max_tokens = pad;
        self
    }

    /// The words, in the order of their numbers, instead of [`adapt`](Self::adapt).
    #[must_use]
    pub fn vocabulary<V: Into<String>>(mut self, words: impl IntoIterator<Item = V>) -> Self {
        self.lookup.vocabulary = Some(words.into_iter().map(Into::into).collect());
        self
    }

    /// With the mode `"tf_idf"` what each word of `vocabulary` counts.
    #[must_use]
    pub fn idf_weights(mut self, idf_weights: impl Into<Vec<f32>>) -> Self {
        self.lookup.idf_weights = Some(idf_weights.into());
        self
    }

    /// Makes the vocabulary of `texts`, the most frequent word first: `&["a text", ..]`, a list of
    /// strings, or a [`TextDataset`](crate::data::TextDataset), which is read text by text.
    ///
    /// # Errors
    /// When the vocabulary was given, there are no words, a text cannot be read, or an argument is
    /// wrong.
    pub fn adapt<'a>(&mut self, texts: impl Into<Texts<'a>>) -> Result<()> {
        let learned = self.learn(texts.into());
        learned.map_err(|e| e.at("TextVectorization: adapt"))
    }

    fn learn(&mut self, texts: Texts<'_>) -> Result<()> {
        let tokenizer = self.tokenizer()?;
        let documents = texts.iter().map(|text| Ok(tokenizer.tokens(&text?)));
        self.lookup.adapt(documents)
    }

    /// The numbers of each text, of shape `(texts, length)`, filled up with 0; with the other
    /// modes a row of places for each text, of shape `(texts, places)`.
    ///
    /// # Errors
    /// When there is no vocabulary yet, or an argument is wrong.
    pub fn call_text<S: AsRef<str>>(&self, texts: &[S]) -> Result<Tensor> {
        self.vectorize(texts).map_err(|e| e.at("TextVectorization"))
    }

    fn vectorize<S: AsRef<str>>(&self, texts: &[S]) -> Result<Tensor> {
        self.lookup.check()?;
        let mode = *self.lookup.output_mode.get()?;
        use OutputMode::{Count, Int, MultiHot, TfIdf};
        mode.require(&[Int, MultiHot, Count, TfIdf])?;
        let tokenizer = self.tokenizer()?;
        let texts = texts.iter().map(AsRef::as_ref);
        let tokens: Vec<Vec<String>> = texts.map(|text| tokenizer.tokens(text)).collect();
        let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
        let length = match (self.output_sequence_length, mode) {
            (Some(length), Int) => length,
            (Some(length), _) => {
                let expected = "no length unless `output_mode` is \"int\"";
                return Err(Error::argument("output_sequence_length", expected, length));
            }
            (None, Int) => longest,
            // Even where no text has a word, each has its row.
            (None, _) => longest.max(1),
        };
        let mut numbers: Vec<i64> = Vec::new();
        if numbers
            .try_reserve_exact(tokens.len().saturating_mul(length))
            .is_err()
        {
            let expected = "a length that fits into memory";
            return Err(Error::argument("output_sequence_length", expected, length));
        }
        let padding = if mode == Int { 0 } else { -1 };
        for tokens in &tokens {
            let mut row = self.lookup.numbers(tokens.iter().take(length))?;
            row.resize(length, padding);
            numbers.extend(row);
        }
        if mode == Int {
            return Tensor::from_vec(numbers, (tokens.len(), length));
        }
        self.lookup.encode(numbers, &Shape::from(length))
    }

    /// What splits texts.
    fn tokenizer(&self) -> Result<Tokenizer> {
        let standardize = self.standardize.as_ref().map(Setting::get).transpose()?;
        let widths: Vec<usize> = match &self.ngrams {
            None => vec![1],
            // No text has so many words; the list must not fill the memory.
            Some(Ngrams::UpTo(most)) => (1..=*most.min(&1024)).collect(),
            Some(Ngrams::Exactly(widths)) => widths.clone(),
        };
        if widths.is_empty() || widths.contains(&0) {
            return Err(Error::argument(
                "ngrams",
                "positive whole numbers",
                format!("{widths:?}"),
            ));
        }
        Ok(Tokenizer {
            standardize: standardize.copied(),
            split: *self.split.get()?,
            widths,
        })
    }

    /// Every word by its number; with the mode `"int"` first the empty one, for padding.
    ///
    /// # Errors
    /// When there is no vocabulary yet.
    pub fn get_vocabulary(&self) -> Result<Vec<String>> {
        self.lookup.vocabulary()
    }

    /// How many numbers there are: the `input_dim` of an embedding.
    ///
    /// # Errors
    /// When there is no vocabulary yet.
    pub fn vocabulary_size(&self) -> Result<usize> {
        self.lookup.size()
    }

    /// Replaces the vocabulary.
    ///
    /// # Errors
    /// When it is empty or has a word twice; the old one then stays.
    pub fn set_vocabulary<V: Into<String>>(
        &mut self,
        words: impl IntoIterator<Item = V>,
    ) -> Result<()> {
        let words = words.into_iter().map(Into::into).collect();
        self.lookup.set_vocabulary(words, None)
    }

    /// The arguments, with the vocabulary.
    ///
    /// Keras: `get_config()`.
    ///
    /// # Errors
    /// When a name does not exist.
    pub fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    /// A vectorization with these arguments.
    ///
    /// # Errors
    /// When an argument is missing or cannot be.
    pub fn from_config(config: &Config) -> Result<TextVectorization> {
        require_utf8(config)?;
        config.read()
    }

    /// The vectorization called `name` of a model in a `.keras` file, with the vocabulary that it has
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
    /// let vectorize = TextVectorization::from_file(path, "words")?;
    /// let x = vectorize.call_text(&["the dog", "a cat sat"])?;
    /// assert_eq!(x.to_vec::<i64>(), [2, 3, 0, 0, 0, 5, 4, 6, 0, 0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_file(filepath: impl AsRef<Path>, name: &str) -> Result<TextVectorization> {
        let config = layer_config(filepath.as_ref(), "TextVectorization", name);
        let made = config.and_then(|config| TextVectorization::from_config(&config));
        made.map_err(|e| e.at("`TextVectorization::from_file`"))
    }
}

/// What splits texts into tokens.
struct Tokenizer {
    standardize: Option<Standardize>,
    split: Split,
    /// How many words make a token.
    widths: Vec<usize>,
}

impl Tokenizer {
    fn tokens(&self, text: &str) -> Vec<String> {
        let mut text = text.to_string();
        if matches!(
            self.standardize,
            Some(Standardize::LowerAndStripPunctuation | Standardize::Lower)
        ) {
            text.make_ascii_lowercase();
        }
        if !matches!(self.standardize, None | Some(Standardize::Lower)) {
            text.retain(|character| !character.is_ascii_punctuation());
        }
        let words: Vec<String> = match self.split {
            Split::Whitespace => {
                let words = text.split([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
                words
                    .filter(|word| !word.is_empty())
                    .map(str::to_string)
                    .collect()
            }
            Split::Character => text.chars().map(String::from).collect(),
        };
        if self.widths == [1] {
            return words;
        }
        let of_width = |&width| words.windows(width).map(|words| words.join(" "));
        self.widths.iter().flat_map(of_width).collect()
    }
}
