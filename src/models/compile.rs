//! `compile`: with what a model is trained.

use super::batches::Batch;
use crate::device::Gpu;
use crate::losses::Loss;
use crate::metrics::{Mean, Metric};
use crate::ops::weighted_sum;
use crate::optimizers::{Optimizer, OptimizerState};
use crate::{Error, Result, Setting, Shape, Tape, Tensor};

/// The arguments of `compile`, with Keras's defaults.
///
/// Keras: `keras.Model.compile`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(10).activation("softmax").input_shape(784))?;
/// model.compile(Compile {
///     optimizer: Adam::new().learning_rate(3e-4).into(),
///     loss: "sparse_categorical_crossentropy".into(),
///     metrics: vec!["accuracy".into()],
///     ..Compile::default()
/// })?;
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Compile {
    /// How weights follow their gradients; `"rmsprop"` unless set.
    pub optimizer: Setting<Box<dyn Optimizer>>,
    /// What is made small; must be set. For a model with several outputs, one for all of them or a
    /// list: `["mse", "binary_crossentropy"].into()`.
    pub loss: Losses,
    /// How much the loss of each output counts; all the same unless set.
    pub loss_weights: Vec<f32>,
    /// What is measured besides; nothing unless set. For a model with several outputs, one entry
    /// for each output, which may be a list: `vec!["mae".into(), ["accuracy", "AUC"].into()]`.
    pub metrics: Vec<Measures>,
    /// As `metrics`, but each sample counts as much as its weight (`sample_weight`,
    /// `class_weight`).
    pub weighted_metrics: Vec<Measures>,
}

impl Default for Compile {
    fn default() -> Self {
        Self {
            optimizer: "rmsprop".into(),
            loss: Losses(Vec::new()),
            loss_weights: Vec::new(),
            metrics: Vec::new(),
            weighted_metrics: Vec::new(),
        }
    }
}

/// One loss for all outputs, or one for each.
#[derive(Clone, Debug)]
pub struct Losses(Vec<Setting<Box<dyn Loss>>>);

impl From<&str> for Losses {
    fn from(name: &str) -> Self {
        Losses(vec![name.into()])
    }
}

impl<L: Loss + 'static> From<L> for Losses {
    fn from(loss: L) -> Self {
        Losses(vec![loss.into()])
    }
}

impl<const N: usize> From<[&str; N]> for Losses {
    fn from(names: [&str; N]) -> Self {
        Losses(names.into_iter().map(Setting::from).collect())
    }
}

impl From<Vec<Setting<Box<dyn Loss>>>> for Losses {
    fn from(losses: Vec<Setting<Box<dyn Loss>>>) -> Self {
        Losses(losses)
    }
}

/// A metric, or those of one output.
#[derive(Clone, Debug)]
pub struct Measures(Vec<Setting<Box<dyn Metric>>>);

impl From<&str> for Measures {
    fn from(name: &str) -> Self {
        Measures(vec![name.into()])
    }
}

impl<M: Metric + 'static> From<M> for Measures {
    fn from(metric: M) -> Self {
        Measures(vec![metric.into()])
    }
}

impl<const N: usize> From<[&str; N]> for Measures {
    fn from(names: [&str; N]) -> Self {
        Measures(names.into_iter().map(Setting::from).collect())
    }
}

impl From<Vec<Setting<Box<dyn Metric>>>> for Measures {
    fn from(metrics: Vec<Setting<Box<dyn Metric>>>) -> Self {
        Measures(metrics)
    }
}

/// What trains a model.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) optimizer: OptimizerState,
    pub(super) outputs: Vec<Output>,
    loss_mean: Mean,
}

/// What is measured of one output of a model.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// In front of the names of its results: `house_price_`; nothing for the only output.
    prefix: String,
    pub(super) loss: Box<dyn Loss>,
    pub(super) loss_weight: f32,
    loss_mean: Mean,
    pub(super) metrics: Vec<Measured>,
}

#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) metric: Box<dyn Metric>,
    pub(super) weighted: bool,
}

impl Output {
    /// What a metric is called in a history: one that is measured with and without weights, as in
    /// Keras, by two names.
    fn name_of(&self, measured: &Measured) -> String {
        let name = measured.metric.name();
        let mut others = self.metrics.iter();
        let twice =
            measured.weighted && others.any(|other| !other.weighted && other.metric.name() == name);
        let weighted = if twice { "weighted_" } else { "" };
        format!("{}{weighted}{name}", self.prefix)
    }
}

/// The loss of a batch, on the tape.
pub(super) struct BatchLoss {
    /// All of it, as one number.
    pub(super) total: Tensor,
    /// That of each output.
    of_outputs: Vec<Tensor>,
}

impl BatchLoss {
    /// Lets a GPU send the numbers to the host.
    pub(super) fn send_to_host(&self) -> Result<()> {
        self.total.send_to_host()?;
        self.of_outputs.iter().try_for_each(Tensor::send_to_host)
    }
}

impl Compiled {
    /// Whether steps of training can be left to the GPU: the optimizer has a kernel. Says so if not.
    pub(super) fn runs_on(&self, gpu: &Gpu) -> bool {
        let has_kernel = self.optimizer.has_kernel();
        if !has_kernel {
            gpu.say_missing(self.optimizer.optimizer().class_name());
        }
        has_kernel
    }

    /// For a model whose outputs have these names.
    pub(super) fn new(compile: &Compile, names: &[String]) -> Result<Compiled> {
        let optimizer = compile.optimizer.get()?.clone();
        optimizer
            .check()
            .map_err(|e| e.at(format!("optimizer `{}`", optimizer.base().name)))?;
        let losses = for_outputs("loss", &compile.loss.0, names.len())?;
        if !compile.loss_weights.is_empty() && compile.loss_weights.len() != names.len() {
            let expected = format!("one number for each of the {} outputs", names.len());
            let given = compile.loss_weights.len();
            return Err(Error::argument("loss_weights", &expected, given));
        }
        let mut outputs = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let loss = losses[i].get()?.clone();
            loss.check_arguments()
                .map_err(|e| e.at(format!("loss `{}`", loss.name())))?;
            let mut metrics = Vec::new();
            for (weighted, all) in [(false, &compile.metrics), (true, &compile.weighted_metrics)] {
                for metric in metrics_of(all, i, names.len())? {
                    let metric = metric.get()?.clone();
                    metric
                        .check_arguments()
                        .map_err(|e| e.at(format!("metric `{}`", metric.name())))?;
                    metrics.push(Measured { metric, weighted });
                }
            }
            outputs.push(Output {
                prefix: match names.len() {
                    1 => String::new(),
                    _ => format!("{name}_"),
                },
                loss,
                loss_weight: compile.loss_weights.get(i).copied().unwrap_or(1.0),
                loss_mean: Mean::default(),
                metrics,
            });
        }
        let compiled = Compiled {
            optimizer: OptimizerState::new(optimizer),
            outputs,
            loss_mean: Mean::default(),
        };
        compiled.check_names()?;
        Ok(compiled)
    }

    /// Fails when two results would have the same name: a history could not tell them apart.
    fn check_names(&self) -> Result<()> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.results() {
            if names.contains(&name) {
                let given = format!("`{name}` twice");
                return Err(
                    Error::argument("metrics", "metrics whose names differ", given)
                        .remedy("leave one out; `loss` is measured without being named"),
                );
            }
            names.push(name);
        }
        Ok(())
    }

    /// Fails when the labels cannot be compared with outputs of these shapes for each sample.
    pub(super) fn check_labels(&self, y: &[Tensor], outputs: &[Shape]) -> Result<()> {
        if y.len() != outputs.len() {
            return Err(Error::shape(format!(
                "the model has {} outputs, got {} arrays of labels",
                outputs.len(),
                y.len()
            ))
            .remedy("give one array of labels for each output, as `[&a, &b]`"));
        }
        for ((output, y), shape) in self.outputs.iter().zip(y).zip(outputs) {
            output
                .loss
                .check(y, shape)
                .map_err(|e| e.at(format!("loss `{}`", output.loss.name())))?;
        }
        Ok(())
    }

    /// The loss of a batch, with what the layers have `added` to it.
    pub(super) fn loss(
        &self,
        tape: &mut Tape,
        batch: &Batch,
        y_pred: &[Tensor],
        added: Vec<Tensor>,
    ) -> Result<BatchLoss> {
        let mut parts = Vec::new();
        let mut of_outputs = Vec::new();
        let labels = batch.y.iter().zip(y_pred);
        for (i, (output, (y_true, y_pred))) in self.outputs.iter().zip(labels).enumerate() {
            let weight = batch.weight_of(i);
            let loss = output.loss.call_weighted(tape, y_true, y_pred, weight)?;
            of_outputs.push(loss.clone());
            parts.push((loss, output.loss_weight));
        }
        parts.extend(added.into_iter().map(|loss| (loss, 1.0)));
        let total = match &parts[..] {
            [(loss, 1.0)] => loss.clone(),
            parts => weighted_sum(tape, parts)?,
        };
        Ok(BatchLoss { total, of_outputs })
    }

    pub(super) fn reset_metrics(&mut self) {
        self.loss_mean = Mean::default();
        for output in &mut self.outputs {
            output.loss_mean = Mean::default();
            output.metrics.iter_mut().for_each(|m| m.metric.reset());
        }
    }

    /// Takes a batch into account.
    pub(super) fn measure(
        &mut self,
        loss: &BatchLoss,
        batch: &Batch,
        y_pred: &[Tensor],
    ) -> Result<()> {
        let samples = batch.y.first().map_or(0, Tensor::len) as f64;
        self.loss_mean.add(loss.total.item(0)?, samples);
        let labels = batch.y.iter().zip(y_pred).zip(&loss.of_outputs);
        let outputs = self.outputs.iter_mut().zip(labels);
        for (i, (output, ((y_true, y_pred), loss))) in outputs.enumerate() {
            output.loss_mean.add(loss.item(0)?, samples);
            for Measured { metric, weighted } in &mut output.metrics {
                let weight = batch.weight_of(i).filter(|_| *weighted);
                metric
                    .update(y_true, y_pred, weight)
                    .map_err(|e| e.at(format!("metric `{}`", metric.name())))?;
            }
        }
        Ok(())
    }

    /// Loss, the losses of several outputs, then metrics in the order of `compile`.
    pub(super) fn results(&self) -> Vec<(String, f64)> {
        let mut results = vec![("loss".to_string(), self.loss_mean.value())];
        if self.outputs.len() > 1 {
            for output in &self.outputs {
                results.push((format!("{}loss", output.prefix), output.loss_mean.value()));
            }
        }
        for output in &self.outputs {
            for measured in &output.metrics {
                results.push((output.name_of(measured), measured.metric.result()));
            }
        }
        results
    }

    /// The same without names.
    pub(super) fn values(&self) -> Vec<f64> {
        let results = self.results().into_iter();
        results.map(|(_, value)| value).collect()
    }

    /// The results by name, which is the order in which Keras shows and records them.
    pub(super) fn sorted_results(&self) -> Vec<(String, f64)> {
        let mut results = self.results();
        results.sort_by(|a, b| a.0.cmp(&b.0));
        results
    }
}

/// One setting for each output: those given, or the only one for all.
fn for_outputs<'a, T>(
    argument: &str,
    given: &'a [Setting<T>],
    outputs: usize,
) -> Result<Vec<&'a Setting<T>>> {
    match given {
        [] => Err(Error::argument(argument, "the name of a loss", "none")
            .remedy("for example `loss: \"sparse_categorical_crossentropy\".into()`")),
        [one] => Ok(vec![one; outputs]),
        many if many.len() == outputs => Ok(many.iter().collect()),
        many => {
            let expected = format!("one, or one for each of the {outputs} outputs");
            Err(Error::argument(argument, &expected, many.len()))
        }
    }
}

/// The metrics of output `i`: all of them for the only output, otherwise those of its entry.
fn metrics_of(
    all: &[Measures],
    i: usize,
    outputs: usize,
) -> Result<Vec<&Setting<Box<dyn Metric>>>> {
    if outputs == 1 {
        return Ok(all.iter().flat_map(|entry| &entry.0).collect());
    }
    match all {
        [] => Ok(Vec::new()),
        entries if entries.len() == outputs => Ok(entries[i].0.iter().collect()),
        entries => {
            let expected = format!("one entry for each of the {outputs} outputs");
            Err(Error::argument("metrics", &expected, entries.len())
                .remedy("an entry may be a list: `[\"accuracy\", \"AUC\"].into()`"))
        }
    }
}
