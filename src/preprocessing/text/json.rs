//! Tokenizers as Keras writes them down: JSON, with more JSON in some of its texts.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::tokenizer::Tokenizer;
use super::words::TextToWordSequence;
use crate::{Error, Result};

/// Whole numbers by words, in the order in which the words came.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered {
    words: Vec<String>,
    numbers: HashMap<String, u64>,
}

impl Ordered {
    /// The number of a word, 0 at first.
    pub(super) fn entry(&mut self, word: &str) -> &mut u64 {
        if !self.numbers.contains_key(word) {
            self.words.push(word.to_owned());
        }
        self.numbers.entry(word.to_owned()).or_default()
    }

    pub(super) fn get(&self, word: &str) -> Option<u64> {
        self.numbers.get(word).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        let number = |word: &String| self.numbers.get(word).copied().unwrap_or_default();
        self.words
            .iter()
            .map(move |word| (word.as_str(), number(word)))
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl PartialEq for Ordered {
    /// The same numbers for the same words: Keras writes some in any order.
    fn eq(&self, other: &Ordered) -> bool {
        self.numbers == other.numbers
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole numbers by words")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut ordered = Ordered::default();
                while let Some((word, number)) = map.next_entry::<String, u64>()? {
                    *ordered.entry(&word) = number;
                }
                Ok(ordered)
            }
        }
        from.deserialize_map(Words)
    }
}

#[derive(Serialize, Deserialize)]
struct Described {
    class_name: String,
    config: Config,
}

/// What `get_config()` of Keras's tokenizer has.
#[derive(Serialize, Deserialize)]
struct Config {
    num_words: Option<usize>,
    filters: String,
    lower: bool,
    split: String,
    char_level: bool,
    oov_token: Option<String>,
    #[serde(default)]
    document_count: u64,
    word_counts: String,
    word_docs: String,
    index_docs: String,
    index_word: String,
    word_index: String,
}

const CLASS_NAME: &str = "Tokenizer";

pub(super) fn write(tokenizer: &Tokenizer) -> String {
    // Maps from words and whole numbers are always JSON.
    fn text(map: &impl Serialize) -> String {
        serde_json::to_string(map).unwrap_or_default()
    }
    // In the order of their numbers, so that the text is the same every time.
    fn sorted<T: Clone>(map: &HashMap<u64, T>) -> std::collections::BTreeMap<u64, T> {
        map.iter()
            .map(|(number, value)| (*number, value.clone()))
            .collect()
    }
    text(&Described {
        class_name: CLASS_NAME.to_owned(),
        config: Config {
            num_words: tokenizer.num_words,
            filters: tokenizer.words.filters.clone(),
            lower: tokenizer.words.lower,
            split: tokenizer.words.split.clone(),
            char_level: tokenizer.char_level,
            oov_token: tokenizer.oov_token.clone(),
            document_count: tokenizer.document_count,
            word_counts: text(&tokenizer.word_counts),
            word_docs: text(&tokenizer.word_docs),
            index_docs: text(&sorted(&tokenizer.index_docs)),
            index_word: text(&sorted(&tokenizer.index_word)),
            word_index: text(&tokenizer.word_index),
        },
    })
}

pub(super) fn read(json: &str) -> Result<Tokenizer> {
    fn part<T: DeserializeOwned>(name: &str, json: &str) -> Result<T> {
        serde_json::from_str(json).map_err(|error| wrong(&format!("`{name}`: {error}")))
    }
    let described: Described = serde_json::from_str(json).map_err(|error| wrong(&error))?;
    if described.class_name != CLASS_NAME {
        let error = format!(
            "its class is `{}`, not `{CLASS_NAME}`",
            described.class_name
        );
        return Err(wrong(&error));
    }
    let config = described.config;
    Ok(Tokenizer {
        words: TextToWordSequence {
            filters: config.filters,
            lower: config.lower,
            split: config.split,
        },
        num_words: config.num_words.filter(|most| *most > 0),
        char_level: config.char_level,
        oov_token: config.oov_token,
        document_count: config.document_count,
        word_counts: part("word_counts", &config.word_counts)?,
        word_docs: part("word_docs", &config.word_docs)?,
        word_index: part("word_index", &config.word_index)?,
        index_word: part("index_word", &config.index_word)?,
        index_docs: part("index_docs", &config.index_docs)?,
    })
}

fn wrong(why: &dyn fmt::Display) -> Error {
    Error::data(format!("the JSON describes no tokenizer: {why}"))
        .remedy("give what `tokenizer.to_json()` returned")
}
