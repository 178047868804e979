//! Arguments that name one axis or several.

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Shape};

/// One axis, or several, as an argument: `-1`, `[1, 2]`. They count from the first axis, which is 0, or
/// from the end.
///
/// Keras: arguments that are an integer or a list of integers, such as `axis`.
///
/// # Example
/// ```
/// use kerust::Axes;
/// use kerust::prelude::*;
/// let channels = LayerNormalization::new().axis(-1);
/// let pictures = LayerNormalization::new().axis([1, 2, 3]);
/// assert_eq!(Axes::from([1, 2]), Axes::Several(vec![1, 2]));
/// # let _ = (channels, pictures);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected an axis or a list of axes")]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several axes.
    Several(Vec<isize>),
}

impl Axes {
    /// All of them, as they were given.
    pub(crate) fn as_slice(&self) -> &[isize] {
        match self {
            Axes::One(axis) => std::slice::from_ref(axis),
            Axes::Several(axes) => axes,
        }
    }

    /// Where they are in a batch of samples of shape `input`, sorted.
    ///
    /// # Errors
    /// When there is no such axis, one is named twice, or it is that of the batch.
    pub(crate) fn of_samples(&self, input: &Shape) -> Result<Vec<usize>> {
        let mut found = Vec::new();
        for &axis in self.as_slice() {
            let axis = sample_axis("axis", axis, input)?;
            if found.contains(&axis) {
                let error = Error::argument("axis", "axes that differ", self);
                return Err(error.remedy("name each axis once"));
            }
            found.push(axis);
        }
        if found.is_empty() {
            return Err(Error::argument("axis", "at least one axis", "none"));
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// Where `axis`, which may count from the end, is in a batch of samples of shape `input`.
///
/// # Errors
/// With the argument's name, when there is no such axis or it is that of the batch.
pub(crate) fn sample_axis(name: &str, axis: isize, input: &Shape) -> Result<usize> {
    let batch = input.with_batch(1);
    match batch.axis(axis) {
        Ok(0) | Err(_) => {
            let rank = input.rank();
            let expected = match rank {
                0 => format!("samples with at least one axis, not {input}"),
                1 => format!("1 or -1, the only axis of samples of shape {input}"),
                _ => format!("1 to {rank} or -{rank} to -1 for samples of shape {input}"),
            };
            let error = Error::argument(name, &expected, axis);
            Err(error.remedy("axes count from that of the batch, which is 0, or from the end"))
        }
        Ok(axis) => Ok(axis),
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes::One(axis)
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Axes::Several(axes)
    }
}

impl<const COUNT: usize> From<[isize; COUNT]> for Axes {
    fn from(axes: [isize; COUNT]) -> Self {
        Axes::Several(axes.to_vec())
    }
}

impl From<(isize, isize)> for Axes {
    fn from((first, second): (isize, isize)) -> Self {
        Axes::Several(vec![first, second])
    }
}

impl std::fmt::Display for Axes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Axes::One(axis) => write!(f, "{axis}"),
            Axes::Several(axes) => write!(f, "{axes:?}"),
        }
    }
}
