//! Taking apart and putting together what recurrent layers compute step by step.

use std::ops::Range;

use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// For each row (entry of the first axis) the one of `x` where `chosen`, else that of `y`.
///
/// # Errors
/// When the shapes differ.
pub(crate) fn choose(tape: &mut Tape, chosen: &[bool], x: &Tensor, y: &Tensor) -> Result<Tensor> {
    same_shape(x, y)?;
    let chosen = chosen.to_vec();
    apply(tape, Choose { chosen }, &[x, y], x.shape().clone())
}

/// The numbers of `x` from number `start` on, in row-major order, as a tensor of `shape`.
///
/// # Errors
/// When `x` has too few.
pub(crate) fn section(tape: &mut Tape, x: &Tensor, start: usize, shape: Shape) -> Result<Tensor> {
    let columns = start..start + shape.elements();
    self::columns(tape, &x.reshape((1, x.size()))?, columns)?.reshape(shape)
}

/// Some columns of a matrix.
///
/// # Errors
/// When `x` is no matrix or does not have them.
pub(crate) fn columns(tape: &mut Tape, x: &Tensor, columns: Range<usize>) -> Result<Tensor> {
    match *x.shape().dims() {
        [rows, width] if columns.end <= width => {
            let shape = Shape::from((rows, columns.len()));
            apply(tape, Columns { width, columns }, &[x], shape)
        }
        _ => Err(Error::shape(format!(
            "expected a matrix with columns {columns:?}, got {}",
            x.shape()
        ))),
    }
}

/// Tensors that differ in their last axis, side by side.
///
/// # Errors
/// When they differ elsewhere, or there are none.
pub(crate) fn side_by_side(tape: &mut Tape, parts: &[Tensor]) -> Result<Tensor> {
    let Some(first) = parts.first() else {
        return Err(Error::shape("expected at least one tensor"));
    };
    let widths: Vec<usize> = parts.iter().map(|part| part.shape().last()).collect();
    for part in parts {
        if part.ndim() == 0 || part.shape().with_last(1) != first.shape().with_last(1) {
            return Err(Error::shape(format!(
                "expected tensors that differ in their last axis alone, got {} and {}",
                first.shape(),
                part.shape()
            )));
        }
    }
    let shape = first.shape().with_last(widths.iter().sum());
    let parts: Vec<&Tensor> = parts.iter().collect();
    apply(tape, SideBySide { widths }, &parts, shape)
}

/// Sequences `(batch, steps, ..)` with the last step first.
///
/// # Errors
/// When `x` has fewer than two axes.
pub(crate) fn reverse_steps(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    let [_, steps, inner @ ..] = x.shape().dims() else {
        let error = format!("expected (batch, steps, ..), got {}", x.shape());
        return Err(Error::shape(error));
    };
    let op = ReverseSteps {
        steps: *steps,
        of_step: inner.iter().product(),
    };
    apply(tape, op, &[x], x.shape().clone())
}

fn same_shape(x: &Tensor, y: &Tensor) -> Result<()> {
    match x.shape() == y.shape() {
        true => Ok(()),
        false => Err(Error::shape(format!(
            "expected two tensors of one shape, got {} and {}",
            x.shape(),
            y.shape()
        ))),
    }
}

pub(super) struct Choose {
    pub(super) chosen: Vec<bool>,
}

impl Op for Choose {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let width = output.len() / self.chosen.len();
        for (row, &first) in self.chosen.iter().enumerate() {
            let numbers = row * width..(row + 1) * width;
            let from = &inputs[usize::from(!first)][numbers.clone()];
            output[numbers].copy_from_slice(from);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let width = at.gradient.len() / self.chosen.len();
        for (which, wanted) in at.wanted.iter_mut().enumerate() {
            if let Some(wanted) = wanted {
                let takes = |i: usize| self.chosen[i / width] == (which == 0);
                wanted.add_each(|i| if takes(i) { at.gradient[i] } else { 0.0 });
            }
        }
    }
}

pub(super) struct Columns {
    pub(super) width: usize,
    pub(super) columns: Range<usize>,
}

impl Op for Columns {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.width);
        for (to, from) in output.chunks_exact_mut(self.columns.len()).zip(rows) {
            to.copy_from_slice(&from[self.columns.clone()]);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let rows = x.values.chunks_exact_mut(self.width);
        for (to, from) in rows.zip(at.gradient.chunks_exact(self.columns.len())) {
            add(&mut to[self.columns.clone()], from);
        }
    }
}

pub(super) struct SideBySide {
    pub(super) widths: Vec<usize>,
}

impl Op for SideBySide {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let total = self.widths.iter().sum();
        for (row, mut to) in output.chunks_exact_mut(total).enumerate() {
            for (input, &width) in inputs.iter().zip(&self.widths) {
                let (part, rest) = to.split_at_mut(width);
                part.copy_from_slice(&input[row * width..(row + 1) * width]);
                to = rest;
            }
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let total = self.widths.iter().sum();
        at.wanted
            .iter_mut()
            .flatten()
            .for_each(Wanted::clear_if_fresh);
        for (row, mut from) in at.gradient.chunks_exact(total).enumerate() {
            for (wanted, &width) in at.wanted.iter_mut().zip(&self.widths) {
                let (part, rest) = from.split_at(width);
                if let Some(wanted) = wanted {
                    add(&mut wanted.values[row * width..(row + 1) * width], part);
                }
                from = rest;
            }
        }
    }
}

pub(super) struct ReverseSteps {
    pub(super) steps: usize,
    pub(super) of_step: usize,
}

impl Op for ReverseSteps {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let of_row = self.steps * self.of_step;
        for (to, from) in output
            .chunks_exact_mut(of_row)
            .zip(inputs[0].chunks_exact(of_row))
        {
            let steps = to.chunks_exact_mut(self.of_step);
            for (to, from) in steps.zip(from.chunks_exact(self.of_step).rev()) {
                to.copy_from_slice(from);
            }
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let of_row = self.steps * self.of_step;
        let rows = x.values.chunks_exact_mut(of_row);
        for (to, from) in rows.zip(at.gradient.chunks_exact(of_row)) {
            let steps = to.chunks_exact_mut(self.of_step);
            for (to, from) in steps.zip(from.chunks_exact(self.of_step).rev()) {
                add(to, from);
            }
        }
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
