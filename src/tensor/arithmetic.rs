//! `+ - * /` between tensors and numbers.
//!
//! `std::ops` cannot return a `Result`, so tensors whose shapes do not broadcast panic here, with
//! the text that [`Shape::broadcast`] gives; a notebook cell then fails and keeps its variables.

use std::ops::{Add, Div, Mul, Neg, Sub};

use rayon::prelude::*;

use super::{Data, Shape, Tensor};

/// Big enough that handing a piece to another thread pays.
const PIECE: usize = 1 << 16;

impl Tensor {
    /// `f` of every element, as floats.
    pub fn map(&self, f: impl Fn(f32) -> f32 + Sync) -> Tensor {
        fn each<T: Copy + Sync>(from: &[T], f: impl Fn(T) -> f32 + Sync) -> Vec<f32> {
            let mut values = vec![0.0; from.len()];
            values
                .par_chunks_mut(PIECE)
                .zip(from.par_chunks(PIECE))
                .for_each(|(to, from)| {
                    for (to, &from) in to.iter_mut().zip(from) {
                        *to = f(from);
                    }
                });
            values
        }
        let values = match &self.data {
            Data::Float32(floats) => each(floats.as_slice(), &f),
            Data::Uint8(bytes) => each(bytes, |v| f(f32::from(v))),
            Data::Int64(numbers) => each(numbers, |v| f(v as f32)),
        };
        Tensor::from_floats(values, self.shape.clone())
    }

    #[track_caller]
    fn zip(&self, other: &Tensor, f: fn(f32, f32) -> f32) -> Tensor {
        let shape = match self.shape.broadcast(&other.shape) {
            Ok(shape) => shape,
            Err(error) => panic!("{error}"),
        };
        let (a, b) = (self.to_vec::<f32>(), other.to_vec::<f32>());
        let values = if self.shape == other.shape {
            a.iter().zip(&b).map(|(&a, &b)| f(a, b)).collect()
        } else {
            let (of_a, of_b) = (strides(&self.shape, &shape), strides(&other.shape, &shape));
            let position = |mut i: usize, strides: &[usize]| {
                let mut at = 0;
                for (size, stride) in shape.iter().zip(strides).rev() {
                    at += (i % size) * stride;
                    i /= size;
                }
                at
            };
            (0..shape.elements())
                .map(|i| f(a[position(i, &of_a)], b[position(i, &of_b)]))
                .collect()
        };
        Tensor::from_floats(values, shape)
    }
}

/// How far apart in `shape` the neighbors along each axis of `to` are: 0 where it is stretched.
fn strides(shape: &Shape, to: &Shape) -> Vec<usize> {
    let missing = to.rank() - shape.rank();
    let mut strides = vec![0; to.rank()];
    let mut step = 1;
    for i in (0..shape.rank()).rev() {
        if shape[i] != 1 {
            strides[missing + i] = step;
        }
        step *= shape[i];
    }
    strides
}

/// One operator for every combination of owned and borrowed tensors and numbers.
///
/// One float and one integer type only: with two, rustc could not tell the type of `&x / 255.0`.
macro_rules! operator {
    ($trait:ident, $method:ident, $op:tt) => {
        operator!(@tensors $trait, $method, $op, Tensor, Tensor);
        operator!(@tensors $trait, $method, $op, Tensor, &Tensor);
        operator!(@tensors $trait, $method, $op, &Tensor, Tensor);
        operator!(@tensors $trait, $method, $op, &Tensor, &Tensor);
        operator!(@numbers $trait, $method, $op, f32);
        operator!(@numbers $trait, $method, $op, i32);
    };
    (@tensors $trait:ident, $method:ident, $op:tt, $left:ty, $right:ty) => {
        impl $trait<$right> for $left {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $right) -> Tensor {
                self.zip(&other, |a, b| a $op b)
            }
        }
    };
    (@numbers $trait:ident, $method:ident, $op:tt, $number:ty) => {
        impl $trait<$number> for &Tensor {
            type Output = Tensor;
            fn $method(self, number: $number) -> Tensor {
                let number = number as f32;
                self.map(move |v| v $op number)
            }
        }
        impl $trait<$number> for Tensor {
            type Output = Tensor;
            fn $method(self, number: $number) -> Tensor {
                &self $op number
            }
        }
        impl $trait<&Tensor> for $number {
            type Output = Tensor;
            fn $method(self, tensor: &Tensor) -> Tensor {
                let number = self as f32;
                tensor.map(move |v| number $op v)
            }
        }
        impl $trait<Tensor> for $number {
            type Output = Tensor;
            fn $method(self, tensor: Tensor) -> Tensor {
                self $op &tensor
            }
        }
    };
}

operator!(Add, add, +);
operator!(Sub, sub, -);
operator!(Mul, mul, *);
operator!(Div, div, /);

impl Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        self.map(|v| -v)
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        -&self
    }
}
