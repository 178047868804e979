//! A model as Keras describes it.

use serde_json::{Map, Value, json};

use super::calls::arguments_of_call;
use super::{FUNCTIONAL, SEQUENTIAL, training};
use crate::layers::{object, policy};
use crate::models::compile::Compiled;
use crate::models::graph::{Graph, InputPort};
use crate::models::node::Node;
use crate::{Error, Result, Shape};

/// All of a model: its class, its layers, and what it was compiled with.
pub(super) fn model(graph: &Graph, compiled: Option<&Compiled>) -> Result<Value> {
    let mut model = object(graph.class_name(), Value::Object(config(graph, false)?));
    let sample = graph.inputs[0].shape.as_ref();
    if graph.class_name() == SEQUENTIAL
        && let Some(sample) = sample.filter(|_| graph.is_built())
    {
        model.insert("build_config".into(), json!({"input_shape": batch(sample)}));
    }
    if let Some(compiled) = compiled {
        model.insert("compile_config".into(), training::write(compiled)?);
    }
    Ok(Value::Object(model))
}

/// The layers of a model, and how they are connected.
pub(in crate::models) fn config(graph: &Graph, frozen: bool) -> Result<Map<String, Value>> {
    let learns = |node: &Node| !node.layer.base().frozen;
    let trainable = !frozen && (graph.nodes.is_empty() || graph.nodes.iter().any(learns));
    let mut config = Map::new();
    config.insert("name".into(), json!(graph.name));
    config.insert("trainable".into(), json!(trainable));
    if graph.class_name() == SEQUENTIAL {
        let mut layers: Vec<Value> = Vec::new();
        if let Some(shape) = &graph.inputs[0].shape {
            layers.push(Value::Object(input_layer(&graph.inputs[0])));
            config.insert("build_input_shape".into(), batch(shape));
        }
        for (i, _) in graph.nodes.iter().enumerate() {
            layers.push(Value::Object(layer(graph, i)?));
        }
        config.insert("dtype".into(), policy());
        config.insert("layers".into(), Value::Array(layers));
        return Ok(config);
    }
    // Calls without an output would have no shape to write down.
    graph.output_shapes()?;
    let histories = graph.histories();
    let history = |value: usize| {
        let (name, call, output) = histories[value];
        // The calls of a functional model are counted from 1 here, and only here.
        let node = graph.nodes.iter().find(|node| node.name == name);
        let is_functional = node.is_some_and(|node| node.layer.class_name() == FUNCTIONAL);
        json!([name, call + usize::from(is_functional), output])
    };
    let mut layers: Vec<Value> = Vec::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let mut described = layer(graph, i)?;
        let flags = take_flags(&mut described);
        let calls = graph.calls.iter().filter(|call| call.node == i);
        let calls = calls.map(|call| {
            let tensors = call.inputs.iter().map(|&value| {
                let (name, call, output) = histories[value];
                let shape = graph.shape(value).map(batch);
                json!({
                    "class_name": "__keras_tensor__",
                    "config": {
                        "shape": shape,
                        "dtype": "float32",
                        "keras_history": [name, call, output],
                    },
                })
            });
            arguments_of_call(node.layer.class_name(), tensors.collect(), flags.clone())
        });
        described.insert("inbound_nodes".into(), calls.collect());
        described.insert("name".into(), json!(node.name));
        layers.push(Value::Object(described));
    }
    let mut ports: Vec<&InputPort> = graph.inputs.iter().collect();
    ports.sort_by_key(|port| port.listed_after);
    // From the last one, so that those before still stand where they were.
    for port in ports.into_iter().rev() {
        let mut described = input_layer(port);
        described.insert("inbound_nodes".into(), json!([]));
        described.insert("name".into(), json!(port.name));
        layers.insert(
            port.listed_after.min(layers.len()),
            Value::Object(described),
        );
    }
    let all = |values: Vec<usize>| {
        let mut all: Vec<Value> = values.into_iter().map(history).collect();
        match all.len() {
            1 => all.swap_remove(0),
            _ => Value::Array(all),
        }
    };
    config.insert("layers".into(), Value::Array(layers));
    config.insert(
        "input_layers".into(),
        all((0..graph.inputs.len()).collect()),
    );
    config.insert("output_layers".into(), all(graph.outputs.clone()));
    Ok(config)
}

/// A layer of a model, under the name that it has there.
fn layer(graph: &Graph, node_index: usize) -> Result<Map<String, Value>> {
    let node = &graph.nodes[node_index];
    let class_name = node.layer.class_name();
    let config = node.layer.get_config().map_err(|e| e.at(node.title()))?;
    let mut config = config.into_value();
    let Some(arguments) = config.as_object_mut() else {
        let error = "expected arguments by their names from `get_config`";
        return Err(Error::data(error).at(node.title()));
    };
    arguments.insert("name".into(), json!(node.name));
    let mut described = object(class_name, config);
    let call = graph.calls.iter().find(|call| call.node == node_index);
    if let Some([value]) = call.map(|call| call.inputs.as_slice())
        && let Some(shape) = graph.shape(*value)
        && node.weights().next().is_some()
        && class_name != FUNCTIONAL
    {
        described.insert("build_config".into(), json!({"input_shape": batch(shape)}));
    }
    Ok(described)
}

/// The arguments of a layer that are arguments of the call in Keras, where they are on.
fn take_flags(described: &mut Map<String, Value>) -> Map<String, Value> {
    let mut flags = Map::new();
    if let Some(config) = described.get_mut("config").and_then(Value::as_object_mut) {
        for name in super::calls::FLAGS {
            if let Some(value) = config.remove(name).filter(|value| *value == true) {
                flags.insert(name.into(), value);
            }
        }
    }
    flags
}

fn input_layer(port: &InputPort) -> Map<String, Value> {
    let config = json!({
        "batch_shape": port.shape.as_ref().map(batch),
        "dtype": "float32",
        "sparse": false,
        "ragged": false,
        "name": port.name,
        "optional": false,
    });
    object("InputLayer", config)
}

/// The shape of a batch of any size.
fn batch(sample: &Shape) -> Value {
    let sizes = sample.sizes().map(|size| json!(size));
    std::iter::once(Value::Null).chain(sizes).collect()
}

impl Graph {
    /// The class that Keras would make of it.
    pub(in crate::models) fn class_name(&self) -> &'static str {
        let last = self.inputs.len() + self.nodes.len() - 1;
        if !self.shows_inputs && self.is_chain() && self.outputs == [last] {
            SEQUENTIAL
        } else {
            FUNCTIONAL
        }
    }

    /// Where each value comes from: the name of the layer, which of its calls, which output.
    pub(in crate::models) fn histories(&self) -> Vec<(&str, usize, usize)> {
        let inputs = self.inputs.iter().map(|port| (port.name.as_str(), 0, 0));
        let mut histories: Vec<(&str, usize, usize)> = inputs.collect();
        let mut earlier = vec![0; self.nodes.len()];
        for call in &self.calls {
            let name = self.nodes[call.node].name.as_str();
            for output in 0..call.outputs.len() {
                histories.push((name, earlier[call.node], output));
            }
            earlier[call.node] += 1;
        }
        histories
    }
}
