//! Precision and recall in one number.

use super::confusion::mean_of;
use super::{Metric, described, metric};
use crate::arguments::choice;
use crate::losses::{require_same_shape, weights_for};
use crate::{Error, Result, Setting, Tensor};

choice! {
    /// How the scores of several classes become one.
    ///
    /// Keras: the argument `average` of `F1Score` and `FBetaScore`.
    Average, "average" {
        /// Not at all: `results` gives the score of each class, `result` their mean.
        None = "none",
        /// The score of all decisions together.
        Micro = "micro",
        /// The mean of the scores of the classes.
        Macro = "macro",
        /// The same, each weighted by how often the class occurs.
        Weighted = "weighted",
    }
}

metric! {
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
    F1Score, "f1_score".to_string(), () {
        /// `"micro"`, `"macro"` or `"weighted"`; `"none"` unless set.
        [into] average: Setting<Average> = Average::None.into(),
        /// Above which predictions mean yes; the largest one of a sample unless set.
        [into] threshold: Option<f64> = None,
    }
    remembers Scores
}

metric! {
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
    FBetaScore, "fbeta_score".to_string(), () {
        /// `"micro"`, `"macro"` or `"weighted"`; `"none"` unless set.
        [into] average: Setting<Average> = Average::None.into(),
        /// How many times recall counts as much as precision; 1 unless set.
        beta: f64 = 1.0,
        /// Above which predictions mean yes; the largest one of a sample unless set.
        [into] threshold: Option<f64> = None,
    }
    remembers Scores
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
    described!();

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
    described!();

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
