//! Stages that make batches of samples and samples of batches.

use std::sync::Arc;

use super::element::DatasetElement;
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage};
use crate::{Error, Result, Tensor};

/// The arguments of [`Dataset::batch`](super::Dataset::batch); a number is the size alone.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let samples = Dataset::from_tensor_slices(Tensor::arange(10))?;
/// assert_eq!(samples.batch(4).cardinality().finite(), Some(3));
/// let whole = samples.batch(Batch::new(4).drop_remainder(true));
/// assert_eq!(whole.cardinality().finite(), Some(2));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    size: usize,
    drop_remainder: bool,
}

impl Batch {
    /// Batches of `size` elements, at the end perhaps a smaller one.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            drop_remainder: false,
        }
    }

    /// Whether a smaller batch at the end is left out; false unless set.
    #[must_use]
    pub fn drop_remainder(mut self, drop: bool) -> Self {
        self.drop_remainder = drop;
        self
    }
}

impl From<usize> for Batch {
    fn from(size: usize) -> Self {
        Batch::new(size)
    }
}

pub(super) struct Batched {
    pub(super) of: Arc<dyn Stage>,
    pub(super) batch: Batch,
    /// Makes one tensor of those of several elements.
    pub(super) join: fn(&[Tensor]) -> Result<Tensor>,
}

impl Stage for Batched {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let Batch {
            size,
            drop_remainder,
        } = self.batch;
        if size == 0 {
            return Err(Error::argument("batch_size", "a positive whole number", 0));
        }
        let mut elements = self.of.begin(pass)?;
        let join = self.join;
        let mut number = 0;
        let next = move || {
            // Not `size` at once: it may be far more than there are.
            let mut batch = Vec::new();
            for element in elements.by_ref().take(size) {
                match element {
                    Ok(element) => batch.push(element),
                    Err(error) => return Some(Err(error)),
                }
            }
            if batch.is_empty() || (drop_remainder && batch.len() < size) {
                return None;
            }
            let stacked = DatasetElement::joined(&batch, join).map_err(|e| {
                e.at(format!("`batch`, batch {number}"))
                    .remedy("bring all elements to one shape with `map` before `batch`")
            });
            number += 1;
            Some(stacked)
        };
        Ok(Box::new(std::iter::from_fn(next)))
    }

    fn cardinality(&self) -> Cardinality {
        let Batch {
            size,
            drop_remainder,
        } = self.batch;
        self.of
            .cardinality()
            .map(|count| match (size, drop_remainder) {
                (0, _) => 0,
                (_, true) => count / size,
                (_, false) => count.div_ceil(size),
            })
    }

    fn batches_are_open(&self) -> bool {
        !self.batch.drop_remainder
    }
}

/// Several tensors as the entries of a new first axis, each axis as long as the longest of them, with
/// zeros behind the shorter.
pub(super) fn padded_stack(tensors: &[Tensor]) -> Result<Tensor> {
    let ranks = tensors.iter().map(Tensor::ndim);
    let first = tensors.first().map_or(0, Tensor::ndim);
    if let Some(other) = ranks.into_iter().find(|rank| *rank != first) {
        return Err(Error::shape(format!(
            "cannot pad tensors of {first} and of {other} axes to one shape"
        )));
    }
    let longest = |axis: usize| tensors.iter().map(|t| t.shape()[axis]).max();
    let sizes: Vec<usize> = (0..first).filter_map(longest).collect();
    let padded = tensors.iter().map(|tensor| tensor.zero_padded(&sizes));
    Tensor::stack(&padded.collect::<Result<Vec<_>>>()?)
}

/// The samples of batches.
pub(super) struct Unbatched {
    pub(super) of: Arc<dyn Stage>,
}

impl Stage for Unbatched {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let mut batches = self.of.begin(pass)?;
        let mut batch: Option<(DatasetElement, usize)> = None;
        let mut at = 0;
        let next = move || loop {
            if let Some((whole, _)) = batch.as_ref().filter(|(_, count)| at < *count) {
                let sample = whole.each(|tensor| tensor.index(at));
                at += 1;
                return Some(sample);
            }
            let counted = batches.next()?.and_then(|batch| {
                let count = samples(&batch)?;
                Ok((batch, count))
            });
            match counted {
                Ok(counted) => batch = Some(counted),
                Err(error) => return Some(Err(error)),
            }
            at = 0;
        };
        Ok(Box::new(std::iter::from_fn(next)))
    }

    fn cardinality(&self) -> Cardinality {
        match self.of.cardinality() {
            Cardinality::Finite(0) => Cardinality::Finite(0),
            Cardinality::Infinite => Cardinality::Infinite,
            _ => Cardinality::Unknown,
        }
    }

    fn batches_are_open(&self) -> bool {
        false
    }
}

/// How many samples a batch has.
fn samples(batch: &DatasetElement) -> Result<usize> {
    let mut tensors = batch.tensors();
    let count = tensors.next().map_or(0, Tensor::len);
    let scalar = batch.tensors().any(|tensor| tensor.ndim() == 0);
    if scalar || tensors.any(|tensor| tensor.len() != count) {
        let shapes: Vec<String> = batch
            .tensors()
            .map(|tensor| tensor.shape().to_string())
            .collect();
        return Err(Error::shape(format!(
            "`unbatch`: expected batches whose tensors have one first axis in common, got shapes {}",
            shapes.join(" and ")
        )));
    }
    Ok(count)
}
