//! `relu?(x · kernel + bias)` on the last axis.

use super::matmul::{Matrix, MatrixMut, multiply_on_all_threads};
use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Tape, Tensor};

/// `x · kernel + bias` on the last axis of `x`; with `relu`, negative results become 0.
///
/// `x` is `(.., features)`, `kernel` `(features, units)`, `bias` `(units,)`; the result is
/// `(.., units)`.
///
/// # Errors
/// When the shapes do not fit.
pub fn dense(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    relu: bool,
) -> Result<Tensor> {
    let &[features, units] = kernel.shape().dims() else {
        return Err(Error::shape(format!(
            "a dense kernel has two axes, got {}",
            kernel.shape()
        )));
    };
    if x.ndim() == 0 || x.shape().last() != features {
        return Err(Error::shape(format!(
            "expected input whose last axis is {features}, got {}",
            x.shape()
        )));
    }
    if let Some(bias) = bias.filter(|bias| bias.shape() != (units,)) {
        return Err(Error::shape(format!(
            "expected a bias of ({units},), got {}",
            bias.shape()
        )));
    }
    let shape = x.shape().with_last(units);
    let op = Dense {
        features,
        units,
        relu,
    };
    let inputs: Vec<&Tensor> = [x, kernel].into_iter().chain(bias).collect();
    apply(tape, op, &inputs, shape)
}

pub(super) struct Dense {
    pub(super) features: usize,
    pub(super) units: usize,
    pub(super) relu: bool,
}

impl Op for Dense {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel) = (inputs[0], inputs[1]);
        let rows = output.len() / self.units.max(1);
        multiply_on_all_threads(
            MatrixMut::new(output, rows, self.units),
            false,
            Matrix::new(x, rows, self.features),
            Matrix::new(kernel, self.features, self.units),
        );
        bias_and_relu(output, inputs.get(2).copied(), self.relu);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Backpass {
            inputs,
            output,
            gradient,
            wanted,
        } = at;
        if self.relu {
            const PIECE: usize = 1 << 16;
            let pieces = gradient.par_chunks_mut(PIECE).zip(output.par_chunks(PIECE));
            pieces.for_each(|(gradient, output)| mask_by_relu(gradient, output));
        }
        let rows = gradient.len() / self.units.max(1);
        let gradient = &*gradient;
        let by_output = Matrix::new(gradient, rows, self.units);
        if let Some(Some(bias)) = wanted.get_mut(2) {
            bias.clear_if_fresh();
            sum_rows(gradient, bias.values);
        }
        if let Some(kernel) = &mut wanted[1] {
            multiply_on_all_threads(
                MatrixMut::new(kernel.values, self.features, self.units),
                !kernel.fresh,
                Matrix::new(inputs[0], rows, self.features).transposed(),
                by_output,
            );
        }
        if let Some(x) = &mut wanted[0] {
            multiply_on_all_threads(
                MatrixMut::new(x.values, rows, self.features),
                !x.fresh,
                by_output,
                Matrix::new(inputs[1], self.features, self.units).transposed(),
            );
        }
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

/// What follows the products of a layer: adds `bias` to every row, then takes the relu, as asked.
pub(crate) fn bias_and_relu(rows: &mut [f32], bias: Option<&[f32]>, relu: bool) {
    match bias {
        Some(bias) => add_bias(rows, bias, relu),
        None if relu => take_relu(rows),
        None => {}
    }
}

/// Adds `bias` to every row, then takes the relu if asked.
fn add_bias(rows: &mut [f32], bias: &[f32], relu: bool) {
    let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len().max(1)) {
                for (y, b) in row.iter_mut().zip(bias) {
                    let sum = *y + b;
                    // NaN must stay NaN, which `max` would hide.
                    *y = if sum < floor { floor } else { sum };
                }
            }
        },
    );
}

/// Takes the relu of every number; NaN stays, which `max` would hide.
fn take_relu(values: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for y in values {
                *y = if *y < 0.0 { 0.0 } else { *y };
            }
        },
    );
}

/// The gradient before a relu: nothing passes where its output is 0.
pub(crate) fn mask_by_relu(gradient: &mut [f32], output: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (g, y) in gradient.iter_mut().zip(output) {
                *g = if *y > 0.0 { *g } else { 0.0 };
            }
        },
    );
}

/// Adds every row of `rows` to `sums`.
pub(crate) fn sum_rows(rows: &[f32], sums: &mut [f32]) {
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len().max(1)) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        },
    );
}
