//! A model of its description.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::calls::{ReadCall, Reference};
use super::{FUNCTIONAL, SEQUENTIAL, training};
use crate::layers::{Input, Layer, from_config, require_numbers, require_understood};
use crate::models::automatic_name;
use crate::models::graph::{Call, Graph, InputPort};
use crate::models::model::Model;
use crate::models::node::Node;
use crate::models::sequential::Sequential;
use crate::{Config, Error, Result, Shape};

/// Where Keras has its operations.
const OPERATIONS: &str = "keras.src.ops";
/// How many names an error lists.
const LISTED: usize = 4;
/// How many layers, calls, or outputs a model may have: more than any known one.
const MOST: usize = 10_000;

/// Whether a class is that of a model, which may be a layer of another.
pub(crate) fn is_model(class_name: &str) -> bool {
    [SEQUENTIAL, FUNCTIONAL, "Model"].contains(&class_name)
}

#[derive(Deserialize)]
struct ModelObject {
    class_name: String,
    config: Value,
    #[serde(default)]
    compile_config: Value,
}

#[derive(Deserialize)]
struct ModelConfig {
    name: Option<String>,
    trainable: Option<bool>,
    layers: Vec<LayerObject>,
    input_layers: Option<Value>,
    #[serde(default)]
    output_layers: Value,
    build_input_shape: Option<Shape>,
}

#[derive(Deserialize)]
struct LayerObject {
    #[serde(default)]
    module: Option<String>,
    class_name: String,
    config: Value,
    name: Option<String>,
    #[serde(default)]
    inbound_nodes: Vec<Value>,
}

fn deserialize<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T> {
    T::deserialize(value)
        .map_err(|error| Error::data(format!("this does not describe a model: {error}")))
}

/// A model, compiled if it was and `compile` says so.
pub(super) fn model(object: &Value, compile: bool) -> Result<Model> {
    let described: ModelObject = deserialize(object)?;
    if !is_model(&described.class_name) {
        let given = format!("`{}`", described.class_name);
        let expected = "`Sequential` or `Functional`";
        return Err(Error::argument("class_name", expected, given)
            .remedy("kerust reads no models of classes that somebody wrote"));
    }
    let mut model = Model::of(graph(&described.config)?);
    if compile {
        let names = model.graph.output_names();
        let place = format!("{}: `compile_config`", model.graph.title());
        let arguments = training::read(&described.compile_config, &names);
        if let Some(arguments) = arguments.map_err(|e| e.at(place))? {
            model.compile(arguments)?;
        }
    }
    Ok(model)
}

/// The layers of a model.
pub(super) fn graph(config: &Value) -> Result<Graph> {
    let described: ModelConfig = deserialize(config)?;
    require_few("layers", described.layers.len())?;
    let name = described.name.clone();
    let name = name.unwrap_or_else(|| {
        automatic_name(match &described.input_layers {
            Some(_) => FUNCTIONAL,
            None => SEQUENTIAL,
        })
    });
    let read = require_no_texts(&described.layers).and_then(|()| match &described.input_layers {
        Some(inputs) => functional(&name, &described, inputs),
        None => sequential(&name, &described),
    });
    let mut graph = read.map_err(|e| e.at(format!("model `{name}`")))?;
    if described.trainable == Some(false) {
        graph.nodes.iter_mut().for_each(|node| node.freeze(true));
    }
    Ok(graph)
}

fn no_operation(reference: &Reference) -> Error {
    Error::data(format!(
        "`{}` is an operation of Keras, not a layer: kerust reads none but those of masks",
        reference.layer
    ))
}

fn require_few(what: &str, count: usize) -> Result<()> {
    if count > MOST {
        let error = format!("a model has at most {MOST} {what}, this one has {count} or more");
        return Err(Error::data(error));
    }
    Ok(())
}

/// Fails when a layer or an input takes texts; the layers first, about which there is more to say.
fn require_no_texts(layers: &[LayerObject]) -> Result<()> {
    for layer in layers {
        let name = layer.name().unwrap_or(&layer.class_name);
        require_numbers(&layer.class_name, name)?;
    }
    let takes_texts = |layer: &&LayerObject| layer.config["dtype"] == "string";
    let Some(input) = layers.iter().find(takes_texts) else {
        return Ok(());
    };
    let name = input.name().unwrap_or(&input.class_name);
    Err(Error::data("it is of texts, which tensors do not hold")
        .at(format!("layer `{name}` ({})", input.class_name))
        .remedy(
            "make numbers of the texts before the model, with `TextVectorization` or `Hashing`",
        ))
}

fn sequential(name: &str, described: &ModelConfig) -> Result<Graph> {
    let mut model = Sequential::named(name);
    for object in &described.layers {
        let layer = object.layer(Default::default())?;
        model.add_layer(layer)?;
    }
    if let Some(shape) = &described.build_input_shape
        && shape.rank() > 0
        && !model.graph.is_built()
        && !model.graph.nodes.is_empty()
    {
        model.graph.build(&[shape.without_batch()])?;
    }
    Ok(Model::from(model).graph)
}

impl LayerObject {
    fn name(&self) -> Result<&str> {
        let name = self.name.as_deref().or(self.config["name"].as_str());
        name.ok_or_else(|| {
            let given = format!("a layer of class `{}` without one", self.class_name);
            Error::argument("name", "a name for each layer", given)
        })
    }

    /// The layer, with arguments that Keras writes beside its configuration.
    fn layer(&self, flags: serde_json::Map<String, Value>) -> Result<Box<dyn Layer>> {
        let mut config = self.config.clone();
        if let Some(config) = config.as_object_mut() {
            config.extend(flags);
        }
        let config = Config::from(config);
        match self.class_name.as_str() {
            "InputLayer" => config.layer::<Input>(),
            class_name if is_model(class_name) => from_config(class_name, &config),
            class_name => {
                let layer = from_config(class_name, &config)?;
                let understood = require_understood(&*layer, &config);
                let place = format!("layer of class `{class_name}`");
                understood.map(|()| layer).map_err(|e| e.at(place))
            }
        }
    }
}

/// What stands in the list of layers of a functional model.
enum Member {
    Input(InputPort),
    /// Its node and its calls.
    Layer(usize, Vec<ReadCall>),
    /// Keras makes masks with these; here, layers hand them on by themselves.
    Operation,
}

/// The layers of a functional model by name, and the calls of all of them, which are numbered
/// through.
#[derive(Default)]
struct Members<'a> {
    position: HashMap<&'a str, usize>,
    all: Vec<Member>,
    nodes: Vec<Node>,
    /// For each member, the number of its first call.
    first_call: Vec<usize>,
    /// For each call, its node and its number there.
    calls: Vec<(usize, usize)>,
}

/// Where a tensor comes from.
#[derive(Clone, Copy)]
enum Source {
    Input(usize),
    /// The number of the call, and which of its outputs.
    Call(usize, usize),
}

impl<'a> Members<'a> {
    fn read(objects: &'a [LayerObject]) -> Result<Members<'a>> {
        let mut members = Members::default();
        for object in objects {
            let name = object.name()?;
            if members.position.insert(name, members.all.len()).is_some() {
                let given = format!("`{name}` twice");
                return Err(Error::argument("name", "layers whose names differ", given));
            }
            let member = members.member(name, object);
            let member = member.map_err(|e| e.at(format!("layer `{name}`")))?;
            members.all.push(member);
        }
        Ok(members)
    }

    fn member(&mut self, name: &str, object: &LayerObject) -> Result<Member> {
        self.first_call.push(self.calls.len());
        if object
            .module
            .as_deref()
            .is_some_and(|module| module.starts_with(OPERATIONS))
        {
            return Ok(Member::Operation);
        }
        if object.class_name == "InputLayer" {
            let input = object.layer(Default::default())?;
            return Ok(Member::Input(InputPort {
                name: name.to_string(),
                shape: input.base().input_shape.clone(),
                listed_after: self.nodes.len(),
            }));
        }
        let calls = object.inbound_nodes.iter().map(ReadCall::read);
        let calls: Vec<ReadCall> = calls.collect::<Result<_>>()?;
        let flags = calls.first().map(|call| call.flags.clone());
        let flags = flags.unwrap_or_default();
        if calls.iter().any(|call| call.flags != flags) {
            let error = "the layer is called in different ways, which kerust's layers cannot be";
            return Err(Error::data(error));
        }
        let node = self.nodes.len();
        self.calls.extend((0..calls.len()).map(|i| (node, i)));
        require_few("calls of layers", self.calls.len())?;
        let layer = object.layer(flags)?;
        self.nodes.push(Node::named(layer, name.to_string()));
        Ok(Member::Layer(node, calls))
    }

    fn find(&self, layer: &str) -> Result<(usize, &Member)> {
        let position = self.position.get(layer).copied();
        position
            .map(|position| (position, &self.all[position]))
            .ok_or_else(|| {
                Error::data(format!("there is no layer `{layer}`, which is referred to"))
            })
    }

    /// The inputs in the order of `references`, which must be all there are.
    fn ports(&self, references: &[Reference]) -> Result<Vec<InputPort>> {
        let mut ports: Vec<InputPort> = Vec::new();
        for reference in references {
            let layer = &reference.layer;
            match self.find(layer)? {
                (_, Member::Input(port)) if ports.iter().all(|p| p.name != port.name) => {
                    ports.push(port.clone());
                }
                _ => {
                    let given = format!("`{layer}`");
                    let expected = "layers of class `InputLayer`, each once";
                    return Err(Error::argument("input_layers", expected, given));
                }
            }
        }
        let inputs = self.all.iter().filter(|m| matches!(m, Member::Input(_)));
        if ports.is_empty() || inputs.count() != ports.len() {
            let given = format!("{} of them", ports.len());
            return Err(Error::argument("input_layers", "all inputs", given));
        }
        Ok(ports)
    }

    /// Where a tensor comes from; none for a mask.
    fn source(&self, reference: &Reference, ports: &[InputPort]) -> Result<Option<Source>> {
        let Reference {
            layer,
            call,
            output,
        } = reference;
        let missing = || Error::data(format!("`{layer}` has no output {output} of a call {call}"));
        let (position, member) = self.find(layer)?;
        Ok(match member {
            Member::Operation => None,
            Member::Input(_) if (*call, *output) != (0, 0) => return Err(missing()),
            Member::Input(port) => {
                let port = ports.iter().position(|other| other.name == port.name);
                Some(Source::Input(port.ok_or_else(missing)?))
            }
            Member::Layer(_, calls) if *call >= calls.len() => return Err(missing()),
            Member::Layer(..) => Some(Source::Call(self.first_call[position] + call, *output)),
        })
    }

    /// For each call, in order, what it is called with.
    fn sources(&self, ports: &[InputPort]) -> Result<Vec<Vec<Source>>> {
        let mut all = Vec::with_capacity(self.calls.len());
        for member in &self.all {
            let Member::Layer(node, calls) = member else {
                continue;
            };
            for call in calls {
                let node = &self.nodes[*node];
                for mask in &call.masks {
                    if self.source(mask, ports)?.is_some() {
                        let error = "a mask is given by hand, which kerust's layers do not take";
                        return Err(Error::data(error).at(node.title()));
                    }
                }
                let mut sources = Vec::with_capacity(call.tensors.len());
                for tensor in &call.tensors {
                    let source = self.source(tensor, ports).map_err(|e| e.at(node.title()))?;
                    sources.push(source.ok_or_else(|| no_operation(tensor).at(node.title()))?);
                }
                all.push(sources);
            }
        }
        Ok(all)
    }
}

/// The calls in an order in which each comes after those that it needs, and after the earlier ones
/// of the same layer; otherwise as they are numbered.
fn ordered(members: &Members<'_>, sources: &[Vec<Source>]) -> Result<Vec<usize>> {
    let mut waits_for = vec![0; sources.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); sources.len()];
    for (call, sources) in sources.iter().enumerate() {
        let mut before: Vec<usize> = Vec::new();
        for source in sources {
            if let Source::Call(other, _) = source {
                before.push(*other);
            }
        }
        if members.calls[call].1 > 0 {
            before.push(call - 1);
        }
        waits_for[call] = before.len();
        before
            .into_iter()
            .for_each(|other| followers[other].push(call));
    }
    let ready = waits_for
        .iter()
        .enumerate()
        .filter(|(_, waits)| **waits == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = ready.map(|(call, _)| Reverse(call)).collect();
    let mut order = Vec::with_capacity(sources.len());
    while let Some(Reverse(call)) = ready.pop() {
        order.push(call);
        for &follower in &followers[call] {
            waits_for[follower] -= 1;
            if waits_for[follower] == 0 {
                ready.push(Reverse(follower));
            }
        }
    }
    if order.len() < sources.len() {
        let waiting = (0..sources.len()).filter(|&call| waits_for[call] > 0);
        let names = waiting.map(|call| members.nodes[members.calls[call].0].name.as_str());
        let names: Vec<&str> = names.take(LISTED).collect();
        let error = format!(
            "layers wait for each other in a circle: `{}`",
            names.join("`, `")
        );
        return Err(Error::data(error));
    }
    Ok(order)
}

fn functional(name: &str, described: &ModelConfig, inputs: &Value) -> Result<Graph> {
    let members = Members::read(&described.layers)?;
    let ports = members.ports(&Reference::read_all(inputs)?)?;
    let sources = members.sources(&ports)?;
    let mut shapes: Vec<Shape> = Vec::new();
    for port in &ports {
        shapes.push(port.shape.clone().unwrap_or_default());
    }
    // For each call, its outputs among all values.
    let mut outputs_of = vec![0..0; sources.len()];
    let value = |source: &Source, outputs_of: &[std::ops::Range<usize>]| match *source {
        Source::Input(port) => Ok(port),
        Source::Call(call, output) if output < outputs_of[call].len() => {
            Ok(outputs_of[call].start + output)
        }
        Source::Call(call, output) => {
            let node = &members.nodes[members.calls[call].0];
            Err(Error::data(format!("there is no output {output}")).at(node.title()))
        }
    };
    let mut calls = Vec::new();
    for call in ordered(&members, &sources)? {
        let (node, _) = members.calls[call];
        let inputs = sources[call]
            .iter()
            .map(|source| value(source, &outputs_of));
        let inputs: Vec<usize> = inputs.collect::<Result<_>>()?;
        let given: Vec<Shape> = inputs.iter().map(|&value| shapes[value].clone()).collect();
        let made = members.nodes[node].output_shapes(&given)?;
        outputs_of[call] = shapes.len()..shapes.len() + made.len();
        shapes.extend(made);
        calls.push(Call {
            node,
            inputs,
            outputs: outputs_of[call].clone(),
        });
    }
    let mut outputs = Vec::new();
    let references = Reference::read_all(&described.output_layers)?;
    require_few("outputs", references.len())?;
    for mut reference in references {
        // Here, and only here, the calls of a functional model are counted from 1.
        if let (_, Member::Layer(node, _)) = members.find(&reference.layer)?
            && members.nodes[*node].layer.class_name() == FUNCTIONAL
        {
            reference.call = reference.call.wrapping_sub(1);
        }
        let source = members.source(&reference, &ports)?;
        let source = source.ok_or_else(|| no_operation(&reference))?;
        outputs.push(value(&source, &outputs_of)?);
    }
    require_needed(&members.nodes, &calls, &outputs)?;
    let layers = members.nodes.into_iter();
    let layers = layers.map(|node| (node.layer, node.name)).collect();
    Graph::connected(name, ports, layers, calls, outputs)
}

/// Fails when a layer, or a call of one, does nothing for the outputs.
fn require_needed(nodes: &[Node], calls: &[Call], outputs: &[usize]) -> Result<()> {
    let last = calls.last().map_or(0, |call| call.outputs.end);
    let mut needed = vec![false; last.max(outputs.iter().max().map_or(0, |v| v + 1))];
    outputs.iter().for_each(|&value| needed[value] = true);
    let mut called = vec![false; nodes.len()];
    let idle = |node: usize| {
        let error = "no output of the model needs the layer, or one of its calls";
        Err(Error::data(error).at(nodes[node].title()))
    };
    for call in calls.iter().rev() {
        if !call.outputs.clone().any(|value| needed[value]) {
            return idle(call.node);
        }
        called[call.node] = true;
        call.inputs.iter().for_each(|&value| needed[value] = true);
    }
    match called.iter().position(|called| !called) {
        Some(node) => idle(node),
        None if outputs.is_empty() => Err(Error::argument("output_layers", "at least one", "none")),
        None => Ok(()),
    }
}
