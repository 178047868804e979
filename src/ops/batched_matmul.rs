//! Many products of matrices of the same sizes, that lie anywhere in their slices: the heads of an
//! attention are multiplied where they are.

use super::matmul::{Matrix, MatrixMut, Pointer, multiply_block, multiply_on_all_threads};
use crate::ops::shared_work::share_out;

/// Matrices in a slice, one for each position along some batch axes.
#[derive(Clone, Debug)]
pub(super) struct Matrices {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// How far apart rows are; columns are neighbors.
    pub(super) row_step: usize,
    /// How far apart matrices are along each batch axis; 0 where all use the same.
    pub(super) steps: Vec<usize>,
}

impl Matrices {
    /// Whether several positions have the same matrix.
    pub(super) fn are_shared(&self, batches: &[usize]) -> bool {
        let mut axes = batches.iter().zip(&self.steps);
        axes.any(|(&size, &step)| size > 1 && step == 0)
    }

    fn at<'a>(&self, values: &'a [f32], start: usize) -> Matrix<'a> {
        Matrix::with_row_stride(&values[start..], self.rows, self.columns, self.row_step)
    }

    /// Where the matrix of position `index` begins.
    fn start(&self, batches: &[usize], mut index: usize) -> usize {
        let mut start = 0;
        for (&size, &step) in batches.iter().zip(&self.steps).rev() {
            start += index % size * step;
            index /= size;
        }
        start
    }

    /// Whether no element belongs to two matrices or to two places of one.
    fn are_apart(&self, batches: &[usize]) -> bool {
        let own = [(self.rows, self.row_step), (self.columns, 1)];
        let batches = batches.iter().copied().zip(self.steps.iter().copied());
        let mut axes: Vec<(usize, usize)> =
            batches.chain(own).filter(|(size, _)| *size > 1).collect();
        axes.sort_unstable_by_key(|(_, step)| *step);
        let mut reach = 0;
        axes.iter().all(|(size, step)| {
            let apart = *step > reach;
            reach += (size - 1) * step;
            apart
        })
    }
}

/// One of the factors, as it is or transposed.
pub(super) struct Factor<'a> {
    pub(super) values: &'a [f32],
    pub(super) matrices: &'a Matrices,
    pub(super) transposed: bool,
}

impl<'a> Factor<'a> {
    fn at(&self, batches: &[usize], index: usize) -> Matrix<'a> {
        let start = self.matrices.start(batches, index);
        let matrix = self.matrices.at(self.values, start);
        if self.transposed {
            matrix.transposed()
        } else {
            matrix
        }
    }
}

/// `out = a · b`, or `out += a · b`, for every position along the batch axes. Matrices of `out` that
/// are shared take the sum of their products.
pub(super) fn multiply_each(
    batches: &[usize],
    out: (&mut [f32], &Matrices),
    accumulate: bool,
    a: &Factor<'_>,
    b: &Factor<'_>,
) {
    /// So many multiplications are worth another thread.
    const WORTH: usize = 1 << 16;
    let (values, matrices) = out;
    let (rows, columns) = (matrices.rows, matrices.columns);
    let count: usize = batches.iter().product();
    if rows * columns == 0 || count == 0 {
        return;
    }
    if matrices.are_shared(batches) && !accumulate {
        values.fill(0.0);
    }
    let inner = if a.transposed {
        a.matrices.rows
    } else {
        a.matrices.columns
    };
    let each = rows * columns * inner.max(1);
    let threads = rayon::current_num_threads();
    if matrices.are_shared(batches) || (count < 2 * threads && each >= WORTH) {
        let accumulate = accumulate || matrices.are_shared(batches);
        for i in 0..count {
            let start = matrices.start(batches, i);
            let out = &mut values[start..];
            let out = MatrixMut::with_row_stride(out, rows, columns, matrices.row_step);
            multiply_on_all_threads(out, accumulate, a.at(batches, i), b.at(batches, i));
        }
        return;
    }
    assert!(matrices.are_apart(batches));
    let last = matrices.start(batches, count - 1) + (rows - 1) * matrices.row_step + columns;
    assert!(last <= values.len());
    let pointer = Pointer(values.as_mut_ptr());
    let one = |i: usize| {
        let Pointer(first) = { pointer };
        let (a, b) = (a.at(batches, i), b.at(batches, i));
        // SAFETY: the last matrix ends inside of the slice, no two have an element in common, and
        // `values` is borrowed mutably.
        unsafe {
            let to = Pointer(first.add(matrices.start(batches, i)));
            multiply_block(to, matrices.row_step, 0..rows, 0..columns, accumulate, a, b);
        }
    };
    let at_once = WORTH.div_ceil(each);
    share_out(count, at_once, &one);
}
