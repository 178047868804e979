//! [`Tokenizer`]: words as numbers, the most frequent first.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use super::json::{self, Ordered};
use super::words::{TextToWordSequence, text_to_word_sequence};
use crate::{Error, Result, Setting, Tensor};

/// Counts the words of texts and gives each a number: 1 to the most frequent one, and so on. 0 is
/// no word. Texts become lists of these numbers, or rows of a matrix.
///
/// Keras: `keras.preprocessing.text.Tokenizer`, which it keeps for older programs.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::Tokenizer;
/// use kerust::prelude::*;
/// let texts = ["the cat sat on the mat", "the dog"];
/// let mut tokenizer = Tokenizer::new().num_words(100).oov_token("<OOV>");
/// tokenizer.fit_on_texts(&texts);
/// assert_eq!(tokenizer.index_of("the"), Some(2));
/// let sequences = tokenizer.texts_to_sequences(&["the bird sat"]);
/// assert_eq!(sequences, [[2, 1, 4]]);
/// let x = pad_sequences(&sequences, Default::default())?;
/// assert_eq!(x.shape(), (1, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokenizer {
    pub(super) words: TextToWordSequence,
    pub(super) num_words: Option<usize>,
    pub(super) char_level: bool,
    pub(super) oov_token: Option<String>,
    pub(super) document_count: u64,
    /// How often each word occurs, in the order in which they came.
    pub(super) word_counts: Ordered,
    /// In how many texts.
    pub(super) word_docs: Ordered,
    pub(super) word_index: Ordered,
    pub(super) index_word: HashMap<u64, String>,
    /// In how many texts the word of a number occurs.
    pub(super) index_docs: HashMap<u64, u64>,
}

/// What the numbers of a matrix say of a word in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatrixMode {
    /// 1 if it is there: `"binary"`.
    #[default]
    Binary,
    /// How often it is there: `"count"`.
    Count,
    /// What share of the text's words it is: `"freq"`.
    Freq,
    /// How often it is there, less where it is in many texts: `"tfidf"`.
    Tfidf,
}

impl FromStr for MatrixMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "binary" => Ok(MatrixMode::Binary),
            "count" => Ok(MatrixMode::Count),
            "freq" => Ok(MatrixMode::Freq),
            "tfidf" => Ok(MatrixMode::Tfidf),
            _ => {
                let known = ["binary", "count", "freq", "tfidf"];
                Err(Error::unknown_name("mode", name, &known))
            }
        }
    }
}

impl From<MatrixMode> for Setting<MatrixMode> {
    fn from(mode: MatrixMode) -> Self {
        Setting::value(mode)
    }
}

impl Tokenizer {
    /// A tokenizer that knows no words yet.
    pub fn new() -> Tokenizer {
        Tokenizer::default()
    }

    /// How many numbers there are, with 0: only the `num_words - 1` most frequent words are used.
    #[must_use]
    pub fn num_words(mut self, num_words: usize) -> Self {
        // As in Keras, 0 is no limit.
        self.num_words = (num_words > 0).then_some(num_words);
        self
    }

    /// Characters that are not part of words; [`FILTERS`](super::FILTERS) unless set.
    #[must_use]
    pub fn filters(mut self, filters: impl Into<String>) -> Self {
        self.words.filters = filters.into();
        self
    }

    /// Whether letters become small; true unless set.
    #[must_use]
    pub fn lower(mut self, lower: bool) -> Self {
        self.words.lower = lower;
        self
    }

    /// What stands between words: a space unless set.
    #[must_use]
    pub fn split(mut self, split: impl Into<String>) -> Self {
        self.words.split = split.into();
        self
    }

    /// Whether each character is a word; false unless set.
    #[must_use]
    pub fn char_level(mut self, char_level: bool) -> Self {
        self.char_level = char_level;
        self
    }

    /// What stands for words that are not known; they are left out unless set.
    #[must_use]
    pub fn oov_token(mut self, oov_token: impl Into<String>) -> Self {
        self.oov_token = Some(oov_token.into());
        self
    }

    /// The words of a text as this tokenizer sees them.
    fn words_of(&self, text: &str) -> Vec<String> {
        if !self.char_level {
            return text_to_word_sequence(text, &self.words);
        }
        let lowered = self.words.lower.then(|| text.to_lowercase());
        let text = lowered.as_deref().unwrap_or(text);
        text.chars().map(String::from).collect()
    }

    /// The words of a text that was already split.
    fn words_among<S: AsRef<str>>(&self, tokens: &[S]) -> Vec<String> {
        let word = |token: &S| match self.words.lower {
            true => token.as_ref().to_lowercase(),
            false => token.as_ref().to_owned(),
        };
        tokens.iter().map(word).collect()
    }

    /// Counts the words of texts, besides those that it has seen before, and numbers all words anew.
    pub fn fit_on_texts<S: AsRef<str>>(&mut self, texts: &[S]) {
        for text in texts {
            let words = self.words_of(text.as_ref());
            self.count(&words);
        }
        self.number();
    }

    /// As [`fit_on_texts`](Self::fit_on_texts), with texts that are lists of words.
    ///
    /// Keras: `tokenizer.fit_on_texts(texts)` with lists in the place of texts.
    pub fn fit_on_tokens<S: AsRef<str>>(&mut self, texts: &[Vec<S>]) {
        for tokens in texts {
            let words = self.words_among(tokens);
            self.count(&words);
        }
        self.number();
    }

    fn count(&mut self, words: &[String]) {
        self.document_count += 1;
        let mut seen = HashSet::new();
        for word in words {
            *self.word_counts.entry(word) += 1;
            if seen.insert(word) {
                *self.word_docs.entry(word) += 1;
            }
        }
    }

    fn number(&mut self) {
        let mut words: Vec<(&str, u64)> = self.word_counts.iter().collect();
        words.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let words = words.into_iter().map(|(word, _)| word);
        self.word_index = Ordered::default();
        for (word, number) in self.oov_token.as_deref().into_iter().chain(words).zip(1..) {
            *self.word_index.entry(word) = number;
        }
        let numbered = self.word_index.iter();
        self.index_word = numbered.map(|(word, i)| (i, word.to_owned())).collect();
        for (word, texts) in self.word_docs.iter() {
            if let Some(number) = self.word_index.get(word) {
                self.index_docs.insert(number, texts);
            }
        }
    }

    /// Counts in how many texts numbers occur, for the mode `"tfidf"`, where texts were made into
    /// numbers elsewhere.
    pub fn fit_on_sequences<S: AsRef<[i64]>>(&mut self, sequences: &[S]) {
        self.document_count += sequences.len() as u64;
        for sequence in sequences {
            let numbers: HashSet<i64> = sequence.as_ref().iter().copied().collect();
            for number in numbers.into_iter().filter_map(|n| u64::try_from(n).ok()) {
                *self.index_docs.entry(number).or_default() += 1;
            }
        }
    }

    /// The number of a word, whether or not it is among the `num_words` that are used.
    ///
    /// Keras: `tokenizer.word_index[word]`.
    pub fn index_of(&self, word: &str) -> Option<usize> {
        self.word_index.get(word).map(|number| number as usize)
    }

    /// The word of a number.
    ///
    /// Keras: `tokenizer.index_word[index]`.
    pub fn word(&self, index: usize) -> Option<&str> {
        self.index_word.get(&(index as u64)).map(String::as_str)
    }

    /// All words with their numbers, from the most frequent one on.
    ///
    /// Keras: `tokenizer.word_index`.
    pub fn word_index(&self) -> Vec<(&str, usize)> {
        let words = self.word_index.iter();
        words
            .map(|(word, number)| (word, number as usize))
            .collect()
    }

    /// How often each word occurs, in the order of their first occurrence.
    ///
    /// Keras: `tokenizer.word_counts`.
    pub fn word_counts(&self) -> Vec<(&str, usize)> {
        let words = self.word_counts.iter();
        words.map(|(word, count)| (word, count as usize)).collect()
    }

    /// In how many texts each word occurs, in the order of their first occurrence.
    ///
    /// Keras: `tokenizer.word_docs`.
    pub fn word_docs(&self) -> Vec<(&str, usize)> {
        let words = self.word_docs.iter();
        words.map(|(word, texts)| (word, texts as usize)).collect()
    }

    /// How many texts were counted.
    ///
    /// Keras: `tokenizer.document_count`.
    pub fn document_count(&self) -> usize {
        self.document_count as usize
    }

    /// The numbers of the words of each text. Words that are not known, or not among `num_words`,
    /// are left out, or have the number of `oov_token`.
    pub fn texts_to_sequences<S: AsRef<str>>(&self, texts: &[S]) -> Vec<Vec<i64>> {
        let texts = texts.iter().map(|text| self.words_of(text.as_ref()));
        texts.map(|words| self.numbers(&words)).collect()
    }

    /// As [`texts_to_sequences`](Self::texts_to_sequences), with texts that are lists of words.
    pub fn tokens_to_sequences<S: AsRef<str>>(&self, texts: &[Vec<S>]) -> Vec<Vec<i64>> {
        let texts = texts.iter().map(|tokens| self.words_among(tokens));
        texts.map(|words| self.numbers(&words)).collect()
    }

    fn numbers(&self, words: &[String]) -> Vec<i64> {
        let unknown = self.unknown();
        let number = |word: &String| {
            let number = self
                .word_index
                .get(word)
                .filter(|&number| self.is_used(number));
            number.or(unknown).map(|number| number as i64)
        };
        words.iter().filter_map(number).collect()
    }

    /// The number of `oov_token`.
    fn unknown(&self) -> Option<u64> {
        self.oov_token
            .as_deref()
            .and_then(|token| self.word_index.get(token))
    }

    fn is_used(&self, number: u64) -> bool {
        self.num_words.is_none_or(|most| number < most as u64)
    }

    /// The words of numbers, with spaces between them: the way back.
    pub fn sequences_to_texts<S: AsRef<[i64]>>(&self, sequences: &[S]) -> Vec<String> {
        let unknown = self
            .unknown()
            .and_then(|number| self.index_word.get(&number));
        let word = |number: &i64| {
            let number = u64::try_from(*number).ok();
            let known = number.filter(|&number| self.is_used(number));
            let word = known.and_then(|number| self.index_word.get(&number));
            word.or(unknown).map(String::as_str)
        };
        let texts = sequences.iter().map(|numbers| {
            let words: Vec<&str> = numbers.as_ref().iter().filter_map(word).collect();
            words.join(" ")
        });
        texts.collect()
    }

    /// A row for each text, with a place for each number: `mode` is `"binary"`, `"count"`, `"freq"`
    /// or `"tfidf"`.
    ///
    /// # Shapes
    /// `(texts, num_words)`, float32; without `num_words` one more than there are words
    ///
    /// # Errors
    /// When nothing was counted yet, the mode does not exist, or the matrix does not fit into memory.
    ///
    /// # Example
    /// ```
    /// use kerust::preprocessing::text::Tokenizer;
    /// let mut tokenizer = Tokenizer::new();
    /// tokenizer.fit_on_texts(&["a b a"]);
    /// let x = tokenizer.texts_to_matrix(&["a a b", "b"], "count")?;
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 2.0, 1.0, 0.0, 0.0, 1.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn texts_to_matrix<S: AsRef<str>>(
        &self,
        texts: &[S],
        mode: impl Into<Setting<MatrixMode>>,
    ) -> Result<Tensor> {
        self.matrix(&self.texts_to_sequences(texts), &mode.into())
            .map_err(|e| e.at("`texts_to_matrix`"))
    }

    /// As [`texts_to_matrix`](Self::texts_to_matrix), of the numbers of texts.
    ///
    /// # Errors
    /// As [`texts_to_matrix`](Self::texts_to_matrix); when a number is negative.
    pub fn sequences_to_matrix<S: AsRef<[i64]>>(
        &self,
        sequences: &[S],
        mode: impl Into<Setting<MatrixMode>>,
    ) -> Result<Tensor> {
        self.matrix(sequences, &mode.into())
            .map_err(|e| e.at("`sequences_to_matrix`"))
    }

    fn matrix<S: AsRef<[i64]>>(&self, texts: &[S], mode: &Setting<MatrixMode>) -> Result<Tensor> {
        let mode = *mode.get()?;
        let width = match self.num_words {
            Some(width) => width,
            None if self.word_index.is_empty() => {
                return Err(Error::state("there are no words yet")
                    .remedy("call `fit_on_texts(&texts)` first, or set `num_words`"));
            }
            None => self.word_index.len() + 1,
        };
        if mode == MatrixMode::Tfidf && self.document_count == 0 {
            return Err(Error::state("no texts were counted yet")
                .remedy("call `fit_on_texts(&texts)` before the mode \"tfidf\""));
        }
        let size = texts.len().saturating_mul(width);
        let mut matrix: Vec<f32> = Vec::new();
        if matrix.try_reserve_exact(size).is_err() {
            let error = format!(
                "{} rows of {width} numbers do not fit into memory",
                texts.len()
            );
            return Err(Error::data(error).remedy("set a smaller `num_words`"));
        }
        matrix.resize(size, 0.0);
        for (text, row) in texts.iter().zip(matrix.chunks_exact_mut(width)) {
            let mut counts: HashMap<usize, u32> = HashMap::new();
            for &number in text.as_ref() {
                let place = usize::try_from(number).map_err(|_| {
                    Error::data(format!("expected numbers from 0 on, got {number}"))
                })?;
                if place < width {
                    *counts.entry(place).or_default() += 1;
                }
            }
            for (place, count) in counts {
                row[place] = self.entry(mode, place as u64, count, text.as_ref().len());
            }
        }
        Tensor::from_vec(matrix, (texts.len(), width))
    }

    /// What a matrix says of a word that occurs so often in a text of so many.
    fn entry(&self, mode: MatrixMode, number: u64, count: u32, length: usize) -> f32 {
        let count = f64::from(count);
        let entry = match mode {
            MatrixMode::Binary => 1.0,
            MatrixMode::Count => count,
            MatrixMode::Freq => count / length as f64,
            MatrixMode::Tfidf => {
                let texts = self.index_docs.get(&number).copied().unwrap_or(0);
                let rarity = 1.0 + self.document_count as f64 / (1.0 + texts as f64);
                (1.0 + count.ln()) * rarity.ln()
            }
        };
        entry as f32
    }

    /// All that the tokenizer knows, as Keras writes it down.
    ///
    /// Keras: `tokenizer.to_json()`.
    pub fn to_json(&self) -> String {
        json::write(self)
    }
}

/// The tokenizer that [`Tokenizer::to_json`] or Keras wrote down.
///
/// Keras: `keras.preprocessing.text.tokenizer_from_json(json)`.
///
/// # Errors
/// When the text is not what a tokenizer is written down as.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::{Tokenizer, tokenizer_from_json};
/// let mut tokenizer = Tokenizer::new().oov_token("<OOV>");
/// tokenizer.fit_on_texts(&["a b a"]);
/// assert_eq!(tokenizer_from_json(&tokenizer.to_json())?, tokenizer);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn tokenizer_from_json(json: &str) -> Result<Tokenizer> {
    json::read(json).map_err(|e| e.at("`tokenizer_from_json`"))
}
