//! `split_dataset`: a part to train with, and a part to test with.

use std::fmt;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::selection::Chosen;
use super::spec::Cardinality;
use super::{Dataset, Table};
use crate::models::Arrays;
use crate::{Error, Result, Tensor, random};

mod sealed {
    pub trait Sealed {}
}

/// What can be split: a tensor, tensors of the same length, a table, a dataset.
pub trait Samples: sealed::Sealed + Sized {
    /// The number of samples; an error when several tensors do not have the same.
    #[doc(hidden)]
    fn count(&self) -> Result<usize>;
    /// These samples, which exist.
    #[doc(hidden)]
    fn part(&self, rows: &[usize]) -> Result<Self>;
    /// Samples for either side, which exist.
    #[doc(hidden)]
    fn parts(&self, left: &[usize], right: &[usize]) -> Result<(Self, Self)> {
        Ok((self.part(left)?, self.part(right)?))
    }
}

/// The number of samples that all tensors have.
fn common(tensors: &[&Tensor]) -> Result<usize> {
    let first = tensors
        .first()
        .ok_or_else(|| Error::argument("dataset", "at least one tensor", "none"))?;
    for tensor in tensors {
        if tensor.ndim() == 0 {
            return Err(Error::shape("a scalar has no samples"));
        }
        if tensor.len() != first.len() {
            return Err(Error::shape(format!(
                "expected tensors with the same number of samples, got shapes {} and {}",
                first.shape(),
                tensor.shape()
            )));
        }
    }
    Ok(first.len())
}

impl sealed::Sealed for Tensor {}
impl Samples for Tensor {
    fn count(&self) -> Result<usize> {
        common(&[self])
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        self.take(rows)
    }
}

impl sealed::Sealed for (Tensor, Tensor) {}
impl Samples for (Tensor, Tensor) {
    fn count(&self) -> Result<usize> {
        common(&[&self.0, &self.1])
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        Ok((self.0.take(rows)?, self.1.take(rows)?))
    }
}

impl sealed::Sealed for (Tensor, Tensor, Tensor) {}
impl Samples for (Tensor, Tensor, Tensor) {
    fn count(&self) -> Result<usize> {
        common(&[&self.0, &self.1, &self.2])
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        Ok((self.0.take(rows)?, self.1.take(rows)?, self.2.take(rows)?))
    }
}

impl sealed::Sealed for Vec<Tensor> {}
impl Samples for Vec<Tensor> {
    fn count(&self) -> Result<usize> {
        common(&self.iter().collect::<Vec<_>>())
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        self.iter().map(|tensor| tensor.take(rows)).collect()
    }
}

impl sealed::Sealed for Arrays {}
impl Samples for Arrays {
    fn count(&self) -> Result<usize> {
        common(&self.as_slice().iter().collect::<Vec<_>>())
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        let parts = self.as_slice().iter().map(|tensor| tensor.take(rows));
        Ok(parts.collect::<Result<Vec<_>>>()?.into())
    }
}

impl sealed::Sealed for Table {}
impl Samples for Table {
    fn count(&self) -> Result<usize> {
        Ok(self.len())
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        self.take(rows)
    }
}

impl sealed::Sealed for Dataset {}
impl Samples for Dataset {
    fn count(&self) -> Result<usize> {
        let argument = |expected, given| Error::argument("dataset", expected, given);
        match self.cardinality() {
            Cardinality::Finite(count) => Ok(count),
            Cardinality::Infinite => Err(argument("a dataset with an end", "one without")
                .remedy("split it before `repeat`, or `take` what the parts shall have")),
            Cardinality::Unknown => Err(argument(
                "a dataset whose number of elements is known",
                "one of which it is not",
            )
            .remedy(
                "split it before `filter` or `unbatch`, or add `.cache()` and go through it once",
            )),
        }
    }
    fn part(&self, rows: &[usize]) -> Result<Self> {
        Ok(self.then(|of| Chosen::new(of, rows, random::fresh_seed())))
    }
    fn parts(&self, left: &[usize], right: &[usize]) -> Result<(Self, Self)> {
        // With one seed, no element of one part ever comes in the other.
        let seed = random::fresh_seed();
        let part = |rows: &[usize]| self.then(|of| Chosen::new(of, rows, seed));
        Ok((part(left), part(right)))
    }
}

/// How much goes to one side: `0.8.into()` for a share, `1000.into()` for a number of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum SplitSize {
    /// What the other side leaves.
    #[default]
    Rest,
    /// A share of the samples, between 0 and 1.
    Share(f64),
    /// So many samples.
    Count(usize),
}

impl From<f64> for SplitSize {
    fn from(share: f64) -> Self {
        SplitSize::Share(share)
    }
}

impl From<usize> for SplitSize {
    fn from(count: usize) -> Self {
        SplitSize::Count(count)
    }
}

impl fmt::Display for SplitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SplitSize::Rest => f.write_str("the rest"),
            SplitSize::Share(share) => write!(f, "{share}"),
            SplitSize::Count(count) => write!(f, "{count}"),
        }
    }
}

impl SplitSize {
    /// How many of `total` samples; none for the rest.
    fn samples(self, name: &str, total: usize) -> Result<Option<usize>> {
        match self {
            SplitSize::Rest => Ok(None),
            // As Python rounds.
            SplitSize::Share(share) if share > 0.0 && share < 1.0 => {
                Ok(Some((share * total as f64).round_ties_even() as usize))
            }
            SplitSize::Count(count) if count > 0 && count < total => Ok(Some(count)),
            _ => {
                let expected = format!(
                    "a share between 0 and 1, or 1 to {} samples",
                    total.saturating_sub(1)
                );
                Err(Error::argument(name, &expected, self))
            }
        }
    }
}

/// The arguments of [`split_dataset`], with Keras's defaults. One size must be given.
#[derive(Clone, Debug, Default)]
pub struct SplitDataset {
    /// How much the first part has: `0.8.into()`, or `1000.into()`; the rest unless set.
    pub left_size: SplitSize,
    /// How much the second part has; the rest unless set.
    pub right_size: SplitSize,
    /// Whether samples are drawn for the parts; false unless set: the first ones go left.
    pub shuffle: bool,
    /// Makes drawing repeatable.
    pub seed: Option<u64>,
}

/// Splits samples into two parts, to train with and to test with: a tensor, tensors of the same
/// length in a tuple or `Vec`, a [`Table`], or a [`Dataset`]. Both parts are of the type that was
/// given.
///
/// A dataset is split by its elements: one of batches into whole batches, which Keras takes apart, so
/// split before `batch`. Its parts are read when they are needed, and are the same in every pass, even
/// where the whole comes in another order each time: shuffle the part to train with, not the whole.
/// With `shuffle`, a pass keeps in memory what comes before its turn.
///
/// Keras: `keras.utils.split_dataset(dataset, left_size, right_size, shuffle, seed)`.
///
/// # Errors
/// When no size is given, they ask for more than there is, a part would be empty, tensors have
/// different numbers of samples, or it is not known how many elements a dataset has.
///
/// # Example
/// ```
/// use kerust::data::{SplitDataset, split_dataset};
/// use kerust::prelude::*;
/// let (x, y) = (Tensor::zeros((10, 4)), Tensor::arange(10));
/// let how = SplitDataset { left_size: 0.8.into(), shuffle: true, seed: Some(1), ..Default::default() };
/// let ((x_train, y_train), (x_test, y_test)) = split_dataset(&(x, y), how)?;
/// assert_eq!(x_train.shape(), (8, 4));
/// assert_eq!(y_test.len(), 2);
///
/// let samples = Dataset::from_tensor_slices((&Tensor::zeros((10, 4)), &Tensor::arange(10)))?;
/// let how = SplitDataset { right_size: 3.into(), ..Default::default() };
/// let (train, test) = split_dataset(&samples, how)?;
/// assert_eq!(train.shuffle(7).batch(4).cardinality().finite(), Some(2));
/// assert_eq!(test.iter().next().expect("not empty")?.1.get(0)?, 7);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn split_dataset<D: Samples>(dataset: &D, how: SplitDataset) -> Result<(D, D)> {
    split(dataset, &how).map_err(|e| e.at("`split_dataset`"))
}

fn split<D: Samples>(dataset: &D, how: &SplitDataset) -> Result<(D, D)> {
    let total = dataset.count()?;
    let (left, right) = sizes(how, total)?;
    let order: Vec<usize> = if how.shuffle {
        let mut generator = match how.seed {
            Some(seed) => StdRng::seed_from_u64(seed),
            None => random::stream(),
        };
        random::permutation(total, &mut generator)
    } else {
        (0..total).collect()
    };
    dataset.parts(&order[..left], &order[total - right..])
}

/// How many samples the two sides have.
fn sizes(how: &SplitDataset, total: usize) -> Result<(usize, usize)> {
    let left = how.left_size.samples("left_size", total)?;
    let right = how.right_size.samples("right_size", total)?;
    let (left, right) = match (left, right) {
        (None, None) => {
            return Err(
                Error::argument("left_size", "a size, here or in `right_size`", "none")
                    .remedy("set `left_size: 0.8.into()`"),
            );
        }
        (Some(left), None) => (left, total - left.min(total)),
        (None, Some(right)) => (total - right.min(total), right),
        (Some(left), Some(right)) => (left, right),
    };
    let given = format!("{left} and {right}");
    if left.saturating_add(right) > total {
        let expected = format!("sizes of together at most {total}, the number of samples");
        return Err(Error::argument("left_size, right_size", &expected, given));
    }
    if left == 0 || right == 0 {
        let expected = format!("parts of {total} samples that are both not empty");
        return Err(Error::argument("left_size, right_size", &expected, given));
    }
    Ok((left, right))
}
