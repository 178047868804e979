//! A layer that is translated: its arguments, weights and inputs.

use serde::de::DeserializeOwned;

use super::builder::{Builder, Id};
use super::layers;
use crate::layers::{Layer, Weight};
use crate::models::open_sizes::{common_outputs, trials};
use crate::{Config, Error, Result, Shape, Tensor};

/// The weights of a layer with their names in it.
pub(super) type Weights<'a> = Vec<(&'a str, &'a Tensor)>;

/// A layer that is translated.
pub(super) struct Part<'a> {
    pub(super) class: &'a str,
    pub(super) config: &'a Config,
    pub(super) weights: &'a Weights<'a>,
    pub(super) inputs: &'a [Id],
    /// The shapes of its outputs for one sample.
    pub(super) outputs: Vec<Shape>,
}

impl Part<'_> {
    /// The arguments.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        self.config.read()
    }

    /// The only input, or the first one.
    pub(super) fn input(&self) -> Result<Id> {
        let first = self.inputs.first();
        first
            .copied()
            .ok_or_else(|| Error::shape("expected at least one input, got none"))
    }

    /// The shape of the output, or of the first one.
    pub(super) fn output(&self) -> Shape {
        self.outputs.first().cloned().unwrap_or_default()
    }

    /// The weight called `name`, if the layer has it.
    pub(super) fn weight(&self, name: &str) -> Option<&Tensor> {
        let found = self.weights.iter().find(|(own, _)| *own == name);
        found.map(|(_, tensor)| *tensor)
    }

    /// The weight called `name`, which the layer must have.
    pub(super) fn need(&self, name: &str) -> Result<&Tensor> {
        self.weight(name)
            .ok_or_else(|| Error::state(format!("there is no weight `{name}`")))
    }

    /// Translates a layer inside of this one, whose weights' names begin with `name`.
    pub(super) fn inner(
        &self,
        b: &mut Builder,
        name: &str,
        layer: &dyn Layer,
        inputs: &[Id],
    ) -> Result<Vec<Id>> {
        let weights = weights_in(self.weights, name);
        let title = format!("{name} ({})", layer.class_name());
        b.inside(name, |b| translate(b, layer, &weights, inputs))
            .map_err(|e| e.at(title))
    }
}

/// The weights whose names begin with `name`.
pub(super) fn weights_in<'a>(weights: &Weights<'a>, name: &str) -> Weights<'a> {
    let inner = weights.iter().filter_map(|(own, tensor)| {
        let rest = own.strip_prefix(name)?.strip_prefix('/')?;
        Some((rest, *tensor))
    });
    inner.collect()
}

/// The weights of a layer of a model.
pub(super) fn named<'a>(weights: impl Iterator<Item = &'a Weight>) -> Weights<'a> {
    weights
        .map(|weight| (weight.name.as_str(), &weight.value))
        .collect()
}

/// Translates a layer; returns its outputs.
pub(super) fn translate(
    b: &mut Builder,
    layer: &dyn Layer,
    weights: &Weights<'_>,
    inputs: &[Id],
) -> Result<Vec<Id>> {
    let class = layer.class_name();
    let translation = layers::translation(class)?;
    let config = layer.get_config()?;
    let shapes: Vec<Shape> = inputs.iter().map(|&input| b.shape(input).clone()).collect();
    let outputs = match shapes.iter().any(Shape::is_open) {
        true => common_outputs(&trials(layer, &shapes)?)?,
        false => layer.output_shapes(&shapes)?,
    };
    let part = Part {
        class,
        config: &config,
        weights,
        inputs,
        outputs,
    };
    let outputs = translation(b, &part)?;
    // As when it is called: see `Pass::call_layer`.
    if let (true, Some(&input), Some(&output)) =
        (layer.supports_masking(), inputs.first(), outputs.first())
        && b.mask(output).is_none()
    {
        let mask = b.mask(input).map(str::to_owned);
        b.set_mask(output, mask);
    }
    Ok(outputs)
}
