//! Shapes: lists of sizes that print like Keras's tuples.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Result};

/// The sizes of a tensor's axes, in order. Prints like a Python tuple: `(32, 28, 28, 1)`, `(5,)`.
///
/// Anything that reads like a shape converts into one: `5`, `(2, 3)`, `[2, 3]`, `vec![2, 3]`.
///
/// For the samples of a model, a size may be open: `(None, 64)` are sequences of any length,
/// `(None, None, 3)` pictures of any size. Tensors have no open sizes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let shape = Shape::from((32, 28, 28));
/// assert_eq!(shape.elements(), 32 * 28 * 28);
/// assert_eq!(format!("{shape}"), "(32, 28, 28)");
/// assert_eq!(format!("{}", Shape::from((None, 64))), "(None, 64)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements; the largest `usize` when it is even more.
    pub fn elements(&self) -> usize {
        let sizes = self.0.iter();
        sizes.fold(1, |elements: usize, &size| elements.saturating_mul(size))
    }

    /// The axes as a slice.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// The same shape with another last axis.
    #[must_use]
    pub fn with_last(&self, size: usize) -> Shape {
        let mut dims = self.0.clone();
        if let Some(last) = dims.last_mut() {
            *last = size;
        }
        Shape(dims)
    }

    /// This shape with `batch` in front.
    #[must_use]
    pub fn with_batch(&self, batch: usize) -> Shape {
        let mut dims = Vec::with_capacity(self.0.len() + 1);
        dims.push(batch);
        dims.extend_from_slice(&self.0);
        Shape(dims)
    }

    /// This shape with another axis behind.
    #[must_use]
    pub fn with_appended(&self, size: usize) -> Shape {
        let mut dims = self.0.clone();
        dims.push(size);
        Shape(dims)
    }

    /// The shape without its first axis.
    #[must_use]
    pub fn without_batch(&self) -> Shape {
        Shape(self.0.get(1..).unwrap_or_default().to_vec())
    }

    /// The last axis, 1 for a scalar.
    pub fn last(&self) -> usize {
        self.0.last().copied().unwrap_or(1)
    }

    /// Turns an axis that may count from the end (-1 is the last) into an index.
    ///
    /// # Errors
    /// When the tensor has no such axis.
    pub fn axis(&self, axis: isize) -> Result<usize> {
        let rank = self.rank() as isize;
        let index = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&index) {
            Ok(index as usize)
        } else {
            Err(Error::argument(
                "axis",
                &format!(
                    "an axis of a tensor of shape {self}, {} to {}",
                    -rank,
                    rank - 1
                ),
                axis,
            ))
        }
    }

    /// NumPy's broadcasting: the shape of an element-wise operation on `self` and `other`.
    ///
    /// # Errors
    /// When an axis differs and neither is 1.
    pub fn broadcast(&self, other: &Shape) -> Result<Shape> {
        let rank = self.rank().max(other.rank());
        let size = |shape: &Shape, i: usize| {
            let missing = rank - shape.rank();
            if i < missing { 1 } else { shape.0[i - missing] }
        };
        (0..rank)
            .map(|i| match (size(self, i), size(other, i)) {
                (a, b) if a == b => Ok(a),
                (1, b) => Ok(b),
                (a, 1) => Ok(a),
                _ => Err(
                    Error::shape(format!("shapes {self} and {other} do not broadcast"))
                        .remedy("each axis, counted from the end, must be equal or 1"),
                ),
            })
            .collect::<Result<Vec<_>>>()
            .map(Shape)
    }

    /// Whether the size of an axis is open: written `None`, and only the data will say it.
    pub fn is_open(&self) -> bool {
        self.0.contains(&OPEN)
    }

    /// The sizes of the axes; none where it is open.
    pub fn sizes(&self) -> impl Iterator<Item = Option<usize>> {
        self.0.iter().map(|&size| (size != OPEN).then_some(size))
    }

    /// A shape of these sizes; it is open where there is none.
    pub(crate) fn of_sizes(sizes: impl IntoIterator<Item = Option<usize>>) -> Shape {
        Shape(sizes.into_iter().map(Size::size).collect())
    }

    /// Whether `other` is this shape, with any size where one is open here.
    pub(crate) fn takes(&self, other: &Shape) -> bool {
        let mut axes = self.0.iter().zip(&other.0);
        self.rank() == other.rank() && axes.all(|(own, given)| own == given || *own == OPEN)
    }

    /// This shape with `size` in the place of every open one.
    pub(crate) fn closed(&self, size: usize) -> Shape {
        let sizes = self.sizes().map(|own| own.unwrap_or(size));
        Shape(sizes.collect())
    }

    /// The shape as Keras prints it for a layer, whose batch size is open: `(None, 30, 30, 32)`.
    pub fn to_keras(&self) -> String {
        let sizes: Vec<String> = self.written().collect();
        match sizes.len() {
            0 => "(None,)".to_string(),
            _ => format!("(None, {})", sizes.join(", ")),
        }
    }

    fn written(&self) -> impl Iterator<Item = String> {
        let size = |size: Option<usize>| size.map_or("None".to_string(), |size| size.to_string());
        self.sizes().map(size)
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.written().collect();
        match sizes.as_slice() {
            [only] => write!(f, "({only},)"),
            sizes => write!(f, "({})", sizes.join(", ")),
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What stands for the size of an open axis: more than any memory has room for.
const OPEN: usize = usize::MAX - 1;

/// The size of one axis: a number, or `None` where only the data will say it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no size of an axis",
    note = "sizes are of type `usize`, or `None` for those that only the data will say"
)]
pub trait Size: Copy {
    /// The number, or what stands for an open size.
    #[doc(hidden)]
    fn size(self) -> usize;
}

impl Size for usize {
    fn size(self) -> usize {
        self
    }
}

impl Size for Option<usize> {
    fn size(self) -> usize {
        self.unwrap_or(OPEN)
    }
}

impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        Shape(vec![size])
    }
}

impl From<Option<usize>> for Shape {
    fn from(size: Option<usize>) -> Self {
        Shape(vec![size.size()])
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Shape(Vec::new())
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Self {
        Shape(dims)
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Shape(dims.to_vec())
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl<const RANK: usize> From<[usize; RANK]> for Shape {
    fn from(dims: [usize; RANK]) -> Self {
        Shape(dims.to_vec())
    }
}

/// As Keras writes shapes down: a list, with null for what is open.
impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.sizes())
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Shape::of_sizes)
    }
}

/// Shapes from tuples, and comparison with them.
macro_rules! shape_from_tuple {
    ($($name:ident: $Size:ident),+) => {
        impl<$($Size: Size),+> From<($($Size,)+)> for Shape {
            fn from(($($name,)+): ($($Size,)+)) -> Self {
                Shape(vec![$($name.size()),+])
            }
        }
        impl<$($Size: Size),+> PartialEq<($($Size,)+)> for Shape {
            fn eq(&self, other: &($($Size,)+)) -> bool {
                let ($($name,)+) = *other;
                self.0 == [$($name.size()),+]
            }
        }
        impl<$($Size: Size),+> PartialEq<($($Size,)+)> for &Shape {
            fn eq(&self, other: &($($Size,)+)) -> bool {
                **self == *other
            }
        }
    };
}

shape_from_tuple!(a: A);
shape_from_tuple!(a: A, b: B);
shape_from_tuple!(a: A, b: B, c: C);
shape_from_tuple!(a: A, b: B, c: C, d: D);
shape_from_tuple!(a: A, b: B, c: C, d: D, e: E);
shape_from_tuple!(a: A, b: B, c: C, d: D, e: E, f: F);
