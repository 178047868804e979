//! `one_hot` and `hashing_trick`: words as numbers without a list of them.

use md5::{Digest, Md5};

use super::words::{TextToWordSequence, text_to_word_sequence};
use crate::{Error, Result};

/// The arguments of [`hashing_trick`] besides text and `n`, with Keras's defaults.
pub type HashingTrick = TextToWordSequence;

/// Each word of a text as a whole number from 1 to `n - 1`, which is made of the word alone.
/// Different words may have the same.
///
/// The hash function is MD5, with which the numbers are the same in every process and in Keras.
///
/// Keras: `keras.preprocessing.text.hashing_trick(text, n, hash_function="md5")`.
///
/// # Errors
/// When `n` is below 2.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::{HashingTrick, hashing_trick};
/// let numbers = hashing_trick("the cat and the dog", 100, &HashingTrick::default())?;
/// assert_eq!(numbers[0], numbers[3]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn hashing_trick(text: &str, n: usize, how: &HashingTrick) -> Result<Vec<i64>> {
    let numbers = (n as u128).checked_sub(1).filter(|numbers| *numbers > 0);
    let Some(numbers) = numbers else {
        let error = Error::argument("n", "2 or more", n);
        return Err(error.at("`hashing_trick`"));
    };
    let words = text_to_word_sequence(text, how);
    let hashed = words.iter().map(|word| {
        let digest: [u8; 16] = Md5::digest(word.as_bytes()).into();
        (u128::from_be_bytes(digest) % numbers) as i64 + 1
    });
    Ok(hashed.collect())
}

/// As [`hashing_trick`], with all its defaults. It has its name from Keras; what it returns are
/// indices.
///
/// Keras: `keras.preprocessing.text.one_hot(text, n)`, whose hash function is another one in every
/// process.
///
/// # Errors
/// When `n` is below 2.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::one_hot;
/// assert_eq!(one_hot("Well done!", 50)?.len(), 2);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn one_hot(text: &str, n: usize) -> Result<Vec<i64>> {
    hashing_trick(text, n, &HashingTrick::default())
}
