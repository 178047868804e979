//! Automatic names: `dense`, `dense_1`, `dense_2`, as Keras counts them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

static COUNTS: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// The next name for a class: `Conv2D` becomes `conv2d`, then `conv2d_1`.
pub(crate) fn automatic_name(class_name: &str) -> String {
    let base = snake_case(class_name);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts
        .get_or_insert_default()
        .entry(base.clone())
        .or_default();
    *count += 1;
    if *count == 1 {
        base
    } else {
        format!("{base}_{}", *count - 1)
    }
}

/// Starts counting automatic names from the beginning, for the next model.
///
/// Keras: `keras.backend.clear_session()`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// clear_session();
/// assert_eq!(Sequential::new().name(), "sequential");
/// assert_eq!(Sequential::new().name(), "sequential_1");
/// ```
pub fn clear_session() {
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// `MaxPooling2D` becomes `max_pooling2d`: an underscore before each word, none before digits.
pub(super) fn snake_case(class_name: &str) -> String {
    let letters: Vec<char> = class_name.chars().collect();
    let mut name = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| letters[i]);
        let after = letters.get(i + 1);
        let starts_word = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|a| a.is_lowercase()));
        if starts_word {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// A name for each of these classes, counted as in Keras's files: `dense`, `dense_1`.
pub(crate) fn counted(classes: &[&str]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let names = classes.iter().map(|class| {
        let class = match *class {
            // What the class itself is called there, behind its public name.
            "GroupQueryAttention" => "GroupedQueryAttention",
            class => class,
        };
        let mut name = snake_case(class);
        name.retain(|letter| letter.is_alphanumeric() || letter == '_');
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        match *count {
            1 => name,
            count => format!("{name}_{}", count - 1),
        }
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn classes_become_names_as_in_keras() {
        for (class_name, name) in [
            ("Conv2D", "conv2d"),
            ("MaxPooling2D", "max_pooling2d"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("BatchNormalization", "batch_normalization"),
            ("Dense", "dense"),
            ("LSTM", "lstm"),
            ("SimpleRNN", "simple_rnn"),
            ("InputLayer", "input_layer"),
        ] {
            assert_eq!(super::snake_case(class_name), name);
        }
    }
}
