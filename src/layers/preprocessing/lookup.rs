//! What the layers that number words or integers have in common.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::salt::{OovMethod, Salt};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Something that has a number in a vocabulary.
pub(super) trait Token: Clone + Debug + Eq + Hash + Ord {
    /// Whether only the method "farmhash" hashes such tokens.
    const NEEDS_FARMHASH: bool;

    /// The bucket of a token that is not in the vocabulary.
    fn bucket(&self, buckets: usize, method: OovMethod, salt: Option<Salt>) -> i64;
}

/// The vocabulary and how it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lookup<T> {
    pub(super) max_tokens: Option<usize>,
    pub(super) num_oov_indices: usize,
    pub(super) mask_token: Option<T>,
    pub(super) oov_token: T,
    #[serde(default = "Option::default")]
    pub(super) vocabulary: Option<Vec<T>>,
    #[serde(default)]
    pub(super) idf_weights: Option<Vec<f32>>,
    #[serde(default)]
    pub(super) invert: bool,
    #[serde(default)]
    pub(super) output_mode: Setting<OutputMode>,
    #[serde(default)]
    pub(super) pad_to_max_tokens: bool,
    #[serde(default)]
    pub(super) oov_method: Setting<OovMethod>,
    #[serde(default)]
    pub(super) salt: Option<Salt>,
    #[serde(skip)]
    pub(super) adapted: bool,
    #[serde(skip)]
    numbers: OnceLock<HashMap<T, i64>>,
}

impl<T: Token> Lookup<T> {
    pub(super) fn new(oov_token: T) -> Self {
        Self {
            max_tokens: None,
            num_oov_indices: 1,
            mask_token: None,
            oov_token,
            vocabulary: None,
            idf_weights: None,
            invert: false,
            output_mode: OutputMode::Int.into(),
            pad_to_max_tokens: false,
            oov_method: Setting::default(),
            salt: None,
            adapted: false,
            numbers: OnceLock::new(),
        }
    }

    fn has_mask(&self) -> bool {
        self.mask_token.is_some() && self.mode() == OutputMode::Int
    }

    fn mode(&self) -> OutputMode {
        self.output_mode.get().copied().unwrap_or_default()
    }

    /// The mask and the unknown tokens, which come first.
    fn special(&self) -> Vec<T> {
        let mask = self.mask_token.iter().filter(|_| self.has_mask());
        let unknown = std::iter::repeat_n(&self.oov_token, self.num_oov_indices);
        mask.chain(unknown).cloned().collect()
    }

    /// The tokens that have a number, without the special ones.
    fn tokens(&self) -> Result<&[T]> {
        let Some(vocabulary) = &self.vocabulary else {
            let error = Error::state("the layer has no vocabulary yet");
            return Err(
                error.remedy("call `adapt(&data)` or give it a `vocabulary` before it is used")
            );
        };
        Ok(vocabulary
            .strip_prefix(self.special().as_slice())
            .unwrap_or(vocabulary))
    }

    /// How many numbers there are.
    pub(super) fn size(&self) -> Result<usize> {
        Ok(self.special().len() + self.tokens()?.len())
    }

    fn depth(&self) -> Result<usize> {
        match (self.pad_to_max_tokens, self.max_tokens) {
            (true, Some(max_tokens)) => Ok(max_tokens),
            _ => self.size(),
        }
    }

    /// Every token by its number.
    pub(super) fn vocabulary(&self) -> Result<Vec<T>> {
        self.check()?;
        let mut all = self.special();
        all.extend_from_slice(self.tokens()?);
        Ok(all)
    }

    pub(super) fn check(&self) -> Result<()> {
        let mode = *self.output_mode.get()?;
        if let Some(max_tokens) = self.max_tokens.filter(|&max_tokens| max_tokens <= 1) {
            return Err(Error::argument("max_tokens", "at least 2", max_tokens));
        }
        // Far more than any vocabulary has; a list of them is made.
        if self.num_oov_indices > 1 << 20 {
            let expected = "at most 1048576";
            return Err(Error::argument(
                "num_oov_indices",
                expected,
                self.num_oov_indices,
            ));
        }
        let method = *self.oov_method.get()?;
        if T::NEEDS_FARMHASH && self.salt.is_some() && method != OovMethod::Farmhash {
            let error = Error::argument("salt", "none with `oov_method` \"floormod\"", "one");
            return Err(error.remedy("set `oov_method` to \"farmhash\""));
        }
        if self.pad_to_max_tokens && self.max_tokens.is_none() {
            let expected = "false without `max_tokens`";
            return Err(Error::argument("pad_to_max_tokens", expected, true));
        }
        if self.invert && mode != OutputMode::Int {
            let expected = "\"int\" when `invert` is set";
            return Err(Error::argument(
                "output_mode",
                expected,
                format!("{mode:?}"),
            ));
        }
        let tokens = self.tokens()?;
        if tokens.is_empty() {
            return Err(Error::argument(
                "vocabulary",
                "at least one token",
                "an empty list",
            ));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = tokens.iter().find(|token| !seen.insert(*token)) {
            let given = format!("{twice:?} twice");
            return Err(Error::argument("vocabulary", "each token once", given));
        }
        let reserved = |token: &&T| {
            Some(*token) == self.mask_token.as_ref() || self.invert && **token == self.oov_token
        };
        if let Some(token) = tokens.iter().find(reserved) {
            let expected = "the mask and unknown tokens at its start or not at all";
            let given = format!("{token:?} among the others");
            return Err(Error::argument("vocabulary", expected, given));
        }
        if let Some(max_tokens) = self
            .max_tokens
            .filter(|&most| self.size().is_ok_and(|size| size > most))
        {
            let expected = format!("at most {max_tokens} tokens, as `max_tokens` says");
            return Err(Error::argument("vocabulary", &expected, self.size()?));
        }
        match (&self.idf_weights, mode) {
            (None, OutputMode::TfIdf) => {
                Err(Error::state("the mode \"tf_idf\" needs `idf_weights`")
                    .remedy("give them with the vocabulary, or call `adapt(&data)`"))
            }
            (Some(_), mode) if mode != OutputMode::TfIdf => {
                let expected = "\"tf_idf\" when `idf_weights` are given";
                Err(Error::argument(
                    "output_mode",
                    expected,
                    format!("{mode:?}"),
                ))
            }
            (Some(weights), _) if self.weights_of_tokens(weights).is_none() => {
                let expected = format!("one number for each of the {} tokens", tokens.len());
                Err(Error::argument("idf_weights", &expected, weights.len()))
            }
            _ => Ok(()),
        }
    }

    /// A weight for each number; unknown tokens count as the mean unless they have one.
    fn weights_of_tokens(&self, weights: &[f32]) -> Option<Vec<f32>> {
        let size = self.size().ok()?;
        let front = size.checked_sub(weights.len())?;
        if front != 0 && front != self.special().len() {
            return None;
        }
        let mean = weights.iter().sum::<f32>() / weights.len() as f32;
        let mut all = vec![mean; front];
        all.extend_from_slice(weights);
        all.resize(self.depth().ok()?, 0.0);
        Some(all)
    }

    /// Takes a vocabulary, or stays as it was.
    pub(super) fn set_vocabulary(
        &mut self,
        vocabulary: Vec<T>,
        idf_weights: Option<Vec<f32>>,
    ) -> Result<()> {
        let changed = Lookup {
            vocabulary: Some(vocabulary),
            idf_weights,
            numbers: OnceLock::new(),
            adapted: false,
            ..self.clone()
        };
        changed.check()?;
        *self = changed;
        Ok(())
    }

    /// Makes the vocabulary of `documents`: the more frequent a token, the smaller its number. Where
    /// one of them cannot be read, everything stays as it was.
    pub(super) fn adapt(&mut self, documents: impl Iterator<Item = Result<Vec<T>>>) -> Result<()> {
        if self.vocabulary.is_some() && !self.adapted {
            return Err(Error::state("the layer was given its vocabulary")
                .remedy("leave `vocabulary` out to learn it"));
        }
        // How often each token is there, and in how many documents.
        let mut counts: HashMap<T, (usize, usize)> = HashMap::new();
        let mut number_of_documents = 0;
        for document in documents {
            number_of_documents += 1;
            let mut seen = HashSet::new();
            for token in document? {
                let (count, in_documents) = counts.entry(token.clone()).or_default();
                *count += 1;
                *in_documents += usize::from(seen.insert(token));
            }
        }
        if let Some(mask) = &self.mask_token {
            counts.remove(mask);
        }
        counts.remove(&self.oov_token);
        if counts.is_empty() {
            return Err(Error::data("there is no token to learn a vocabulary from"));
        }
        let mut tokens: Vec<(T, (usize, usize))> = counts.into_iter().collect();
        tokens.sort_by(|a, b| (b.1.0, &b.0).cmp(&(a.1.0, &a.0)));
        if let Some(max_tokens) = self.max_tokens {
            tokens.truncate(max_tokens.saturating_sub(self.special().len()));
        }
        let idf = |in_documents: usize| {
            (1.0 + number_of_documents as f64 / (1.0 + in_documents as f64)).ln() as f32
        };
        let weights = tokens
            .iter()
            .map(|(_, (_, in_documents))| idf(*in_documents));
        let weights = (self.mode() == OutputMode::TfIdf).then(|| weights.collect());
        let tokens = tokens.into_iter().map(|(token, _)| token).collect();
        self.set_vocabulary(tokens, weights)?;
        self.adapted = true;
        Ok(())
    }

    /// The number of each token.
    pub(super) fn numbers<'a>(&self, tokens: impl Iterator<Item = &'a T>) -> Result<Vec<i64>>
    where
        T: 'a,
    {
        let first = self.special().len();
        let first_unknown = i64::from(self.has_mask());
        let (method, salt) = (*self.oov_method.get()?, self.salt);
        let known = self.tokens()?;
        let numbers = self.numbers.get_or_init(|| {
            let numbered = known.iter().cloned().zip(first as i64..);
            numbered.collect()
        });
        let number = |token: &'a T| {
            if Some(token) == self.mask_token.as_ref() {
                // In the other modes a masked token leaves no trace.
                return Ok(if self.has_mask() { 0 } else { -1 });
            }
            match (numbers.get(token), self.num_oov_indices) {
                (Some(&number), _) => Ok(number),
                (None, 0) => {
                    let error = Error::data(format!("{token:?} is not in the vocabulary"));
                    Err(error
                        .remedy("set `num_oov_indices` to 1 to number all unknown tokens alike"))
                }
                (None, 1) => Ok(first_unknown),
                (None, buckets) => Ok(first_unknown + token.bucket(buckets, method, salt)),
            }
        };
        tokens.map(number).collect()
    }

    /// The token of each number.
    pub(super) fn tokens_of(&self, numbers: &[i64]) -> Result<Vec<T>> {
        let vocabulary = self.vocabulary()?;
        let token = |&number: &i64| {
            let found = usize::try_from(number).ok().and_then(|i| vocabulary.get(i));
            found.unwrap_or(&self.oov_token).clone()
        };
        Ok(numbers.iter().map(token).collect())
    }

    pub(super) fn output_shape(&self, sample: &Shape) -> Result<Shape> {
        self.check()?;
        Ok(self.mode().output_shape(sample, self.depth()?))
    }

    /// What comes out for the numbers of samples of shape `sample`.
    pub(super) fn encode(&self, numbers: Vec<i64>, sample: &Shape) -> Result<Tensor> {
        let depth = self.depth()?;
        let mode = self.mode();
        if mode != OutputMode::TfIdf {
            return mode.encode(numbers, sample, depth);
        }
        let counts = OutputMode::Count.encode(numbers, sample, depth)?;
        let weights = self.idf_weights.as_deref().unwrap_or_default();
        let weights = self.weights_of_tokens(weights).unwrap_or_default();
        Ok(&counts * Tensor::from_vec(weights, depth)?)
    }
}

/// Fails when texts are not those of Rust.
pub(super) fn require_utf8(config: &Config) -> Result<()> {
    match config.as_value().get("encoding") {
        None => Ok(()),
        Some(encoding) if encoding == "utf-8" => Ok(()),
        Some(other) => Err(Error::argument("encoding", "\"utf-8\"", other)),
    }
}

/// Writes the builder methods and questions that both lookups have.
macro_rules! lookup_methods {
    ($token:ty) => {
        /// How many numbers there are at most, those of special tokens included; no limit unless set.
        #[must_use]
        pub fn max_tokens(mut self, max_tokens: usize) -> Self {
            self.lookup.max_tokens = Some(max_tokens);
            self
        }

        /// How many numbers there are for unknown tokens; 1 unless set. With 0 they are an error.
        #[must_use]
        pub fn num_oov_indices(mut self, num_oov_indices: usize) -> Self {
            self.lookup.num_oov_indices = num_oov_indices;
            self
        }

        /// The token that stands for nothing and gets number 0; none unless set.
        #[must_use]
        pub fn mask_token(mut self, mask_token: impl Into<$token>) -> Self {
            self.lookup.mask_token = Some(mask_token.into());
            self
        }

        /// The token that stands for unknown ones when numbers are turned back.
        #[must_use]
        pub fn oov_token(mut self, oov_token: impl Into<$token>) -> Self {
            self.lookup.oov_token = oov_token.into();
            self
        }

        /// The tokens, in the order of their numbers, instead of `adapt`.
        #[must_use]
        pub fn vocabulary<V: Into<$token>>(
            mut self,
            vocabulary: impl IntoIterator<Item = V>,
        ) -> Self {
            self.lookup.vocabulary = Some(vocabulary.into_iter().map(Into::into).collect());
            self
        }

        /// With the mode `"tf_idf"` what each token of `vocabulary` counts.
        #[must_use]
        pub fn idf_weights(mut self, idf_weights: impl Into<Vec<f32>>) -> Self {
            self.lookup.idf_weights = Some(idf_weights.into());
            self
        }

        /// Whether numbers are turned back into tokens; false unless set.
        #[must_use]
        pub fn invert(mut self, invert: bool) -> Self {
            self.lookup.invert = invert;
            self
        }

        /// `"int"` (unless set), `"one_hot"`, `"multi_hot"`, `"count"` or `"tf_idf"`.
        #[must_use]
        pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
            self.lookup.output_mode = output_mode.into();
            self
        }

        /// Whether the output has `max_tokens` places even when there are fewer; false unless set.
        #[must_use]
        pub fn pad_to_max_tokens(mut self, pad: bool) -> Self {
            self.lookup.pad_to_max_tokens = pad;
            self
        }

        /// A key for the hash by which unknown tokens are numbered where there are several numbers
        /// for them: one integer or two; none unless set.
        #[must_use]
        pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
            self.lookup.salt = Some(salt.into());
            self
        }

        /// Every token by its number, special ones included.
        ///
        /// # Errors
        /// When there is no vocabulary yet.
        pub fn get_vocabulary(&self) -> Result<Vec<$token>> {
            self.lookup.vocabulary()
        }

        /// How many numbers there are.
        ///
        /// # Errors
        /// When there is no vocabulary yet.
        pub fn vocabulary_size(&self) -> Result<usize> {
            self.lookup.size()
        }

        /// Replaces the vocabulary.
        ///
        /// # Errors
        /// When it is empty or has a token twice; the old one then stays.
        pub fn set_vocabulary<V: Into<$token>>(
            &mut self,
            vocabulary: impl IntoIterator<Item = V>,
        ) -> Result<()> {
            let vocabulary = vocabulary.into_iter().map(Into::into).collect();
            self.lookup.set_vocabulary(vocabulary, None)
        }
    };
}
pub(super) use lookup_methods;
