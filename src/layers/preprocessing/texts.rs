//! What a vocabulary is learned from.

use std::borrow::Cow;

use crate::Result;
use crate::data::TextDataset;

/// Texts to learn from: a list of strings, or a [`TextDataset`].
#[derive(Debug)]
pub struct Texts<'a>(Source<'a>);

#[derive(Debug)]
enum Source<'a> {
    List(Vec<&'a str>),
    Dataset(&'a TextDataset),
}

impl Texts<'_> {
    /// One after the other.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Result<Cow<'_, str>>> + '_> {
        match &self.0 {
            Source::List(texts) => Box::new(texts.iter().map(|&text| Ok(text.into()))),
            Source::Dataset(dataset) => Box::new(dataset.texts().map(|text| Ok(text?.into()))),
        }
    }
}

impl<'a, S: AsRef<str>> From<&'a [S]> for Texts<'a> {
    fn from(texts: &'a [S]) -> Self {
        Texts(Source::List(texts.iter().map(AsRef::as_ref).collect()))
    }
}

impl<'a, S: AsRef<str>> From<&'a Vec<S>> for Texts<'a> {
    fn from(texts: &'a Vec<S>) -> Self {
        texts.as_slice().into()
    }
}

impl<'a, S: AsRef<str>, const N: usize> From<&'a [S; N]> for Texts<'a> {
    fn from(texts: &'a [S; N]) -> Self {
        texts.as_slice().into()
    }
}

impl<'a> From<&'a TextDataset> for Texts<'a> {
    fn from(texts: &'a TextDataset) -> Self {
        Texts(Source::Dataset(texts))
    }
}
