//! The functional way to make a model: layers are called on what other layers will make.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::graph::{Call, Graph, InputPort};
use super::model::Model;
use super::names::automatic_name;
use super::node::Node;
use crate::layers::{Input, Layer};
use crate::{Error, Result, Shape};

/// What an input or a layer will make, once there is data: its shape is known, its numbers are not.
///
/// Keras: `keras.KerasTensor`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let pictures = Input::new((28, 28, 1));
/// let x = Flatten::new().on(&pictures)?;
/// assert_eq!(*x.shape(), (784,));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KerasTensor {
    shape: Shape,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    Input(Input),
    /// The output of a call, and which of its outputs.
    Call(Rc<SymbolicCall>, usize),
}

/// A layer called on what others will make.
#[derive(Debug)]
struct SymbolicCall {
    /// Tells calls apart.
    id: u64,
    layer: SharedLayer,
    inputs: Vec<KerasTensor>,
    outputs: usize,
}

impl KerasTensor {
    /// The shape for one sample.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// A layer that can be called several times, each time with the same weights.
///
/// Keras: any layer object that is called twice.
///
/// # Example
/// ```
/// use kerust::models::SharedLayer;
/// use kerust::prelude::*;
/// let (a, b) = (Input::new(4), Input::new(4));
/// let encode = SharedLayer::new(Dense::new(8));
/// let model = Model::new([&a, &b], [&encode.on(&a)?, &encode.on(&b)?])?;
/// assert_eq!(model.count_params()?, 40);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedLayer(Rc<(Box<dyn Layer>, String)>);

impl SharedLayer {
    /// A layer, or a model as a layer.
    pub fn new(layer: impl Into<Box<dyn Layer>>) -> Self {
        let layer = layer.into();
        let name = layer.base().name.clone();
        let name = name.unwrap_or_else(|| automatic_name(layer.class_name()));
        SharedLayer(Rc::new((layer, name)))
    }

    /// What the layer will make of `inputs`.
    ///
    /// # Errors
    /// When it cannot take them, an argument is wrong, or it has several outputs.
    pub fn on(&self, inputs: impl Symbols) -> Result<KerasTensor> {
        let mut outputs = self.on_all(inputs)?;
        match (outputs.pop(), outputs.len()) {
            (Some(only), 0) => Ok(only),
            (_, more) => Err(Error::shape(format!("the layer has {} outputs", more + 1))
                .remedy("use `on_all`")
                .at(self.title())),
        }
    }

    /// All that the layer will make of `inputs`; for layers with several outputs.
    ///
    /// # Errors
    /// When it cannot take them, or an argument is wrong.
    pub fn on_all(&self, inputs: impl Symbols) -> Result<Vec<KerasTensor>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let inputs = inputs.symbols();
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape.clone()).collect();
        // The weights are thrown away: the model makes its own.
        let built = Node::named(self.0.0.clone(), self.0.1.clone()).build(&shapes)?;
        let call = Rc::new(SymbolicCall {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            layer: self.clone(),
            inputs,
            outputs: built.output_shapes.len(),
        });
        let outputs = built.output_shapes.into_iter().enumerate();
        Ok(outputs
            .map(|(which, shape)| KerasTensor {
                shape,
                origin: Origin::Call(Rc::clone(&call), which),
            })
            .collect())
    }

    fn title(&self) -> String {
        format!("layer `{}` ({})", self.0.1, self.0.0.class_name())
    }

    fn id(&self) -> *const (Box<dyn Layer>, String) {
        Rc::as_ptr(&self.0)
    }
}

/// One or several of what layers are called on: `&x`, `[&a, &b]` or a `Vec<KerasTensor>`.
pub trait Symbols {
    /// All of them.
    fn symbols(self) -> Vec<KerasTensor>;
}

impl Symbols for &KerasTensor {
    fn symbols(self) -> Vec<KerasTensor> {
        vec![self.clone()]
    }
}

impl Symbols for &Input {
    fn symbols(self) -> Vec<KerasTensor> {
        vec![KerasTensor {
            shape: self.base().input_shape.clone().unwrap_or_default(),
            origin: Origin::Input(self.clone()),
        }]
    }
}

impl<T, const N: usize> Symbols for [&T; N]
where
    for<'a> &'a T: Symbols,
{
    fn symbols(self) -> Vec<KerasTensor> {
        self.into_iter().flat_map(Symbols::symbols).collect()
    }
}

impl<A, B> Symbols for (&A, &B)
where
    for<'a> &'a A: Symbols,
    for<'a> &'a B: Symbols,
{
    fn symbols(self) -> Vec<KerasTensor> {
        let mut all = self.0.symbols();
        all.extend(self.1.symbols());
        all
    }
}

impl Symbols for Vec<KerasTensor> {
    fn symbols(self) -> Vec<KerasTensor> {
        self
    }
}

impl Symbols for &Vec<KerasTensor> {
    fn symbols(self) -> Vec<KerasTensor> {
        self.clone()
    }
}

impl Model {
    /// The model that makes `outputs` of `inputs`. Its layers get weights of their own: two models
    /// made from the same calls do not share what they learn (see [`submodel`](Self::submodel)).
    ///
    /// Keras: `keras.Model(inputs, outputs)`.
    ///
    /// # Errors
    /// When an output needs an input that is not among `inputs`, or two layers have the same name.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let inputs = Input::new(4);
    /// let x = Dense::new(8).activation("relu").on(&inputs)?;
    /// let outputs = Dense::new(1).on(&x)?;
    /// let model = Model::new(&inputs, &outputs)?;
    /// assert_eq!(model.count_params()?, 49);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn new(inputs: impl Symbols, outputs: impl Symbols) -> Result<Model> {
        let name = automatic_name("Functional");
        let title = format!("model `{name}`");
        let graph = connect(&name, &inputs.symbols(), &outputs.symbols());
        graph.map(Model::of).map_err(|e| e.at(title))
    }

    /// The same model under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Model {
        self.graph.name = name.to_string();
        self
    }

    /// What this model, as a layer, will make of `inputs`. It takes a copy of the weights along.
    ///
    /// # Errors
    /// When the model cannot take them, or has several outputs.
    pub fn on(&self, inputs: impl Symbols) -> Result<KerasTensor> {
        SharedLayer::new(self.clone()).on(inputs)
    }

    /// The part of this model that ends with the outputs of the layers called `layers`, with a copy
    /// of the weights: to look at what a layer makes, or to go on from it.
    ///
    /// Keras: `keras.Model(model.inputs, [model.get_layer(name).output for name in names])`.
    ///
    /// # Errors
    /// When there is no such layer, or the model is not built yet.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(8).name("features").input_shape(4))?;
    /// model.add(Dense::new(1))?;
    /// let mut features = model.submodel(&["features"])?;
    /// assert_eq!(features.predict(&Tensor::ones((2, 4)))?.shape(), (2, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn submodel(&self, layers: &[&str]) -> Result<Model> {
        let part = self.graph.part(layers);
        part.map(Model::of)
            .map_err(|e| e.at(self.place("submodel")))
    }
}

/// An input or a layer, to tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    Input(u64),
    Layer(*const (Box<dyn Layer>, String)),
}

/// The inputs and calls that outputs need, and where each stands in Keras's order: by the longest
/// way to an output, then as they are met from the outputs.
#[derive(Default)]
struct Traced {
    inputs: Vec<Input>,
    /// Each after those that it needs.
    calls: Vec<Rc<SymbolicCall>>,
    finished: HashSet<u64>,
    met: Vec<Operation>,
}

impl Traced {
    fn visit(&mut self, tensor: &KerasTensor) {
        match &tensor.origin {
            Origin::Input(input) => {
                if !self.inputs.iter().any(|known| known.id() == input.id()) {
                    self.met.push(Operation::Input(input.id()));
                    self.inputs.push(input.clone());
                }
            }
            Origin::Call(call, _) => {
                if self.finished.contains(&call.id) {
                    return;
                }
                let layer = Operation::Layer(call.layer.id());
                if !self.met.contains(&layer) {
                    self.met.push(layer);
                }
                call.inputs.iter().for_each(|input| self.visit(input));
                // An input may have reached the same call by another way.
                if self.finished.insert(call.id) {
                    self.calls.push(Rc::clone(call));
                }
            }
        }
    }

    /// How many calls lie at most between each operation, or call, and an output.
    fn depths(&self) -> (HashMap<Operation, usize>, HashMap<u64, usize>) {
        let mut of_calls: HashMap<u64, usize> = HashMap::new();
        let mut of_operations: HashMap<Operation, usize> = HashMap::new();
        for call in self.calls.iter().rev() {
            let layer = Operation::Layer(call.layer.id());
            let own = of_calls.get(&call.id).copied().unwrap_or(0);
            let depth = own.max(of_operations.get(&layer).copied().unwrap_or(0));
            of_operations.insert(layer, depth);
            of_calls.insert(call.id, depth);
            for input in &call.inputs {
                let before = match &input.origin {
                    Origin::Input(input) => of_operations
                        .entry(Operation::Input(input.id()))
                        .or_default(),
                    Origin::Call(call, _) => of_calls.entry(call.id).or_default(),
                };
                *before = (*before).max(depth + 1);
            }
        }
        (of_operations, of_calls)
    }
}

fn connect(name: &str, inputs: &[KerasTensor], outputs: &[KerasTensor]) -> Result<Graph> {
    let mut traced = Traced::default();
    outputs.iter().for_each(|output| traced.visit(output));
    let mut ports: Vec<Input> = Vec::new();
    for input in inputs {
        match &input.origin {
            Origin::Input(input) => ports.push(input.clone()),
            Origin::Call(call, _) => {
                let given = format!("the output of {}", call.layer.title());
                return Err(Error::argument("inputs", "what `Input::new` makes", given)
                    .remedy("`submodel` cuts a model at a layer"));
            }
        }
    }
    let known = |input: &Input| ports.iter().any(|port| port.id() == input.id());
    if let Some(missing) = traced.inputs.iter().find(|input| !known(input)) {
        let given = format!("an output that needs `{}` as well", missing.port_name());
        return Err(
            Error::argument("inputs", "all inputs that the outputs need", given)
                .remedy("add it to `inputs`"),
        );
    }
    let (depths, call_depths) = traced.depths();
    let mut order: Vec<Operation> = traced.met.clone();
    order.sort_by_key(|operation| {
        let depth = depths.get(operation).copied().unwrap_or(0);
        std::cmp::Reverse(depth)
    });
    let mut calls = traced.calls.clone();
    calls.sort_by_key(|call| std::cmp::Reverse(call_depths[&call.id]));

    let mut layers: Vec<(Box<dyn Layer>, String)> = Vec::new();
    let mut node_of: HashMap<Operation, usize> = HashMap::new();
    let mut listed_after: HashMap<u64, usize> = HashMap::new();
    for operation in order {
        match operation {
            Operation::Input(id) => {
                listed_after.insert(id, layers.len());
            }
            Operation::Layer(id) => {
                let mut all = calls.iter().map(|call| &call.layer);
                if let Some(layer) = all.find(|layer| layer.id() == id) {
                    node_of.insert(operation, layers.len());
                    layers.push((layer.0.0.clone(), layer.0.1.clone()));
                }
            }
        }
    }
    check_names(&ports, &layers)?;

    let mut value_of: HashMap<(bool, u64, usize), usize> = HashMap::new();
    for (i, port) in ports.iter().enumerate() {
        value_of.insert((true, port.id(), 0), i);
    }
    let value = |tensor: &KerasTensor, value_of: &HashMap<_, usize>| match &tensor.origin {
        Origin::Input(input) => value_of[&(true, input.id(), 0)],
        Origin::Call(call, which) => value_of[&(false, call.id, *which)],
    };
    let mut next = ports.len();
    let mut connected = Vec::new();
    for call in &calls {
        connected.push(Call {
            node: node_of[&Operation::Layer(call.layer.id())],
            inputs: call
                .inputs
                .iter()
                .map(|input| value(input, &value_of))
                .collect(),
            outputs: next..next + call.outputs,
        });
        for which in 0..call.outputs {
            value_of.insert((false, call.id, which), next + which);
        }
        next += call.outputs;
    }
    let outputs = outputs
        .iter()
        .map(|output| value(output, &value_of))
        .collect();
    let ports = ports.iter().map(|port| InputPort {
        name: port.port_name().to_string(),
        shape: port.base().input_shape.clone(),
        listed_after: listed_after.get(&port.id()).copied().unwrap_or(0),
    });
    Graph::connected(name, ports.collect(), layers, connected, outputs)
}

fn check_names(ports: &[Input], layers: &[(Box<dyn Layer>, String)]) -> Result<()> {
    let mut taken = HashSet::new();
    let ports = ports.iter().map(Input::port_name);
    for name in ports.chain(layers.iter().map(|(_, name)| name.as_str())) {
        if !taken.insert(name) {
            let given = format!("`{name}` twice");
            return Err(
                Error::argument("name", "layers whose names differ", given)
                    .remedy("leave `name` out to get automatic ones; to call a layer twice, make a `SharedLayer` of it"),
            );
        }
    }
    Ok(())
}
