//! Taking parts: rows, ranges, single numbers.

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use super::{Data, Element, Shape, Tensor};
use crate::{Error, Result};

impl Tensor {
    /// The `i`-th entry along the first axis: one picture of a batch.
    ///
    /// Keras: `x[i]`.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn index(&self, i: usize) -> Result<Tensor> {
        let len = self.len();
        if i >= len {
            return Err(no_such_entry(i, &self.shape));
        }
        self.rows(i..i + 1).reshaped(self.shape.without_batch())
    }

    /// The entries of `range` along the first axis.
    ///
    /// Keras: `x[a:b]`. Like there, a range that reaches too far ends at the end.
    ///
    /// # Errors
    /// When the tensor is a scalar or the range starts behind its end.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let x = Tensor::arange(10);
    /// assert_eq!(x.slice(2..5)?.to_vec::<usize>(), [2, 3, 4]);
    /// assert_eq!(x.slice(8..)?.len(), 2);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Tensor> {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => end.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => usize::MAX,
        };
        self.slice_between(start, end)
    }

    fn slice_between(&self, start: usize, end: usize) -> Result<Tensor> {
        if self.ndim() == 0 {
            return Err(Error::shape("a scalar has no axis to slice"));
        }
        if start > end {
            return Err(Error::argument(
                "range",
                "a start before the end",
                format!("{start}..{end}"),
            ));
        }
        let len = self.len();
        Ok(self.rows(start.min(len)..end.min(len)))
    }

    /// The entries at `positions` along the first axis, in that order.
    ///
    /// Keras: `keras.ops.take(x, positions, axis=0)`.
    ///
    /// # Errors
    /// When a position does not exist.
    pub fn take(&self, positions: &[usize]) -> Result<Tensor> {
        if let Some(&bad) = positions.iter().find(|&&i| i >= self.len()) {
            return Err(no_such_entry(bad, &self.shape));
        }
        let row = self.shape.without_batch().elements();
        let shape = self.shape.without_batch().with_batch(positions.len());
        fn gather<T: Copy>(from: &[T], row: usize, positions: &[usize]) -> Vec<T> {
            let mut values = Vec::with_capacity(row * positions.len());
            for &i in positions {
                values.extend_from_slice(&from[i * row..(i + 1) * row]);
            }
            values
        }
        Ok(match &self.data {
            Data::Float32(floats) => {
                Tensor::from_floats(gather(floats.as_slice(), row, positions), shape)
            }
            Data::Uint8(bytes) => {
                Tensor::new(Data::Uint8(Arc::new(gather(bytes, row, positions))), shape)
            }
            Data::Int64(numbers) => Tensor::new(
                Data::Int64(Arc::new(gather(numbers, row, positions))),
                shape,
            ),
        })
    }

    /// The whole number at position `i` of the flattened tensor: a label, a class index.
    ///
    /// # Errors
    /// When there is no such position, or the number there is negative or has a fraction.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let class_names = ["cat", "dog"];
    /// let labels = Tensor::from_vec(vec![1u8, 0], (2, 1))?;
    /// assert_eq!(class_names[labels.get(0)?], "dog");
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn get(&self, i: usize) -> Result<usize> {
        let value = self.item(i)?;
        if value < 0.0 || value.fract() != 0.0 {
            return Err(Error::data(format!(
                "element {i} is {value}, not a whole number from 0 on"
            ))
            .remedy("use `item` for numbers, `get` for labels and class indices"));
        }
        Ok(value as usize)
    }

    /// The number at position `i` of the flattened tensor.
    ///
    /// # Errors
    /// When there is no such position.
    pub fn item(&self, i: usize) -> Result<f64> {
        if i >= self.size() {
            let expected = positions(self.size(), "the flattened tensor", &self.shape);
            return Err(Error::argument("index", &expected, i));
        }
        Ok(match &self.data {
            Data::Float32(floats) => f64::from(floats.as_slice()[i]),
            Data::Uint8(bytes) => f64::from(bytes[i]),
            Data::Int64(numbers) => numbers[i] as f64,
        })
    }

    /// Several tensors one after the other along the first axis.
    ///
    /// Keras: `keras.ops.concatenate(tensors, axis=0)`.
    ///
    /// # Errors
    /// When there are none, or their types or other axes differ.
    pub fn concatenate(tensors: &[Tensor]) -> Result<Tensor> {
        let first = tensors
            .first()
            .ok_or_else(|| Error::argument("tensors", "at least one tensor", "none"))?;
        if first.ndim() == 0 {
            return Err(Error::shape("scalars have no axis to concatenate along")
                .remedy("reshape each to (1,)"));
        }
        let row = first.shape.without_batch();
        for other in tensors {
            if other.dtype() != first.dtype() {
                return Err(Error::argument(
                    "tensors",
                    &format!("tensors of one type, {} as the first", first.dtype()),
                    other.dtype(),
                )
                .remedy("convert with `astype`"));
            }
            if other.ndim() != first.ndim() || other.shape.without_batch() != row {
                return Err(Error::shape(format!(
                    "cannot concatenate {} with {}: only the first axis may differ",
                    first.shape, other.shape
                )));
            }
        }
        let shape = row.with_batch(tensors.iter().map(Tensor::len).sum());
        let mut values = Joined::with_capacity(first, shape.elements());
        tensors.iter().for_each(|tensor| values.push(tensor));
        Ok(values.into_tensor(shape))
    }

    /// Several tensors of one shape as the entries of a new first axis.
    ///
    /// Keras: `keras.ops.stack(tensors, axis=0)`.
    ///
    /// # Errors
    /// When there are none, or their types or shapes differ.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let pictures = [Tensor::zeros((28, 28)), Tensor::ones((28, 28))];
    /// assert_eq!(Tensor::stack(&pictures)?.shape(), (2, 28, 28));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn stack(tensors: &[Tensor]) -> Result<Tensor> {
        let first = tensors
            .first()
            .ok_or_else(|| Error::argument("tensors", "at least one tensor", "none"))?;
        let other = tensors
            .iter()
            .position(|other| other.shape != first.shape || other.dtype() != first.dtype());
        if let Some(i) = other {
            let described = |tensor: &Tensor| format!("{} of {}", tensor.shape, tensor.dtype());
            return Err(Error::shape(format!(
                "cannot stack tensors that differ: the first is {}, number {} is {}",
                described(first),
                i + 1,
                described(&tensors[i])
            )));
        }
        let shape = first.shape.with_batch(tensors.len());
        let mut values = Joined::with_capacity(first, shape.elements());
        tensors.iter().for_each(|tensor| values.push(tensor));
        Ok(values.into_tensor(shape))
    }

    /// The tensor with zeros behind it along each axis, up to `sizes`.
    ///
    /// # Errors
    /// When there are not as many sizes as axes, or one is smaller than its axis.
    pub(crate) fn zero_padded(&self, sizes: &[usize]) -> Result<Tensor> {
        let own = self.shape.dims();
        if own.len() != sizes.len() || own.iter().zip(sizes).any(|(own, size)| own > size) {
            let shape = Shape::from(sizes);
            return Err(Error::shape(format!(
                "cannot pad {} to {shape}",
                self.shape
            )));
        }
        if own == sizes {
            return Ok(self.clone());
        }
        /// Puts the lines of `from` where they belong in `to`.
        fn place<T: Copy>(from: &[T], own: &[usize], to: &mut [T], sizes: &[usize]) {
            let ([entries, own @ ..], [_, sizes @ ..]) = (own, sizes) else {
                to.copy_from_slice(from);
                return;
            };
            let (row, new_row) = (own.iter().product::<usize>(), sizes.iter().product());
            for entry in 0..*entries {
                let to: &mut [T] = &mut to[entry * new_row..][..new_row];
                place(&from[entry * row..][..row], own, to, sizes);
            }
        }
        fn padded<T: Element + Default>(from: &[T], own: &[usize], shape: Shape) -> Tensor {
            let mut values = vec![T::default(); shape.elements()];
            place(from, own, &mut values, shape.dims());
            T::into_tensor(values, shape)
        }
        let shape = Shape::from(sizes);
        Ok(match &self.data {
            Data::Float32(floats) => padded(floats.as_slice(), own, shape),
            Data::Uint8(bytes) => padded(bytes, own, shape),
            Data::Int64(numbers) => padded(numbers, own, shape),
        })
    }

    /// The rows of a range that is known to exist.
    fn rows(&self, range: std::ops::Range<usize>) -> Tensor {
        let row = self.shape.without_batch();
        let elements = range.start * row.elements()..range.end * row.elements();
        let shape = row.with_batch(range.len());
        match &self.data {
            Data::Float32(floats) => {
                Tensor::from_floats(floats.as_slice()[elements].to_vec(), shape)
            }
            Data::Uint8(bytes) => {
                Tensor::new(Data::Uint8(Arc::new(bytes[elements].to_vec())), shape)
            }
            Data::Int64(numbers) => {
                Tensor::new(Data::Int64(Arc::new(numbers[elements].to_vec())), shape)
            }
        }
    }
}

/// The elements of tensors of one type, one after the other.
enum Joined {
    Float32(Vec<f32>),
    Uint8(Vec<u8>),
    Int64(Vec<i64>),
}

impl Joined {
    /// Nothing yet, of the type of `first`.
    fn with_capacity(first: &Tensor, elements: usize) -> Joined {
        match first.data {
            Data::Float32(_) => Joined::Float32(Vec::with_capacity(elements)),
            Data::Uint8(_) => Joined::Uint8(Vec::with_capacity(elements)),
            Data::Int64(_) => Joined::Int64(Vec::with_capacity(elements)),
        }
    }

    /// Adds a tensor, which is known to have the type.
    fn push(&mut self, tensor: &Tensor) {
        match (self, &tensor.data) {
            (Joined::Float32(values), Data::Float32(more)) => {
                values.extend_from_slice(more.as_slice());
            }
            (Joined::Uint8(values), Data::Uint8(more)) => values.extend_from_slice(more),
            (Joined::Int64(values), Data::Int64(more)) => values.extend_from_slice(more),
            _ => unreachable!("the types were compared"),
        }
    }

    fn into_tensor(self, shape: Shape) -> Tensor {
        match self {
            Joined::Float32(values) => f32::into_tensor(values, shape),
            Joined::Uint8(values) => u8::into_tensor(values, shape),
            Joined::Int64(values) => i64::into_tensor(values, shape),
        }
    }
}

fn no_such_entry(i: usize, shape: &Shape) -> Error {
    let expected = match shape.first() {
        Some(&len) => positions(len, "the first axis", shape),
        None => "a tensor with axes, not a scalar".to_string(),
    };
    Error::argument("index", &expected, i)
}

/// What an index may be, in words.
fn positions(count: usize, of: &str, shape: &Shape) -> String {
    match count.checked_sub(1) {
        Some(last) => format!("0 to {last} (positions of {of}, shape {shape})"),
        None => format!("a tensor with elements, not shape {shape}"),
    }
}
