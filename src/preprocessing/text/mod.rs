//! Texts as numbers, in the way of older tutorials; new models have
//! [`TextVectorization`](crate::layers::TextVectorization).
//!
//! Keras: `keras.preprocessing.text` and `keras.preprocessing.sequence`, which it keeps for older
//! programs.

mod hashing;
mod json;
mod skipgrams;
mod tokenizer;
mod words;

pub use self::hashing::{HashingTrick, hashing_trick, one_hot};
pub use self::skipgrams::{Skipgrams, make_sampling_table, skipgrams};
pub use self::tokenizer::{MatrixMode, Tokenizer, tokenizer_from_json};
pub use self::words::{FILTERS, TextToWordSequence, text_to_word_sequence};
