//! What weights are called in a file: `dense/kernel`, `batch_normalization/moving_mean`.

use std::collections::HashSet;

use crate::layers::Weight;
use crate::models::graph::Graph;
use crate::models::names::snake_case;
use crate::models::node::Node;
use crate::{Error, Result};

/// The tensors of an optimizer are called `optimizer/<slot>/<name of the weight>`.
pub(super) const OPTIMIZER: &str = "optimizer/";

/// The tensors that callbacks remember, in a backup, are called `callbacks/<number>`.
pub(super) const CALLBACKS: &str = "callbacks/";

/// A weight with its name in a file.
pub(super) struct NamedWeight<'a> {
    pub(super) name: String,
    /// How errors call its layer.
    pub(super) layer: String,
    pub(super) weight: &'a Weight,
}

/// Fails when a graph is not built yet.
pub(in crate::models) fn check_built(graph: &Graph) -> Result<()> {
    match graph.is_built() {
        true => Ok(()),
        false => Err(Error::state("the model has no weights yet")
            .remedy("give the first layer an `input_shape`, or call `build`")),
    }
}

/// All weights of a graph, in its order. Fails when it is not built yet.
pub(super) fn named_weights(graph: &Graph) -> Result<Vec<NamedWeight<'_>>> {
    check_built(graph)?;
    let nodes = graph.nodes.iter().collect::<Vec<_>>();
    let mut named = Vec::new();
    for (node, layer) in nodes.iter().zip(layer_names(&nodes)) {
        named.extend(node.weights().map(|weight| NamedWeight {
            name: format!("{layer}/{}", weight.name),
            layer: node.title(),
            weight,
        }));
    }
    check_names(named.iter().map(|named| &named.name))?;
    Ok(named)
}

/// Fails when two tensors have the same name: a layer may be called `a/b`.
pub(super) fn check_names<'a>(names: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut taken = HashSet::new();
    for name in names {
        if !taken.insert(name) {
            let given = format!("two tensors called `{name}`");
            return Err(Error::argument(
                "name",
                "layers whose names tell their weights apart",
                given,
            )
            .remedy("give the layers names without `/`"));
        }
    }
    Ok(())
}

/// The names of layers in a file: those that the user gave, and automatic ones that are counted
/// within the model. A model that is made a second time has layers `dense_2` and `dense_3`, and
/// finds the weights of its first life all the same.
fn layer_names(nodes: &[&Node]) -> Vec<String> {
    let given = |node: &&Node| node.layer.base().name.clone();
    let mut taken: HashSet<String> = nodes.iter().filter_map(given).collect();
    let mut names = Vec::with_capacity(nodes.len());
    for node in nodes {
        names.push(given(node).unwrap_or_else(|| {
            let base = snake_case(node.layer.class_name());
            let numbered = (1..).map(|number| format!("{base}_{number}"));
            let free = std::iter::once(base.clone())
                .chain(numbered)
                .find(|name| !taken.contains(name))
                .unwrap_or(base);
            taken.insert(free.clone());
            free
        }));
    }
    names
}
