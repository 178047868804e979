//! Data in batches: which samples, in which order.

use std::ops::Range;

use crate::{DType, Error, Result, Tensor};

/// Samples and their labels, read batch by batch without copying the whole.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub(super) x: &'a Tensor,
    pub(super) y: Option<&'a Tensor>,
}

impl<'a> Samples<'a> {
    /// Fails when the two do not belong together or there is nothing.
    pub(super) fn labeled(x: &'a Tensor, y: &'a Tensor) -> Result<Samples<'a>> {
        if x.len() != y.len() {
            return Err(Error::shape(format!(
                "`x` has {} samples and `y` has {} labels (shapes {} and {}): each sample needs one",
                x.len(),
                y.len(),
                x.shape(),
                y.shape()
            )));
        }
        Samples { x, y: Some(y) }.not_empty()
    }

    /// Samples alone.
    pub(super) fn unlabeled(x: &'a Tensor) -> Result<Samples<'a>> {
        Samples { x, y: None }.not_empty()
    }

    fn not_empty(self) -> Result<Samples<'a>> {
        if self.x.is_empty() || self.x.ndim() == 0 {
            let given = format!("shape {}", self.x.shape());
            return Err(Error::argument("x", "at least one sample", given));
        }
        Ok(self)
    }

    /// The samples at `positions` as floats, with their labels.
    pub(super) fn gather(&self, positions: &[usize]) -> Result<(Tensor, Option<Tensor>)> {
        let x = self.x.take(positions)?.astype(DType::Float32);
        let y = self.y.map(|y| y.take(positions)).transpose()?;
        Ok((x, y))
    }

    /// The samples of a range as floats, with their labels.
    pub(super) fn range(&self, range: Range<usize>) -> Result<(Tensor, Option<Tensor>)> {
        let x = self.x.slice(range.clone())?.astype(DType::Float32);
        let y = self.y.map(|y| y.slice(range)).transpose()?;
        Ok((x, y))
    }
}

/// Cuts `range` into pieces of `batch_size`; the last one may be shorter.
pub(super) fn batches(
    range: Range<usize>,
    batch_size: usize,
) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(batch_size)
        .map(move |start| start..(start + batch_size).min(end))
}

/// Fails with the argument's name unless the batch size is positive.
pub(super) fn check_batch_size(batch_size: usize) -> Result<()> {
    if batch_size == 0 {
        return Err(Error::argument(
            "batch_size",
            "a positive whole number",
            batch_size,
        ));
    }
    Ok(())
}
