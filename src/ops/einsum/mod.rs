//! Sums of products over named axes.

mod equation;

use equation::{Equation, Label};

use super::layout::{Layout, steps_of};
use super::{matmul, multiply, sum, transpose};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// Multiplies tensors along axes of the same letter and sums over the letters that the result does
/// not have: `"ab,bc->ac"` is a product of matrices.
///
/// `...` stands for further axes. Axes of size 1 broadcast. Without `->`, the result has the letters
/// that stand there once, in the order of the alphabet. A letter twice in one term is a diagonal.
///
/// Keras: `keras.ops.einsum`.
///
/// # Errors
/// When the equation cannot be read or does not fit the tensors.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let (a, b) = (Tensor::ones((5, 2, 3)), Tensor::ones((3, 4)));
/// let y = ops::einsum(&mut Tape::off(), "nij,jk->nki", &[&a, &b])?;
/// assert_eq!(y, Tensor::full((5, 4, 2), 3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn einsum(tape: &mut Tape, equation: &str, tensors: &[&Tensor]) -> Result<Tensor> {
    let ranks: Vec<usize> = tensors.iter().map(|x| x.ndim()).collect();
    let Equation { operands, output } = Equation::parse(equation, &ranks)?;
    let all: Vec<(Label, usize)> = tensors
        .iter()
        .zip(&operands)
        .flat_map(|(x, labels)| labels.iter().copied().zip(x.shape().to_vec()))
        .collect();
    let mut factors = Vec::new();
    for (x, labels) in tensors.iter().zip(operands) {
        factors.push(Named::new(tape, x, labels, &all)?);
    }
    let mut rest = factors.into_iter();
    let Some(mut product) = rest.next() else {
        return Err(Error::argument("tensors", "at least one tensor", "none"));
    };
    while let Some(next) = rest.next() {
        let others = rest.as_slice();
        let wanted = |label: &Label| {
            output.contains(label) || others.iter().any(|other| other.labels.contains(label))
        };
        product = contract(tape, product, next, wanted)?;
    }
    product
        .summed(tape, |label| output.contains(label))?
        .ordered(tape, &output)
}

/// A tensor whose axes have names that differ.
struct Named {
    x: Tensor,
    labels: Vec<Label>,
}

impl Named {
    /// Takes diagonals, and leaves axes of size 1 out that are longer elsewhere; `all` are the axes
    /// of every tensor.
    fn new(
        tape: &mut Tape,
        x: &Tensor,
        labels: Vec<Label>,
        all: &[(Label, usize)],
    ) -> Result<Named> {
        let mut kept: Vec<Label> = Vec::new();
        let (mut sizes, mut steps) = (Vec::new(), Vec::new());
        for ((label, &size), step) in labels.iter().zip(x.shape().iter()).zip(steps_of(x.shape())) {
            let mut elsewhere = all.iter().filter(|(other, _)| other == label);
            if let Some((_, longer)) = elsewhere.find(|(_, other)| *other != 1 && *other != size) {
                if size == 1 {
                    continue;
                }
                return Err(Error::shape(format!(
                    "axes of the same name in `equation` have the sizes {size} and {longer}"
                ))
                .remedy("they must be equal, or 1"));
            }
            match kept.iter().position(|own| own == label) {
                Some(own) => steps[own] += step,
                None => {
                    kept.push(*label);
                    sizes.push(size);
                    steps.push(step);
                }
            }
        }
        let shape = Shape::from(sizes);
        let x = if shape.elements() == x.size() {
            x.reshape(shape)?
        } else {
            let op = Diagonal(Layout::new(&shape, &steps, 0));
            apply(tape, op, &[x], shape)?
        };
        Ok(Named { x, labels: kept })
    }

    /// The sums over all axes but those that are `wanted`.
    fn summed(self, tape: &mut Tape, wanted: impl Fn(&Label) -> bool) -> Result<Named> {
        let unwanted = |(_, label): &(usize, &Label)| !wanted(label);
        let axes = self.labels.iter().enumerate().filter(unwanted);
        let axes: Vec<isize> = axes.map(|(axis, _)| axis as isize).collect();
        if axes.is_empty() {
            return Ok(self);
        }
        let mut labels = self.labels;
        labels.retain(wanted);
        Ok(Named {
            x: sum(tape, &self.x, &axes, false)?,
            labels,
        })
    }

    /// The tensor with its axes in this order, each of which it has.
    fn ordered(&self, tape: &mut Tape, labels: &[Label]) -> Result<Tensor> {
        let axes: Vec<usize> = labels.iter().filter_map(|label| self.axis(label)).collect();
        transpose(tape, &self.x, &axes)
    }

    fn axis(&self, label: &Label) -> Option<usize> {
        self.labels.iter().position(|own| own == label)
    }

    fn sizes(&self, labels: &[Label]) -> Vec<usize> {
        let axes = labels.iter().filter_map(|label| self.axis(label));
        axes.map(|axis| self.x.shape()[axis]).collect()
    }
}

/// The product of two tensors, summed over all axes but those that are `wanted` after it.
fn contract(tape: &mut Tape, a: Named, b: Named, wanted: impl Fn(&Label) -> bool) -> Result<Named> {
    let a = a.summed(tape, |label| wanted(label) || b.labels.contains(label))?;
    let b = b.summed(tape, |label| wanted(label) || a.labels.contains(label))?;
    let shared = |label: &Label| a.labels.contains(label) && b.labels.contains(label);
    let (both, rows): (Vec<Label>, Vec<Label>) = a.labels.iter().partition(|label| shared(label));
    let (batch, inner): (Vec<Label>, Vec<Label>) = both.into_iter().partition(&wanted);
    let columns: Vec<Label> = b.labels.iter().copied().filter(|l| !shared(l)).collect();

    let front = [a.sizes(&batch), a.sizes(&rows)].concat();
    let shape = Shape::from([front, b.sizes(&columns)].concat());
    let labels = [batch.as_slice(), &rows, &columns].concat();
    let count = |sizes: Vec<usize>| Shape::from(sizes).elements();
    let (batches, within) = (count(a.sizes(&batch)), count(a.sizes(&inner)));
    let (height, width) = (count(a.sizes(&rows)), count(b.sizes(&columns)));
    if within == 0 || shape.elements() == 0 {
        let x = Tensor::zeros(shape);
        return Ok(Named { x, labels });
    }
    let left = a.ordered(tape, &[batch.as_slice(), &rows, &inner].concat())?;
    let right = b.ordered(tape, &[batch.as_slice(), &inner, &columns].concat())?;
    let y = if inner.is_empty() {
        let (left, right) = (
            left.reshape((batches, height, 1))?,
            right.reshape((batches, 1, width))?,
        );
        multiply(tape, &left, &right)?
    } else if rows.is_empty() && columns.is_empty() {
        let (left, right) = (
            left.reshape((batches, within))?,
            right.reshape((batches, within))?,
        );
        let products = multiply(tape, &left, &right)?;
        sum(tape, &products, &[-1], false)?
    } else if batch.is_empty() {
        let (left, right) = (
            left.reshape((height, within))?,
            right.reshape((within, width))?,
        );
        matmul(tape, &left, &right)?
    } else {
        let (left, right) = (
            left.reshape((batches, height, within))?,
            right.reshape((batches, within, width))?,
        );
        matmul(tape, &left, &right)?
    };
    let x = y.reshape(shape)?;
    Ok(Named { x, labels })
}

/// What stands at the same place on several axes.
pub(super) struct Diagonal(pub(super) Layout);

impl Op for Diagonal {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        self.0.gather_all(inputs[0], output);
    }

    fn backward(&self, at: Backpass<'_>) {
        if let Some(x) = &mut at.wanted[0] {
            x.clear_if_fresh();
            self.0.scatter_add(at.gradient, x.values);
        }
    }
}
