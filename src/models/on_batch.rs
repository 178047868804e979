//! One step, or one measurement, on a single batch.

use rand::rngs::StdRng;

use super::arrays::Arrays;
use super::batches::{Batch, Samples};
use super::compile::Compiled;
use super::graph::Graph;
use super::model::Model;
use super::train_step::one_step;
use super::{evaluate, fit};
use crate::{Error, Result, Tape, Tensor, random};

/// How much samples count in one step: each by itself, or by its class; all alike unless set.
///
/// Keras: the arguments `sample_weight` and `class_weight` of `model.train_on_batch` and
/// `model.test_on_batch`.
#[derive(Clone, Debug, Default)]
pub struct BatchWeights {
    /// How much each sample counts. As in [`Fit`](super::Fit::sample_weight).
    pub sample_weight: Arrays,
    /// How much each class counts: `vec![(0, 1.0), (1, 5.0)]`; classes that are not named count 1.
    pub class_weight: Vec<(usize, f32)>,
}

impl Model {
    /// One step on one batch; its loss and its metrics.
    ///
    /// Keras: `model.train_on_batch`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn train_on_batch(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
    ) -> Result<Vec<f64>> {
        self.train_on_batch_with(x, y, BatchWeights::default())
    }

    /// As [`train_on_batch`](Self::train_on_batch), with samples or classes that count differently.
    ///
    /// Keras: `model.train_on_batch(x, y, sample_weight, class_weight)`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).kernel_initializer("zeros").input_shape(1))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let (x, y) = (Tensor::ones((2, 1)), Tensor::from_vec(vec![1.0, 3.0], (2, 1))?);
    /// let sample_weight = Tensor::from_vec(vec![1.0, 0.0], 2)?.into();
    /// let weights = BatchWeights { sample_weight, ..BatchWeights::default() };
    /// assert_eq!(model.train_on_batch_with(&x, &y, weights)?, [0.5]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn train_on_batch_with(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
        weights: BatchWeights,
    ) -> Result<Vec<f64>> {
        let (x, y) = (x.into(), y.into());
        self.on_batch("train_on_batch", x, y, weights, one_step)
    }

    /// The loss and the metrics of one batch.
    ///
    /// Keras: `model.test_on_batch`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn test_on_batch(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
    ) -> Result<Vec<f64>> {
        self.test_on_batch_with(x, y, BatchWeights::default())
    }

    /// As [`test_on_batch`](Self::test_on_batch), with samples or classes that count differently.
    ///
    /// Keras: `model.test_on_batch(x, y, sample_weight)`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn test_on_batch_with(
        &mut self,
        x: impl Into<Arrays>,
        y: impl Into<Arrays>,
        weights: BatchWeights,
    ) -> Result<Vec<f64>> {
        let (x, y) = (x.into(), y.into());
        self.on_batch("test_on_batch", x, y, weights, evaluate::measure)
    }

    /// Takes one batch as `step` does, in the name of `method`; what is measured then.
    fn on_batch(
        &mut self,
        method: &str,
        x: Arrays,
        y: Arrays,
        weights: BatchWeights,
        step: fn(&mut Graph, &mut Compiled, &Batch, &mut StdRng) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let place = self.place(method);
        let (graph, compiled) = self.parts(method)?;
        let mut take = || {
            let mut samples = Samples::new(&x, &y, &weights.sample_weight)?;
            samples.weigh_classes(&weights.class_weight)?;
            fit::prepare(graph, compiled, &samples, None)?;
            compiled.reset_metrics();
            let batch = samples.range(0..samples.len())?;
            step(graph, compiled, &batch, &mut random::stream())?;
            Ok(compiled.values())
        };
        take().map_err(|e: Error| e.at(place))
    }

    /// The outputs for one batch.
    ///
    /// Keras: `model.predict_on_batch`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_on_batch(&mut self, x: impl Into<Arrays>) -> Result<Tensor> {
        self.call(x, &mut Tape::off(), false)
    }
}
