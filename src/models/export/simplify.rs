//! Takes away what layers that follow each other do and undo, and what nobody needs.

use std::collections::{HashMap, HashSet};

use super::onnx::{Attribute, Graph, Node};

/// Joins transpositions that follow each other, drops operations and constants whose results nobody
/// takes, and lets the last operations make the outputs themselves.
pub(super) fn simplify(graph: &mut Graph) {
    join_transpositions(graph);
    drop_unused(graph);
    name_outputs(graph);
}

fn order(node: &Node) -> Option<&[i64]> {
    match node.attributes.as_slice() {
        [("perm", Attribute::Ints(order))] if node.op == "Transpose" => Some(order),
        _ => None,
    }
}

fn join_transpositions(graph: &mut Graph) {
    // What each transposition is made of, and how.
    let mut moved: HashMap<String, (String, Vec<i64>)> = HashMap::new();
    // What is the same as something before it.
    let mut same: HashMap<String, String> = HashMap::new();
    for node in &mut graph.nodes {
        for input in &mut node.inputs {
            if let Some(before) = same.get(input) {
                input.clone_from(before);
            }
        }
        let Some(own) = order(node).map(<[i64]>::to_vec) else {
            continue;
        };
        let (from, whole): (String, Vec<i64>) = match moved.get(&node.inputs[0]) {
            Some((from, first)) => {
                let whole = own.iter().map(|&axis| first[axis as usize]);
                (from.clone(), whole.collect())
            }
            None => (node.inputs[0].clone(), own),
        };
        let stays = whole.iter().enumerate().all(|(i, &axis)| i as i64 == axis);
        if stays {
            same.insert(node.outputs[0].clone(), from);
            continue;
        }
        node.inputs[0].clone_from(&from);
        node.attributes = vec![("perm", whole.clone().into())];
        moved.insert(node.outputs[0].clone(), (from, whole));
    }
}

fn drop_unused(graph: &mut Graph) {
    let mut needed: HashSet<String> = graph.outputs.iter().map(|port| port.name.clone()).collect();
    let mut kept = Vec::new();
    for node in std::mem::take(&mut graph.nodes).into_iter().rev() {
        if node.outputs.iter().any(|output| needed.contains(output)) {
            take_all(&node, &mut needed);
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
    graph
        .constants
        .retain(|constant| needed.contains(&constant.name));
}

/// Notes all that an operation takes, also for the operations inside of it.
fn take_all(node: &Node, needed: &mut HashSet<String>) {
    needed.extend(node.inputs.iter().cloned());
    for (_, attribute) in &node.attributes {
        if let Attribute::Graph(body) = attribute {
            body.nodes.iter().for_each(|node| take_all(node, needed));
        }
    }
}

/// Gives what becomes an output unchanged its name at once.
fn name_outputs(graph: &mut Graph) {
    let outputs: HashSet<String> = graph.outputs.iter().map(|port| port.name.clone()).collect();
    let made: HashSet<String> = graph
        .nodes
        .iter()
        .flat_map(|node| node.outputs.clone())
        .collect();
    let mut named: HashMap<String, String> = HashMap::new();
    graph.nodes.retain(|node| {
        let [output] = node.outputs.as_slice() else {
            return true;
        };
        let inner = &node.inputs.first().cloned().unwrap_or_default();
        let is_last = node.op == "Identity"
            && outputs.contains(output)
            && made.contains(inner)
            && !named.contains_key(inner);
        if is_last {
            named.insert(inner.clone(), output.clone());
        }
        !is_last
    });
    let names = graph
        .nodes
        .iter_mut()
        .flat_map(|node| node.inputs.iter_mut().chain(&mut node.outputs));
    for name in names {
        if let Some(outer) = named.get(name) {
            name.clone_from(outer);
        }
    }
}
