//! Where Keras keeps the weights of a model in a file.
//!
//! Layers are called after their classes and counted in each model (`layers/dense_1`), whatever
//! names they have; what they are made of has groups in theirs (`layers/lstm/cell`). The weights are
//! numbered, those that learn first.

use crate::layers::{Layer, groups_of_inner, groups_of_weight};
use crate::models::graph::Graph;
use crate::models::names::counted;
use crate::models::node::Node;

/// A group with the weights of a layer, or of a part of it.
pub(super) struct Place {
    /// From the root of the file: `layers/lstm/cell`.
    pub(super) path: String,
    /// What the layer, or the part, is called.
    pub(super) name: String,
    /// How errors call the layer.
    pub(super) layer: String,
    /// Which weights of the graph are in it, in the order of the file.
    pub(super) weights: Vec<usize>,
}

/// The places of all weights. Each layer has one, with or without weights.
pub(super) fn places(graph: &Graph) -> Vec<Place> {
    let mut places = Vec::new();
    if graph.shows_inputs {
        let classes = vec!["InputLayer"; graph.inputs.len()];
        for (port, name) in graph.inputs.iter().zip(counted(&classes)) {
            places.push(Place {
                path: format!("layers/{name}"),
                name: port.name.clone(),
                layer: format!("input `{}`", port.name),
                weights: Vec::new(),
            });
        }
    }
    let mut first = 0;
    for (node, name) in graph.nodes.iter().zip(names(graph)) {
        let path = format!("layers/{name}");
        let mut own = vec![Place {
            path: path.clone(),
            name: node.name.clone(),
            layer: node.title(),
            weights: Vec::new(),
        }];
        let weights: Vec<_> = node.weights().enumerate().collect();
        let (learning, others): (Vec<_>, Vec<_>) =
            weights.into_iter().partition(|(_, weight)| weight.learns());
        for (i, weight) in learning.into_iter().chain(others) {
            for path in groups_of_weight(&path, &*node.layer, &weight.name) {
                let own = place_at(&mut own, &path, node);
                own.weights.push(first + i);
            }
        }
        first += node.weights().count();
        places.extend(own);
    }
    places
}

/// The place at `path`, made where it is missing, with one for each layer that it is inside of.
fn place_at<'a>(places: &'a mut Vec<Place>, path: &str, node: &Node) -> &'a mut Place {
    let found = places.iter().position(|place| place.path == path);
    let position = found.unwrap_or_else(|| {
        let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
        // A list of layers, or cells, is none itself.
        let list = ["/layers", "/cells"].iter();
        let owner = list.filter_map(|list| outer.strip_suffix(list)).next();
        place_at(places, owner.unwrap_or(outer), node);
        places.push(Place {
            path: path.to_owned(),
            name: name.to_owned(),
            layer: node.title(),
            weights: Vec::new(),
        });
        places.len() - 1
    });
    &mut places[position]
}

/// Where the weight of a layer of a nested model is: `weight` begins with the layer's name.
pub(in crate::models) fn groups_in_model(graph: &Graph, weight: &str) -> Vec<String> {
    let parts = graph.nodes.iter().zip(names(graph));
    let parts =
        parts.map(|(node, name)| (node.name.as_str(), format!("layers/{name}"), &*node.layer));
    groups_of_inner(parts, weight)
}

/// What the layers of a model are called in a file.
fn names(graph: &Graph) -> Vec<String> {
    let class = |node: &Node| Layer::class_name(&*node.layer);
    counted(&graph.nodes.iter().map(class).collect::<Vec<_>>())
}
