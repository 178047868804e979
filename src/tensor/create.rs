//! Making tensors.
//!
//! A tensor that does not fit into memory is a panic: a notebook cell then fails and keeps its
//! variables, where the allocator would end the process.

use std::sync::Arc;

use rand::Rng;

use super::{DType, Data, Shape, Tensor};
use crate::random;

impl Tensor {
    /// All zeros.
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Tensor {
        Tensor::full(shape, 0.0)
    }

    /// All ones.
    #[track_caller]
    pub fn ones(shape: impl Into<Shape>) -> Tensor {
        Tensor::full(shape, 1.0)
    }

    /// The same value everywhere.
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: f32) -> Tensor {
        let shape = shape.into();
        require_memory::<f32>(&shape);
        Tensor::from_floats(vec![value; shape.elements()], shape)
    }

    /// One number, of shape `()`.
    pub fn scalar(value: f32) -> Tensor {
        Tensor::from_floats(vec![value], Shape::from(()))
    }

    /// The whole numbers `0, 1, .., n - 1`.
    ///
    /// Keras: `keras.ops.arange(n)`.
    #[track_caller]
    pub fn arange(n: usize) -> Tensor {
        let shape = Shape::from(n);
        require_memory::<i64>(&shape);
        let values = (0..n as i64).collect();
        Tensor::new(Data::Int64(Arc::new(values)), shape)
    }

    /// Numbers drawn evenly from `low..high`; repeatable after
    /// [`set_random_seed`](crate::set_random_seed).
    ///
    /// Keras: `keras.random.uniform`.
    #[track_caller]
    pub fn random_uniform(shape: impl Into<Shape>, low: f32, high: f32) -> Tensor {
        let shape = shape.into();
        require_memory::<f32>(&shape);
        let mut generator = random::stream();
        let values = (0..shape.elements()).map(|_| low + (high - low) * generator.r#gen::<f32>());
        Tensor::from_floats(values.collect(), shape)
    }

    /// Numbers from a normal distribution; repeatable after
    /// [`set_random_seed`](crate::set_random_seed).
    ///
    /// Keras: `keras.random.normal`.
    #[track_caller]
    pub fn random_normal(shape: impl Into<Shape>, mean: f32, stddev: f32) -> Tensor {
        let shape = shape.into();
        require_memory::<f32>(&shape);
        let mut generator = random::stream();
        let values =
            (0..shape.elements()).map(|_| mean + stddev * random::normal(&mut generator) as f32);
        Tensor::from_floats(values.collect(), shape)
    }

    /// The same numbers in another type; floats lose what comes after the point, and go to the
    /// nearest number that the type has.
    ///
    /// Keras: `keras.ops.cast` / NumPy's `astype`.
    pub fn astype(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            return self.clone();
        }
        let data = match dtype {
            DType::Float32 => return Tensor::from_floats(self.to_vec(), self.shape.clone()),
            DType::Uint8 => Data::Uint8(Arc::new(self.to_vec())),
            DType::Int64 => Data::Int64(Arc::new(self.to_vec())),
        };
        Tensor::new(data, self.shape.clone())
    }
}

/// Panics when the system refuses the memory for a tensor of `shape`.
#[track_caller]
fn require_memory<T>(shape: &Shape) {
    let reserved = Vec::<T>::new().try_reserve_exact(shape.elements());
    assert!(
        reserved.is_ok(),
        "a tensor of shape {shape} does not fit into memory"
    );
}
