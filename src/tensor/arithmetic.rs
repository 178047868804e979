//! `+ - * /` between tensors and numbers.
//!
//! `std::ops` cannot return a `Result`, so tensors whose shapes do not broadcast panic here, with
//! the text that [`Shape::broadcast`] gives; a notebook cell then fails and keeps its variables.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Data, PIECE, Shape, Tensor};
use crate::ops::shared_work::{Parallel, ParallelSlice};

impl Tensor {
    /// `f` of every element, as floats.
    pub fn map(&self, f: impl Fn(f32) -> f32 + Sync) -> Tensor {
        fn each<T: Copy>(to: &mut [f32], from: &[T], f: impl Fn(T) -> f32) {
            for (to, &from) in to.iter_mut().zip(from) {
                *to = f(from);
            }
        }
        let mut values = vec![0.0; self.size()];
        let pieces = values.par_chunks_mut(PIECE).enumerate();
        pieces.for_each(|(piece, to)| {
            let start = piece * PIECE;
            match &self.data {
                Data::Float32(floats) => each(to, &floats.as_slice()[start..], &f),
                Data::Uint8(bytes) => each(to, &bytes[start..], |v| f(f32::from(v))),
                Data::Int64(numbers) => each(to, &numbers[start..], |v| f(v as f32)),
            }
        });
        Tensor::from_floats(values, self.shape.clone())
    }

    #[track_caller]
    fn zip(&self, other: &Tensor, f: impl Fn(f32, f32) -> f32 + Sync) -> Tensor {
        let shape = match self.shape.broadcast(&other.shape) {
            Ok(shape) => shape,
            Err(error) => panic!("{error}"),
        };
        let (a, b) = (self.as_floats(), other.as_floats());
        let axes = common_axes(&shape, &self.shape, &other.shape);
        let (outer, row) = match axes.split_last() {
            Some((row, outer)) => (outer, *row),
            None => (
                &[][..],
                Axis {
                    size: 1,
                    of_a: 0,
                    of_b: 0,
                },
            ),
        };
        let mut values = vec![0.0; shape.elements()];
        let fill = |(piece, values): (usize, &mut [f32])| {
            let (mut at, mut rest) = (piece * PIECE, values);
            while !rest.is_empty() {
                let (mut index, column) = (at / row.size, at % row.size);
                let (mut a_at, mut b_at) = (column * row.of_a, column * row.of_b);
                for axis in outer.iter().rev() {
                    a_at += index % axis.size * axis.of_a;
                    b_at += index % axis.size * axis.of_b;
                    index /= axis.size;
                }
                let run = (row.size - column).min(rest.len());
                let (to, after) = rest.split_at_mut(run);
                for (i, to) in to.iter_mut().enumerate() {
                    *to = f(a[a_at + i * row.of_a], b[b_at + i * row.of_b]);
                }
                (at, rest) = (at + run, after);
            }
        };
        values.par_chunks_mut(PIECE).enumerate().for_each(fill);
        Tensor::from_floats(values, shape)
    }
}

/// An axis of a result, and how far apart its neighbors are in both operands: 0 where one is
/// stretched.
#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    of_a: usize,
    of_b: usize,
}

/// The axes of `shape`, with neighboring ones joined where both operands go on evenly: operands of
/// the same shape have one long axis, a batch of pictures and a value for each channel two.
fn common_axes(shape: &Shape, a: &Shape, b: &Shape) -> Vec<Axis> {
    let (of_a, of_b) = (strides(a, shape), strides(b, shape));
    let mut axes: Vec<Axis> = Vec::new();
    for (i, &size) in shape.iter().enumerate().filter(|(_, size)| **size != 1) {
        let axis = Axis {
            size,
            of_a: of_a[i],
            of_b: of_b[i],
        };
        match axes.last_mut() {
            Some(last) if last.of_a == axis.of_a * size && last.of_b == axis.of_b * size => {
                *last = Axis {
                    size: last.size * size,
                    ..axis
                };
            }
            _ => axes.push(axis),
        }
    }
    axes
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The element of `x` that stands at position `i` of a result of shape `to`.
    fn stretched(x: &Tensor, to: &Shape, mut i: usize) -> f64 {
        let steps = strides(&x.shape, to);
        let mut at = 0;
        for (size, step) in to.iter().zip(steps).rev() {
            at += i % size * step;
            i /= size;
        }
        x.item(at).expect("an element of the operand")
    }

    #[test]
    fn operands_are_stretched_as_in_numpy() -> crate::Result<()> {
        let number = |shape: &[usize]| {
            let size = shape.iter().product();
            Tensor::arange(size).reshape(shape)
        };
        for (left, right) in [
            (vec![2, 3], vec![2, 3]),
            (vec![2, 3], vec![3]),
            (vec![2, 1, 4], vec![3, 1]),
            (vec![1, 5], vec![4, 1]),
            (vec![3, 2, 1, 2], vec![2, 5, 1]),
            (vec![], vec![2, 2]),
            (vec![1, 1], vec![]),
            (vec![300, 40, 10], vec![10]),
            (vec![300, 40, 10], vec![40, 1]),
            (vec![1, 1, 70_000], vec![2, 3, 1]),
        ] {
            let (a, b) = (number(&left)?, number(&right)?);
            let shape = a.shape.broadcast(&b.shape)?;
            let difference = &a - &b;
            assert_eq!(difference.shape, shape);
            for (i, value) in difference.to_vec::<f64>().into_iter().enumerate() {
                let expected = stretched(&a, &shape, i) - stretched(&b, &shape, i);
                assert_eq!(value, expected, "{left:?} - {right:?} at {i}");
            }
        }
        assert_eq!((Tensor::ones((2, 0)) + Tensor::ones(1)).shape(), (2, 0));
        Ok(())
    }
}
