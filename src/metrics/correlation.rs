//! How much predictions follow the labels up and down.

use super::mean_metric;
use crate::losses::values_along;

mean_metric! {
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
    PearsonCorrelation, "pearson_correlation" {
        /// Along which axis labels and predictions go up and down; the last one unless set.
        axis: isize = -1,
    }
    |this, y_true, y_pred| values_along(y_true, y_pred, this.axis, |targets, predictions| {
        let moments = Moments::of(targets, predictions);
        (moments.common / (moments.of_targets.1 * moments.of_predictions.1).sqrt()) as f32
    })
}

mean_metric! {
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
    ConcordanceCorrelation, "concordance_correlation" {
        /// Along which axis labels and predictions go up and down; the last one unless set.
        axis: isize = -1,
    }
    |this, y_true, y_pred| values_along(y_true, y_pred, this.axis, |targets, predictions| {
        let Moments { of_targets, of_predictions, common } = Moments::of(targets, predictions);
        let apart = of_targets.0 - of_predictions.0;
        (2.0 * common / (of_targets.1 + of_predictions.1 + apart * apart + 1e-7)) as f32
    })
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
