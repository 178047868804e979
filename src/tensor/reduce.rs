//! Sums, means, extremes, argmax.

use std::sync::Arc;

use super::{Data, Shape, Tensor};
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

    /// The smallest element; infinity when there are none.
    pub fn min(&self) -> f32 {
        self.fold(f64::INFINITY, f64::min) as f32
    }

    /// The largest element; minus infinity when there are none.
    pub fn max(&self) -> f32 {
        self.fold(f64::NEG_INFINITY, f64::max) as f32
    }

    fn fold(&self, start: f64, f: fn(f64, f64) -> f64) -> f64 {
        match &self.data {
            Data::Float32(floats) => floats.as_slice().iter().fold(start, |a, &v| f(a, v.into())),
            Data::Uint8(bytes) => bytes.iter().fold(start, |a, &v| f(a, v.into())),
            Data::Int64(numbers) => numbers.iter().fold(start, |a, &v| f(a, v as f64)),
        }
    }

    /// Where the largest element along `axis` is (the first one, when several are equal), as an
    /// int64 tensor without that axis. -1 is the last axis.
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
        let values = self.to_vec::<f32>();
        let after: usize = self.shape[axis + 1..].iter().product();
        let before: usize = self.shape[..axis].iter().product();
        let mut winners = Vec::with_capacity(before * after);
        for i in 0..before {
            for j in 0..after {
                let value = |k: usize| values[(i * size + k) * after + j];
                let best =
                    (1..size).fold(0, |best, k| if value(k) > value(best) { k } else { best });
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
