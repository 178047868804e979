//! Putting tensors together, and taking them apart.

use super::layout::{Layout, PIECE, steps_of};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// Several tensors one after the other along `axis`, which may count from the end.
///
/// Keras: `keras.ops.concatenate`.
///
/// # Errors
/// When there are none, or their other axes differ.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let (a, b) = (Tensor::zeros((2, 1)), Tensor::ones((2, 2)));
/// let y = ops::concatenate(&mut Tape::off(), &[&a, &b], -1)?;
/// assert_eq!(y.to_vec::<f32>(), [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn concatenate(tape: &mut Tape, tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
    let first = tensors
        .first()
        .ok_or_else(|| Error::argument("tensors", "at least one tensor", "none"))?;
    let axis = first.shape().axis(axis)?;
    let mut sizes = first.shape().to_vec();
    sizes[axis] = 0;
    for other in tensors {
        let fits = other.ndim() == first.ndim()
            && (0..other.ndim()).all(|i| i == axis || other.shape()[i] == first.shape()[i]);
        if !fits {
            return Err(Error::shape(format!(
                "cannot concatenate {} with {} along axis {axis}: only that axis may differ",
                first.shape(),
                other.shape()
            )));
        }
        sizes[axis] += other.shape()[axis];
    }
    let after: usize = sizes[axis + 1..].iter().product();
    let op = Concatenate {
        rows: tensors.iter().map(|t| t.shape()[axis] * after).collect(),
    };
    apply(tape, op, tensors, Shape::from(sizes))
}

pub(super) struct Concatenate {
    /// How many neighboring numbers come from each tensor.
    pub(super) rows: Vec<usize>,
}

impl Op for Concatenate {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let row: usize = self.rows.iter().sum();
        let of_row = |(i, mut to): (usize, &mut [f32])| {
            for (input, &len) in inputs.iter().zip(&self.rows) {
                let (part, rest) = to.split_at_mut(len);
                part.copy_from_slice(&input[i * len..(i + 1) * len]);
                to = rest;
            }
        };
        let many = PIECE.div_ceil(row);
        output
            .par_chunks_mut(row)
            .with_min_len(many)
            .enumerate()
            .for_each(of_row);
    }

    fn backward(&self, at: Backpass<'_>) {
        let row: usize = self.rows.iter().sum();
        let count = at.gradient.len() / row;
        let mut start = 0;
        for (wanted, &len) in at.wanted.iter_mut().zip(&self.rows) {
            if let Some(wanted) = wanted {
                let layout = Layout::new(&[count, len], &[row, 1], start);
                layout.add_all(at.gradient, 1.0, wanted);
            }
            start += len;
        }
    }
}

/// Several tensors of one shape along a new axis in front of `axis` of the result.
///
/// Keras: `keras.ops.stack`.
///
/// # Errors
/// When there are none, or their shapes differ.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let (a, b) = (Tensor::zeros(2), Tensor::ones(2));
/// let y = ops::stack(&mut Tape::off(), &[&a, &b], -1)?;
/// assert_eq!(y.shape(), (2, 2));
/// assert_eq!(y.to_vec::<f32>(), [0.0, 1.0, 0.0, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn stack(tape: &mut Tape, tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
    let first = tensors
        .first()
        .ok_or_else(|| Error::argument("tensors", "at least one tensor", "none"))?;
    let mut sizes = first.shape().to_vec();
    let axis = first.shape().with_appended(1).axis(axis)?;
    sizes.insert(axis, 1);
    let mut widened = Vec::with_capacity(tensors.len());
    for other in tensors {
        if other.shape() != first.shape() {
            return Err(Error::shape(format!(
                "cannot stack {} on {}: the shapes differ",
                other.shape(),
                first.shape()
            )));
        }
        widened.push(other.reshape(sizes.as_slice())?);
    }
    let widened: Vec<&Tensor> = widened.iter().collect();
    concatenate(tape, &widened, axis as isize)
}

/// The part of `x` that begins at `start_indices` and has this shape.
///
/// Keras: `keras.ops.slice(x, start_indices, shape)`.
///
/// # Errors
/// When the part reaches outside of `x`.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3))?;
/// let y = ops::slice(&mut Tape::off(), &x, &[0, 1], (2, 2))?;
/// assert_eq!(y.to_vec::<f32>(), [2.0, 3.0, 5.0, 6.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn slice(
    tape: &mut Tape,
    x: &Tensor,
    start_indices: &[usize],
    shape: impl Into<Shape>,
) -> Result<Tensor> {
    let shape = shape.into();
    let fits = start_indices.len() == x.ndim()
        && shape.rank() == x.ndim()
        && (0..x.ndim()).all(|i| {
            let end = start_indices[i].checked_add(shape[i]);
            end.is_some_and(|end| end <= x.shape()[i])
        });
    if !fits {
        return Err(Error::shape(format!(
            "a part of shape {shape} that begins at {start_indices:?} does not lie inside of a \
             tensor of shape {}",
            x.shape()
        )));
    }
    let steps = steps_of(x.shape());
    let offset = start_indices
        .iter()
        .zip(&steps)
        .map(|(i, step)| i * step)
        .sum();
    let op = Part {
        layout: Layout::new(&shape, &steps, offset),
    };
    apply(tape, op, &[x], shape)
}

pub(super) struct Part {
    pub(super) layout: Layout,
}

impl Op for Part {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        self.layout.gather_all(inputs[0], output);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        self.layout.scatter_add(at.gradient, x.values);
    }
}

/// `x` in `sections` parts of the same size along `axis`.
///
/// Keras: `keras.ops.split(x, sections, axis)`.
///
/// # Errors
/// When the axis cannot be divided so.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], (2, 2))?;
/// let parts = ops::split(&mut Tape::off(), &x, 2, -1)?;
/// assert_eq!(parts[1].to_vec::<f32>(), [2.0, 4.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn split(tape: &mut Tape, x: &Tensor, sections: usize, axis: isize) -> Result<Vec<Tensor>> {
    let axis = x.shape().axis(axis)?;
    let size = x.shape()[axis];
    if sections == 0 || !size.is_multiple_of(sections) {
        let expected = format!("a divisor of {size}, the size of axis {axis}");
        return Err(Error::argument("sections", &expected, sections));
    }
    let mut shape = x.shape().to_vec();
    shape[axis] = size / sections;
    let mut start = vec![0; x.ndim()];
    (0..sections)
        .map(|section| {
            start[axis] = section * shape[axis];
            slice(tape, x, &start, shape.as_slice())
        })
        .collect()
}
