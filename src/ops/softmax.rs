//! Softmax, its logarithm and sparsemax along an axis.

use super::exponential::exp;
use super::lanes::Lanes;
use super::layout::axes_of;
use super::{settled, transpose, vectorized};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Activation, Result, Tape, Tensor};

/// `exp(x) / sum(exp(x))` on the last axis. The result remembers `x`, so that a cross-entropy
/// computes from the scores and stays exact where probabilities saturate.
///
/// # Errors
/// When `x` is a scalar.
pub fn softmax(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    softmax_along(tape, x, -1)
}

/// Softmax on `axis`; negative ones count from the end.
///
/// # Errors
/// When `x` has no such axis.
pub fn softmax_along(tape: &mut Tape, x: &Tensor, axis: isize) -> Result<Tensor> {
    let lanes = Lanes::new("softmax", x, axis)?;
    let y = apply(
        tape,
        Along {
            rule: Softmax,
            lanes,
        },
        &[x],
        x.shape().clone(),
    )?;
    Ok(if x.shape().axis(axis)? + 1 == x.ndim() {
        y.with_logits(Activation::Softmax, x.clone())
    } else {
        y
    })
}

/// `x - log(sum(exp(x)))` on the last axis.
///
/// # Errors
/// When `x` is a scalar.
pub fn log_softmax(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    log_softmax_along(tape, x, -1)
}

/// As [`softmax`], over `axes` together, which may count from the end.
///
/// Keras: `keras.ops.softmax(x, axis)`; several axes as in `keras.layers.Softmax`.
///
/// # Errors
/// When there is no such axis, or one is named twice.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let y = ops::softmax_over(&mut Tape::off(), &Tensor::ones((2, 3)), &[0])?;
/// assert_eq!(y, Tensor::full((2, 3), 0.5));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn softmax_over(tape: &mut Tape, x: &Tensor, axes: &[isize]) -> Result<Tensor> {
    let axes = axes_of(x.shape(), axes)?;
    let rank = x.ndim();
    if let [axis] = axes[..] {
        return softmax_along(tape, x, axis as isize);
    }
    // The axes go to the end, where they make one.
    let kept = (0..rank).filter(|axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let mut back = vec![0; rank];
    order
        .iter()
        .enumerate()
        .for_each(|(to, &from)| back[from] = to);
    let moved = transpose(tape, x, &order)?;
    let classes: usize = axes.iter().map(|&axis| x.shape()[axis]).product();
    let rows = moved.reshape((moved.size() / classes.max(1), classes))?;
    let y = softmax(tape, &rows)?;
    transpose(tape, &y.reshape(moved.shape())?, &back)
}

/// The logarithm of softmax on `axis`; negative ones count from the end.
///
/// # Errors
/// When `x` has no such axis.
pub fn log_softmax_along(tape: &mut Tape, x: &Tensor, axis: isize) -> Result<Tensor> {
    let lanes = Lanes::new("log_softmax", x, axis)?;
    let rule = LogSoftmax;
    apply(tape, Along { rule, lanes }, &[x], x.shape().clone())
}

/// The point closest to `x` whose numbers on `axis` are shares of 1: many of them are 0.
///
/// Martins and Astudillo, "From softmax to sparsemax", 2016.
///
/// # Errors
/// When `x` has no such axis.
pub fn sparsemax(tape: &mut Tape, x: &Tensor, axis: isize) -> Result<Tensor> {
    let lanes = Lanes::new("sparsemax", x, axis)?;
    let rule = Sparsemax;
    apply(tape, Along { rule, lanes }, &[x], x.shape().clone())
}

/// Goes through a row in several sums at once, so that wide registers are used; `both` joins them.
#[inline(always)]
fn folded(
    row: &[f32],
    start: f32,
    next: impl Fn(f32, f32) -> f32,
    both: impl Fn(f32, f32) -> f32,
) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [start; LANES];
    for part in row.chunks(LANES) {
        for (lane, x) in lanes.iter_mut().zip(part) {
            *lane = next(*lane, *x);
        }
    }
    lanes.into_iter().fold(start, both)
}

/// The largest number of a row; NaN is passed over.
#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let larger = |a, b| if b > a { b } else { a };
    folded(row, f32::NEG_INFINITY, larger, larger)
}

/// The logarithm of the sum of exponentials of a row, without overflow.
pub(crate) fn log_sum_exp(row: &[f32]) -> f32 {
    vectorized(
        #[inline(always)]
        || {
            let largest = largest(row);
            if !largest.is_finite() {
                // All minus infinity, or an infinity or NaN: let it show.
                return row.iter().sum();
            }
            largest + folded(row, 0.0, |sum, x| sum + exp(x - largest), |a, b| a + b).ln()
        },
    )
}

/// Softmax of one row.
pub(crate) fn softmax_row(x: &[f32], y: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            let largest = largest(x);
            for (y, x) in y.iter_mut().zip(x) {
                *y = settled(exp(x - largest));
            }
            let sum = folded(y, 0.0, |sum, y| sum + y, |a, b| a + b);
            y.iter_mut().for_each(|y| *y /= sum);
        },
    );
}

/// A function of the rows of a matrix, and its slope.
pub(super) trait Rowwise: 'static {
    /// Its name in `gpu/softmax.cu`.
    const KERNEL: &'static str;

    fn forward(&self, x: &[f32], y: &mut [f32]);

    /// Makes `gradient`, that of the result `y`, the gradient of the row.
    fn backward(&self, y: &[f32], gradient: &mut [f32]);
}

/// A function of rows, used on the lanes of an axis.
pub(super) struct Along<R> {
    rule: R,
    pub(super) lanes: Lanes,
}

impl<R: Rowwise> Op for Along<R> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let length = self.lanes.length;
        let rule = &self.rule;
        let each = |x: &[f32], y: &mut [f32]| {
            let rows = x.chunks_exact(length).zip(y.chunks_exact_mut(length));
            rows.for_each(|(x, y)| rule.forward(x, y));
        };
        if self.lanes.are_rows() {
            each(inputs[0], output);
        } else {
            let x = self.lanes.to_rows(inputs[0]);
            let mut y = vec![0.0; x.len()];
            each(&x, &mut y);
            self.lanes.put_rows(&y, output);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let length = self.lanes.length;
        let each = |y: &[f32], gradient: &mut [f32]| {
            let rows = y
                .chunks_exact(length)
                .zip(gradient.chunks_exact_mut(length));
            rows.for_each(|(y, gradient)| self.rule.backward(y, gradient));
        };
        let gradient = at.gradient;
        if self.lanes.are_rows() {
            each(at.output, gradient);
        } else {
            let mut rows = self.lanes.to_rows(gradient);
            each(&self.lanes.to_rows(at.output), &mut rows);
            self.lanes.put_rows(&rows, gradient);
        }
        wanted.add_each(|i| gradient[i]);
    }
}

struct Softmax;

impl Rowwise for Softmax {
    const KERNEL: &str = "softmax";

    fn forward(&self, x: &[f32], y: &mut [f32]) {
        softmax_row(x, y);
    }

    fn backward(&self, y: &[f32], gradient: &mut [f32]) {
        let dot: f32 = y.iter().zip(&*gradient).map(|(y, g)| y * g).sum();
        for (g, y) in gradient.iter_mut().zip(y) {
            *g = y * (*g - dot);
        }
    }
}

struct LogSoftmax;

impl Rowwise for LogSoftmax {
    const KERNEL: &str = "log_softmax";

    fn forward(&self, x: &[f32], y: &mut [f32]) {
        let log_sum = log_sum_exp(x);
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x - log_sum);
    }

    fn backward(&self, y: &[f32], gradient: &mut [f32]) {
        let sum: f32 = gradient.iter().sum();
        for (g, y) in gradient.iter_mut().zip(y) {
            *g -= exp(*y) * sum;
        }
    }
}

struct Sparsemax;

impl Rowwise for Sparsemax {
    const KERNEL: &str = "sparsemax";

    fn forward(&self, x: &[f32], y: &mut [f32]) {
        let mut sorted = x.to_vec();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        // All shares are lowered by the same, so that those above 0 add up to 1.
        let (mut sum, mut lowered) = (0.0, f32::NAN);
        for (count, value) in sorted.iter().enumerate() {
            sum += value;
            let by = (sum - 1.0) / (count + 1) as f32;
            // Not `<=`, so that NaN shows.
            if count > 0 && *value <= by {
                break;
            }
            lowered = by;
        }
        for (y, x) in y.iter_mut().zip(x) {
            let share = x - lowered;
            *y = if share < 0.0 { 0.0 } else { share };
        }
    }

    fn backward(&self, y: &[f32], gradient: &mut [f32]) {
        let above = y.iter().zip(&*gradient).filter(|(y, _)| **y > 0.0);
        let (count, sum) = above.fold((0, 0.0), |(count, sum), (_, g)| (count + 1, sum + g));
        let mean = sum / count.max(1) as f32;
        for (g, y) in gradient.iter_mut().zip(y) {
            *g = if *y > 0.0 { *g - mean } else { 0.0 };
        }
    }
}
