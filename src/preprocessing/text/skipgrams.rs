//! `skipgrams` and `make_sampling_table`: pairs of words that are near each other.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Error, Result, Tensor, random};

/// The arguments of [`skipgrams`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct Skipgrams {
    /// How far apart two words of a pair may be; 4 unless set.
    pub window_size: usize,
    /// How many pairs of words that are not near each other are added, for each that is; 1 unless
    /// set.
    pub negative_samples: f64,
    /// Whether pairs are put into any order; true unless set. Otherwise those of near words come
    /// first.
    pub shuffle: bool,
    /// Whether labels are one-hot; false unless set.
    pub categorical: bool,
    /// How likely the word of each number is used, as [`make_sampling_table`] has it; always unless
    /// set.
    pub sampling_table: Option<Vec<f64>>,
    /// Makes the draws repeatable.
    pub seed: Option<u64>,
}

impl Default for Skipgrams {
    fn default() -> Self {
        Self {
            window_size: 4,
            negative_samples: 1.0,
            shuffle: true,
            categorical: false,
            sampling_table: None,
            seed: None,
        }
    }
}

/// Pairs of words of a text, with label 1 where they are near each other in it, and pairs with a
/// word that was drawn, with label 0. Words are numbers below `vocabulary_size`; 0 is none.
///
/// Keras: `keras.preprocessing.sequence.skipgrams(sequence, vocabulary_size, ..)`. Other than there,
/// the seed makes all draws repeatable, not the order alone.
///
/// # Shapes
/// `(pairs, 2)` and `(pairs,)`, or `(pairs, 2)` where labels are one-hot; int64
///
/// # Errors
/// When a number is not below `vocabulary_size` or a share is negative, or the pairs do not fit into
/// memory.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::{Skipgrams, skipgrams};
/// let how = Skipgrams { window_size: 1, negative_samples: 0.0, shuffle: false, ..Skipgrams::default() };
/// let (couples, labels) = skipgrams(&[3, 1, 2], 4, &how)?;
/// assert_eq!(couples.to_vec::<i64>(), [3, 1, 1, 3, 1, 2, 2, 1]);
/// assert_eq!(labels.to_vec::<i64>(), [1, 1, 1, 1]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn skipgrams(
    sequence: &[i64],
    vocabulary_size: usize,
    how: &Skipgrams,
) -> Result<(Tensor, Tensor)> {
    pairs(sequence, vocabulary_size, how).map_err(|e| e.at("`skipgrams`"))
}

fn pairs(sequence: &[i64], vocabulary: usize, how: &Skipgrams) -> Result<(Tensor, Tensor)> {
    if let Some(bad) = sequence
        .iter()
        .find(|&&word| word < 0 || word as usize >= vocabulary)
    {
        let expected = format!("numbers from 0 to below {vocabulary}");
        return Err(Error::argument("sequence", &expected, bad)
            .remedy("`vocabulary_size` is one more than the largest number"));
    }
    let table = how.sampling_table.as_deref();
    if let Some(table) = table.filter(|table| table.len() < vocabulary) {
        let expected = format!("a probability for each of {vocabulary} words");
        return Err(Error::argument("sampling_table", &expected, table.len()));
    }
    if !(how.negative_samples >= 0.0 && how.negative_samples.is_finite()) {
        let given = how.negative_samples;
        return Err(Error::argument("negative_samples", "0 or more", given));
    }
    let mut generator = match how.seed {
        Some(seed) => StdRng::seed_from_u64(seed),
        None => random::stream(),
    };
    let mut couples: Vec<[i64; 2]> = Vec::new();
    for (i, &word) in sequence.iter().enumerate().filter(|(_, word)| **word != 0) {
        if table.is_some_and(|table| table[word as usize] < generator.r#gen::<f64>()) {
            continue;
        }
        let end = i.saturating_add(how.window_size).saturating_add(1);
        let window = i.saturating_sub(how.window_size)..end.min(sequence.len());
        reserve(&mut couples, window.len())?;
        let near = window.filter(|&j| j != i && sequence[j] != 0);
        couples.extend(near.map(|j| [word, sequence[j]]));
    }
    let positive = couples.len();
    // Keras draws in the same way: each word as often as it has neighbors.
    let mut words: Vec<i64> = couples.iter().map(|couple| couple[0]).collect();
    shuffle(&mut words, &mut generator);
    let negative = (positive as f64 * how.negative_samples) as usize;
    if negative > 0 {
        reserve(&mut couples, negative)?;
        // A text with a pair has a word, which is neither 0 nor beyond the vocabulary.
        let other = |i: usize| {
            [
                words[i % words.len()],
                generator.gen_range(1..vocabulary as i64),
            ]
        };
        couples.extend((0..negative).map(other));
    }
    let mut order: Vec<usize> = (0..couples.len()).collect();
    if how.shuffle {
        order = random::permutation(couples.len(), &mut generator);
    }
    let pairs = order.len();
    let words: Vec<i64> = order.iter().flat_map(|&i| couples[i]).collect();
    let near = order.iter().map(|&i| i64::from(i < positive));
    let labels = match how.categorical {
        false => Tensor::from_vec(near.collect(), pairs)?,
        true => Tensor::from_vec(near.flat_map(|near| [1 - near, near]).collect(), (pairs, 2))?,
    };
    Ok((Tensor::from_vec(words, (pairs, 2))?, labels))
}

fn reserve(couples: &mut Vec<[i64; 2]>, more: usize) -> Result<()> {
    couples.try_reserve(more).map_err(|_| {
        Error::data(format!("{more} more pairs do not fit into memory"))
            .remedy("set a smaller `window_size` or fewer `negative_samples`")
    })
}

fn shuffle(words: &mut [i64], generator: &mut StdRng) {
    for i in (1..words.len()).rev() {
        words.swap(i, generator.gen_range(0..=i));
    }
}

/// How likely [`skipgrams`] should use the word of each number, when numbers are in the order of how
/// frequent words are and these follow Zipf's law: the more frequent, the less likely.
///
/// Keras: `keras.preprocessing.sequence.make_sampling_table(size, sampling_factor=1e-5)`.
///
/// # Errors
/// When the factor is not positive, or the table does not fit into memory.
///
/// # Example
/// ```
/// use kerust::preprocessing::text::make_sampling_table;
/// let table = make_sampling_table(1000, 1e-5)?;
/// assert!(table[1] < table[999]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn make_sampling_table(size: usize, sampling_factor: f64) -> Result<Vec<f64>> {
    /// About the constant of Euler and Mascheroni.
    const GAMMA: f64 = 0.577;
    if !(sampling_factor > 0.0 && sampling_factor.is_finite()) {
        let error = Error::argument("sampling_factor", "a positive number", sampling_factor);
        return Err(error.at("`make_sampling_table`"));
    }
    let mut table = Vec::new();
    if table.try_reserve_exact(size).is_err() {
        let error = Error::argument("size", "a size that fits into memory", size);
        return Err(error.at("`make_sampling_table`"));
    }
    table.extend((0..size).map(|rank| {
        let rank = rank.max(1) as f64;
        let inverse = rank * (rank.ln() + GAMMA) + 0.5 - 1.0 / (12.0 * rank);
        (sampling_factor * inverse).sqrt().min(1.0)
    }));
    Ok(table)
}
