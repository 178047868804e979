//! Permute.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// The axes of a sample in another order.
///
/// Keras: `keras.layers.Permute`.
///
/// # Shapes
/// `(batch, ..)` to the same axes in another order
///
/// # Example
/// ```
/// use kerust::layers::Permute;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Permute::new([2, 1]).input_shape((10, 64)))?;
/// assert_eq!(model.output_shape()?, (64, 10));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Permute {
    #[serde(flatten)]
    base: LayerBase,
    dims: Vec<usize>,
}

impl Permute {
    /// Axis `i` of the output is axis `dims[i]` of the input; both count from 1, for 0 is the batch
    /// axis.
    pub fn new(dims: impl Into<Vec<usize>>) -> Self {
        Self {
            base: LayerBase::default(),
            dims: dims.into(),
        }
    }
}

impl Layer for Permute {
    layer_identity!("Permute");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if sorted != (1..=input.rank()).collect::<Vec<_>>() {
            let expected = format!(
                "the numbers 1 to {}, each once, for samples of shape {input}",
                input.rank()
            );
            let given = format!("{:?}", self.dims);
            return Err(Error::argument("dims", &expected, given));
        }
        let sizes: Vec<usize> = self.dims.iter().map(|&dim| input[dim - 1]).collect();
        Ok(Shape::from(sizes))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let axes: Vec<usize> = [0].iter().chain(&self.dims).copied().collect();
        Ok(ops::transpose(pass.tape, x, &axes)?.without_mask())
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Permute",
    what: "puts the axes of a sample in another order",
    example: || (Box::new(Permute::new([3, 1, 2])), Shape::from((3, 4, 2))),
    from_config: Config::layer::<Permute>,
};
