//! The largest and the smallest over axes.

use super::gpu::reduction::How;
use super::layout::{Layout, PIECE, axes_of};
use super::reduction::{reduce, runs, sum_middle, without};
use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The largest over `axes`, which may count from the end; no axes stand for all of them. With
/// `keepdims`, they stay as axes of size 1. Where several are largest, they share the gradient.
///
/// Keras: `keras.ops.max(x, axis, keepdims)`.
///
/// # Errors
/// When there is no such axis, one is named twice, or there is nothing to choose from.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let mut tape = Tape::recording();
/// let x = tape.watch(&Tensor::from_vec(vec![1.0, 5.0, 4.0, 2.0], (2, 2))?);
/// let y = ops::max(&mut tape, &x, &[1], false)?;
/// assert_eq!(y.to_vec::<f32>(), [5.0, 4.0]);
/// assert_eq!(tape.gradient(&y, &[&x])?[0].to_vec::<f32>(), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn max(tape: &mut Tape, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<Tensor> {
    extreme(tape, x, axes, keepdims, How::Maximum, |a, b| {
        // NaN must show, which `f32::max` would hide.
        if a > b || a.is_nan() { a } else { b }
    })
}

/// The smallest over `axes`, as [`max`].
///
/// Keras: `keras.ops.min(x, axis, keepdims)`.
///
/// # Errors
/// As [`max`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 5.0, 4.0, 2.0], (2, 2))?;
/// assert_eq!(ops::min(&mut Tape::off(), &x, &[0], false)?.to_vec::<f32>(), [1.0, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn min(tape: &mut Tape, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<Tensor> {
    extreme(tape, x, axes, keepdims, How::Minimum, |a, b| {
        if a < b || a.is_nan() { a } else { b }
    })
}

fn extreme(
    tape: &mut Tape,
    x: &Tensor,
    axes: &[isize],
    keepdims: bool,
    how: How,
    choose: impl Fn(f32, f32) -> f32 + Copy + Sync + 'static,
) -> Result<Tensor> {
    let axes = axes_of(x.shape(), axes)?;
    if axes.iter().any(|&axis| x.shape()[axis] == 0) {
        return Err(Error::shape(format!(
            "axes {axes:?} of a tensor of shape {} are empty: nothing is largest or smallest",
            x.shape()
        )));
    }
    let kept = without(x.shape(), &axes, true);
    let op = Extreme {
        shape: x.shape().clone(),
        kept: kept.clone(),
        how,
        choose,
    };
    let y = apply(tape, op, &[x], kept)?;
    y.reshape(without(x.shape(), &axes, keepdims))
}

pub(super) struct Extreme<F> {
    pub(super) shape: Shape,
    /// With size 1 where is reduced.
    pub(super) kept: Shape,
    /// `choose` on the GPU.
    pub(super) how: How,
    choose: F,
}

impl<F: Fn(f32, f32) -> f32 + Copy + Sync + 'static> Op for Extreme<F> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let choose = self.choose;
        let runs = runs(&self.shape, &self.kept);
        reduce(&runs, inputs[0], output, |from, [_, size, after], to| {
            let rows = from.par_chunks(size * after);
            to.par_chunks_mut(after).zip(rows).for_each(|(to, from)| {
                to.copy_from_slice(&from[..after]);
                vectorized(
                    #[inline(always)]
                    || {
                        for row in from[after..].chunks_exact(after) {
                            for (to, value) in to.iter_mut().zip(row) {
                                *to = choose(*to, *value);
                            }
                        }
                    },
                );
            });
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let x = at.inputs[0];
        let layout = Layout::broadcast(&self.kept, &self.shape);
        let mut chosen = vec![0.0; x.len()];
        layout.gather_all(at.output, &mut chosen);
        let pieces = chosen.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE));
        pieces.for_each(|(chosen, x)| {
            for (chosen, x) in chosen.iter_mut().zip(x) {
                *chosen = if *x == *chosen { 1.0 } else { 0.0 };
            }
        });
        let mut counts = vec![0.0; at.output.len()];
        reduce(
            &runs(&self.shape, &self.kept),
            &chosen,
            &mut counts,
            sum_middle,
        );
        let mut shares = vec![0.0; x.len()];
        at.gradient
            .iter_mut()
            .zip(&counts)
            .for_each(|(g, count)| *g /= count);
        layout.gather_all(at.gradient, &mut shares);
        wanted.add_each(|i| chosen[i] * shares[i]);
    }
}
