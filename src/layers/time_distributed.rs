//! TimeDistributed.

use serde::{Deserialize, Serialize};

use super::inner::{self, Inner};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor};

/// Applies a layer to every step of sequences.
///
/// Keras: `keras.layers.TimeDistributed`. All steps of a batch go through the layer together: where
/// Keras takes them one by one, `BatchNormalization` inside has statistics of single steps there,
/// and of all of them here.
///
/// # Shapes
/// `(batch, steps, ..)` to `(batch, steps, ..)`; the layer sees what follows the steps.
///
/// # Errors
/// When a sample has fewer than two axes, or the layer does not take its steps.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// // Ten pictures for each sample.
/// model.add(TimeDistributed::new(Conv2D::new(4, 3)).input_shape((10, 8, 8, 3)))?;
/// assert_eq!(model.output_shape()?, (10, 6, 6, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimeDistributed {
    #[serde(flatten)]
    base: LayerBase,
    layer: Inner,
}

impl TimeDistributed {
    /// `layer`, for every step.
    pub fn new(layer: impl Layer + 'static) -> Self {
        Self {
            base: LayerBase::default(),
            layer: Inner(Box::new(layer)),
        }
    }
}

/// The number of steps, and the shape of one.
fn step(input: &Shape) -> Result<(usize, Shape)> {
    match input.dims() {
        [steps, inner @ ..] if !inner.is_empty() => Ok((*steps, Shape::from(inner))),
        _ => Err(Error::shape(format!(
            "expected sequences of shape (steps, ..) with at least two axes per sample, got {input}"
        ))
        .remedy("give single numbers an axis of features with `reshape` to (samples, steps, 1)")),
    }
}

impl Layer for TimeDistributed {
    layer_identity!("TimeDistributed");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (steps, inner) = step(input)?;
        let output = self.layer.0.output_shape(&inner)?;
        Ok(output.with_batch(steps))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        weights.build_inner("layer", &*self.layer.0, &[step(input)?.1])
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        inner::groups_of_inner([("layer", "layer".to_owned(), &*self.layer.0)], weight)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (steps, inner) = step(&x.shape().without_batch())?;
        let batch = x.len();
        let each = x.reshape(inner.with_batch(batch * steps))?;
        let outputs = pass.call_last_inner("layer", &*self.layer.0, &[each])?;
        let [output] = outputs.as_slice() else {
            let error = format!("expected a layer with one output, got {}", outputs.len());
            return Err(Error::shape(error).remedy("call such a layer on each step by itself"));
        };
        let together = output
            .shape()
            .without_batch()
            .with_batch(steps)
            .with_batch(batch);
        output.reshape(together)
    }

    fn reset_states(&self) {
        self.layer.0.reset_states();
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "TimeDistributed",
    what: "applies a layer to every step of sequences",
    example: || {
        let layer = TimeDistributed::new(super::Dense::new(3));
        (Box::new(layer), Shape::from((4, 2)))
    },
    from_config: Config::layer::<TimeDistributed>,
}];
