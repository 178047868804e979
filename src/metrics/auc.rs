//! The area under a curve of rates, over all thresholds.

use serde_json::Value;

use super::confusion::{Counts, Decision, share};
use super::constrained::check_count;
use super::{Metric, metric};
use crate::arguments::choice;
use crate::models::automatic_name;
use crate::ops::sigmoid;
use crate::{Error, Result, Setting, Tensor};

choice! {
    /// Which curve lies above the area that [`AUC`] measures.
    Curve, "curve" {
        /// The share of the positive that is found, over the share of the negative that is not.
        Roc = "ROC" | "roc",
        /// Precision over recall.
        Pr = "PR" | "pr",
        /// The gain in precision over the gain in recall.
        PrGain = "PRGAIN" | "prgain",
    }
}

choice! {
    /// How the area between two thresholds is measured.
    SummationMethod, "summation method" {
        /// As under a straight line; for [`Curve::Pr`] with the right interpolation of precision.
        Interpolation = "interpolation" | "Interpolation",
        /// With the higher of both ends.
        Majoring = "majoring" | "Majoring",
        /// With the lower of both ends.
        Minoring = "minoring" | "Minoring",
    }
}

metric! {
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
    AUC, automatic_name("AUC"), () {
        /// How many thresholds are tried; 200 unless set.
        num_thresholds: usize = 200,
        /// `"ROC"` unless set, else `"PR"` or `"PRGAIN"`.
        [into] curve: Setting<Curve> = Curve::Roc.into(),
        /// `"interpolation"` unless set, else `"majoring"` or `"minoring"`.
        [into] summation_method: Setting<SummationMethod> = SummationMethod::Interpolation.into(),
        /// Thresholds between 0 and 1 to try; spread evenly unless set.
        [into quiet] thresholds: Option<Vec<f64>> = None,
        /// Whether each label has an area of its own, of which the mean is taken; false unless set.
        multi_label: bool = false,
        /// How many labels there are; found by the predictions unless set.
        [into] num_labels: Option<usize> = None,
        /// How much each label counts; alike unless set.
        [into] label_weights: Option<Vec<f64>> = None,
        /// Whether predictions are scores instead of probabilities; false unless set.
        from_logits: bool = false,
    }
    remembers Counts
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
    fn name(&self) -> &str {
        &self.name
    }

    fn class_name(&self) -> &str {
        Self::CLASS_NAME
    }

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

    fn reset(&mut self) {
        self.state = Counts::default();
    }

    fn boxed_clone(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }

    fn get_config(&self) -> Value {
        let mut config = self.arguments();
        config.insert("dtype".to_string(), "float32".into());
        if let Some(thresholds) = &self.thresholds {
            config.insert("num_thresholds".to_string(), (thresholds.len() + 2).into());
        }
        config.into()
    }
}
