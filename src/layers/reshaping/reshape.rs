//! Reshape.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor};

/// The numbers of a sample in another shape.
///
/// Keras: `keras.layers.Reshape`.
///
/// # Shapes
/// `(batch, ..)` to `(batch, target_shape..)`
///
/// # Example
/// ```
/// use kerust::layers::Reshape;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Reshape::new([-1, 2, 2]).input_shape(12))?;
/// assert_eq!(model.output_shape()?, (3, 2, 2));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reshape {
    #[serde(flatten)]
    base: LayerBase,
    target_shape: Vec<isize>,
}

impl Reshape {
    /// To `target_shape`, without the batch axis; one axis may be -1, for what is left.
    pub fn new(target_shape: impl Into<Vec<isize>>) -> Self {
        Self {
            base: LayerBase::default(),
            target_shape: target_shape.into(),
        }
    }
}

impl Layer for Reshape {
    layer_identity!("Reshape");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let open = self.target_shape.iter().filter(|size| **size == -1).count();
        if open > 1 || self.target_shape.iter().any(|&size| size == 0 || size < -1) {
            let expected = "positive sizes, one of which may be -1";
            let given = format!("{:?}", self.target_shape);
            return Err(Error::argument("target_shape", expected, given));
        }
        let known = self.target_shape.iter().filter(|size| **size != -1);
        let known = known.fold(1usize, |product, &size| {
            product.saturating_mul(size as usize)
        });
        let elements = input.elements();
        let fits = if open == 1 {
            elements.is_multiple_of(known)
        } else {
            elements == known
        };
        if !fits {
            return Err(Error::shape(format!(
                "cannot reshape samples of shape {input} into {:?}: {elements} numbers against \
                 {known}",
                self.target_shape
            ))
            .remedy("set another `target_shape`; -1 stands for what is left"));
        }
        let size = |&size: &isize| {
            if size == -1 {
                elements / known
            } else {
                size as usize
            }
        };
        let sizes: Vec<usize> = self.target_shape.iter().map(size).collect();
        Ok(Shape::from(sizes))
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        let sample = self.output_shape(&x.shape().without_batch())?;
        x.reshape(sample.with_batch(x.len()))
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Reshape",
    what: "arranges the numbers of a sample in another shape",
    example: || (Box::new(Reshape::new([2, -1])), Shape::from((3, 4, 2))),
    from_config: Config::layer::<Reshape>,
};
