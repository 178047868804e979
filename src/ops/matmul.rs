//! Matrix products over slices, by the `gemm` crate, split over the cores.

use crate::ops::shared_work::{Parallel, ParallelJobs};
/// A matrix somewhere in a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major and without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::with_row_stride(data, rows, columns, columns)
    }

    /// Row-major, each row `row_stride` after the one before.
    pub(crate) fn with_row_stride(
        data: &'a [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
    ) -> Self {
        assert!(fits(data.len(), rows, columns, row_stride));
        Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
    }

    /// The transposed matrix, without moving anything.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// A row-major matrix to write into.
pub(crate) struct MatrixMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

impl<'a> MatrixMut<'a> {
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        Self::with_row_stride(data, rows, columns, columns)
    }

    pub(crate) fn with_row_stride(
        data: &'a mut [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
    ) -> Self {
        assert!(fits(data.len(), rows, columns, row_stride));
        Self {
            data,
            rows,
            columns,
            row_stride,
        }
    }
}

fn fits(len: usize, rows: usize, columns: usize, row_stride: usize) -> bool {
    rows == 0 || columns == 0 || (rows - 1) * row_stride + columns <= len
}

/// `out = a · b`, or `out += a · b`, on this thread.
pub(crate) fn multiply(out: MatrixMut<'_>, accumulate: bool, a: Matrix<'_>, b: Matrix<'_>) {
    let (rows, columns, pointer) = (out.rows, out.columns, Pointer(out.data.as_mut_ptr()));
    assert!(a.rows == rows && b.columns == columns && a.columns == b.rows);
    // SAFETY: `out` is borrowed mutably, its bounds were checked when it was made.
    unsafe {
        multiply_block(
            pointer,
            out.row_stride,
            0..rows,
            0..columns,
            accumulate,
            a,
            b,
        )
    }
}

/// `out = a · b`, or `out += a · b`, on all threads: each takes a band of rows or of columns.
pub(crate) fn multiply_on_all_threads(
    out: MatrixMut<'_>,
    accumulate: bool,
    a: Matrix<'_>,
    b: Matrix<'_>,
) {
    /// Fewer multiplications than this are done before another thread wakes up.
    const WORTH_SPLITTING: usize = 1 << 16;
    let (rows, columns) = (out.rows, out.columns);
    if rows * columns * a.columns < WORTH_SPLITTING {
        return multiply(out, accumulate, a, b);
    }
    assert!(a.rows == rows && b.columns == columns && a.columns == b.rows);
    let (pointer, stride) = (Pointer(out.data.as_mut_ptr()), out.row_stride);
    // The longer side is split, so that neither factor is read twice in full.
    let by_rows = rows >= columns;
    super::pieces(rows.max(columns), 16)
        .into_par_iter()
        .for_each(|piece| {
            let (rows, columns) = if by_rows {
                (piece, 0..columns)
            } else {
                (0..rows, piece)
            };
            // SAFETY: the pieces are disjoint, so no element is written by two threads.
            unsafe { multiply_block(pointer, stride, rows, columns, accumulate, a, b) }
        });
}

/// The start of the output, shared by threads that write disjoint blocks of it.
#[derive(Clone, Copy)]
pub(super) struct Pointer(pub(super) *mut f32);
// SAFETY: the threads that share it write disjoint elements.
unsafe impl Send for Pointer {}
// SAFETY: as above.
unsafe impl Sync for Pointer {}

/// # Safety
/// The block must lie inside of the output and be written by nobody else meanwhile.
pub(super) unsafe fn multiply_block(
    out: Pointer,
    stride: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    accumulate: bool,
    a: Matrix<'_>,
    b: Matrix<'_>,
) {
    let inner = a.columns;
    if rows.is_empty() || columns.is_empty() {
        return;
    }
    let a_start = a.data.as_ptr().wrapping_add(rows.start * a.row_stride);
    let b_start = b
        .data
        .as_ptr()
        .wrapping_add(columns.start * b.column_stride);
    // SAFETY: the caller's block lies inside of the output, and the factors were checked to have
    // the sizes that the block needs when they were made.
    unsafe {
        gemm::gemm(
            rows.len(),
            columns.len(),
            inner,
            out.0.add(rows.start * stride + columns.start),
            1,
            stride as isize,
            accumulate,
            a_start,
            a.column_stride as isize,
            a.row_stride as isize,
            b_start,
            b.column_stride as isize,
            b.row_stride as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_match_the_definition_in_every_layout() {
        let (m, k, n) = (37, 19, 300);
        let a: Vec<f32> = (0..m * k).map(|i| (i % 13) as f32 - 6.0).collect();
        let b: Vec<f32> = (0..k * n).map(|i| (i % 7) as f32 - 3.0).collect();
        let expected =
            |i: usize, j: usize| -> f32 { (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum() };
        let (left, right) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let mut out = vec![f32::NAN; m * n];
        multiply_on_all_threads(MatrixMut::new(&mut out, m, n), false, left, right);
        multiply(MatrixMut::new(&mut out, m, n), true, left, right);
        for i in 0..m {
            for j in 0..n {
                assert_eq!(out[i * n + j], 2.0 * expected(i, j));
            }
        }
        let mut flipped = vec![f32::NAN; m * n];
        let out = MatrixMut::new(&mut flipped, n, m);
        multiply_on_all_threads(out, false, right.transposed(), left.transposed());
        assert_eq!(flipped[5 * m + 3], expected(3, 5));
    }
}
