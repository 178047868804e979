//! Sums, means, extremes, argmax.

use std::sync::Arc;

use super::{Data, PIECE, Shape, Tensor};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::{Error, Result};

impl Tensor {
    /// The sum of all elements.
    pub fn sum(&self) -> f32 {
        self.fold(0.0, |a, b| a + b) as f32
    }

    /// The mean of all elements; NaN when there are none.
    pub fn mean(&self) -> f32 {
        (self.fold(0.0, |a, b| a + b) / self.size() as f64) as f32
    }

    /// The smallest element; NaN when there is one, infinity when there are no elements.
    pub fn min(&self) -> f32 {
        self.smallest() as f32
    }

    /// The largest element; NaN when there is one, minus infinity when there are no elements.
    pub fn max(&self) -> f32 {
        self.largest() as f32
    }

    /// As [`min`](Self::min), with all digits of whole numbers.
    pub(super) fn smallest(&self) -> f64 {
        self.fold(
            f64::INFINITY,
            |a, b| if a < b || a.is_nan() { a } else { b },
        )
    }

    /// As [`max`](Self::max), with all digits of whole numbers.
    pub(super) fn largest(&self) -> f64 {
        self.fold(
            f64::NEG_INFINITY,
            |a, b| if a > b || a.is_nan() { a } else { b },
        )
    }

    /// Folds pieces of a fixed length, then their results: the same on any number of threads.
    fn fold(&self, start: f64, f: impl Fn(f64, f64) -> f64 + Sync) -> f64 {
        fn each<T: Copy + Sync>(
            values: &[T],
            as_f64: impl Fn(T) -> f64 + Sync,
            start: f64,
            f: impl Fn(f64, f64) -> f64 + Sync,
        ) -> f64 {
            let pieces = values.par_chunks(PIECE);
            let of_piece = |piece: &[T]| piece.iter().fold(start, |a, &v| f(a, as_f64(v)));
            let results: Vec<f64> = pieces.map(of_piece);
            results.into_iter().fold(start, &f)
        }
        match &self.data {
            Data::Float32(floats) => each(floats.as_slice(), f64::from, start, f),
            Data::Uint8(bytes) => each(bytes, f64::from, start, f),
            Data::Int64(numbers) => each(numbers, |v| v as f64, start, f),
        }
    }

    /// Where the largest element along `axis` is (the first one, when several are equal), as an
    /// int64 tensor without that axis. -1 is the last axis. NaN counts as the largest.
    ///
    /// Keras: `keras.ops.argmax`.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let probabilities = Tensor::from_vec(vec![0.1, 0.9, 0.8, 0.2], (2, 2))?;
    /// assert_eq!(probabilities.argmax(-1)?.to_vec::<usize>(), [1, 0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn argmax(&self, axis: isize) -> Result<Tensor> {
        let axis = self.shape.axis(axis)?;
        let size = self.shape[axis];
        if size == 0 {
            return Err(Error::shape(format!(
                "axis {axis} of a tensor of shape {} is empty: it has no largest element",
                self.shape
            )));
        }
        let values = self.as_floats();
        let after: usize = self.shape[axis + 1..].iter().product();
        let before: usize = self.shape[..axis].iter().product();
        let mut winners = Vec::with_capacity(before * after);
        for i in 0..before {
            for j in 0..after {
                let value = |k: usize| values[(i * size + k) * after + j];
                let wins = |value: f32, best: f32| value > best || value.is_nan() && !best.is_nan();
                let best = (1..size).fold(
                    0,
                    |best, k| if wins(value(k), value(best)) { k } else { best },
                );
                winners.push(best as i64);
            }
        }
        let mut dims = self.shape.to_vec();
        dims.remove(axis);
        Ok(Tensor::new(
            Data::Int64(Arc::new(winners)),
            Shape::from(dims),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_shows_in_every_reduction() -> Result<()> {
        let x = Tensor::from_vec(vec![1.0, f64::NAN, 3.0], 3)?;
        assert!(x.min().is_nan() && x.max().is_nan() && x.sum().is_nan());
        assert_eq!(x.argmax(0)?.to_vec::<usize>(), [1]);
        Ok(())
    }

    #[test]
    fn pieces_make_the_whole() -> Result<()> {
        let x = Tensor::arange(3 * PIECE + 5);
        let last = (3 * PIECE + 4) as f32;
        assert_eq!((x.min(), x.max()), (0.0, last));
        assert_eq!(x.mean(), last / 2.0);
        assert_eq!(Tensor::zeros(0).sum(), 0.0);
        assert!(Tensor::zeros(0).mean().is_nan());
        assert_eq!(Tensor::zeros(0).max(), f32::NEG_INFINITY);
        Ok(())
    }
}
