//! How much predictions follow the labels up and down.

use serde::{Deserialize, Serialize};

use super::mean::Running;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::values_along;
use crate::{Result, Tensor};

/// The correlation of labels and predictions along an axis, from -1 to 1.
///
/// Keras: `keras.metrics.PearsonCorrelation`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{Metric, PearsonCorrelation};
/// let mut metric = PearsonCorrelation::new();
/// let y_true = Tensor::from_vec(vec![1.0, 2.0, 3.0], (1, 3))?;
/// metric.update(&y_true, &(&y_true * 2.0 + 1.0), None)?;
/// assert!((metric.result() - 1.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PearsonCorrelation {
    #[serde(flatten)]
    base: MetricBase,
    axis: isize,
    #[serde(skip)]
    state: Running,
}

impl Default for PearsonCorrelation {
    fn default() -> Self {
        Self {
            base: MetricBase::new("pearson_correlation"),
            axis: -1,
            state: Running::default(),
        }
    }
}

impl PearsonCorrelation {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Along which axis labels and predictions go up and down; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Metric for PearsonCorrelation {
    metric_identity!("PearsonCorrelation");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = values_along(y_true, y_pred, self.axis, |targets, predictions| {
            let moments = Moments::of(targets, predictions);
            (moments.common / (moments.of_targets.1 * moments.of_predictions.1).sqrt()) as f32
        });
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// As the correlation, but 1 only where labels and predictions are equal.
///
/// Keras: `keras.metrics.ConcordanceCorrelation`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{ConcordanceCorrelation, Metric};
/// let mut metric = ConcordanceCorrelation::new();
/// let y_true = Tensor::from_vec(vec![1.0, 2.0, 3.0], (1, 3))?;
/// metric.update(&y_true, &y_true, None)?;
/// assert!((metric.result() - 1.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConcordanceCorrelation {
    #[serde(flatten)]
    base: MetricBase,
    axis: isize,
    #[serde(skip)]
    state: Running,
}

impl Default for ConcordanceCorrelation {
    fn default() -> Self {
        Self {
            base: MetricBase::new("concordance_correlation"),
            axis: -1,
            state: Running::default(),
        }
    }
}

impl ConcordanceCorrelation {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Along which axis labels and predictions go up and down; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Metric for ConcordanceCorrelation {
    metric_identity!("ConcordanceCorrelation");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = values_along(y_true, y_pred, self.axis, |targets, predictions| {
            let Moments {
                of_targets,
                of_predictions,
                common,
            } = Moments::of(targets, predictions);
            let apart = of_targets.0 - of_predictions.0;
            (2.0 * common / (of_targets.1 + of_predictions.1 + apart * apart + 1e-7)) as f32
        });
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// Means and variances of two rows, and their covariance.
struct Moments {
    of_targets: (f64, f64),
    of_predictions: (f64, f64),
    common: f64,
}

impl Moments {
    fn of(targets: &[f32], predictions: &[f32]) -> Moments {
        let count = targets.len() as f64;
        let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / count;
        let (t_mean, p_mean) = (mean(targets), mean(predictions));
        let (mut t_square, mut p_square, mut common) = (0.0, 0.0, 0.0);
        for (t, p) in targets.iter().zip(predictions) {
            let (t, p) = (f64::from(*t) - t_mean, f64::from(*p) - p_mean);
            t_square += t * t;
            p_square += p * p;
            common += t * p;
        }
        Moments {
            of_targets: (t_mean, t_square / count),
            of_predictions: (p_mean, p_square / count),
            common: common / count,
        }
    }
}
