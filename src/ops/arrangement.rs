//! Other orders of axes, and copies along axes.

use super::layout::{Layout, steps_of};
use super::reduction;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The axes in another order: axis `i` of the result is axis `axes[i]` of `x`. No axes turn the
/// order around.
///
/// Keras: `keras.ops.transpose`.
///
/// # Errors
/// When `axes` does not name every axis once.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3))?;
/// let y = ops::transpose(&mut Tape::off(), &x, &[1, 0])?;
/// assert_eq!(y.shape(), (3, 2));
/// assert_eq!(y.to_vec::<f32>(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn transpose(tape: &mut Tape, x: &Tensor, axes: &[usize]) -> Result<Tensor> {
    let rank = x.ndim();
    let order: Vec<usize> = match axes {
        [] => (0..rank).rev().collect(),
        _ => axes.to_vec(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        let expected = format!("every axis of a tensor of shape {} once", x.shape());
        return Err(Error::argument("axes", &expected, format!("{axes:?}")));
    }
    if order == sorted {
        return Ok(x.clone());
    }
    let shape = Shape::from(
        order
            .iter()
            .map(|&axis| x.shape()[axis])
            .collect::<Vec<_>>(),
    );
    let pick = |steps: Vec<usize>, order: &[usize]| -> Vec<usize> {
        order.iter().map(|&axis| steps[axis]).collect()
    };
    let mut back = vec![0; rank];
    order
        .iter()
        .enumerate()
        .for_each(|(to, &from)| back[from] = to);
    let op = Move {
        there: Layout::new(&shape, &pick(steps_of(x.shape()), &order), 0),
        back: Layout::new(x.shape(), &pick(steps_of(&shape), &back), 0),
    };
    apply(tape, op, &[x], shape)
}

pub(super) struct Move {
    pub(super) there: Layout,
    pub(super) back: Layout,
}

impl Op for Move {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        self.there.gather_all(inputs[0], output);
    }

    fn backward(&self, at: Backpass<'_>) {
        if let Some(x) = &mut at.wanted[0] {
            self.back.add_all(at.gradient, 1.0, x);
        }
    }
}

/// `x` in a larger shape, repeated along the axes where it has size 1 or none.
///
/// Keras: `keras.ops.broadcast_to`.
///
/// # Errors
/// When `x` does not broadcast to `shape`.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 2.0], (2, 1))?;
/// let y = ops::broadcast_to(&mut Tape::off(), &x, (2, 3))?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn broadcast_to(tape: &mut Tape, x: &Tensor, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    if x.shape().broadcast(&shape).ok().as_ref() != Some(&shape) {
        let error = format!(
            "a tensor of shape {} does not broadcast to {shape}",
            x.shape()
        );
        return Err(
            Error::shape(error).remedy("each axis, counted from the end, must be equal or 1")
        );
    }
    if x.shape() == &shape {
        return Ok(x.clone());
    }
    let op = Repeat {
        from: x.shape().clone(),
        to: shape.clone(),
    };
    apply(tape, op, &[x], shape)
}

pub(super) struct Repeat {
    pub(super) from: Shape,
    pub(super) to: Shape,
}

impl Op for Repeat {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        Layout::broadcast(&self.from, &self.to).gather_all(inputs[0], output);
    }

    fn backward(&self, at: Backpass<'_>) {
        if let Some(x) = &mut at.wanted[0] {
            reduction::sum_to(at.gradient.to_vec(), &self.to, &self.from, x);
        }
    }
}
