//! `text_to_word_sequence`.

/// What is not part of words, as Keras has it.
pub const FILTERS: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// The arguments of [`text_to_word_sequence`], with Keras's defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct TextToWordSequence {
    /// Characters that are not part of words: [`FILTERS`] unless set.
    pub filters: String,
    /// Whether letters become small; true unless set.
    pub lower: bool,
    /// What stands between words: a space unless set.
    pub split: String,
}

impl Default for TextToWordSequence {
    fn default() -> Self {
        Self {
            filters: FILTERS.to_owned(),
            lower: true,
            split: " ".to_owned(),
        }
    }
}

/// The words of a text.
///
/// Keras: `keras.preprocessing.text.text_to_word_sequence(text, filters, lower, split)`.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::{TextToWordSequence, text_to_word_sequence};
/// let words = text_to_word_sequence("The cat, the dog!", &TextToWordSequence::default());
/// assert_eq!(words, ["the", "cat", "the", "dog"]);
/// ```
pub fn text_to_word_sequence(text: &str, how: &TextToWordSequence) -> Vec<String> {
    let lowered;
    let text = if how.lower {
        lowered = text.to_lowercase();
        &lowered
    } else {
        text
    };
    if how.split.is_empty() {
        // Nothing stands between words: all of the text is one.
        let kept: String = text.chars().filter(|c| !how.filters.contains(*c)).collect();
        return Vec::from_iter((!kept.is_empty()).then_some(kept));
    }
    let mut replaced = String::with_capacity(text.len());
    for character in text.chars() {
        match how.filters.contains(character) {
            true => replaced.push_str(&how.split),
            false => replaced.push(character),
        }
    }
    let words = replaced.split(&how.split).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}
