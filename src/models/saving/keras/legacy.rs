//! `.h5` of whole models, as Keras 3 and its predecessors write it.
//!
//! The root's attributes `model_config` and `training_config` are JSON. The group `model_weights`
//! has one for each layer, under the layer's name; what is in them is listed in attributes.

use std::path::Path;

use serde_json::{Value, json};

use super::super::file;
use super::super::hdf5::Source;
use super::super::names::check_built;
use super::described;
use super::weights::{self, Read, remembered, trained};
use crate::layers::Weight;
use crate::models::graph::Graph;
use crate::models::model::Model;
use crate::optimizers::OptimizerState;
use crate::{Error, Result};

const WEIGHTS: &str = "model_weights";
const OPTIMIZER: &str = "optimizer_weights";

/// Reads a whole model; without what it was compiled with unless `compile`.
pub(in crate::models::saving) fn load(path: &Path, compile: bool) -> Result<Model> {
    let (_, length) = file::open(path)?;
    let source = Source::open(path)?;
    let Some(mut config) = json_attribute(&source, "model_config", path)? else {
        let what = format!("`{}` describes no model", path.display());
        return Err(Error::data(what).remedy(
            "make the model as it was, and use `load_weights` if the file has its weights",
        ));
    };
    if let Some(training) = json_attribute(&source, "training_config", path)? {
        config["compile_config"] = compile_config(training);
    }
    let mut model = described(&config, length, compile)?;
    let optimizer = model.compiled.as_mut().map(|c| &mut c.optimizer);
    let read = read(&source, &model.graph, optimizer.as_deref())?;
    read.apply(&mut model.graph, optimizer);
    Ok(model)
}

/// Takes the weights alone from a file of a whole model.
pub(in crate::models::saving) fn load_weights(
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    path: &Path,
) -> Result<()> {
    check_built(graph)?;
    let read = read(&Source::open(path)?, graph, optimizer.as_deref())?;
    read.apply(graph, optimizer);
    Ok(())
}

fn json_attribute(source: &Source, name: &str, path: &Path) -> Result<Option<Value>> {
    let texts = source.texts("", name)?.unwrap_or_default();
    let Some(text) = texts.first() else {
        return Ok(None);
    };
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let what = format!("the attribute `{name}` of `{}`: {error}", path.display());
        Error::data(what).remedy("take another copy of it, or save it again")
    })?;
    match value.is_object() {
        true => Ok(Some(value)),
        false => Ok(None),
    }
}

/// What `compile` was told, as newer files have it.
fn compile_config(mut training: Value) -> Value {
    let optimizer = training["optimizer_config"].take();
    training["optimizer"] = optimizer;
    let arguments = [
        "optimizer",
        "loss",
        "loss_weights",
        "metrics",
        "weighted_metrics",
    ];
    let mut config = json!({});
    for name in arguments {
        config[name] = training[name].take();
    }
    config
}

/// The groups of the layers that have weights, each with the paths of its weights.
fn layers(source: &Source) -> Result<Vec<(String, Vec<String>)>> {
    let root = match source.texts(WEIGHTS, "layer_names")? {
        Some(_) => WEIGHTS,
        // A file of weights alone.
        None => "",
    };
    let Some(names) = source.texts(root, "layer_names")? else {
        return Err(Error::data("the file lists no layers")
            .remedy("take another copy of it, or save it again"));
    };
    let mut layers = Vec::new();
    for name in names {
        let group = format!("{root}/{name}");
        let weights = source.texts(&group, "weight_names")?.unwrap_or_default();
        if !weights.is_empty() {
            let paths = weights.iter().map(|weight| format!("{group}/{weight}"));
            layers.push((name, paths.collect()));
        }
    }
    Ok(layers)
}

fn read(source: &Source, graph: &Graph, optimizer: Option<&OptimizerState>) -> Result<Read> {
    let layers = layers(source)?;
    let nodes = graph.nodes.iter();
    let nodes: Vec<_> = nodes
        .filter(|node| node.weights().next().is_some())
        .collect();
    let as_it_was = "make the model as it was when it was saved";
    if layers.len() != nodes.len() {
        return Err(Error::data(format!(
            "the model has {} layers with weights, the file has {}",
            nodes.len(),
            layers.len()
        ))
        .remedy(as_it_was));
    }
    let mut values = Vec::new();
    for (node, (name, paths)) in nodes.into_iter().zip(layers) {
        let weights: Vec<&Weight> = node.weights().collect();
        if weights.len() != paths.len() {
            return Err(Error::data(format!(
                "expected {} weights in the file's layer `{name}`, it has {}",
                weights.len(),
                paths.len()
            ))
            .remedy(as_it_was)
            .at(node.title()));
        }
        // Those that training changes come first in the file.
        let (learning, others): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).partition(|&i| weights[i].trainable);
        let mut own = vec![None; weights.len()];
        for (i, path) in learning.into_iter().chain(others).zip(paths) {
            let value = weights::tensor(source, &path, weights[i].value.shape());
            own[i] = Some(value.map_err(|e| e.at(node.title()))?);
        }
        values.extend(own.into_iter().flatten());
    }
    let optimizer = match (optimizer, source.texts(OPTIMIZER, "weight_names")?) {
        (Some(optimizer), Some(names)) => {
            let paths = names.iter().map(|name| format!("{OPTIMIZER}/{name}"));
            let paths: Vec<String> = paths.collect();
            remembered(source, &paths, optimizer, &trained(graph))?
        }
        _ => None,
    };
    Ok(Read {
        weights: values,
        optimizer,
    })
}
