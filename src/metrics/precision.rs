//! How many of the found are right, and how many of the right are found.

use super::confusion::{Counts, Decision, NEVER, mean_of, shares};
use super::{Metric, Thresholds, described, metric};
use crate::models::automatic_name;
use crate::{Error, Result, Tensor};

/// A metric that is `true_positives / (true_positives + $wrong)`.
macro_rules! share_of_right {
    ($(#[$doc:meta])* $class:ident, $wrong:ident) => {
        metric! {
            $(#[$doc])*
            $class, automatic_name(stringify!($class)), () {
                /// Above which predictions mean yes, from 0 to 1; 1/2 unless set.
                [into] thresholds: Thresholds = Thresholds::default(),
                /// How many of the largest predictions of a sample can be a yes; all unless set.
                [into] top_k: Option<usize> = None,
                /// The only class that is looked at; all unless set.
                [into] class_id: Option<usize> = None,
            }
            remembers Counts
        }

        impl $class {
            /// The result for each threshold.
            pub fn results(&self) -> Vec<f64> {
                shares(&self.state.true_positives, &self.state.$wrong)
            }
        }

        impl Metric for $class {
            described!();

            fn check_arguments(&self) -> Result<()> {
                check_top_k(self.top_k)?;
                self.thresholds.check()
            }

            fn update(
                &mut self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.check_arguments()?;
                let decision = Decision {
                    thresholds: &self.thresholds.or(usual(self.top_k)),
                    top_k: self.top_k,
                    class_id: self.class_id,
                    ..Decision::default()
                };
                self.state.update(&decision, y_true, y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                mean_of(&self.results())
            }
        }
    };
}

fn check_top_k(top_k: Option<usize>) -> Result<()> {
    match top_k {
        Some(0) => Err(Error::argument("top_k", "a number above 0", 0)),
        _ => Ok(()),
    }
}

/// The usual threshold: the largest predictions are all a yes, however large they are.
fn usual(top_k: Option<usize>) -> f32 {
    if top_k.is_some() { NEVER } else { 0.5 }
}

share_of_right! {
    /// How many of the predicted are right: `true_positives / (true_positives + false_positives)`.
    ///
    /// Keras: `keras.metrics.Precision`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::Metric;
    /// let mut precision = Precision::new();
    /// let y_true = Tensor::from_vec(vec![0, 1, 1, 1], 4)?;
    /// precision.update(&y_true, &Tensor::from_vec(vec![1.0, 0.0, 1.0, 1.0], 4)?, None)?;
    /// assert!((precision.result() - 2.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Precision, false_positives
}

share_of_right! {
    /// How many of the right are predicted: `true_positives / (true_positives + false_negatives)`.
    ///
    /// Keras: `keras.metrics.Recall`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::Metric;
    /// let mut recall = Recall::new();
    /// let y_true = Tensor::from_vec(vec![0, 1, 1, 1], 4)?;
    /// recall.update(&y_true, &Tensor::from_vec(vec![1.0, 0.0, 1.0, 1.0], 4)?, None)?;
    /// assert!((recall.result() - 2.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Recall, false_negatives
}
