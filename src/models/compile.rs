//! `compile`: with what a model is trained.

use crate::losses::Loss;
use crate::metrics::{Mean, Metric};
use crate::optimizers::{Optimizer, OptimizerState};
use crate::{Error, Result, Setting, Tensor};

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
    /// What is made small; must be set.
    pub loss: Setting<Box<dyn Loss>>,
    /// What is measured besides; nothing unless set.
    pub metrics: Vec<Setting<Box<dyn Metric>>>,
}

impl Default for Compile {
    fn default() -> Self {
        Self {
            optimizer: "rmsprop".into(),
            loss: Setting::looked_up(Err(Error::argument("loss", "the name of a loss", "none")
                .remedy("for example `loss: \"sparse_categorical_crossentropy\".into()`"))),
            metrics: Vec::new(),
        }
    }
}

/// What trains a model.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) optimizer: OptimizerState,
    pub(super) loss: Box<dyn Loss>,
    loss_mean: Mean,
    metrics: Vec<Box<dyn Metric>>,
}

impl Compiled {
    pub(super) fn new(compile: &Compile) -> Result<Compiled> {
        let optimizer = compile.optimizer.get()?.clone();
        optimizer
            .check()
            .map_err(|e| e.at(format!("optimizer `{}`", optimizer.name())))?;
        let loss = compile.loss.get()?.clone();
        loss.check_arguments()
            .map_err(|e| e.at(format!("loss `{}`", loss.name())))?;
        let metrics = compile.metrics.iter().map(|m| m.get().cloned());
        let metrics = metrics.collect::<Result<Vec<_>>>()?;
        for metric in &metrics {
            metric
                .check_arguments()
                .map_err(|e| e.at(format!("metric `{}`", metric.name())))?;
        }
        check_names(&metrics)?;
        Ok(Compiled {
            optimizer: OptimizerState::new(optimizer),
            loss,
            loss_mean: Mean::default(),
            metrics,
        })
    }

    pub(super) fn reset_metrics(&mut self) {
        self.loss_mean = Mean::default();
        self.metrics.iter_mut().for_each(|metric| metric.reset());
    }

    /// Takes a batch into account, whose mean loss was `loss`.
    pub(super) fn measure(&mut self, loss: f64, y_true: &Tensor, y_pred: &Tensor) -> Result<()> {
        self.loss_mean.add(loss, y_true.len() as f64);
        for metric in &mut self.metrics {
            metric
                .update(y_true, y_pred, None)
                .map_err(|e| e.at(format!("metric `{}`", metric.name())))?;
        }
        Ok(())
    }

    /// Loss, then metrics in the order of `compile`.
    pub(super) fn results(&self) -> Vec<(String, f64)> {
        let metrics = self
            .metrics
            .iter()
            .map(|m| (m.name().to_string(), m.result()));
        [("loss".to_string(), self.loss_mean.value())]
            .into_iter()
            .chain(metrics)
            .collect()
    }

    /// The same by name, which is the order in which Keras shows and records them.
    pub(super) fn sorted_results(&self) -> Vec<(String, f64)> {
        let mut results = self.results();
        results.sort_by(|a, b| a.0.cmp(&b.0));
        results
    }
}

/// Fails when two results would have the same name: a history could not tell them apart.
fn check_names(metrics: &[Box<dyn Metric>]) -> Result<()> {
    let mut names = vec!["loss"];
    for metric in metrics {
        if names.contains(&metric.name()) {
            let given = format!("`{}` twice", metric.name());
            return Err(
                Error::argument("metrics", "metrics whose names differ", given)
                    .remedy("leave one out; `loss` is measured without being named"),
            );
        }
        names.push(metric.name());
    }
    Ok(())
}
