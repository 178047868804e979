//! Flatten.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor};

/// Lines all numbers of a sample up in one row.
///
/// Keras: `keras.layers.Flatten`.
///
/// # Shapes
/// `(batch, ..)` to `(batch, features)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Flatten::new().input_shape((15, 15, 32)))?;
/// assert_eq!(model.output_shape()?, (7200,));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Flatten {
    #[serde(flatten)]
    base: LayerBase,
}

impl Flatten {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Flatten {
    layer_identity!("Flatten");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(Shape::from(input.elements()))
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        x.reshape((x.len(), x.shape().without_batch().elements()))
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Flatten",
    what: "lines all numbers of a sample up in one row",
    example: || (Box::new(Flatten::new()), Shape::from((3, 4, 2))),
    from_config: Config::layer::<Flatten>,
};
