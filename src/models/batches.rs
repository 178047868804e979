//! Data in batches: which samples, in which order.

use std::ops::Range;

use crate::{DType, Error, Result, Tensor};

/// Samples and their labels, read batch by batch without copying the whole.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    x: &'a Tensor,
    y: &'a Tensor,
}

impl<'a> Samples<'a> {
    /// Fails when the two do not belong together or there is nothing.
    pub(super) fn new(x: &'a Tensor, y: &'a Tensor) -> Result<Samples<'a>> {
        if x.len() != y.len() {
            return Err(Error::shape(format!(
                "`x` has {} samples and `y` has {} labels (shapes {} and {}): each sample needs one",
                x.len(),
                y.len(),
                x.shape(),
                y.shape()
            )));
        }
        require_samples(x)?;
        Ok(Samples { x, y })
    }

    /// The samples at `positions` as floats, with their labels.
    pub(super) fn gather(&self, positions: &[usize]) -> Result<(Tensor, Tensor)> {
        let x = self.x.take(positions)?.astype(DType::Float32);
        Ok((x, self.y.take(positions)?))
    }

    /// The samples of a range as floats, with their labels.
    pub(super) fn range(&self, range: Range<usize>) -> Result<(Tensor, Tensor)> {
        let x = self.x.slice(range.clone())?.astype(DType::Float32);
        Ok((x, self.y.slice(range)?))
    }
}

/// Fails when there is nothing in `x`.
pub(super) fn require_samples(x: &Tensor) -> Result<()> {
    if x.is_empty() || x.ndim() == 0 {
        let given = format!("shape {}", x.shape());
        return Err(Error::argument("x", "at least one sample", given));
    }
    Ok(())
}

/// Cuts `range` into pieces of `batch_size`; the last one may be shorter.
pub(super) fn batches(
    range: Range<usize>,
    batch_size: usize,
) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(batch_size)
        .map(move |start| start..start.saturating_add(batch_size).min(end))
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
