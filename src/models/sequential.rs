//! `Sequential`: layers one after the other.

use super::batches::Samples;
use super::compile::{Compile, Compiled};
use super::evaluate::{self, Evaluate};
use super::fit::{self, Fit};
use super::history::History;
use super::names::automatic_name;
use super::network::{Built, Flow, Network, Node};
use super::predict::{self, Predict};
use super::summary::Summary;
use crate::layers::{Layer, Weight};
use crate::ops::on_a_worker;
use crate::{DType, Error, Result, Shape, Tape, Tensor, random};

/// Layers one after the other.
///
/// Keras: `keras.Sequential`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(8).activation("relu").input_shape(2))?;
/// model.add(Dense::new(1).activation("sigmoid"))?;
/// model.compile(Compile { optimizer: "adam".into(), loss: "binary_crossentropy".into(), ..Compile::default() })?;
/// let x = Tensor::from_vec(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], (4, 2))?;
/// let y = Tensor::from_vec(vec![0, 1, 1, 0], 4)?;
/// let history = model.fit(&x, &y, Fit { epochs: 2, verbose: 0, ..Fit::default() })?;
/// assert_eq!(history.get("loss").map(<[f64]>::len), Some(2));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct Sequential {
    pub(super) layers: Stack,
    pub(super) compiled: Option<Compiled>,
}

/// The layers, apart from what trains them.
#[derive(Debug)]
pub(super) struct Stack {
    name: String,
    /// The shape of one sample, once it is known.
    input: Option<Shape>,
    nodes: Vec<Node>,
}

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequential {
    /// A model without layers.
    pub fn new() -> Self {
        Self::named(&automatic_name("Sequential"))
    }

    /// A model without layers, called `name`.
    pub fn named(name: &str) -> Self {
        let layers = Stack {
            name: name.to_string(),
            input: None,
            nodes: Vec::new(),
        };
        Self {
            layers,
            compiled: None,
        }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.layers.name
    }

    /// Adds a layer at the end. When the shape of the samples is known (from
    /// [`Input`](crate::layers::Input) or the first layer's `input_shape`), the layer gets its
    /// weights at once; otherwise `fit` or `predict` builds the model for the data they are given.
    ///
    /// # Errors
    /// When the layer cannot follow the one before or an argument is wrong. The model then stays as
    /// it was.
    pub fn add(&mut self, layer: impl Layer + 'static) -> Result<()> {
        let title = self.layers.title();
        self.layers.add(Box::new(layer)).map_err(|e| e.at(title))?;
        self.forget_optimizer_steps();
        Ok(())
    }

    /// Takes the last layer away; false when there is none.
    pub fn pop(&mut self) -> bool {
        self.forget_optimizer_steps();
        self.layers.nodes.pop().is_some()
    }

    /// What the optimizer remembers belongs to weights that may no longer be there.
    fn forget_optimizer_steps(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.optimizer.restart();
        }
    }

    /// Makes the weights for samples of `shape` (without the batch axis).
    ///
    /// # Errors
    /// When a layer cannot take what the one before makes.
    pub fn build(&mut self, shape: impl Into<Shape>) -> Result<()> {
        let built = self.layers.build(&shape.into());
        built.map_err(|e| e.at(self.place("build")))?;
        self.forget_optimizer_steps();
        Ok(())
    }

    /// Forgets what `stateful` layers remember from batch to batch.
    ///
    /// Keras: `layer.reset_states()` of each layer.
    pub fn reset_states(&mut self) {
        self.layers
            .nodes
            .iter()
            .for_each(|node| node.layer.reset_states());
    }

    /// The shape of the output for one sample.
    ///
    /// # Errors
    /// When the model is not built yet.
    pub fn output_shape(&self) -> Result<Shape> {
        self.layers.output_shape()
    }

    /// The number of parameters.
    ///
    /// # Errors
    /// When the model is not built yet.
    pub fn count_params(&self) -> Result<usize> {
        self.layers.output_shape()?;
        Ok(self
            .layers
            .weights()
            .map(|weight| weight.value.size())
            .sum())
    }

    /// The layers as a table: names, output shapes, parameters.
    ///
    /// Keras: `model.summary()`. End a cell with it, or call `.show()` on it.
    pub fn summary(&self) -> Summary {
        let params = |trainable| {
            let weights = self
                .layers
                .weights()
                .filter(|weight| weight.trainable == trainable);
            weights.map(|weight| weight.value.size()).sum()
        };
        Summary {
            name: self.layers.name.clone(),
            rows: self.layers.nodes.iter().map(Node::summary_row).collect(),
            trainable_params: params(true),
            non_trainable_params: params(false),
            optimizer_params: self.compiled.as_ref().map_or(0, |c| c.optimizer.params()),
        }
    }

    /// All weights, layer by layer, in Keras's order.
    ///
    /// Keras: `model.get_weights()`.
    pub fn get_weights(&self) -> Vec<Tensor> {
        self.layers
            .weights()
            .map(|weight| weight.value.clone())
            .collect()
    }

    /// Replaces all weights, in the order of [`get_weights`](Self::get_weights).
    ///
    /// Keras: `model.set_weights(weights)`.
    ///
    /// # Errors
    /// When their number or shapes differ. The model then stays as it was.
    pub fn set_weights(&mut self, weights: &[Tensor]) -> Result<()> {
        let expected: Vec<Shape> = self
            .layers
            .weights()
            .map(|w| w.value.shape().clone())
            .collect();
        let given: Vec<Shape> = weights
            .iter()
            .map(|weight| weight.shape().clone())
            .collect();
        let place = self.place("set_weights");
        if expected.len() != given.len() {
            let (expected, given) = (expected.len(), given.len());
            return Err(
                Error::shape(format!("expected {expected} weights, got {given}"))
                    .remedy("`get_weights` shows their order and shapes")
                    .at(place),
            );
        }
        if let Some(i) = (0..expected.len()).find(|&i| expected[i] != given[i]) {
            return Err(Error::shape(format!(
                "weight {i}: expected shape {}, got {}",
                expected[i], given[i]
            ))
            .at(place));
        }
        let own = self.layers.nodes.iter_mut().flat_map(Node::weights_mut);
        for (own, weight) in own.zip(weights) {
            // As a tensor of its own: one that is given for two weights must not tie them.
            own.value = Tensor::from_floats(weight.to_vec(), weight.shape().clone());
        }
        Ok(())
    }

    /// Says with what the model is trained.
    ///
    /// Keras: `model.compile`.
    ///
    /// # Errors
    /// When a name does not exist or an argument is wrong. What was compiled before then stays.
    pub fn compile(&mut self, compile: Compile) -> Result<()> {
        let compiled = Compiled::new(&compile).map_err(|e| e.at(self.place("compile")))?;
        self.compiled = Some(compiled);
        Ok(())
    }

    /// Trains the model on samples `x` and labels `y`.
    ///
    /// Keras: `model.fit`. As there, `validation_split` takes the last samples, before shuffling,
    /// and metrics are means over the samples of the epoch. An interrupt of the notebook stops
    /// after the current batch and returns the history so far. Under kerust's own kernel, `fit` also
    /// saves the weights now and then; when the process of the cells dies, the cell's error shows
    /// the line that loads what was saved last. Like `evaluate` and `predict`, it works on a thread
    /// of its own: what a layer or loss of yours keeps in a `thread_local` is not there.
    ///
    /// # Errors
    /// When the model is not compiled, shapes do not fit, a label is out of range, or the loss
    /// becomes NaN or infinite (the weights are then those before that step).
    pub fn fit(&mut self, x: &Tensor, y: &Tensor, arguments: Fit) -> Result<History> {
        let (layers, compiled) = self.compiled("fit")?;
        on_a_worker(|| fit::fit(layers, compiled, x, y, &arguments))
            .map_err(|e| e.at(self.place("fit")))
    }

    /// The loss and the metrics on samples `x` and labels `y`, in the order of `compile`.
    ///
    /// Keras: `model.evaluate`.
    ///
    /// # Errors
    /// When the model is not compiled, shapes do not fit, a label is out of range, or the user
    /// interrupts.
    pub fn evaluate(&mut self, x: &Tensor, y: &Tensor, arguments: Evaluate) -> Result<Vec<f64>> {
        let (layers, compiled) = self.compiled("evaluate")?;
        on_a_worker(|| evaluate::evaluate(layers, compiled, x, y, &arguments))
            .map_err(|e| e.at(self.place("evaluate")))
    }

    /// The outputs for samples `x`, quietly.
    ///
    /// Keras: `model.predict(x, verbose=0)`.
    ///
    /// # Errors
    /// When the model cannot take such samples, or the user interrupts.
    pub fn predict(&mut self, x: &Tensor) -> Result<Tensor> {
        self.predict_with(
            x,
            Predict {
                verbose: 0,
                ..Predict::default()
            },
        )
    }

    /// The outputs for samples `x`, with a batch size and a progress bar.
    ///
    /// Keras: `model.predict`.
    ///
    /// # Errors
    /// When the model cannot take such samples, or the user interrupts.
    pub fn predict_with(&mut self, x: &Tensor, arguments: Predict) -> Result<Tensor> {
        let layers = &mut self.layers;
        on_a_worker(|| predict::predict(layers, x, &arguments))
            .map_err(|e| e.at(self.place("predict")))
    }

    /// The output for a batch, recorded on `tape`: for training loops of your own. Gradients can be
    /// asked for with respect to [`get_weights`](Self::get_weights).
    ///
    /// Keras: `model(x, training=training)`.
    ///
    /// # Errors
    /// When the model cannot take such samples.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(3))?;
    /// let mut tape = Tape::recording();
    /// let y = model.call(&Tensor::ones((2, 3)), &mut tape, true)?;
    /// let weights = model.get_weights();
    /// let gradients = tape.gradient(&y, &[&weights[0], &weights[1]])?;
    /// assert_eq!(gradients[1].to_vec::<f32>(), [2.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn call(&mut self, x: &Tensor, tape: &mut Tape, training: bool) -> Result<Tensor> {
        let mut call = || {
            self.layers.take_samples(&x.shape().without_batch())?;
            let x = x.astype(DType::Float32);
            let mut generator = random::stream();
            self.layers
                .forward(&x, &mut Flow::new(tape, training, &mut generator))
        };
        call().map_err(|e: Error| e.at(self.place("call")))
    }

    /// One step on one batch; the loss and the metrics since the last
    /// [`reset_metrics`](Self::reset_metrics).
    ///
    /// Keras: `model.train_on_batch`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn train_on_batch(&mut self, x: &Tensor, y: &Tensor) -> Result<Vec<f64>> {
        let (layers, compiled) = self.compiled("train_on_batch")?;
        let mut step = || {
            Samples::new(x, y)?;
            fit::prepare(layers, compiled, x, y, None)?;
            let x = x.astype(DType::Float32);
            fit::train_step(layers, compiled, &x, y, &mut random::stream())?;
            Ok(compiled
                .results()
                .into_iter()
                .map(|(_, value)| value)
                .collect())
        };
        step().map_err(|e: Error| e.at(self.place("train_on_batch")))
    }

    /// Starts measuring anew.
    ///
    /// Keras: `model.reset_metrics()`.
    pub fn reset_metrics(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.reset_metrics();
        }
    }

    /// How large steps are; none before `compile`.
    pub fn learning_rate(&self) -> Option<f32> {
        self.compiled
            .as_ref()
            .map(|compiled| compiled.optimizer.optimizer().learning_rate())
    }

    /// Changes how large steps are, without forgetting what the optimizer has learned.
    ///
    /// Keras: `model.optimizer.learning_rate = ..`.
    ///
    /// # Errors
    /// Before `compile`, or when it is negative.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        let place = self.place("set_learning_rate");
        let (_, compiled) = self.compiled("set_learning_rate")?;
        let mut changed = compiled.optimizer.optimizer().boxed_clone();
        changed.set_learning_rate(learning_rate);
        changed.check().map_err(|e| e.at(place))?;
        compiled
            .optimizer
            .optimizer_mut()
            .set_learning_rate(learning_rate);
        Ok(())
    }

    pub(super) fn place(&self, method: &str) -> String {
        format!("{}: `{method}`", self.layers.title())
    }

    fn compiled(&mut self, method: &str) -> Result<(&mut Stack, &mut Compiled)> {
        let place = self.place(method);
        match &mut self.compiled {
            Some(compiled) => Ok((&mut self.layers, compiled)),
            None => Err(Error::state("the model has no loss and no optimizer yet")
                .remedy(format!("call `compile` before `{method}`"))
                .at(place)),
        }
    }
}

impl Stack {
    fn add(&mut self, layer: Box<dyn Layer>) -> Result<()> {
        if layer.class_name() == "InputLayer" {
            let begins_with = match (&self.input, self.nodes.first()) {
                (_, Some(first)) => Some(first.title()),
                (Some(shape), None) => Some(format!("samples of shape {shape}")),
                (None, None) => None,
            };
            if let Some(first) = begins_with {
                return Err(Error::state(format!(
                    "`Input` must come first, but the model begins with {first}"
                ))
                .remedy("begin a new model with `Input`"));
            }
        }
        if self.nodes.is_empty() && self.input.is_none() {
            self.input = layer.base().input_shape.clone();
            if let Some(given) = self.input.take_if(|shape| shape.contains(&0)) {
                return Err(Error::argument("input_shape", "positive sizes", given));
            }
        }
        if layer.class_name() == "InputLayer" {
            return Ok(());
        }
        let mut node = Node::new(layer);
        if self.nodes.iter().any(|other| other.name == node.name) {
            let given = format!("`{}`", node.name);
            return Err(
                Error::argument("name", "a name that no other layer has", given)
                    .at(node.title())
                    .remedy("leave `name` out to get an automatic one"),
            );
        }
        if let Some(input) = &self.input {
            let before = self
                .nodes
                .last()
                .and_then(Node::output_shape)
                .unwrap_or(input);
            let built = node.build(std::slice::from_ref(before));
            if built.is_err() && self.nodes.is_empty() {
                self.input = None;
            }
            node.adopt(Some(check_one_output(&node, built?)?));
        }
        self.nodes.push(node);
        Ok(())
    }

    fn build(&mut self, sample: &Shape) -> Result<()> {
        // Nothing changes before every layer has agreed.
        let mut built: Vec<Built> = Vec::new();
        for node in &self.nodes {
            let input = match built.last() {
                Some(before) => before.output_shapes.as_slice(),
                None => std::slice::from_ref(sample),
            };
            built.push(check_one_output(node, node.build(input)?)?);
        }
        for (node, built) in self.nodes.iter_mut().zip(built) {
            node.adopt(Some(built));
        }
        self.input = Some(sample.clone());
        Ok(())
    }

    fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.nodes.iter().flat_map(Node::weights)
    }
}

/// Fails when the next layer could not know which output to take.
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

impl Network for Stack {
    fn title(&self) -> String {
        format!("model `{}`", self.name)
    }

    fn take_samples(&mut self, sample: &Shape) -> Result<bool> {
        match &self.input {
            _ if self.nodes.is_empty() => {
                Err(Error::state("the model has no layers").remedy("call `add` first"))
            }
            None => self.build(sample).map(|()| true),
            Some(expected) if expected == sample => Ok(false),
            Some(expected) => {
                let error = Error::shape(format!(
                    "expected samples of shape {expected}, got samples of shape {sample}"
                ));
                Err(
                    if sample.with_batch(1) == *expected || *sample == expected.without_batch() {
                        error.remedy("is this a single sample? take a batch of one with `x.slice(i..i + 1)?`")
                    } else if sample.elements() == expected.elements() {
                        error.remedy("the number of elements is right: use `reshape`")
                    } else {
                        error.remedy(format!(
                            "bring the data into that shape, or make a model with `input_shape({sample})`"
                        ))
                    },
                )
            }
        }
    }

    fn output_shape(&self) -> Result<Shape> {
        let last = self
            .nodes
            .last()
            .and_then(Node::output_shape)
            .or(self.input.as_ref());
        last.cloned().ok_or_else(|| {
            Error::state("the shapes are not known yet")
                .remedy("give the first layer an `input_shape`, or call `build`")
                .at(self.title())
        })
    }

    fn forward(&mut self, x: &Tensor, flow: &mut Flow<'_>) -> Result<Tensor> {
        let mut y = x.clone();
        let mut rest = &mut self.nodes[..];
        while let Some((node, others)) = rest.split_first_mut() {
            if let Some(next) = others.first()
                && let Some(both) = node.call_with_next(next, &y, flow)?
            {
                y = both;
                rest = &mut others[1..];
                continue;
            }
            // `add` takes no layer with several outputs.
            y = node.call(&[y], flow)?.swap_remove(0);
            rest = others;
        }
        Ok(y)
    }

    fn forget_samples(&mut self) {
        self.input = None;
        self.nodes.iter_mut().for_each(|node| node.adopt(None));
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn nodes(&self) -> Vec<&Node> {
        self.nodes.iter().collect()
    }

    fn weights_mut(&mut self) -> Box<dyn Iterator<Item = &mut Weight> + '_> {
        Box::new(self.nodes.iter_mut().flat_map(Node::weights_mut))
    }
}
