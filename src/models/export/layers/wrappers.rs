//! Layers around others, models inside of models, and layers that change nothing when a model is
//! used.

use serde::Deserialize;

use crate::layers::{Layer, for_file, from_config};
use crate::models::Model;
use crate::models::export::builder::{Builder, Extent, Id};
use crate::models::export::part::{Part, translate, weights_in};
use crate::models::graph::Graph;
use crate::{Config, Error, Result};

/// A layer in the configuration of another.
#[derive(Deserialize)]
struct Described {
    class_name: String,
    config: Config,
}

impl Described {
    fn layer(&self) -> Result<Box<dyn Layer>> {
        from_config(&self.class_name, &self.config)
    }
}

#[derive(Deserialize)]
struct Around {
    layer: Described,
}

/// Dropout and its like, which change numbers while training alone.
pub(super) fn nothing(_: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    Ok(vec![part.input()?])
}

/// `SpectralNormalization`, whose kernel is to size already.
pub(super) fn around(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let Around { layer } = part.read()?;
    part.inner(b, "layer", &*layer.layer()?, part.inputs)
}

pub(super) fn pipeline(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Pipeline {
        layers: Vec<Described>,
    }
    let Pipeline { layers } = part.read()?;
    let mut x = part.input()?;
    for (i, layer) in layers.iter().enumerate() {
        let outputs = part.inner(b, &format!("layer_{i}"), &*layer.layer()?, &[x])?;
        x = outputs[0];
    }
    Ok(vec![x])
}

pub(super) fn time_distributed(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let Around { layer } = part.read()?;
    let input = part.input()?;
    let shape = b.shape(input).clone();
    let step = shape.without_batch();
    if step.is_open() {
        let error = "sizes behind that of the steps are open";
        return Err(Error::shape(error).remedy("tell the input its sizes"));
    }
    let x = b.named(input);
    let each = [Extent::Rest]
        .into_iter()
        .chain(step.iter().map(|&size| Extent::Fixed(size)));
    let each = b.reshape(&x, &each.collect::<Vec<_>>());
    let each = b.last(each, step);
    let outputs = part.inner(b, "layer", &*layer.layer()?, &[each])?;
    let (made, output) = (b.named(outputs[0]), b.shape(outputs[0]).clone());
    let mut sizes = vec![Extent::Of(x.clone(), 0), Builder::extent(&x, &shape, 0)];
    sizes.extend(output.iter().map(|&size| Extent::Fixed(size)));
    let y = b.reshape(&made, &sizes);
    Ok(vec![b.last(y, part.output())])
}

/// A model inside of another.
pub(super) fn model(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    // Its weights are those of the outer one.
    let mut inner = for_file(usize::MAX, || Model::from_config(part.config))?.graph;
    let shapes: Vec<_> = part
        .inputs
        .iter()
        .map(|&input| b.shape(input).clone())
        .collect();
    if !inner.is_built() {
        for_file(usize::MAX, || inner.build(&shapes))?;
    }
    graph(b, &inner, part.inputs, |node| {
        weights_in(part.weights, node)
    })
}

/// Translates all layers of a model; `weights` says what those of the layer called so are.
pub(in crate::models::export) fn graph<'a>(
    b: &mut Builder,
    graph: &Graph,
    inputs: &[Id],
    weights: impl Fn(&str) -> crate::models::export::part::Weights<'a>,
) -> Result<Vec<Id>> {
    let mut values = inputs.to_vec();
    for call in &graph.calls {
        let node = &graph.nodes[call.node];
        let inputs: Vec<Id> = call.inputs.iter().map(|&value| values[value]).collect();
        let weights = weights(&node.name);
        let made = b.inside(&node.name, |b| {
            translate(b, &*node.layer, &weights, &inputs)
        });
        values.extend(made.map_err(|e| e.at(node.title()))?);
    }
    Ok(graph.outputs.iter().map(|&value| values[value]).collect())
}

/// `Masking`: steps that hold one value alone do not count, and are 0.
pub(super) fn masking(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Masking {
        mask_value: f32,
    }
    let Masking { mask_value } = part.read()?;
    let x = b.named(part.input()?);
    let masked = b.number(mask_value);
    let equal = b.plain("Equal", &[&x, &masked]);
    let differs = b.plain("Not", &[&equal]);
    let differs = b.as_floats(&differs);
    let counts = b.over_axes("ReduceMax", &differs, &[2], true);
    let y = b.plain("Mul", &[&x, &counts]);
    let zero = b.number(0.0);
    let mask = b.squeeze(&counts, &[2]);
    let mask = b.plain("Greater", &[&mask, &zero]);
    let y = b.last(y, part.output());
    b.set_mask(y, Some(mask));
    Ok(vec![y])
}
