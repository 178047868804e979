//! Layers that make one output of several inputs.

mod concatenate;
mod dot;
mod elementwise;
mod extremes;
mod multiply;

pub use concatenate::Concatenate;
pub use dot::Dot;
pub use elementwise::{Add, Average, Subtract};
pub use extremes::{Maximum, Minimum};
pub use multiply::Multiply;

use super::LayerEntry;
use crate::{Error, Result, Shape, Tape, Tensor, ops};

/// The shape of what comes of samples of these shapes, element by element: they broadcast axis by
/// axis, counted from the end.
fn merged_shape(inputs: &[Shape]) -> Result<Shape> {
    let Some((first, others)) = inputs.split_first() else {
        return Err(no_input());
    };
    let mut shape = first.clone();
    for other in others {
        shape = shape.broadcast(other)?;
    }
    Ok(shape)
}

fn no_input() -> Error {
    let error = Error::shape("expected at least one input, got none");
    error.remedy("list the tensors to merge: `.on([&a, &b])`")
}

/// Gives all inputs the same number of axes, with new ones right behind the batch axis.
fn aligned(inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let rank = inputs.iter().map(Tensor::ndim).max().unwrap_or_default();
    let widen = |x: &Tensor| {
        if x.ndim() == rank || x.ndim() == 0 {
            return Ok(x.clone());
        }
        let missing = vec![1; rank - x.ndim()];
        let sizes = [&x.shape()[..1], &missing, &x.shape()[1..]].concat();
        let mask = x.mask().cloned();
        let widened = x.reshape(sizes)?;
        Ok(match mask {
            Some(mask) => widened.with_mask(mask),
            None => widened,
        })
    };
    inputs.iter().map(widen).collect()
}

/// The first input with the others joined to it one after the other.
fn fold(
    inputs: &[Tensor],
    tape: &mut Tape,
    join: impl Fn(&mut Tape, &Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let inputs = aligned(inputs)?;
    let Some((first, others)) = inputs.split_first() else {
        return Err(no_input());
    };
    let mut y = first.clone();
    for other in others {
        y = join(tape, &y, other)?;
    }
    Ok(y)
}

/// Where any of the masks holds; none when an input has none.
fn any_mask(inputs: &[Tensor]) -> Result<Option<Tensor>> {
    let masks: Option<Vec<&Tensor>> = inputs.iter().map(Tensor::mask).collect();
    let Some((first, others)) = masks.as_deref().and_then(<[_]>::split_first) else {
        return Ok(None);
    };
    let mut any = first.map(|v| v);
    for other in others {
        any = ops::maximum(&mut Tape::off(), &any, &other.map(|v| v))?;
    }
    Ok(Some(any))
}

/// `y` with a mask, or without.
fn masked(y: Tensor, mask: Option<Tensor>) -> Tensor {
    match mask {
        Some(mask) => y.with_mask(mask),
        None => y.without_mask(),
    }
}

/// The mask of an input with an axis more, so that it stretches over the features.
fn over_features(mask: &Tensor, x: &Tensor) -> Result<Tensor> {
    let missing = x.ndim().saturating_sub(mask.ndim());
    let mut sizes = mask.shape().to_vec();
    sizes.extend(vec![1; missing]);
    mask.map(|v| v).reshape(sizes)
}

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    elementwise::ADD,
    elementwise::SUBTRACT,
    multiply::ENTRY,
    elementwise::AVERAGE,
    extremes::MAXIMUM,
    extremes::MINIMUM,
    concatenate::ENTRY,
    dot::ENTRY,
];
