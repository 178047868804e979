//! The area under a curve of rates, over all thresholds.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::confusion::{Counts, Decision, share};
use super::constrained::check_count;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::models::automatic_name;
use crate::ops::sigmoid;
use crate::{Config, Error, Result, Setting, Tensor};

/// Which curve lies above the area that [`AUC`] measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Curve {
    /// The share of the positive that is found, over the share of the negative that is not.
    #[serde(alias = "roc")]
    Roc,
    /// Precision over recall.
    #[serde(alias = "pr")]
    Pr,
    /// The gain in precision over the gain in recall.
    #[serde(alias = "prgain")]
    PrGain,
}

impl FromStr for Curve {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "ROC" | "roc" => Ok(Self::Roc),
            "PR" | "pr" => Ok(Self::Pr),
            "PRGAIN" | "prgain" => Ok(Self::PrGain),
            _ => Err(Error::unknown_name("curve", name, &["ROC", "PR", "PRGAIN"])),
        }
    }
}

impl From<Curve> for Setting<Curve> {
    fn from(curve: Curve) -> Self {
        Setting::value(curve)
    }
}

/// How the area between two thresholds is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SummationMethod {
    /// As under a straight line; for [`Curve::Pr`] with the right interpolation of precision.
    #[serde(alias = "Interpolation")]
    Interpolation,
    /// With the higher of both ends.
    #[serde(alias = "Majoring")]
    Majoring,
    /// With the lower of both ends.
    #[serde(alias = "Minoring")]
    Minoring,
}

impl FromStr for SummationMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "interpolation" | "Interpolation" => Ok(Self::Interpolation),
            "majoring" | "Majoring" => Ok(Self::Majoring),
            "minoring" | "Minoring" => Ok(Self::Minoring),
            _ => {
                let known = ["interpolation", "majoring", "minoring"];
                Err(Error::unknown_name("summation method", name, &known))
            }
        }
    }
}

impl From<SummationMethod> for Setting<SummationMethod> {
    fn from(summation_method: SummationMethod) -> Self {
        Setting::value(summation_method)
    }
}

/// The area under the ROC curve or the precision-recall curve: how likely a positive sample gets
/// a higher prediction than a negative one.
///
/// Keras: `keras.metrics.AUC`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut auc = AUC::new().num_thresholds(3);
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
/// auc.update(&y_true, &Tensor::from_vec(vec![0.0, 0.5, 0.3, 0.9], 4)?, None)?;
/// assert_eq!(auc.result(), 0.75);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AUC {
    #[serde(flatten)]
    base: MetricBase,
    num_thresholds: usize,
    curve: Setting<Curve>,
    summation_method: Setting<SummationMethod>,
    thresholds: Option<Vec<f64>>,
    multi_label: bool,
    num_labels: Option<usize>,
    label_weights: Option<Vec<f64>>,
    from_logits: bool,
    #[serde(skip)]
    state: Counts,
}

impl Default for AUC {
    fn default() -> Self {
        Self {
            base: MetricBase::new(&automatic_name("AUC")),
            num_thresholds: 200,
            curve: Curve::Roc.into(),
            summation_method: SummationMethod::Interpolation.into(),
            thresholds: None,
            multi_label: false,
            num_labels: None,
            label_weights: None,
            from_logits: false,
            state: Counts::default(),
        }
    }
}

impl AUC {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// How many thresholds are tried; 200 unless set.
    #[must_use]
    pub fn num_thresholds(mut self, num_thresholds: usize) -> Self {
        self.num_thresholds = num_thresholds;
        self
    }

    /// `"ROC"` unless set, else `"PR"` or `"PRGAIN"`.
    #[must_use]
    pub fn curve(mut self, curve: impl Into<Setting<Curve>>) -> Self {
        self.curve = curve.into();
        self
    }

    /// `"interpolation"` unless set, else `"majoring"` or `"minoring"`.
    #[must_use]
    pub fn summation_method(
        mut self,
        summation_method: impl Into<Setting<SummationMethod>>,
    ) -> Self {
        self.summation_method = summation_method.into();
        self
    }

    /// Thresholds between 0 and 1 to try; spread evenly unless set.
    #[must_use]
    pub fn thresholds(mut self, thresholds: impl Into<Option<Vec<f64>>>) -> Self {
        self.thresholds = thresholds.into();
        self
    }

    /// Whether each label has an area of its own, of which the mean is taken; false unless set.
    #[must_use]
    pub fn multi_label(mut self, multi_label: bool) -> Self {
        self.multi_label = multi_label;
        self
    }

    /// How many labels there are; found by the predictions unless set.
    #[must_use]
    pub fn num_labels(mut self, num_labels: impl Into<Option<usize>>) -> Self {
        self.num_labels = num_labels.into();
        self
    }

    /// How much each label counts; alike unless set.
    #[must_use]
    pub fn label_weights(mut self, label_weights: impl Into<Option<Vec<f64>>>) -> Self {
        self.label_weights = label_weights.into();
        self
    }

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }
}

/// Keras lets the first and the last threshold include 0 and 1.
const EPSILON: f64 = 1e-7;

impl AUC {
    fn all_thresholds(&self) -> Vec<f32> {
        let mut inner = self.thresholds.clone().unwrap_or_else(|| {
            let steps = self.num_thresholds as f64 - 1.0;
            (1..self.num_thresholds - 1)
                .map(|i| i as f64 / steps)
                .collect()
        });
        inner.sort_by(f64::total_cmp);
        let ends = [-EPSILON, 1.0 + EPSILON];
        let all = [&ends[..1], &inner, &ends[1..]].concat();
        all.into_iter().map(|t| t as f32).collect()
    }

    /// The area for each label, or one for all of them together.
    pub fn results(&self) -> Vec<f64> {
        (0..self.state.labels)
            .map(|label| self.area(label).unwrap_or(f64::NAN))
            .collect()
    }

    /// As Keras: with as many thresholds as are tried.
    fn written(&self) -> Result<Config> {
        let mut written = self.clone();
        if let Some(thresholds) = &self.thresholds {
            written.num_thresholds = thresholds.len() + 2;
        }
        Config::of_unusual(&written, &["thresholds"])
    }

    fn area(&self, label: usize) -> Result<f64> {
        let of = |counts: &[f64]| -> Vec<f64> {
            let own = counts.iter().skip(label).step_by(self.state.labels);
            own.copied().collect()
        };
        let rates = Rates {
            tp: of(&self.state.true_positives),
            fp: of(&self.state.false_positives),
            tn: of(&self.state.true_negatives),
            fn_: of(&self.state.false_negatives),
        };
        let (curve, method) = (*self.curve.get()?, *self.summation_method.get()?);
        if curve == Curve::Pr && method == SummationMethod::Interpolation {
            return Ok(rates.interpolated_precision());
        }
        let points: Vec<(f64, f64)> = (0..rates.tp.len()).map(|i| rates.point(curve, i)).collect();
        let strips = points.windows(2).map(|ends| {
            let [(from, a), (to, b)] = [ends[0], ends[1]];
            let height = match method {
                SummationMethod::Interpolation => (a + b) / 2.0,
                SummationMethod::Majoring => a.max(b),
                SummationMethod::Minoring => a.min(b),
            };
            (from - to) * height
        });
        Ok(strips.sum())
    }
}

/// Counts for each threshold.
struct Rates {
    tp: Vec<f64>,
    fp: Vec<f64>,
    tn: Vec<f64>,
    fn_: Vec<f64>,
}

impl Rates {
    /// The point of the curve at a threshold.
    fn point(&self, curve: Curve, i: usize) -> (f64, f64) {
        let (tp, fp, tn, fn_) = (self.tp[i], self.fp[i], self.tn[i], self.fn_[i]);
        let recall = share(tp, tp + fn_);
        match curve {
            Curve::Roc => (share(fp, fp + tn), recall),
            Curve::Pr => (recall, share(tp, tp + fp)),
            Curve::PrGain if tp == 0.0 => (0.0, 1.0),
            Curve::PrGain => {
                let scale = share(tp + fn_, tn + fp);
                let gain = |wrong: f64| 1.0 - scale * share(wrong, tp);
                (gain(fn_).max(0.0), gain(fp))
            }
        }
    }

    /// The area under the precision-recall curve, with true and false positives interpolated
    /// between thresholds (Davis and Goadrich, 2006).
    fn interpolated_precision(&self) -> f64 {
        let found = |i: usize| self.tp[i] + self.fp[i];
        let strip = |i: usize| {
            let (right, all) = (self.tp[i] - self.tp[i + 1], found(i) - found(i + 1));
            let slope = share(right, all.max(0.0));
            let intercept = self.tp[i + 1] - slope * found(i + 1);
            let ratio = if found(i) > 0.0 && found(i + 1) > 0.0 {
                found(i) / found(i + 1)
            } else {
                1.0
            };
            share(
                slope * (right + intercept * ratio.ln()),
                (self.tp[i + 1] + self.fn_[i + 1]).max(0.0),
            )
        };
        (0..self.tp.len().saturating_sub(1)).map(strip).sum()
    }
}

impl Metric for AUC {
    metric_identity!("AUC", config: |auc| auc.written());

    fn check_arguments(&self) -> Result<()> {
        self.curve.get()?;
        self.summation_method.get()?;
        let outside = |t: &&f64| !(0.0..=1.0).contains(*t);
        if let Some(wrong) = self.thresholds.iter().flatten().find(outside) {
            return Err(Error::argument("thresholds", "numbers from 0 to 1", wrong));
        }
        if self.num_labels.is_some() && !self.multi_label {
            return Err(Error::argument(
                "num_labels",
                "none without `multi_label`",
                "a number",
            ));
        }
        check_count(self.num_thresholds, 2)
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        self.check_arguments()?;
        let decision = Decision {
            thresholds: &self.all_thresholds(),
            multi_label: self.multi_label,
            label_weights: self.label_weights.as_deref(),
            ..Decision::default()
        };
        if let Some(labels) = self
            .num_labels
            .filter(|labels| *labels != y_pred.shape().last())
        {
            let expected = format!(
                "as many labels as in predictions of shape {}",
                y_pred.shape()
            );
            return Err(Error::argument("num_labels", &expected, labels));
        }
        if self.from_logits {
            let probabilities = y_pred.map(sigmoid);
            self.state
                .update(&decision, y_true, &probabilities, sample_weight)
        } else {
            self.state.update(&decision, y_true, y_pred, sample_weight)
        }
    }

    fn result(&self) -> f64 {
        let areas = self.results();
        let equal = vec![1.0; areas.len()];
        let weights = match &self.label_weights {
            Some(weights) if self.multi_label => weights,
            _ => &equal,
        };
        let sum = areas
            .iter()
            .zip(weights)
            .map(|(area, weight)| area * weight)
            .sum();
        share(sum, weights.iter().take(areas.len()).sum())
    }
}
