//! Precision and recall in one number.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::confusion::mean_of;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{require_same_shape, weights_for};
use crate::{Error, Result, Setting, Tensor};

/// How the scores of several classes become one.
///
/// Keras: the argument `average` of `F1Score` and `FBetaScore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The score of all decisions together.
    Micro,
    /// The mean of the scores of the classes.
    Macro,
    /// The same, each weighted by how often the class occurs.
    Weighted,
    /// Not at all: `results` gives the score of each class, `result` their mean.
    #[serde(untagged)]
    None,
}

impl FromStr for Average {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "none" => Ok(Self::None),
            "micro" => Ok(Self::Micro),
            "macro" => Ok(Self::Macro),
            "weighted" => Ok(Self::Weighted),
            _ => {
                let known = ["none", "micro", "macro", "weighted"];
                Err(Error::unknown_name("average", name, &known))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Average {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = Option::<String>::deserialize(from)?;
        let named = name.as_deref().unwrap_or("none").parse();
        named.map_err(serde::de::Error::custom)
    }
}

impl From<Average> for Setting<Average> {
    fn from(average: Average) -> Self {
        Setting::value(average)
    }
}

/// The harmonic mean of precision and recall, for one-hot labels of shape `(batch, classes)`.
///
/// Keras: `keras.metrics.F1Score`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut score = F1Score::new().average("macro").threshold(0.5);
/// let y_true = Tensor::from_vec(vec![1, 1, 1, 1, 0, 0, 1, 1, 0], (3, 3))?;
/// let y_pred = Tensor::from_vec(vec![0.2, 0.6, 0.7, 0.2, 0.6, 0.6, 0.6, 0.8, 0.0], (3, 3))?;
/// score.update(&y_true, &y_pred, None)?;
/// let each = score.results();
/// assert!((each[0] - 0.5).abs() < 1e-6 && (each[1] - 0.8).abs() < 1e-6);
/// assert!((score.result() - (0.5 + 0.8 + 2.0 / 3.0) / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct F1Score {
    #[serde(flatten)]
    base: MetricBase,
    average: Setting<Average>,
    threshold: Option<f64>,
    #[serde(skip)]
    state: Scores,
}

impl Default for F1Score {
    fn default() -> Self {
        Self {
            base: MetricBase::new("f1_score"),
            average: Average::None.into(),
            threshold: None,
            state: Scores::default(),
        }
    }
}

impl F1Score {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// `"micro"`, `"macro"` or `"weighted"`; `"none"` unless set.
    #[must_use]
    pub fn average(mut self, average: impl Into<Setting<Average>>) -> Self {
        self.average = average.into();
        self
    }

    /// Above which predictions mean yes; the largest one of a sample unless set.
    #[must_use]
    pub fn threshold(mut self, threshold: impl Into<Option<f64>>) -> Self {
        self.threshold = threshold.into();
        self
    }
}

/// The mean of precision and recall in which recall counts `beta` times as much.
///
/// Keras: `keras.metrics.FBetaScore`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{FBetaScore, Metric};
/// let mut score = FBetaScore::new().beta(2.0).average("micro");
/// let y_true = Tensor::from_vec(vec![1, 0, 0, 1], (2, 2))?;
/// score.update(&y_true, &Tensor::from_vec(vec![0.9, 0.1, 0.8, 0.2], (2, 2))?, None)?;
/// assert!((score.result() - 0.5).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FBetaScore {
    #[serde(flatten)]
    base: MetricBase,
    average: Setting<Average>,
    beta: f64,
    threshold: Option<f64>,
    #[serde(skip)]
    state: Scores,
}

impl Default for FBetaScore {
    fn default() -> Self {
        Self {
            base: MetricBase::new("fbeta_score"),
            average: Average::None.into(),
            beta: 1.0,
            threshold: None,
            state: Scores::default(),
        }
    }
}

impl FBetaScore {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// `"micro"`, `"macro"` or `"weighted"`; `"none"` unless set.
    #[must_use]
    pub fn average(mut self, average: impl Into<Setting<Average>>) -> Self {
        self.average = average.into();
        self
    }

    /// How many times recall counts as much as precision; 1 unless set.
    #[must_use]
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// Above which predictions mean yes; the largest one of a sample unless set.
    #[must_use]
    pub fn threshold(mut self, threshold: impl Into<Option<f64>>) -> Self {
        self.threshold = threshold.into();
        self
    }
}

/// Keras adds so much to what it divides by.
const EPSILON: f64 = 1e-7;

/// What was decided for each class, or for all of them together.
#[derive(Clone, Debug, Default)]
struct Scores {
    true_positives: Vec<f64>,
    false_positives: Vec<f64>,
    false_negatives: Vec<f64>,
    occurrences: Vec<f64>,
}

impl Scores {
    fn update(
        &mut self,
        average: Average,
        threshold: Option<f64>,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        require_same_shape(y_true.shape(), y_pred.shape())?;
        let [_, classes] = *y_pred.shape().dims() else {
            return Err(Error::shape(format!(
                "expected predictions of shape (batch, classes), got {}",
                y_pred.shape()
            )));
        };
        let kept = if average == Average::Micro {
            1
        } else {
            classes
        };
        if self.true_positives.is_empty() {
            let zeros = || vec![0.0; kept];
            *self = Scores {
                true_positives: zeros(),
                false_positives: zeros(),
                false_negatives: zeros(),
                occurrences: zeros(),
            };
        } else if self.true_positives.len() != kept {
            return Err(Error::shape(format!(
                "predictions of shape {} do not fit those before, which had {} classes",
                y_pred.shape(),
                self.true_positives.len()
            )));
        }
        let weights = sample_weight
            .map(|w| weights_for(w, y_pred.shape()))
            .transpose()?;
        let (targets, predictions) = (y_true.as_floats(), y_pred.as_floats());
        for (i, (target, prediction)) in targets.iter().zip(predictions.iter()).enumerate() {
            let yes = match threshold {
                Some(threshold) => *prediction > threshold as f32,
                None => {
                    let row = &predictions[i / classes * classes..][..classes];
                    row.iter().all(|other| prediction >= other) && prediction.abs() > 1e-9
                }
            };
            let weight = weights.as_ref().map_or(1.0, |w| f64::from(w[i]));
            let (yes, target) = (f64::from(u8::from(yes)), f64::from(*target));
            let class = i % classes % kept;
            self.true_positives[class] += yes * target * weight;
            self.false_positives[class] += yes * (1.0 - target) * weight;
            self.false_negatives[class] += (1.0 - yes) * target * weight;
            self.occurrences[class] += target * weight;
        }
        Ok(())
    }

    fn results(&self, beta: f64) -> Vec<f64> {
        let found = self.false_positives.iter().zip(&self.false_negatives);
        let score = |(tp, (fp, fn_)): (&f64, (&f64, &f64))| {
            let (precision, recall) = (tp / (tp + fp + EPSILON), tp / (tp + fn_ + EPSILON));
            let mean = precision * recall / (beta * beta * precision + recall + EPSILON);
            mean * (1.0 + beta * beta)
        };
        self.true_positives.iter().zip(found).map(score).collect()
    }

    fn result(&self, average: &Setting<Average>, beta: f64) -> f64 {
        let scores = self.results(beta);
        if !matches!(average.get(), Ok(Average::Weighted)) {
            return mean_of(&scores);
        }
        let total = self.occurrences.iter().sum::<f64>() + EPSILON;
        let pairs = scores.iter().zip(&self.occurrences);
        pairs.map(|(score, often)| score * often / total).sum()
    }
}

fn check(average: &Setting<Average>, beta: f64, threshold: Option<f64>) -> Result<()> {
    average.get()?;
    if beta.is_nan() || beta <= 0.0 {
        return Err(Error::argument("beta", "a number above 0", beta));
    }
    match threshold {
        Some(threshold) if !(threshold > 0.0 && threshold <= 1.0) => Err(Error::argument(
            "threshold",
            "a number above 0 and at most 1",
            threshold,
        )),
        _ => Ok(()),
    }
}

impl F1Score {
    /// The score of each class; with the average `"micro"` one for all of them.
    pub fn results(&self) -> Vec<f64> {
        self.state.results(1.0)
    }
}

impl FBetaScore {
    /// The score of each class; with the average `"micro"` one for all of them.
    pub fn results(&self) -> Vec<f64> {
        self.state.results(self.beta)
    }
}

impl Metric for F1Score {
    metric_identity!("F1Score");

    fn check_arguments(&self) -> Result<()> {
        check(&self.average, 1.0, self.threshold)
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        self.check_arguments()?;
        let average = *self.average.get()?;
        self.state
            .update(average, self.threshold, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.result(&self.average, 1.0)
    }
}

impl Metric for FBetaScore {
    metric_identity!("FBetaScore");

    fn check_arguments(&self) -> Result<()> {
        check(&self.average, self.beta, self.threshold)
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        self.check_arguments()?;
        let average = *self.average.get()?;
        self.state
            .update(average, self.threshold, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.result(&self.average, self.beta)
    }
}
