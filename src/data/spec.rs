//! What is known of a dataset before it is gone through.

use std::fmt;

use super::element::DatasetElement;
use crate::{DType, Shape, Tensor};

/// How many elements a dataset has.
///
/// tf.data: `dataset.cardinality()`, with -1 and -2 for the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// So many.
    Finite(usize),
    /// It never ends.
    Infinite,
    /// Nobody knows before it was gone through.
    Unknown,
}

impl Cardinality {
    /// How many there are, where that is known and there is an end.
    pub fn finite(self) -> Option<usize> {
        match self {
            Cardinality::Finite(count) => Some(count),
            _ => None,
        }
    }

    /// What a change of the number makes of it.
    pub(super) fn map(self, change: impl FnOnce(usize) -> usize) -> Cardinality {
        match self {
            Cardinality::Finite(count) => Cardinality::Finite(change(count)),
            other => other,
        }
    }

    /// Of what ends with the shorter of two.
    pub(super) fn min(self, other: Cardinality) -> Cardinality {
        use Cardinality::{Finite, Infinite, Unknown};
        match (self, other) {
            (Finite(one), Finite(other)) => Finite(one.min(other)),
            (Infinite, known) | (known, Infinite) => known,
            _ => Unknown,
        }
    }

    /// Of one after the other.
    pub(super) fn plus(self, other: Cardinality) -> Cardinality {
        use Cardinality::{Finite, Infinite, Unknown};
        match (self, other) {
            (Finite(one), Finite(other)) => Finite(one.saturating_add(other)),
            (Infinite, _) | (_, Infinite) => Infinite,
            _ => Unknown,
        }
    }
}

impl fmt::Display for Cardinality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cardinality::Finite(1) => f.write_str("1 element"),
            Cardinality::Finite(count) => write!(f, "{count} elements"),
            Cardinality::Infinite => f.write_str("elements without end"),
            Cardinality::Unknown => f.write_str("elements"),
        }
    }
}

/// The shape and type of a tensor of each element.
///
/// tf.data: `tf.TensorSpec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// The sizes of the axes; that of batches is open, written `None`, where the last batch may be
    /// smaller.
    pub shape: Shape,
    /// The type of the elements.
    pub dtype: DType,
}

impl TensorSpec {
    fn of(tensor: &Tensor, batches_are_open: bool) -> TensorSpec {
        let shape = tensor.shape();
        let open = batches_are_open && !shape.dims().is_empty();
        let sizes = shape.sizes().enumerate();
        let sizes = sizes.map(|(axis, size)| size.filter(|_| !(open && axis == 0)));
        TensorSpec {
            shape: Shape::of_sizes(sizes),
            dtype: tensor.dtype(),
        }
    }
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.shape, self.dtype)
    }
}

/// What the elements of a dataset are made of.
///
/// tf.data: `dataset.element_spec`. Shows as `x: (None, 28, 28) uint8, y: (None,) int64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementSpec {
    /// The inputs.
    pub x: Vec<TensorSpec>,
    /// The labels.
    pub y: Vec<TensorSpec>,
    /// What the samples count.
    pub sample_weight: Vec<TensorSpec>,
}

impl ElementSpec {
    pub(super) fn of(element: &DatasetElement, batches_are_open: bool) -> ElementSpec {
        let each = |tensors: &[Tensor]| {
            let specs = tensors.iter();
            specs
                .map(|tensor| TensorSpec::of(tensor, batches_are_open))
                .collect()
        };
        ElementSpec {
            x: each(element.x()),
            y: each(element.y()),
            sample_weight: each(element.sample_weight()),
        }
    }
}

impl fmt::Display for ElementSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |name: &'static str, specs: &[TensorSpec]| {
            let words: Vec<String> = specs.iter().map(TensorSpec::to_string).collect();
            match words.as_slice() {
                [] => None,
                [only] => Some(format!("{name}: {only}")),
                several => Some(format!("{name}: [{}]", several.join(", "))),
            }
        };
        let parts = [
            named("x", &self.x),
            named("y", &self.y),
            named("sample_weight", &self.sample_weight),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}
