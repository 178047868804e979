//! Norms.

use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};

/// The sum of the squares of `values` in double precision, where no sum of squares of floats is too large.
pub(crate) fn sum_of_squares(values: &[f32]) -> f64 {
    const LANES: usize = 16;
    const PIECE: usize = 1 << 14;
    let of_piece = |piece: &[f32]| {
        vectorized(
            #[inline(always)]
            || {
                let mut sums = [0.0f64; LANES];
                for part in piece.chunks(LANES) {
                    for (sum, v) in sums.iter_mut().zip(part) {
                        *sum += f64::from(*v) * f64::from(*v);
                    }
                }
                sums.iter().sum::<f64>()
            },
        )
    };
    let sums: Vec<f64> = values.par_chunks(PIECE).map(of_piece);
    sums.iter().sum()
}
