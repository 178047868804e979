//! RepeatVector.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// The same features at every step of a sequence.
///
/// Keras: `keras.layers.RepeatVector`.
///
/// # Shapes
/// `(batch, features)` to `(batch, n, features)`
///
/// # Example
/// ```
/// use kerust::layers::RepeatVector;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RepeatVector::new(3).input_shape(32))?;
/// assert_eq!(model.output_shape()?, (3, 32));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RepeatVector {
    #[serde(flatten)]
    base: LayerBase,
    n: usize,
}

impl RepeatVector {
    /// `n` steps.
    pub fn new(n: usize) -> Self {
        Self {
            base: LayerBase::default(),
            n,
        }
    }
}

impl Layer for RepeatVector {
    layer_identity!("RepeatVector");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_positive("n", self.n)?;
        match *input.dims() {
            [features] => Ok(Shape::from((self.n, features))),
            _ => Err(Error::shape(format!(
                "expected samples of shape (features,), got {input}"
            ))
            .remedy("add Flatten before this layer")),
        }
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (batch, features) = (x.len(), x.shape().last());
        let one_step = x.reshape((batch, 1, features))?;
        ops::broadcast_to(pass.tape, &one_step, (batch, self.n, features))
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "RepeatVector",
    what: "repeats features at every step of a sequence",
    example: || (Box::new(RepeatVector::new(3)), Shape::from(4)),
    from_config: Config::layer::<RepeatVector>,
};
