//! What models are given: one array, or several.

use crate::data::Dataset;
use crate::{Error, Result, Tensor};

/// One array or several, for models with several inputs or outputs: `&x`, `[&a, &b]`, `(&a, &b)`
/// or a `Vec<Tensor>`.
///
/// Keras: an array or a list of arrays.
///
/// # Example
/// ```
/// use kerust::models::Arrays;
/// use kerust::prelude::*;
/// let (a, b) = (Tensor::ones((2, 3)), Tensor::ones((2, 1)));
/// assert_eq!(Arrays::from(&a).len(), 1);
/// assert_eq!(Arrays::from([&a, &b]).len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Arrays(Vec<Tensor>);

impl Arrays {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Tensor] {
        &self.0
    }
}

impl From<Tensor> for Arrays {
    fn from(array: Tensor) -> Self {
        Arrays(vec![array])
    }
}

impl From<&Tensor> for Arrays {
    fn from(array: &Tensor) -> Self {
        array.clone().into()
    }
}

impl From<Vec<Tensor>> for Arrays {
    fn from(arrays: Vec<Tensor>) -> Self {
        Arrays(arrays)
    }
}

impl From<&[Tensor]> for Arrays {
    fn from(arrays: &[Tensor]) -> Self {
        Arrays(arrays.to_vec())
    }
}

impl From<&Vec<Tensor>> for Arrays {
    fn from(arrays: &Vec<Tensor>) -> Self {
        Arrays(arrays.clone())
    }
}

impl<const N: usize> From<[&Tensor; N]> for Arrays {
    fn from(arrays: [&Tensor; N]) -> Self {
        Arrays(arrays.into_iter().cloned().collect())
    }
}

impl<const N: usize> From<[Tensor; N]> for Arrays {
    fn from(arrays: [Tensor; N]) -> Self {
        Arrays(arrays.into())
    }
}

impl From<(&Tensor, &Tensor)> for Arrays {
    fn from((a, b): (&Tensor, &Tensor)) -> Self {
        [a, b].into()
    }
}

impl From<&Arrays> for Arrays {
    fn from(arrays: &Arrays) -> Self {
        arrays.clone()
    }
}

/// What a model is asked for outputs for: arrays, or a dataset of batches, whose labels play no part.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(2).input_shape(3))?;
/// let x = Tensor::ones((10, 3));
/// let batches = Dataset::from_tensor_slices(&x)?.batch(4);
/// assert_eq!(model.predict(&batches)?, model.predict(&x)?);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Inputs {
    /// One array for each input.
    Arrays(Arrays),
    /// Batches.
    Dataset(Dataset),
}

impl Inputs {
    /// The batches of one input: the array, or what the dataset gives.
    pub(crate) fn batches(self) -> Box<dyn Iterator<Item = Result<Tensor>>> {
        fn only_one(tensors: &[Tensor]) -> Result<Tensor> {
            match tensors {
                [only] => Ok(only.clone()),
                several => {
                    let given = format!("{} tensors", several.len());
                    Err(Error::argument("data", "one tensor", given))
                }
            }
        }
        match self {
            Inputs::Arrays(arrays) => Box::new(std::iter::once(only_one(arrays.as_slice()))),
            Inputs::Dataset(dataset) => {
                let elements = dataset.elements();
                Box::new(elements.map(|element| only_one(element?.x())))
            }
        }
    }
}

impl<A: Into<Arrays>> From<A> for Inputs {
    fn from(arrays: A) -> Self {
        Inputs::Arrays(arrays.into())
    }
}

impl From<&Dataset> for Inputs {
    fn from(dataset: &Dataset) -> Self {
        Inputs::Dataset(dataset.clone())
    }
}
