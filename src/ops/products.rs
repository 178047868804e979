//! Products of stacks of matrices.

use super::batched_matmul::{Factor, Matrices, multiply_each};
use super::layout::steps_of;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The product of matrices on the last two axes; the axes in front broadcast. A tensor of one axis
/// counts as a row on the left and as a column on the right.
///
/// Keras: `keras.ops.matmul`.
///
/// # Errors
/// When the sizes do not fit.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let (a, b) = (Tensor::ones((5, 2, 3)), Tensor::ones((3, 4)));
/// let y = ops::matmul(&mut Tape::off(), &a, &b)?;
/// assert_eq!(y, Tensor::full((5, 2, 4), 3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn matmul(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let misfit = || {
        Error::shape(format!(
            "cannot multiply matrices of shapes {} and {}",
            a.shape(),
            b.shape()
        ))
        .remedy("the last axis of the first must be as long as the last but one of the second")
    };
    if a.ndim() == 0 || b.ndim() == 0 {
        return Err(misfit());
    }
    if a.ndim() == 1 {
        let y = matmul(tape, &a.reshape((1, a.size()))?, b).map_err(|_| misfit())?;
        let mut sizes = y.shape().to_vec();
        sizes.remove(sizes.len().saturating_sub(2).min(sizes.len() - 1));
        return y.reshape(sizes);
    }
    if b.ndim() == 1 {
        let y = matmul(tape, a, &b.reshape((b.size(), 1))?).map_err(|_| misfit())?;
        let sizes = y.shape()[..y.ndim() - 1].to_vec();
        return y.reshape(sizes);
    }
    let split = |x: &Tensor| {
        let (front, back) = x.shape().split_at(x.ndim() - 2);
        (Shape::from(front), back[0], back[1])
    };
    let ((front_a, rows, inner), (front_b, inner_b, columns)) = (split(a), split(b));
    if inner != inner_b {
        return Err(misfit());
    }
    if b.ndim() == 2 && a.ndim() > 2 {
        // One product of many rows.
        let flat = a.reshape((front_a.elements() * rows, inner))?;
        let y = matmul(tape, &flat, b)?;
        return y.reshape(a.shape().with_last(columns));
    }
    let front = front_a.broadcast(&front_b).map_err(|_| misfit())?;
    let matrices = |own: &Shape, rows: usize, columns: usize| {
        let missing = front.rank() - own.rank();
        let steps = steps_of(own).into_iter().zip(own.iter());
        let steps = steps.map(|(step, &size)| if size == 1 { 0 } else { step * rows * columns });
        Matrices {
            rows,
            columns,
            row_step: columns,
            steps: std::iter::repeat_n(0, missing).chain(steps).collect(),
        }
    };
    let op = Products {
        a: matrices(&front_a, rows, inner),
        b: matrices(&front_b, inner, columns),
        b_transposed: false,
        out: matrices(&front, rows, columns),
        batches: front.to_vec(),
    };
    let shape = Shape::from([front.dims(), &[rows, columns]].concat());
    apply(tape, op, &[a, b], shape)
}

/// `out = a · b`, or `a · bᵀ`, for every position along the batch axes.
pub(super) struct Products {
    pub(super) batches: Vec<usize>,
    pub(super) a: Matrices,
    pub(super) b: Matrices,
    pub(super) b_transposed: bool,
    pub(super) out: Matrices,
}

impl Op for Products {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let a = plain(inputs[0], &self.a);
        let b = Factor {
            transposed: self.b_transposed,
            ..plain(inputs[1], &self.b)
        };
        multiply_each(&self.batches, (output, &self.out), false, &a, &b);
    }

    fn backward(&self, at: Backpass<'_>) {
        let gradient = plain(at.gradient, &self.out);
        let [of_a, of_b] = at.wanted else { return };
        if let Some(wanted) = of_a {
            let b = Factor {
                transposed: !self.b_transposed,
                ..plain(at.inputs[1], &self.b)
            };
            let out = (&mut *wanted.values, &self.a);
            multiply_each(&self.batches, out, !wanted.fresh, &gradient, &b);
        }
        if let Some(wanted) = of_b {
            let a = plain(at.inputs[0], &self.a);
            let (left, right) = match self.b_transposed {
                true => (gradient, a),
                false => (a, gradient),
            };
            let left = Factor {
                transposed: true,
                ..left
            };
            let out = (&mut *wanted.values, &self.b);
            multiply_each(&self.batches, out, !wanted.fresh, &left, &right);
        }
    }
}

fn plain<'a>(values: &'a [f32], matrices: &'a Matrices) -> Factor<'a> {
    Factor {
        values,
        matrices,
        transposed: false,
    }
}
