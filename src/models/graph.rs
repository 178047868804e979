//! The layers of a model and how they are connected.
//!
//! Values are numbered: first the inputs, then the outputs of the calls, in order. A layer may be
//! called more than once; it then has the same weights each time.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::node::{Built, Flow, Node};
use crate::device::in_layer;
use crate::layers::{Layer, Weight};
use crate::{Error, Result, Shape, Tape, Tensor};

/// Layers, what each of them is called with, and what comes out in the end.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) name: String,
    pub(super) inputs: Vec<InputPort>,
    pub(super) nodes: Vec<Node>,
    pub(super) calls: Vec<Call>,
    /// The values that come out; the last one of all where nothing else is said.
    pub(super) outputs: Vec<usize>,
    /// Whether the summary shows the inputs as layers, as Keras does of a functional model.
    pub(super) shows_inputs: bool,
    /// The shape of one sample of every value, once they are known.
    shapes: Vec<Shape>,
}

/// Where samples come in.
#[derive(Clone, Debug)]
pub(super) struct InputPort {
    pub(super) name: String,
    /// The shape of one sample, once it is known.
    pub(super) shape: Option<Shape>,
    /// How many layers stand before it in the summary.
    pub(super) listed_after: usize,
}

/// A layer called with some values.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) node: usize,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Range<usize>,
}

impl Call {
    /// Computes the call, by the policy of precision unless it makes [scores](Graph::scores).
    pub(super) fn at_its_place<T>(&self, scores: &[usize], compute: impl FnOnce() -> T) -> T {
        match scores.iter().any(|value| self.outputs.contains(value)) {
            true => compute(),
            false => in_layer(compute),
        }
    }

    /// Fails unless there are as many outputs as the call has.
    fn check_outputs(&self, node: &Node, outputs: Vec<Shape>) -> Result<Vec<Shape>> {
        if outputs.len() == self.outputs.len() {
            return Ok(outputs);
        }
        let (expected, given) = (self.outputs.len(), outputs.len());
        let error = format!("expected {expected} outputs, the layer makes {given}");
        Err(Error::shape(error).at(node.title()))
    }
}

/// What the call of a layer makes.
pub(super) enum Made {
    /// Its outputs.
    Outputs(Vec<Tensor>),
    /// The output of the next call, computed with it in one go.
    NextOutput(Tensor),
}

impl Graph {
    /// A chain without layers.
    pub(super) fn chain(name: &str) -> Graph {
        Graph {
            name: name.to_string(),
            inputs: vec![InputPort {
                name: "input_layer".to_string(),
                shape: None,
                listed_after: 0,
            }],
            nodes: Vec::new(),
            calls: Vec::new(),
            outputs: vec![0],
            shows_inputs: false,
            shapes: Vec::new(),
        }
    }

    /// How errors call it: ``model `sequential` ``.
    pub(super) fn title(&self) -> String {
        format!("model `{}`", self.name)
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.nodes.iter().flat_map(Node::weights)
    }

    pub(super) fn weights_mut(&mut self) -> impl Iterator<Item = &mut Weight> {
        self.nodes.iter_mut().flat_map(Node::weights_mut)
    }

    /// The weights that training moves, each with the name of its layer.
    pub(super) fn trained_mut(&mut self) -> impl Iterator<Item = (&str, &mut Weight)> {
        self.nodes.iter_mut().flat_map(Node::trained_mut)
    }

    /// What the weights themselves add to the loss.
    pub(super) fn penalties(&self, tape: &mut Tape) -> Result<Vec<Tensor>> {
        let mut penalties = Vec::new();
        for weight in self.weights() {
            if let Some(regularizer) = &weight.regularizer {
                let value = weight.on(tape);
                penalties.push(regularizer.call(tape, &value)?);
            }
        }
        Ok(penalties)
    }

    /// Which node the layer called `name` is.
    pub(super) fn node(&self, name: &str) -> Result<usize> {
        let found = self.nodes.iter().position(|node| node.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
            Error::unknown_name("layer", name, &known)
        })
    }

    /// Whether shapes and weights are known.
    pub(super) fn is_built(&self) -> bool {
        !self.shapes.is_empty()
    }

    /// The shape of one sample of a value, once it is known.
    pub(super) fn shape(&self, value: usize) -> Option<&Shape> {
        self.shapes.get(value)
    }

    /// The shapes of the outputs for one sample.
    pub(super) fn output_shapes(&self) -> Result<Vec<Shape>> {
        if !self.is_built() {
            return Err(Error::state("the shapes are not known yet")
                .remedy("give the first layer an `input_shape`, or call `build`")
                .at(self.title()));
        }
        let shapes = self.outputs.iter().map(|&value| self.shapes[value].clone());
        Ok(shapes.collect())
    }

    /// The shapes of all outputs for samples of these shapes, which the inputs take.
    pub(super) fn output_shapes_for(&self, samples: &[Shape]) -> Result<Vec<Shape>> {
        if !self.has_open_inputs() {
            return self.output_shapes();
        }
        let shapes = self.shapes_for(samples)?;
        Ok(self.outputs.iter().map(|&i| shapes[i].clone()).collect())
    }

    pub(super) fn has_open_inputs(&self) -> bool {
        let mut inputs = self.inputs.iter().filter_map(|port| port.shape.as_ref());
        inputs.any(Shape::is_open)
    }

    /// The names of the layers that make the outputs, as results are called after them.
    pub(super) fn output_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for &value in &self.outputs {
            let call = self.calls.iter().find(|call| call.outputs.contains(&value));
            let base = call.map_or_else(
                || self.inputs[value].name.clone(),
                |call| self.nodes[call.node].name.clone(),
            );
            let again = names.iter().filter(|name| **name == base).count();
            names.push(match again {
                0 => base,
                again => format!("{base}_{again}"),
            });
        }
        names
    }

    /// Adds a layer at the end of a chain.
    pub(super) fn push(&mut self, node: Node) -> Result<()> {
        let before = self.inputs.len() + self.calls.len() - 1;
        if let (true, Some(input)) = (self.shapes.is_empty(), &self.inputs[0].shape) {
            self.shapes.push(input.clone());
        }
        let mut node = node;
        if let Some(shape) = self.shapes.get(before) {
            let built = check_one_output(&node, node.build(std::slice::from_ref(shape))?)?;
            self.shapes.extend_from_slice(&built.output_shapes);
            node.adopt(Some(built));
        }
        self.calls.push(Call {
            node: self.nodes.len(),
            inputs: vec![before],
            outputs: before + 1..before + 2,
        });
        self.nodes.push(node);
        self.outputs = vec![before + 1];
        Ok(())
    }

    /// Takes the last layer of a chain away.
    pub(super) fn pop(&mut self) -> Option<Node> {
        let call = self.calls.pop()?;
        self.shapes.truncate(call.outputs.start);
        self.outputs = call.inputs;
        self.nodes.pop()
    }

    /// The shapes of all values for samples of these shapes, without making weights.
    pub(super) fn shapes_for(&self, samples: &[Shape]) -> Result<Vec<Shape>> {
        if samples.len() != self.inputs.len() {
            return Err(Error::shape(format!(
                "expected {} inputs, got {}",
                self.inputs.len(),
                samples.len()
            ))
            .at(self.title()));
        }
        let mut shapes = samples.to_vec();
        for call in &self.calls {
            let node = &self.nodes[call.node];
            let inputs: Vec<Shape> = call.inputs.iter().map(|&i| shapes[i].clone()).collect();
            shapes.extend(call.check_outputs(node, node.output_shapes(&inputs)?)?);
        }
        Ok(shapes)
    }

    /// Makes all weights for samples of these shapes. Nothing changes unless every layer agrees.
    pub(super) fn build(&mut self, samples: &[Shape]) -> Result<()> {
        let mut shapes = samples.to_vec();
        let mut all_built: Vec<Option<Built>> = self.nodes.iter().map(|_| None).collect();
        for call in &self.calls {
            let node = &self.nodes[call.node];
            let inputs: Vec<Shape> = call.inputs.iter().map(|&i| shapes[i].clone()).collect();
            let outputs = if let Some(built) = &all_built[call.node] {
                node.output_shapes_again(built, &inputs)?
            } else {
                let built = node.build(&inputs)?;
                let outputs = built.output_shapes.clone();
                all_built[call.node] = Some(built);
                outputs
            };
            shapes.extend(call.check_outputs(node, outputs)?);
        }
        for (node, built) in self.nodes.iter_mut().zip(all_built) {
            node.adopt(built);
        }
        for (port, shape) in self.inputs.iter_mut().zip(samples) {
            port.shape = Some(shape.clone());
        }
        self.shapes = shapes;
        Ok(())
    }

    /// Forgets for which samples it was built, and the weights.
    pub(super) fn forget_samples(&mut self) {
        self.shapes.clear();
        self.inputs.iter_mut().for_each(|port| port.shape = None);
        self.nodes.iter_mut().for_each(|node| node.adopt(None));
    }

    /// Builds the graph for samples of these shapes, or checks that it takes them. True when it was
    /// built by this call.
    pub(super) fn take_samples(&mut self, samples: &[Shape]) -> Result<bool> {
        if self.nodes.is_empty() {
            return Err(Error::state("the model has no layers").remedy("call `add` first"));
        }
        if samples.len() != self.inputs.len() {
            let names: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
            return Err(Error::shape(format!(
                "expected {} inputs ({}), got {}",
                names.len(),
                names.join(", "),
                samples.len()
            ))
            .remedy("give them in that order, as `[&a, &b]`"));
        }
        if !self.is_built() {
            return self.build(samples).map(|()| true);
        }
        let several = self.inputs.len() > 1;
        for (port, sample) in self.inputs.iter().zip(samples) {
            let Some(expected) = port.shape.as_ref().filter(|shape| !shape.takes(sample)) else {
                continue;
            };
            let error = wrong_sample(expected, sample);
            return Err(match several {
                true => error.at(format!("input `{}`", port.name)),
                false => error,
            });
        }
        Ok(false)
    }

    /// The outputs, and the values that only go through such layers to become outputs.
    pub(super) fn scores(&self) -> Vec<usize> {
        /// How their classes begin: what comes out is what goes in, number by number, or nearly so.
        const NUMBER_BY_NUMBER: [&str; 14] = [
            "Activation",
            "ActivityRegularization",
            "Concatenate",
            "Cropping",
            "Dropout",
            "Flatten",
            "Identity",
            "Permute",
            "ReLU",
            "RepeatVector",
            "Reshape",
            "Softmax",
            "UpSampling",
            "ZeroPadding",
        ];
        let is_one = |class: &str| NUMBER_BY_NUMBER.iter().any(|name| class.starts_with(name));
        let mut scores = self.outputs.clone();
        for call in self.calls.iter().rev() {
            let class = self.nodes[call.node].layer.class_name();
            let is_score = scores.iter().any(|value| call.outputs.contains(value));
            if is_score && is_one(class) {
                scores.extend(&call.inputs);
            }
        }
        scores
    }

    /// Computes the outputs for a batch, with the weights that the layers have.
    pub(super) fn forward(
        &mut self,
        inputs: &[Tensor],
        flow: &mut Flow<'_>,
    ) -> Result<Vec<Tensor>> {
        if self.has_open_inputs() {
            // Layers have said what they take of other sizes alone.
            let samples: Vec<Shape> = inputs.iter().map(|x| x.shape().without_batch()).collect();
            self.take_samples(&samples)?;
            self.shapes_for(&samples)?;
        }
        let scores = self.scores();
        let Graph {
            nodes,
            calls,
            outputs,
            ..
        } = self;
        let make = |call: &Call, next: Option<&Call>, inputs: &[Tensor]| {
            if let (Some(next), [x]) = (next, inputs)
                && call.node != next.node
            {
                let [node, follower] = pick_two(nodes, call.node, next.node);
                let both = next.at_its_place(&scores, || node.call_with_next(follower, x, flow));
                if let Some(both) = both? {
                    return Ok(Made::NextOutput(both));
                }
            }
            let made = call.at_its_place(&scores, || nodes[call.node].call(inputs, flow));
            made.map(Made::Outputs)
        };
        run(calls, outputs, inputs, make)
    }
}

/// Computes the outputs of calls: `make(call, next, inputs)` computes one of them. `next` is given
/// when it alone takes the only output of the call.
pub(super) fn run(
    calls: &[Call],
    outputs: &[usize],
    inputs: &[Tensor],
    mut make: impl FnMut(&Call, Option<&Call>, &[Tensor]) -> Result<Made>,
) -> Result<Vec<Tensor>> {
    // How often each value is still wanted: it is dropped with its last use.
    let mut wanted = vec![0; inputs.len() + calls.iter().map(|c| c.outputs.len()).sum::<usize>()];
    let uses = calls.iter().flat_map(|call| &call.inputs).chain(outputs);
    uses.for_each(|&value| wanted[value] += 1);

    let mut values: Vec<Option<Tensor>> = inputs.iter().cloned().map(Some).collect();
    values.resize(wanted.len(), None);
    let mut rest = calls;
    while let Some((call, others)) = rest.split_first() {
        rest = others;
        let mut given = Vec::with_capacity(call.inputs.len());
        for &value in &call.inputs {
            given.push(take(&mut values, &mut wanted, value)?);
        }
        // The only one that wants the output, so no other call and not the caller.
        let next = others.first().filter(|next| {
            call.outputs.len() == 1
                && wanted[call.outputs.start] == 1
                && next.inputs == [call.outputs.start]
                && next.outputs.len() == 1
        });
        match (make(call, next, &given)?, next) {
            (Made::NextOutput(output), Some(next)) => {
                values[next.outputs.start] = Some(output);
                rest = &others[1..];
            }
            (Made::NextOutput(output), None) => values[call.outputs.start] = Some(output),
            (Made::Outputs(made), _) => {
                for (value, output) in call.outputs.clone().zip(made) {
                    values[value] = Some(output);
                }
            }
        }
    }
    outputs
        .iter()
        .map(|&value| take(&mut values, &mut wanted, value))
        .collect()
}

/// A value for one of those that want it.
fn take(values: &mut [Option<Tensor>], wanted: &mut [usize], value: usize) -> Result<Tensor> {
    wanted[value] -= 1;
    let tensor = match wanted[value] {
        0 => values[value].take(),
        _ => values[value].clone(),
    };
    tensor.ok_or_else(|| Error::state("a layer was called before its input was there"))
}

fn pick_two(nodes: &mut [Node], first: usize, second: usize) -> [&mut Node; 2] {
    if first < second {
        let (before, after) = nodes.split_at_mut(second);
        [&mut before[first], &mut after[0]]
    } else {
        let (before, after) = nodes.split_at_mut(first);
        [&mut after[0], &mut before[second]]
    }
}

/// Fails when the next layer of a chain could not know which output to take.
fn check_one_output(node: &Node, built: Built) -> Result<Built> {
    match built.output_shapes.len() {
        1 => Ok(built),
        count => Err(Error::shape(format!(
            "a layer of a `Sequential` has one output, this one has {count}"
        ))
        .at(node.title())
        .remedy("leave `return_state` out, or build a functional `Model`")),
    }
}

fn wrong_sample(expected: &Shape, sample: &Shape) -> Error {
    let error = Error::shape(format!(
        "expected samples of shape {expected}, got samples of shape {sample}"
    ));
    if sample.with_batch(1) == *expected || *sample == expected.without_batch() {
        error.remedy("is this a single sample? take a batch of one with `x.slice(i..i + 1)?`")
    } else if sample.elements() == expected.elements() {
        error.remedy("the number of elements is right: use `reshape`")
    } else {
        error.remedy(format!(
            "bring the data into that shape, or make a model with `input_shape({sample})`"
        ))
    }
}

impl Graph {
    /// A graph of given connections, whose inputs all have a shape; builds it.
    pub(super) fn connected(
        name: &str,
        inputs: Vec<InputPort>,
        layers: Vec<(Box<dyn Layer>, String)>,
        calls: Vec<Call>,
        outputs: Vec<usize>,
    ) -> Result<Graph> {
        let samples: Vec<Shape> = inputs
            .iter()
            .filter_map(|port| port.shape.clone())
            .collect();
        let nodes = layers
            .into_iter()
            .map(|(layer, name)| Node::named(layer, name));
        let mut graph = Graph {
            name: name.to_string(),
            inputs,
            nodes: nodes.collect(),
            calls,
            outputs,
            shows_inputs: true,
            shapes: Vec::new(),
        };
        graph.build(&samples)?;
        Ok(graph)
    }

    /// What is needed for the outputs of these layers, with a copy of the weights.
    pub(super) fn part(&self, layers: &[&str]) -> Result<Graph> {
        if !self.is_built() {
            return Err(Error::state("the model has no weights yet")
                .remedy("give the first layer an `input_shape`, or call `build`"));
        }
        let mut outputs = Vec::new();
        for layer in layers {
            let node = self.node(layer)?;
            let calls = self.calls.iter().find(|call| call.node == node);
            outputs.extend(calls.into_iter().flat_map(|call| call.outputs.clone()));
        }
        if outputs.is_empty() {
            return Err(Error::argument("layers", "at least one name", "none"));
        }
        // From the end: a call is needed when one of its outputs is.
        let mut needed: HashSet<usize> = outputs.iter().copied().collect();
        let mut calls: Vec<&Call> = Vec::new();
        for call in self.calls.iter().rev() {
            if call.outputs.clone().any(|value| needed.contains(&value)) {
                needed.extend(&call.inputs);
                calls.push(call);
            }
        }
        calls.reverse();
        let mut part = Graph {
            nodes: Vec::new(),
            calls: Vec::new(),
            shapes: self.shapes[..self.inputs.len()].to_vec(),
            ..self.clone()
        };
        let mut value_of: HashMap<usize, usize> = (0..self.inputs.len()).map(|i| (i, i)).collect();
        let mut node_of: HashMap<usize, usize> = HashMap::new();
        for call in calls {
            let node = *node_of.entry(call.node).or_insert_with(|| {
                part.nodes.push(self.nodes[call.node].clone());
                part.nodes.len() - 1
            });
            let start = part.shapes.len();
            for (which, value) in call.outputs.clone().enumerate() {
                value_of.insert(value, start + which);
                part.shapes.push(self.shapes[value].clone());
            }
            part.calls.push(Call {
                node,
                inputs: call.inputs.iter().map(|value| value_of[value]).collect(),
                outputs: start..start + call.outputs.len(),
            });
        }
        part.outputs = outputs.iter().map(|value| value_of[value]).collect();
        Ok(part)
    }
}
