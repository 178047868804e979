//! Sums and means over axes.

use super::layout::{Layout, add_part, axes_of};
use super::{arithmetic, pieces, vectorized};
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted, apply};
use crate::{Result, Shape, Tape, Tensor};

/// The sum over `axes`, which may count from the end; no axes stand for all of them. With
/// `keepdims`, they stay as axes of size 1.
///
/// Keras: `keras.ops.sum(x, axis, keepdims)`.
///
/// # Errors
/// When there is no such axis, or one is named twice.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let mut tape = Tape::recording();
/// let x = tape.watch(&Tensor::ones((2, 3)));
/// let y = ops::sum(&mut tape, &x, &[-1], false)?;
/// assert_eq!(y.to_vec::<f32>(), [3.0, 3.0]);
/// assert_eq!(tape.gradient(&y, &[&x])?[0], Tensor::ones((2, 3)));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn sum(tape: &mut Tape, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<Tensor> {
    scaled_sum(tape, x, axes, keepdims, |_| 1.0)
}

/// The mean over `axes`, as [`sum`].
///
/// Keras: `keras.ops.mean(x, axis, keepdims)`.
///
/// # Errors
/// As [`sum`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 6.0], (2, 2))?;
/// assert_eq!(ops::mean(&mut Tape::off(), &x, &[0], true)?.to_vec::<f32>(), [2.0, 4.0]);
/// assert_eq!(ops::mean(&mut Tape::off(), &x, &[], false)?, Tensor::scalar(3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn mean(tape: &mut Tape, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<Tensor> {
    scaled_sum(tape, x, axes, keepdims, |count| 1.0 / count as f32)
}

/// The (biased) variance over `axes`, as [`sum`].
///
/// Keras: `keras.ops.var(x, axis, keepdims)`.
///
/// # Errors
/// As [`sum`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 3.0, 2.0, 2.0], (2, 2))?;
/// assert_eq!(ops::var(&mut Tape::off(), &x, &[1], false)?.to_vec::<f32>(), [1.0, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn var(tape: &mut Tape, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<Tensor> {
    let center = mean(tape, x, axes, true)?;
    let distance = arithmetic::subtract(tape, x, &center)?;
    let square = arithmetic::multiply(tape, &distance, &distance)?;
    mean(tape, &square, axes, keepdims)
}

fn scaled_sum(
    tape: &mut Tape,
    x: &Tensor,
    axes: &[isize],
    keepdims: bool,
    factor: impl Fn(usize) -> f32,
) -> Result<Tensor> {
    let axes = axes_of(x.shape(), axes)?;
    let kept = without(x.shape(), &axes, true);
    let count: usize = axes.iter().map(|&axis| x.shape()[axis]).product();
    if x.is_empty() {
        // Sums over nothing, if there are any.
        let value = 0.0 * factor(count);
        return Ok(Tensor::full(without(x.shape(), &axes, keepdims), value));
    }
    let op = Sum {
        shape: x.shape().clone(),
        kept: kept.clone(),
        factor: factor(count),
    };
    let y = apply(tape, op, &[x], kept)?;
    y.reshape(without(x.shape(), &axes, keepdims))
}

/// `shape` without `axes`, or with size 1 there.
pub(super) fn without(shape: &Shape, axes: &[usize], keepdims: bool) -> Shape {
    let size = |(axis, &size): (usize, &usize)| match (axes.contains(&axis), keepdims) {
        (false, _) => Some(size),
        (true, keepdims) => keepdims.then_some(1),
    };
    let sizes: Vec<usize> = shape.iter().enumerate().filter_map(size).collect();
    Shape::from(sizes)
}

pub(super) struct Sum {
    pub(super) shape: Shape,
    /// With size 1 where is summed.
    pub(super) kept: Shape,
    pub(super) factor: f32,
}

impl Op for Sum {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let runs = runs(&self.shape, &self.kept);
        reduce(&runs, inputs[0], output, sum_middle);
        output.iter_mut().for_each(|y| *y *= self.factor);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let layout = Layout::broadcast(&self.kept, &self.shape);
        layout.add_all(at.gradient, self.factor, x);
    }
}

/// Adds `part`, of shape `from`, to the gradient of an operand of shape `to` that was broadcast to
/// `from`.
pub(super) fn sum_to(part: Vec<f32>, from: &Shape, to: &Shape, wanted: &mut Wanted<'_>) {
    let missing = vec![1; from.rank() - to.rank()];
    let to = Shape::from([missing.as_slice(), to.dims()].concat());
    let mut sums = vec![0.0; to.elements()];
    reduce(&runs(from, &to), &part, &mut sums, sum_middle);
    add_part(&sums, wanted);
}

/// Neighboring axes that are all reduced or all kept.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) size: usize,
    pub(super) reduced: bool,
}

/// The axes of `from`, joined; those are reduced that have size 1 in `to`.
pub(super) fn runs(from: &Shape, to: &Shape) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (&size, &kept) in from.iter().zip(to.iter()).filter(|(size, _)| **size != 1) {
        let reduced = kept == 1;
        match runs.last_mut() {
            Some(last) if last.reduced == reduced => last.size *= size,
            _ => runs.push(Run { size, reduced }),
        }
    }
    runs
}

/// Reduces one run after the other: `step` reduces the middle one of three axes, whose sizes it is
/// told.
pub(super) fn reduce(
    runs: &[Run],
    from: &[f32],
    to: &mut [f32],
    step: impl Fn(&[f32], [usize; 3], &mut [f32]),
) {
    let mut sizes: Vec<usize> = runs.iter().map(|run| run.size).collect();
    let mut held: Option<Vec<f32>> = None;
    let reduced: Vec<usize> = (0..runs.len()).rev().filter(|&i| runs[i].reduced).collect();
    for (count, &axis) in reduced.iter().enumerate() {
        let before = sizes[..axis].iter().product();
        let after = sizes[axis + 1..].iter().product();
        let values = held.as_deref().unwrap_or(from);
        let all = [before, sizes[axis], after];
        sizes[axis] = 1;
        if count + 1 == reduced.len() {
            return step(values, all, to);
        }
        let mut next = vec![0.0; before * after];
        step(values, all, &mut next);
        held = Some(next);
    }
    to.copy_from_slice(from);
}

/// Sums over the middle axis, in f32 for short stretches and in f64 over those, so that sums of
/// millions keep their digits.
pub(super) fn sum_middle(from: &[f32], [before, size, after]: [usize; 3], to: &mut [f32]) {
    /// So many numbers are worth another thread.
    const WORTH: usize = 1 << 14;
    if before == 1 && after < size {
        // One long column: each thread takes a part of it.
        let parts: Vec<Vec<f64>> = pieces(size, WORTH.div_ceil(after))
            .into_par_iter()
            .map(|rows| sum_rows(&from[rows.start * after..rows.end * after], after));
        for (i, to) in to.iter_mut().enumerate() {
            *to = parts.iter().map(|part| part[i]).sum::<f64>() as f32;
        }
        return;
    }
    let each = size * after;
    let at_once = WORTH.div_ceil(each);
    let groups = to.par_chunks_mut(at_once * after);
    groups
        .zip(from.par_chunks(at_once * each))
        .for_each(|(to, from)| {
            for (to, from) in to.chunks_exact_mut(after).zip(from.chunks_exact(each)) {
                if let [only] = to {
                    *only = sum_row(from) as f32;
                } else if size <= STRETCH {
                    to.copy_from_slice(&from[..after]);
                    add_rows(&from[after..], to);
                } else {
                    let sums = sum_rows(from, after);
                    to.iter_mut()
                        .zip(sums)
                        .for_each(|(to, sum)| *to = sum as f32);
                }
            }
        });
}

/// So many numbers are added up in f32.
const STRETCH: usize = 128;

/// The sums over rows of `width` numbers.
fn sum_rows(from: &[f32], width: usize) -> Vec<f64> {
    if width == 1 {
        return vec![sum_row(from)];
    }
    let mut sums = vec![0.0f64; width];
    let mut part = vec![0.0f32; width];
    for rows in from.chunks(STRETCH * width) {
        part.fill(0.0);
        add_rows(rows, &mut part);
        sums.iter_mut()
            .zip(&part)
            .for_each(|(sum, part)| *sum += f64::from(*part));
    }
    sums
}

fn add_rows(rows: &[f32], to: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(to.len()) {
                to.iter_mut().zip(row).for_each(|(to, value)| *to += value);
            }
        },
    );
}

/// The sum of all numbers, in many lanes at once.
fn sum_row(from: &[f32]) -> f64 {
    const LANES: usize = 16;
    vectorized(
        #[inline(always)]
        || {
            let mut sum = 0.0;
            for stretch in from.chunks(STRETCH * LANES) {
                let mut lanes = [0.0f32; LANES];
                let groups = stretch.chunks_exact(LANES);
                let rest = groups.remainder();
                for group in groups {
                    for (lane, value) in lanes.iter_mut().zip(group) {
                        *lane += value;
                    }
                }
                sum += lanes.iter().chain(rest).map(|v| f64::from(*v)).sum::<f64>();
            }
            sum
        },
    )
}
