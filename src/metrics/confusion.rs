//! Counts of right and wrong decisions, for one threshold or several.

use serde::{Deserialize, Serialize};

use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{common_shape, weights_for};
use crate::models::automatic_name;
use crate::{Error, Result, Tensor};

/// Thresholds above which a prediction means yes: the usual one, one, or several.
///
/// Keras: the argument `thresholds`.
///
/// # Example
/// ```
/// use kerust::metrics::Precision;
/// let one = Precision::new().thresholds(0.7);
/// let several = Precision::new().thresholds([0.3, 0.5, 0.7]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, a list of numbers, or null")]
pub enum Thresholds {
    /// The one that is usual for the metric.
    #[default]
    Usual,
    /// One.
    One(f64),
    /// Several: there is a result for each.
    Several(Vec<f64>),
}

impl Thresholds {
    /// The thresholds; `usual` when none are given.
    pub(super) fn or(&self, usual: f32) -> Vec<f32> {
        match self {
            Thresholds::Usual => vec![usual],
            Thresholds::One(threshold) => vec![*threshold as f32],
            Thresholds::Several(thresholds) => thresholds.iter().map(|t| *t as f32).collect(),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let thresholds = self.or(0.5);
        let wrong = thresholds.iter().find(|t| !(0.0..=1.0).contains(*t));
        match wrong {
            _ if thresholds.is_empty() => {
                Err(Error::argument("thresholds", "at least one number", "none"))
            }
            Some(wrong) => Err(Error::argument("thresholds", "numbers from 0 to 1", wrong)),
            None => Ok(()),
        }
    }
}

impl From<f64> for Thresholds {
    fn from(threshold: f64) -> Self {
        Thresholds::One(threshold)
    }
}

impl<const N: usize> From<[f64; N]> for Thresholds {
    fn from(thresholds: [f64; N]) -> Self {
        Thresholds::Several(thresholds.to_vec())
    }
}

impl From<Vec<f64>> for Thresholds {
    fn from(thresholds: Vec<f64>) -> Self {
        Thresholds::Several(thresholds)
    }
}

/// What makes a prediction a yes.
#[derive(Clone, Default)]
pub(super) struct Decision<'a> {
    /// Yes means above the threshold.
    pub(super) thresholds: &'a [f32],
    /// Predictions that are not among the largest of their row are a no.
    pub(super) top_k: Option<usize>,
    /// The only class that is looked at.
    pub(super) class_id: Option<usize>,
    /// Whether each class is counted by itself.
    pub(super) multi_label: bool,
    /// How much each class counts.
    pub(super) label_weights: Option<&'a [f64]>,
}

/// How large a prediction is that is not among the largest, as in Keras.
pub(super) const NEVER: f32 = -1e10;

/// How often yes and no were right and wrong: for each threshold, then for each class that is
/// counted by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) true_positives: Vec<f64>,
    pub(super) false_positives: Vec<f64>,
    pub(super) true_negatives: Vec<f64>,
    pub(super) false_negatives: Vec<f64>,
    /// How many classes are counted by themselves; 1 when all are counted together.
    pub(super) labels: usize,
}

impl Counts {
    pub(super) fn update(
        &mut self,
        decision: &Decision<'_>,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let shape = common_shape(y_true, y_pred)?;
        let width = shape.last().max(1);
        let no_class = |class: &usize| shape.rank() < 2 || *class >= width;
        if let Some(class) = decision.class_id.filter(no_class) {
            let expected = format!("a class of predictions of shape {shape}, below {width}");
            return Err(Error::argument("class_id", &expected, class));
        }
        if decision.multi_label && shape.rank() != 2 {
            return Err(Error::shape(format!(
                "argument `multi_label`: expected predictions of shape (batch, labels), got {shape}"
            )));
        }
        if let Some(weights) = decision.label_weights.filter(|w| w.len() != width) {
            let expected = format!("one weight for each of {width} labels");
            return Err(Error::argument("label_weights", &expected, weights.len()));
        }
        let labels = if decision.multi_label { width } else { 1 };
        let size = decision.thresholds.len() * labels;
        if self.true_positives.is_empty() {
            *self = Counts {
                true_positives: vec![0.0; size],
                false_positives: vec![0.0; size],
                true_negatives: vec![0.0; size],
                false_negatives: vec![0.0; size],
                labels,
            };
        } else if self.labels != labels {
            return Err(Error::shape(format!(
                "predictions of shape {shape} do not fit those before, which had {} labels",
                self.labels
            )));
        }
        let (targets, mut predictions) = (y_true.as_floats(), y_pred.as_floats());
        if let Some(k) = decision.top_k {
            let rows = predictions.to_mut().chunks_exact_mut(width);
            rows.for_each(|row| keep_largest(row, k));
        }
        let weights = sample_weight
            .map(|weight| weights_for(weight, &shape))
            .transpose()?;
        let levels = Levels::new(decision.thresholds);
        for (i, (target, prediction)) in targets.iter().zip(predictions.iter()).enumerate() {
            let class = i % width;
            if decision.class_id.is_some_and(|only| only != class) {
                continue;
            }
            let mut weight = weights.as_ref().map_or(1.0, |w| f64::from(w[i]));
            if let (Some(of_label), false) = (decision.label_weights, decision.multi_label) {
                weight *= of_label[class];
            }
            let label = if decision.multi_label { class } else { 0 };
            let (yes, no) = if *target != 0.0 {
                (&mut self.true_positives, &mut self.false_negatives)
            } else {
                (&mut self.false_positives, &mut self.true_negatives)
            };
            for threshold in 0..decision.thresholds.len() {
                let of = if levels.above(*prediction, threshold) {
                    &mut *yes
                } else {
                    &mut *no
                };
                of[threshold * labels + label] += weight;
            }
        }
        Ok(())
    }
}

/// Makes all but the `k` largest of a row so small that they are above no threshold.
fn keep_largest(row: &mut [f32], k: usize) {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
    for &i in order.iter().skip(k) {
        row[i] = NEVER;
    }
}

/// Thresholds, and whether they are spread evenly from 0 to 1: then Keras computes which ones a
/// prediction exceeds, with another rounding than a comparison has.
struct Levels<'a> {
    thresholds: &'a [f32],
    even: bool,
    /// Whether even 0 is above the first threshold.
    from_zero: bool,
}

impl<'a> Levels<'a> {
    fn new(thresholds: &'a [f32]) -> Self {
        let steps = thresholds.len().saturating_sub(1) as f64;
        let near = |(i, threshold): (usize, &f32)| {
            let even = i as f64 / steps;
            (f64::from(*threshold) - even).abs() <= 1.01e-7 + 1e-5 * even
        };
        let even = thresholds.len() >= 3 && thresholds.iter().enumerate().all(near);
        let outside = thresholds.iter().any(|t| *t < 0.0 || *t > 1.0);
        Levels {
            thresholds,
            even,
            from_zero: outside,
        }
    }

    fn above(&self, prediction: f32, threshold: usize) -> bool {
        if !self.even || prediction.is_nan() {
            return prediction > self.thresholds[threshold];
        }
        let steps = (self.thresholds.len() - 1) as f32;
        let level = (prediction.clamp(0.0, 1.0) * steps).ceil() - 1.0;
        let level = if self.from_zero {
            level.max(0.0)
        } else {
            level
        };
        threshold as f32 <= level
    }
}

/// `a / b`, 0 where `b` is 0.
pub(super) fn share(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// `a / (a + b)` for each pair, 0 where both are 0.
pub(super) fn shares(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| share(*a, a + b)).collect()
}

/// The mean of several results; 0 when there are none yet.
pub(super) fn mean_of(results: &[f64]) -> f64 {
    share(results.iter().sum(), results.len() as f64)
}

/// One of the four counts.
macro_rules! count {
    ($(#[$doc:meta])* $class:ident, $field:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            base: MetricBase,
            thresholds: Thresholds,
            #[serde(skip)]
            state: Counts,
        }

        impl Default for $class {
            fn default() -> Self {
                Self {
                    base: MetricBase::new(&automatic_name(stringify!($class))),
                    thresholds: Thresholds::Usual,
                    state: Counts::default(),
                }
            }
        }

        impl $class {
            /// With Keras's defaults.
            pub fn new() -> Self {
                Self::default()
            }

            metric_setters!();

            /// Above which predictions mean yes, from 0 to 1; 1/2 unless set.
            #[must_use]
            pub fn thresholds(mut self, thresholds: impl Into<Thresholds>) -> Self {
                self.thresholds = thresholds.into();
                self
            }

            /// The count for each threshold.
            pub fn results(&self) -> Vec<f64> {
                self.state.$field.clone()
            }
        }

        impl Metric for $class {
            metric_identity!(stringify!($class));

            fn check_arguments(&self) -> Result<()> {
                self.thresholds.check()
            }

            fn update(
                &mut self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.check_arguments()?;
                let thresholds = &self.thresholds.or(0.5);
                let decision = Decision { thresholds, ..Decision::default() };
                self.state.update(&decision, y_true, y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                mean_of(&self.state.$field)
            }
        }
    };
}

count! {
    /// How often yes was right.
    ///
    /// Keras: `keras.metrics.TruePositives`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, TruePositives};
    /// let mut count = TruePositives::new();
    /// let y_true = Tensor::from_vec(vec![0, 1, 1, 1], 4)?;
    /// count.update(&y_true, &Tensor::from_vec(vec![1.0, 0.0, 1.0, 1.0], 4)?, None)?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    TruePositives, true_positives
}

count! {
    /// How often no was right.
    ///
    /// Keras: `keras.metrics.TrueNegatives`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, TrueNegatives};
    /// let mut count = TrueNegatives::new().thresholds([0.2, 0.8]);
    /// count.update(&Tensor::zeros(2), &Tensor::full(2, 0.5), None)?;
    /// assert_eq!(count.results(), [0.0, 2.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    TrueNegatives, true_negatives
}

count! {
    /// How often yes was wrong.
    ///
    /// Keras: `keras.metrics.FalsePositives`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{FalsePositives, Metric};
    /// let mut count = FalsePositives::new();
    /// count.update(&Tensor::zeros(2), &Tensor::ones(2), None)?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    FalsePositives, false_positives
}

count! {
    /// How often no was wrong.
    ///
    /// Keras: `keras.metrics.FalseNegatives`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{FalseNegatives, Metric};
    /// let mut count = FalseNegatives::new();
    /// count.update(&Tensor::ones(2), &Tensor::zeros(2), None)?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    FalseNegatives, false_negatives
}
