//! Softmax and its logarithm on the last axis.

use super::{exp, settled, vectorized};
use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Activation, Error, Result, Tape, Tensor};

/// `exp(x) / sum(exp(x))` on the last axis. The result remembers `x`, so that a cross-entropy
/// computes from the scores and stays exact where probabilities saturate.
///
/// # Errors
/// When `x` is a scalar.
pub fn softmax(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    let classes = last_axis("softmax", x)?;
    let y = apply(tape, Softmax { classes }, &[x], x.shape().clone())?;
    Ok(y.with_logits(Activation::Softmax, x.clone()))
}

/// `x - log(sum(exp(x)))` on the last axis.
///
/// # Errors
/// When `x` is a scalar.
pub fn log_softmax(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    let classes = last_axis("log_softmax", x)?;
    apply(tape, LogSoftmax { classes }, &[x], x.shape().clone())
}

fn last_axis(what: &str, x: &Tensor) -> Result<usize> {
    if x.ndim() == 0 {
        return Err(Error::shape(format!("{what} needs an axis, got a scalar"))
            .remedy("reshape it to (1,)"));
    }
    Ok(x.shape().last().max(1))
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

struct Softmax {
    classes: usize,
}

impl Op for Softmax {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.classes);
        rows.zip(output.chunks_exact_mut(self.classes))
            .for_each(|(x, y)| softmax_row(x, y));
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let (y, gradient) = (at.output, &*at.gradient);
        let dots: Vec<f32> = y
            .chunks_exact(self.classes)
            .zip(gradient.chunks_exact(self.classes))
            .map(|(y, g)| y.iter().zip(g).map(|(y, g)| y * g).sum())
            .collect();
        x.add_each(|i| y[i] * (gradient[i] - dots[i / self.classes]));
    }
}

struct LogSoftmax {
    classes: usize,
}

impl Op for LogSoftmax {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.classes);
        for (x, y) in rows.zip(output.chunks_exact_mut(self.classes)) {
            let log_sum = log_sum_exp(x);
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x - log_sum);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let (y, gradient) = (at.output, &*at.gradient);
        let sums: Vec<f32> = gradient
            .chunks_exact(self.classes)
            .map(|g| g.iter().sum())
            .collect();
        x.add_each(|i| gradient[i] - exp(y[i]) * sums[i / self.classes]);
    }
}
