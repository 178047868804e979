//! Pipeline.

use serde::{Deserialize, Serialize};

use crate::layers::inner::Inner;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Rescaling, Weights, first_of, groups_of_inner,
    layer_identity,
};
use crate::models::counted;
use crate::{Config, Result, Shape, Tensor};

use super::RandomFlip;

/// Applies layers one after the other, as one layer: preprocessing that goes together.
///
/// Keras: `keras.layers.Pipeline`.
///
/// # Shapes
/// What the first layer takes, to what the last one makes.
///
/// # Errors
/// When a layer does not take what the one before makes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let pipeline = Pipeline::new([
///     RandomFlip::new("horizontal").into(),
///     RandomRotation::new(0.1).into(),
///     Rescaling::new(1.0 / 255.0).into(),
/// ]);
/// let mut model = Sequential::new();
/// model.add(pipeline.input_shape((32, 32, 3)))?;
/// assert_eq!(model.predict(&Tensor::full((1, 32, 32, 3), 255.0))?.max(), 1.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pipeline {
    #[serde(flatten)]
    base: LayerBase,
    layers: Vec<Inner>,
}

impl Pipeline {
    /// These layers, in this order.
    pub fn new(layers: impl IntoIterator<Item = Box<dyn Layer>>) -> Self {
        Self {
            base: LayerBase::default(),
            layers: layers.into_iter().map(Inner).collect(),
        }
    }

    /// The layers with what each is called inside of this one.
    fn named(&self) -> impl Iterator<Item = (String, &dyn Layer)> {
        let layers = self.layers.iter().enumerate();
        layers.map(|(i, layer)| (format!("layer_{i}"), &*layer.0))
    }
}

impl Layer for Pipeline {
    layer_identity!("Pipeline");

    fn supports_masking(&self) -> bool {
        self.layers.iter().all(|layer| layer.0.supports_masking())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.named().try_fold(input.clone(), |shape, (_, layer)| {
            let shape = layer.output_shape(&shape);
            shape.map_err(|e| e.at(layer.class_name()))
        })
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        let named: Vec<(String, &dyn Layer)> = self.named().collect();
        let classes: Vec<&str> = named.iter().map(|(_, layer)| layer.class_name()).collect();
        let parts = named.iter().zip(counted(&classes));
        groups_of_inner(
            parts.map(|((name, layer), group)| (name.as_str(), format!("layers/{group}"), *layer)),
            weight,
        )
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let mut shape = input.clone();
        for (name, layer) in self.named() {
            weights.build_inner(&name, layer, std::slice::from_ref(&shape))?;
            shape = layer.output_shape(&shape)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let last = self.layers.len().saturating_sub(1);
        let mut layers = self.named().enumerate();
        layers.try_fold(x.clone(), |x, (i, (name, layer))| {
            let outputs = match i == last {
                true => pass.call_last_inner(&name, layer, &[x]),
                false => pass.call_inner(&name, layer, &[x]),
            };
            first_of(outputs?)
        })
    }

    fn reset_states(&self) {
        for layer in &self.layers {
            layer.0.reset_states();
        }
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Pipeline",
    what: "applies layers one after the other, as one",
    example: || {
        let layers = [RandomFlip::default().into(), Rescaling::new(0.5).into()];
        (Box::new(Pipeline::new(layers)), Shape::from((4, 5, 2)))
    },
    from_config: Config::layer::<Pipeline>,
}];
