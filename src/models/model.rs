//! `Model`: layers, however they are connected, and what trains them.

use super::arrays::{Arrays, Inputs};
use super::batches::sample_shapes;
use super::compile::{Compile, Compiled};
use super::evaluate::{self, Evaluate};
use super::fit::{self, Fit};
use super::graph::Graph;
use super::history::History;
use super::node::Flow;
use super::predict::{self, Predict};
use super::summary::Summary;
use super::training_data::Batches;
use crate::data::Dataset;
use crate::ops::on_a_worker;
use crate::{DType, Error, Result, Shape, Tape, Tensor, random};

/// Layers that are connected in any way, with several inputs and outputs if need be.
///
/// Keras: `keras.Model`. Each layer is called on what comes before it, from the
/// [`Input`](crate::layers::Input) on; [`Model::new`] takes what lies between inputs and outputs. A
/// [`Sequential`](super::Sequential) is a `Model` whose layers stand one after the other.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let inputs = Input::new(4);
/// let x = Dense::new(8).activation("relu").on(&inputs)?;
/// let outputs = Dense::new(3).activation("softmax").on(&x)?;
/// let mut model = Model::new(&inputs, &outputs)?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?.shape(), (2, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) graph: Graph,
    pub(super) compiled: Option<Compiled>,
}

impl Model {
    pub(super) fn of(graph: Graph) -> Model {
        Model {
            graph,
            compiled: None,
        }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.graph.name
    }

    /// What the optimizer remembers belongs to weights that may no longer be there.
    pub(super) fn forget_optimizer_steps(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.optimizer.restart();
        }
    }

    /// The shape of one sample that the model takes.
    ///
    /// Keras: `model.input_shape`, which has the batch in front.
    ///
    /// # Errors
    /// When the model is not built yet, or has several inputs.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(8).input_shape(4))?;
    /// assert_eq!(model.input_shape()?, (4,));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn input_shape(&self) -> Result<Shape> {
        only_one(self.input_shapes()?, "inputs", "input_shapes")
            .map_err(|e| e.at(self.graph.title()))
    }

    /// The shapes of one sample of all inputs.
    ///
    /// # Errors
    /// When the model is not built yet.
    pub fn input_shapes(&self) -> Result<Vec<Shape>> {
        self.graph.output_shapes()?;
        let inputs = self.graph.inputs.iter();
        Ok(inputs.filter_map(|port| port.shape.clone()).collect())
    }

    /// The shape of the output for one sample.
    ///
    /// # Errors
    /// When the model is not built yet, or has several outputs.
    pub fn output_shape(&self) -> Result<Shape> {
        only_one(self.output_shapes()?, "outputs", "output_shapes")
            .map_err(|e| e.at(self.graph.title()))
    }

    /// The shapes of all outputs for one sample.
    ///
    /// # Errors
    /// When the model is not built yet.
    pub fn output_shapes(&self) -> Result<Vec<Shape>> {
        self.graph.output_shapes()
    }

    /// The number of parameters.
    ///
    /// Keras: `model.count_params()`.
    ///
    /// # Errors
    /// When the model is not built yet.
    pub fn count_params(&self) -> Result<usize> {
        self.graph.output_shapes()?;
        Ok(self.graph.weights().map(|w| w.value.size()).sum())
    }

    /// The layers as a table: names, output shapes, parameters.
    ///
    /// Keras: `model.summary()`. End a cell with it, or call `.show()` on it.
    pub fn summary(&self) -> Summary {
        let params = |trainable| {
            let weights = self.graph.weights();
            let weights = weights.filter(|weight| weight.trainable == trainable);
            weights.map(|weight| weight.value.size()).sum()
        };
        Summary {
            name: self.graph.name.clone(),
            rows: self.graph.summary_rows(),
            trainable_params: params(true),
            non_trainable_params: params(false),
            optimizer_params: self.compiled.as_ref().map_or(0, |c| c.optimizer.params()),
        }
    }

    /// The names of the layers, in the order of the summary.
    ///
    /// Keras: `[layer.name for layer in model.layers]`.
    pub fn layer_names(&self) -> Vec<String> {
        self.graph
            .nodes
            .iter()
            .map(|node| node.name.clone())
            .collect()
    }

    /// Whether training changes the weights of the layer called `name`, from now on. The optimizer
    /// starts anew, as after `compile`.
    ///
    /// Keras: `model.get_layer(name).trainable = trainable`.
    ///
    /// # Errors
    /// When there is no such layer.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(8).name("first").input_shape(4))?;
    /// model.add(Dense::new(1))?;
    /// model.set_layer_trainable("first", false)?;
    /// assert_eq!(model.summary().trainable_params, 9);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn set_layer_trainable(&mut self, name: &str, trainable: bool) -> Result<()> {
        let node = self.graph.node(name);
        let node = node.map_err(|e| e.at(self.place("set_layer_trainable")))?;
        self.graph.nodes[node].freeze(!trainable);
        self.forget_optimizer_steps();
        Ok(())
    }

    /// Whether training changes any weights, from now on.
    ///
    /// Keras: `model.trainable = trainable`.
    pub fn set_trainable(&mut self, trainable: bool) {
        self.graph
            .nodes
            .iter_mut()
            .for_each(|node| node.freeze(!trainable));
        self.forget_optimizer_steps();
    }

    /// The weights of the layer called `name`, in Keras's order.
    ///
    /// Keras: `model.get_layer(name).get_weights()`.
    ///
    /// # Errors
    /// When there is no such layer.
    pub fn layer_weights(&self, name: &str) -> Result<Vec<Tensor>> {
        let node = self.graph.node(name);
        let node = node.map_err(|e| e.at(self.place("layer_weights")))?;
        let weights = self.graph.nodes[node].weights();
        Ok(weights.map(|weight| weight.value.clone()).collect())
    }

    /// All weights, layer by layer, in Keras's order.
    ///
    /// Keras: `model.get_weights()`.
    pub fn get_weights(&self) -> Vec<Tensor> {
        self.graph
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
            .graph
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
        for (own, weight) in self.graph.weights_mut().zip(weights) {
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
        let names = self.graph.output_names();
        let compiled = Compiled::new(&compile, &names).map_err(|e| e.at(self.place("compile")))?;
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
    pub fn fit(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
        arguments: Fit,
    ) -> Result<History> {
        let (x, y) = (x.into(), y.into());
        let place = self.place("fit");
        self.parts("fit")?;
        on_a_worker(|| fit::fit(self, &x, &y, arguments)).map_err(|e| e.at(place))
    }

    /// Trains the model on the batches of a [`Dataset`](crate::data::Dataset), or on those that an
    /// iterator makes, one step for each. While a step computes, the batch of the next one is made on
    /// another thread.
    ///
    /// Keras: `model.fit(dataset)`, `model.fit(generator, steps_per_epoch=..)`. `batch_size`,
    /// `shuffle` and `validation_split` do not apply.
    ///
    /// A dataset is gone through once each epoch; with `steps_per_epoch`, an epoch goes on where the
    /// last one ended. The whole of an iterator is one epoch, unless `steps_per_epoch` says where
    /// epochs end. What samples count, a dataset gives itself; `class_weight` applies to both.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); when there is no batch, or making one fails.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let samples = (&Tensor::random_uniform((80, 2), 0.0, 1.0), &Tensor::ones((80, 1)));
    /// let train = Dataset::from_tensor_slices(samples)?.shuffle(80).batch(8);
    /// let fit = Fit { epochs: 2, verbose: 0, ..Fit::default() };
    /// assert_eq!(model.fit_batches(&train, fit)?.epoch, [0, 1]);
    ///
    /// let batches = std::iter::repeat_with(|| {
    ///     (Tensor::random_uniform((8, 2), 0.0, 1.0), Tensor::ones((8, 1)))
    /// });
    /// let fit = Fit { epochs: 2, steps_per_epoch: Some(5), verbose: 0, ..Fit::default() };
    /// assert_eq!(model.fit_batches(batches, fit)?.epoch, [0, 1]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn fit_batches(&mut self, batches: impl Batches + Send, arguments: Fit) -> Result<History> {
        let place = self.place("fit_batches");
        self.parts("fit_batches")?;
        on_a_worker(|| batches.fit(self, arguments, None)).map_err(|e| e.at(place))
    }

    /// The loss and the metrics on samples `x` and labels `y`, in the order of `compile`.
    ///
    /// Keras: `model.evaluate`.
    ///
    /// # Errors
    /// When the model is not compiled, shapes do not fit, a label is out of range, or the user
    /// interrupts.
    pub fn evaluate(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
        arguments: Evaluate,
    ) -> Result<Vec<f64>> {
        let (x, y) = (x.into(), y.into());
        let place = self.place("evaluate");
        let (graph, compiled) = self.parts("evaluate")?;
        on_a_worker(|| evaluate::evaluate(graph, compiled, &x, &y, &arguments))
            .map_err(|e| e.at(place))
    }

    /// The loss and the metrics on the batches of a dataset, in the order of `compile`.
    ///
    /// Keras: `model.evaluate(dataset)`. `batch_size` does not apply; what samples count, the dataset
    /// gives itself.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate); when the dataset has no batch or no end, or making one fails.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let samples = (&Tensor::ones((80, 2)), &Tensor::ones((80, 1)));
    /// let test = Dataset::from_tensor_slices(samples)?.batch(8);
    /// let evaluate = Evaluate { verbose: 0, ..Evaluate::default() };
    /// assert_eq!(model.evaluate_batches(&test, evaluate)?.len(), 1);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn evaluate_batches(&mut self, dataset: &Dataset, arguments: Evaluate) -> Result<Vec<f64>> {
        let place = self.place("evaluate_batches");
        let (graph, compiled) = self.parts("evaluate_batches")?;
        on_a_worker(|| evaluate::evaluate_dataset(graph, compiled, dataset, &arguments))
            .map_err(|e| e.at(place))
    }

    /// The outputs for samples `x`, quietly. `x` may be a dataset of batches.
    ///
    /// Keras: `model.predict(x, verbose=0)`.
    ///
    /// # Errors
    /// When the model cannot take such samples, or the user interrupts.
    pub fn predict(&mut self, x: impl Into<Inputs>) -> Result<Tensor> {
        let quietly = Predict {
            verbose: 0,
            ..Predict::default()
        };
        self.predict_with(x, quietly)
    }

    /// The outputs for samples `x`, with a batch size and a progress bar.
    ///
    /// Keras: `model.predict`.
    ///
    /// # Errors
    /// When the model cannot take such samples, or has several outputs, or the user interrupts.
    pub fn predict_with(&mut self, x: impl Into<Inputs>, arguments: Predict) -> Result<Tensor> {
        let outputs = self.predict_all(x, arguments)?;
        only_one(outputs, "outputs", "predict_all").map_err(|e| e.at(self.place("predict")))
    }

    /// All outputs for samples `x`, of a model with several.
    ///
    /// Keras: `model.predict`.
    ///
    /// # Errors
    /// When the model cannot take such samples, or the user interrupts.
    pub fn predict_all(&mut self, x: impl Into<Inputs>, arguments: Predict) -> Result<Vec<Tensor>> {
        let x = x.into();
        let place = self.place("predict");
        let graph = &mut self.graph;
        on_a_worker(|| predict::predict(graph, &x, &arguments)).map_err(|e| e.at(place))
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
    pub fn call(
        &mut self,
        x: impl Into<Arrays>,
        tape: &mut Tape,
        training: bool,
    ) -> Result<Tensor> {
        let outputs = self.call_all(x, tape, training)?;
        only_one(outputs, "outputs", "call_all").map_err(|e| e.at(self.place("call")))
    }

    /// As [`call`](Self::call), for a model with several outputs.
    ///
    /// # Errors
    /// When the model cannot take such samples.
    pub fn call_all(
        &mut self,
        x: impl Into<Arrays>,
        tape: &mut Tape,
        training: bool,
    ) -> Result<Vec<Tensor>> {
        let x = x.into();
        let mut call = || {
            self.graph.take_samples(&sample_shapes(&x))?;
            let x = x.as_slice().iter();
            let x: Vec<Tensor> = x.map(|x| x.astype(DType::Float32)).collect();
            let mut generator = random::stream();
            self.graph
                .forward(&x, &mut Flow::new(tape, training, &mut generator))
        };
        call().map_err(|e: Error| e.at(self.place("call")))
    }

    /// Starts measuring anew.
    ///
    /// Keras: `model.reset_metrics()`.
    pub fn reset_metrics(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.reset_metrics();
        }
    }

    /// Forgets what `stateful` layers remember from batch to batch.
    ///
    /// Keras: `layer.reset_states()` of each layer.
    pub fn reset_states(&mut self) {
        let nodes = self.graph.nodes.iter();
        nodes.for_each(|node| node.layer.reset_states());
    }

    /// How large the next step is; none before `compile`.
    pub fn learning_rate(&self) -> Option<f32> {
        self.compiled
            .as_ref()
            .map(|compiled| compiled.optimizer.learning_rate())
    }

    /// Makes the weights for samples of these shapes, unless they are made.
    pub(crate) fn build_for(&mut self, samples: &[Shape]) -> Result<()> {
        let taken = self.graph.take_samples(samples);
        taken.map(|_| ()).map_err(|e| e.at(self.place("build")))
    }

    /// How many steps the optimizer has made.
    pub(crate) fn iterations(&self) -> u64 {
        let compiled = self.compiled.as_ref();
        compiled.map_or(0, |compiled| compiled.optimizer.iterations())
    }

    /// Changes how large steps are, without forgetting what the optimizer has learned.
    ///
    /// Keras: `model.optimizer.learning_rate = ..`.
    ///
    /// # Errors
    /// Before `compile`, when it is negative, or when a schedule says how large steps are.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        let place = self.place("set_learning_rate");
        let (_, compiled) = self.parts("set_learning_rate")?;
        let mut changed = compiled.optimizer.optimizer().boxed_clone();
        let set = changed.set_learning_rate(learning_rate);
        set.and_then(|()| changed.check())
            .map_err(|e| e.at(&place))?;
        let optimizer = compiled.optimizer.optimizer_mut();
        optimizer.set_learning_rate(learning_rate)
    }

    /// Fails unless the optimizer keeps averages of the weights.
    pub(crate) fn check_averages(&mut self) -> Result<()> {
        let (_, compiled) = self.parts("fit")?;
        compiled.optimizer.average().map(drop)
    }

    /// Lets the weights and the averages that the optimizer keeps of them change places.
    pub(crate) fn swap_averages(&mut self) -> Result<()> {
        let (graph, compiled) = self.parts("fit")?;
        let trained = graph.trained_mut().map(|(_, weight)| weight);
        compiled.optimizer.swap(trained)
    }

    pub(super) fn place(&self, method: &str) -> String {
        format!("{}: `{method}`", self.graph.title())
    }

    /// Layers and what trains them, once the model is compiled.
    pub(super) fn parts(&mut self, method: &str) -> Result<(&mut Graph, &mut Compiled)> {
        match &mut self.compiled {
            Some(compiled) => Ok((&mut self.graph, compiled)),
            None => Err(Error::state("the model has no loss and no optimizer yet")
                .remedy(format!("call `compile` before `{method}`"))
                .at(format!("{}: `{method}`", self.graph.title()))),
        }
    }
}

/// The only one, or an error that names the method for several.
fn only_one<T>(mut all: Vec<T>, what: &str, method: &str) -> Result<T> {
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (_, more) => Err(Error::state(format!("the model has {} {what}", more + 1))
            .remedy(format!("use `{method}`"))),
    }
}
