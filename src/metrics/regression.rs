//! Metrics for numbers that are no means.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::confusion::mean_of;
use super::mean::Running;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{common_shape, weights_for};
use crate::{Error, Result, Setting, Tensor};

/// The square root of the mean of `(y_true - y_pred)²`.
///
/// Keras: `keras.metrics.RootMeanSquaredError`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut metric = RootMeanSquaredError::new();
/// metric.update(&Tensor::zeros(2), &Tensor::full(2, 3.0), None)?;
/// assert_eq!(metric.result(), 3.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RootMeanSquaredError {
    base: MetricBase,
    #[serde(skip)]
    state: Running,
}

impl Default for RootMeanSquaredError {
    fn default() -> Self {
        Self {
            base: MetricBase::new("root_mean_squared_error"),
            state: Running::default(),
        }
    }
}

impl RootMeanSquaredError {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();
}

impl Metric for RootMeanSquaredError {
    metric_identity!("RootMeanSquaredError");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let shape = common_shape(y_true, y_pred)?;
        let (labels, predictions) = (y_true.as_floats(), y_pred.as_floats());
        let pairs = labels.iter().zip(predictions.iter());
        let squares: Vec<f32> = pairs.map(|(l, p)| (p - l) * (p - l)).collect();
        self.state
            .update(&Tensor::from_vec(squares, shape)?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value().sqrt()
    }
}

/// How the scores of several outputs become one.
///
/// Keras: the argument `class_aggregation` of `R2Score`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassAggregation {
    /// Their mean.
    UniformAverage,
    /// Their mean, each weighted by the variance of its labels.
    VarianceWeightedAverage,
    /// Not at all: `results` gives the score of each output, `result` their mean.
    #[serde(untagged)]
    None,
}

impl FromStr for ClassAggregation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "none" => Ok(Self::None),
            "uniform_average" => Ok(Self::UniformAverage),
            "variance_weighted_average" => Ok(Self::VarianceWeightedAverage),
            _ => {
                let known = ["none", "uniform_average", "variance_weighted_average"];
                Err(Error::unknown_name("class aggregation", name, &known))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ClassAggregation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = Option::<String>::deserialize(from)?;
        let named = name.as_deref().unwrap_or("none").parse();
        named.map_err(serde::de::Error::custom)
    }
}

impl From<ClassAggregation> for Setting<ClassAggregation> {
    fn from(class_aggregation: ClassAggregation) -> Self {
        Setting::value(class_aggregation)
    }
}

/// How much of the variance of the labels the predictions explain: 1 where they are right, 0
/// where they are no better than the mean. Labels have shape `(batch, outputs)`.
///
/// Keras: `keras.metrics.R2Score`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut score = R2Score::new();
/// let y_true = Tensor::from_vec(vec![1.0, 4.0, 3.0], (3, 1))?;
/// score.update(&y_true, &Tensor::from_vec(vec![2.0, 4.0, 4.0], (3, 1))?, None)?;
/// assert!((score.result() - 0.5714285).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct R2Score {
    #[serde(flatten)]
    base: MetricBase,
    class_aggregation: Setting<ClassAggregation>,
    num_regressors: usize,
    #[serde(skip)]
    state: Squares,
}

impl Default for R2Score {
    fn default() -> Self {
        Self {
            base: MetricBase::new("r2_score"),
            class_aggregation: ClassAggregation::UniformAverage.into(),
            num_regressors: 0,
            state: Squares::default(),
        }
    }
}

impl R2Score {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// `"uniform_average"` unless set, else `"variance_weighted_average"` or `"none"`.
    #[must_use]
    pub fn class_aggregation(
        mut self,
        class_aggregation: impl Into<Setting<ClassAggregation>>,
    ) -> Self {
        self.class_aggregation = class_aggregation.into();
        self
    }

    /// How many inputs the score is adjusted for; 0 unless set.
    #[must_use]
    pub fn num_regressors(mut self, num_regressors: usize) -> Self {
        self.num_regressors = num_regressors;
        self
    }
}

/// Sums over the samples, for each output.
#[derive(Clone, Debug, Default)]
struct Squares {
    sum: Vec<f64>,
    squared_sum: Vec<f64>,
    residual: Vec<f64>,
    count: Vec<f64>,
    /// How many labels there were.
    labels: usize,
}

impl R2Score {
    /// The score of each output.
    pub fn results(&self) -> Vec<f64> {
        let scores = self.outputs().map(|(score, _)| self.adjusted(score));
        scores.collect()
    }

    /// The score of each output, and the variance of its labels times their number.
    fn outputs(&self) -> impl Iterator<Item = (f64, f64)> {
        let state = &self.state;
        (0..state.sum.len()).map(|i| {
            let total = state.squared_sum[i] - state.sum[i] * state.sum[i] / state.count[i];
            let score = 1.0 - state.residual[i] / total;
            (if score.is_infinite() { 0.0 } else { score }, total)
        })
    }

    /// What is left of a score when inputs explain something by chance.
    fn adjusted(&self, score: f64) -> f64 {
        let (samples, inputs) = (self.state.labels as f64, self.num_regressors as f64);
        if inputs == 0.0 || inputs >= samples - 1.0 {
            return score;
        }
        1.0 - (1.0 - score) * (samples - 1.0) / (samples - inputs - 1.0)
    }
}

impl Metric for R2Score {
    metric_identity!("R2Score");

    fn check_arguments(&self) -> Result<()> {
        self.class_aggregation.get().map(drop)
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        self.check_arguments()?;
        let shape = common_shape(y_true, y_pred)?;
        let [_, outputs] = *shape.dims() else {
            return Err(Error::shape(format!(
                "expected predictions of shape (batch, outputs), got {}",
                y_pred.shape()
            )));
        };
        if self.state.sum.is_empty() {
            let zeros = || vec![0.0; outputs];
            self.state = Squares {
                sum: zeros(),
                squared_sum: zeros(),
                residual: zeros(),
                count: zeros(),
                labels: 0,
            };
        } else if self.state.sum.len() != outputs {
            return Err(Error::shape(format!(
                "predictions of shape {} do not fit those before, which had {} outputs",
                y_pred.shape(),
                self.state.sum.len()
            )));
        }
        let weights = sample_weight.map(|w| weights_for(w, &shape)).transpose()?;
        let (labels, predictions) = (y_true.as_floats(), y_pred.as_floats());
        for (i, (label, prediction)) in labels.iter().zip(predictions.iter()).enumerate() {
            let weight = weights.as_ref().map_or(1.0, |w| f64::from(w[i]));
            let (label, prediction) = (f64::from(*label), f64::from(*prediction));
            let output = i % outputs;
            self.state.sum[output] += weight * label;
            self.state.squared_sum[output] += weight * label * label;
            self.state.residual[output] += weight * (label - prediction) * (label - prediction);
            self.state.count[output] += weight;
        }
        self.state.labels += labels.len();
        Ok(())
    }

    fn result(&self) -> f64 {
        let (scores, totals): (Vec<f64>, Vec<f64>) = self.outputs().unzip();
        if scores.is_empty() {
            return 0.0;
        }
        let by_variance = ClassAggregation::VarianceWeightedAverage;
        let score = if self.class_aggregation.get().ok() == Some(&by_variance) {
            let weighted: f64 = scores.iter().zip(&totals).map(|(s, t)| s * t).sum();
            weighted / totals.iter().sum::<f64>()
        } else {
            mean_of(&scores)
        };
        self.adjusted(score)
    }
}
