//! How many of the found are right, and how many of the right are found.

use serde::{Deserialize, Serialize};

use super::confusion::{Counts, Decision, NEVER, mean_of, shares};
use super::{Metric, MetricBase, Thresholds, metric_identity, metric_setters};
use crate::models::automatic_name;
use crate::{Error, Result, Tensor};

/// A metric that is `true_positives / (true_positives + $wrong)`.
macro_rules! share_of_right {
    ($(#[$doc:meta])* $class:ident, $wrong:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            base: MetricBase,
            thresholds: Thresholds,
            top_k: Option<usize>,
            class_id: Option<usize>,
            #[serde(skip)]
            state: Counts,
        }

        impl Default for $class {
            fn default() -> Self {
                Self {
                    base: MetricBase::new(&automatic_name(stringify!($class))),
                    thresholds: Thresholds::Usual,
                    top_k: None,
                    class_id: None,
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

            /// How many of the largest predictions of a sample can be a yes; all unless set.
            #[must_use]
            pub fn top_k(mut self, top_k: impl Into<Option<usize>>) -> Self {
                self.top_k = top_k.into();
                self
            }

            /// The only class that is looked at; all unless set.
            #[must_use]
            pub fn class_id(mut self, class_id: impl Into<Option<usize>>) -> Self {
                self.class_id = class_id.into();
                self
            }

            /// The result for each threshold.
            pub fn results(&self) -> Vec<f64> {
                shares(&self.state.true_positives, &self.state.$wrong)
            }
        }

        impl Metric for $class {
            metric_identity!(stringify!($class));

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
