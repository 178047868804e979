//! Training steps: the usual one, and steps of one's own, with `fit` around them.

use rand::rngs::StdRng;

use super::batches::Batch;
use super::compile::Compiled;
use super::dataset_feed::samples_of;
use super::evaluate::forward;
use super::fit::{Fit, prepare};
use super::graph::Graph;
use super::history::History;
use super::model::Model;
use super::pending::{Begun, Pending, Trained, restore, untrained};
use super::training_data::Batches;
use crate::callbacks::Logs;
use crate::data::DatasetElement;
use crate::device::{Arriving, gpu};
use crate::metrics::Mean;
use crate::ops::on_a_worker;
use crate::tensor::bridge::Gradients;
use crate::{Error, ErrorKind, Result, Tape, Tensor, random};

/// One step: forward, backward, update. A step that fails, or whose loss is not finite, leaves all
/// weights as they were, moving averages too. On a GPU the step is only begun; `pending` learns
/// later what became of it.
pub(super) fn train_step(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batch: &Batch,
    generator: &mut StdRng,
    step: usize,
    pending: &mut Pending,
) -> Result<()> {
    let before = untrained(graph);
    let result = try_step(graph, compiled, batch, generator, |flag| Trained {
        step,
        flag,
        before: before.clone(),
    });
    match result {
        Ok(Some(begun)) => pending.add(begun, graph, compiled),
        Ok(None) => Ok(()),
        Err(error) => {
            restore(graph, before);
            Err(error)
        }
    }
}

/// A step of its own, whose results are seen at once.
pub(super) fn one_step(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batch: &Batch,
    generator: &mut StdRng,
) -> Result<()> {
    let mut pending = Pending::default();
    train_step(graph, compiled, batch, generator, 0, &mut pending)?;
    pending.settle(0, graph, compiled)
}

/// What was begun, if it is not done.
fn try_step(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batch: &Batch,
    generator: &mut StdRng,
    trained: impl FnOnce(Option<Arriving>) -> Trained,
) -> Result<Option<Begun>> {
    let mut tape = Tape::recording();
    let (y_pred, loss) = forward(graph, compiled, batch, &mut tape, true, generator)?;
    let scale = compiled.optimizer.loss_scale();
    if let Some(gpu) = gpu().filter(|gpu| compiled.runs_on(gpu)) {
        let mut gradients = tape.backward(&loss.total, scale)?;
        let weights = graph.trained_mut();
        let optimizer = &mut compiled.optimizer;
        let flag = optimizer.step_on(gpu, weights, &mut gradients, &loss.total)?;
        return Ok(Some(Begun {
            batch: batch.labels(),
            y_pred,
            loss,
            trained: Some(trained(flag)),
        }));
    }
    let value = loss.total.item(0)?;
    if !value.is_finite() {
        return Err(not_finite(format!("the loss became {value}")));
    }
    let mut gradients = tape.backward(&loss.total, scale)?;
    if !compiled.optimizer.gradients_are_finite(&mut gradients)? {
        if compiled.optimizer.leave_out() {
            compiled.measure(&loss, batch, &y_pred)?;
            return Ok(None);
        }
        return Err(not_finite("a gradient became infinite or NaN".to_string()));
    }
    // Before the update, because a metric may refuse the labels.
    compiled.measure(&loss, batch, &y_pred)?;
    let weights = graph.trained_mut();
    compiled.optimizer.step(weights, &mut gradients)?;
    Ok(None)
}

pub(super) fn not_finite(what: String) -> Error {
    Error::new(ErrorKind::NotFinite, what).remedy(
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    )
}

/// A step that somebody wrote, and the means of what it has said in this epoch.
pub struct OwnStep<'a> {
    step: &'a mut (dyn FnMut(&mut Model, &DatasetElement) -> Result<Logs> + Send),
    means: Vec<(String, Mean)>,
}

impl OwnStep<'_> {
    pub(super) fn begin_epoch(&mut self) {
        self.means.clear();
    }

    pub(super) fn go(&mut self, model: &mut Model, batch: &Batch) -> Result<()> {
        let samples = batch.x.first().map_or(0, Tensor::len) as f64;
        let logs = (self.step)(model, &batch.element())?;
        for (name, value) in logs.as_slice() {
            let known = self.means.iter().position(|(known, _)| known == name);
            let place = known.unwrap_or_else(|| {
                self.means.push((name.clone(), Mean::default()));
                self.means.len() - 1
            });
            self.means[place].1.add(*value, samples);
        }
        Ok(())
    }

    /// By name, as the results of a compiled model.
    pub(super) fn results(&self) -> Vec<(String, f64)> {
        let means = self.means.iter();
        let mut results: Vec<(String, f64)> = means
            .map(|(name, mean)| (name.clone(), mean.value()))
            .collect();
        results.sort_by(|a, b| a.0.cmp(&b.0));
        results
    }
}

impl Model {
    /// The weights that training changes, in Keras's order: what gradients are asked for.
    ///
    /// Keras: `model.trainable_weights`.
    pub fn trainable_weights(&self) -> Vec<Tensor> {
        let weights = self.graph.weights().filter(|weight| weight.trainable);
        weights.map(|weight| weight.value.clone()).collect()
    }

    /// The loss that `compile` was told, of a batch in training, and the outputs that it compares:
    /// with what each sample counts, what the weights cost (`kernel_regularizer`) and what layers
    /// add. The loss has shape `()` and is recorded on `tape`.
    ///
    /// Keras: `y_pred = model(x, training=True)` and
    /// `loss = model.compute_loss(x, y, y_pred, sample_weight)`.
    ///
    /// # Errors
    /// When the model is not compiled, shapes do not fit, or a label is out of range.
    pub fn compute_loss(
        &mut self,
        batch: &DatasetElement,
        tape: &mut Tape,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let place = self.place("compute_loss");
        let (graph, compiled) = self.parts("compute_loss")?;
        let mut compute = || {
            let samples = samples_of(batch)?;
            prepare(graph, compiled, &samples, None)?;
            let batch = samples.range(0..samples.len())?;
            let mut generator = random::stream();
            let (outputs, loss) = forward(graph, compiled, &batch, tape, true, &mut generator)?;
            Ok((loss.total, outputs))
        };
        compute().map_err(|e: Error| e.at(place))
    }

    /// Lets the optimizer make one step: `gradients` belong to
    /// [`trainable_weights`](Self::trainable_weights), in that order.
    ///
    /// Keras: `model.optimizer.apply(gradients, model.trainable_weights)`.
    ///
    /// # Errors
    /// When the model is not compiled, or number or shapes of the gradients are not those of the
    /// weights; when a gradient is infinite or NaN, and the weights then stay as they were.
    pub fn apply_gradients(&mut self, gradients: &[Tensor]) -> Result<()> {
        let place = self.place("apply_gradients");
        let (graph, compiled) = self.parts("apply_gradients")?;
        let mut apply = || {
            let weights: Vec<&Tensor> = graph.trained_mut().map(|(_, w)| &w.value).collect();
            if weights.len() != gradients.len() {
                let expected = format!("one for each of the {} trainable weights", weights.len());
                return Err(Error::argument("gradients", &expected, gradients.len())
                    .remedy("`trainable_weights` shows their order and shapes"));
            }
            let mut pairs = weights.iter().zip(gradients);
            if let Some((weight, gradient)) = pairs.find(|(w, g)| w.shape() != g.shape()) {
                let expected = format!("shape {}, as that of its weight", weight.shape());
                let given = format!("shape {}", gradient.shape());
                return Err(Error::argument("gradients", &expected, given));
            }
            // The step divides by it again.
            let scale = compiled.optimizer.loss_scale();
            let mut gradients = Gradients::of(&weights, gradients, scale);
            if compiled.optimizer.gradients_are_finite(&mut gradients)? {
                return compiled.optimizer.step(graph.trained_mut(), &mut gradients);
            }
            match compiled.optimizer.leave_out() {
                true => Ok(()),
                false => Err(not_finite("a gradient became infinite or NaN".to_string())),
            }
        };
        apply().map_err(|e: Error| e.at(place))
    }

    /// As [`fit_batches`](Self::fit_batches), with a training step of your own: it is given this
    /// model and a batch, and says what it has measured, whose means over the samples of an epoch are
    /// shown and kept like any results. The gradients go where the step takes them, also to other
    /// models: those of a GAN, or the student of a teacher. `compile` says the optimizer, and the
    /// loss and the metrics of a validation.
    ///
    /// Keras: overriding `train_step`.
    ///
    /// # Errors
    /// As [`fit_batches`](Self::fit_batches), and those of the step. What a step did before it failed
    /// stays done.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let samples = (&Tensor::ones((80, 2)), &Tensor::ones((80, 1)));
    /// let train = Dataset::from_tensor_slices(samples)?.shuffle(80).batch(8);
    ///
    /// let fit = Fit { epochs: 3, verbose: 0, ..Fit::default() };
    /// let history = model.fit_with_train_step(&train, fit, |model, batch| {
    ///     let mut tape = Tape::recording();
    ///     let (loss, _) = model.compute_loss(batch, &mut tape)?;
    ///     let gradients = tape.gradient(&loss, &model.trainable_weights())?;
    ///     model.apply_gradients(&gradients)?;
    ///     Ok([("loss", loss.item(0)?)].into())
    /// })?;
    /// assert_eq!(history.get("loss").map(<[f64]>::len), Some(3));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn fit_with_train_step(
        &mut self,
        batches: impl Batches + Send,
        arguments: Fit,
        mut step: impl FnMut(&mut Model, &DatasetElement) -> Result<Logs> + Send,
    ) -> Result<History> {
        let place = self.place("fit_with_train_step");
        self.parts("fit_with_train_step")?;
        let step = OwnStep {
            step: &mut step,
            means: Vec::new(),
        };
        on_a_worker(|| batches.fit(self, arguments, Some(step))).map_err(|e| e.at(place))
    }
}
