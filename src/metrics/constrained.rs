//! The best of one rate that can be had while another one is high enough.

use serde::{Deserialize, Serialize};

use super::confusion::{Counts, Decision, shares};
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::models::automatic_name;
use crate::{Error, Result, Tensor};

/// `count` thresholds, spread evenly from 0 to 1.
fn even_thresholds(count: usize) -> Vec<f32> {
    match count {
        1 => vec![0.5],
        _ => (0..count)
            .map(|i| (i as f64 / (count - 1) as f64) as f32)
            .collect(),
    }
}

/// How many of the positive are found.
fn sensitivities(counts: &Counts) -> Vec<f64> {
    shares(&counts.true_positives, &counts.false_negatives)
}

/// How many of the negative are found.
fn specificities(counts: &Counts) -> Vec<f64> {
    shares(&counts.true_negatives, &counts.false_positives)
}

/// How many of the found are positive.
fn precisions(counts: &Counts) -> Vec<f64> {
    shares(&counts.true_positives, &counts.false_positives)
}

/// A metric that is the largest `$wanted` at a threshold at which `$bounded` is at least `$least`.
macro_rules! constrained {
    (
        $(#[$doc:meta])*
        $class:ident, $(#[$least_doc:meta])* $least:ident, $bounded:ident, $wanted:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            base: MetricBase,
            $least: f64,
            num_thresholds: usize,
            class_id: Option<usize>,
            #[serde(skip)]
            state: Counts,
        }

        impl $class {
            $(#[$least_doc])*
            pub fn new($least: f64) -> Self {
                Self {
                    base: MetricBase::new(&automatic_name(stringify!($class))),
                    $least,
                    num_thresholds: 200,
                    class_id: None,
                    state: Counts::default(),
                }
            }

            metric_setters!();

            /// How many thresholds from 0 to 1 are tried; 200 unless set.
            #[must_use]
            pub fn num_thresholds(mut self, num_thresholds: usize) -> Self {
                self.num_thresholds = num_thresholds;
                self
            }

            /// The only class that is looked at; all unless set.
            #[must_use]
            pub fn class_id(mut self, class_id: impl Into<Option<usize>>) -> Self {
                self.class_id = class_id.into();
                self
            }
        }

        impl Metric for $class {
            metric_identity!(stringify!($class));

            fn check_arguments(&self) -> Result<()> {
                if !(0.0..=1.0).contains(&self.$least) {
                    let name = stringify!($least);
                    return Err(Error::argument(name, "a number from 0 to 1", self.$least));
                }
                check_count(self.num_thresholds, 1)
            }

            fn update(
                &mut self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.check_arguments()?;
                let decision = Decision {
                    thresholds: &even_thresholds(self.num_thresholds),
                    class_id: self.class_id,
                    ..Decision::default()
                };
                self.state.update(&decision, y_true, y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                // As exact as Keras compares.
                let enough = |rate: f64| rate as f32 >= self.$least as f32;
                let pairs = $bounded(&self.state).into_iter().zip($wanted(&self.state));
                let feasible = pairs.filter(|(bounded, _)| enough(*bounded));
                feasible.map(|(_, wanted)| wanted).fold(0.0, f64::max)
            }
        }
    };
}

/// Fails unless there are at least `least` thresholds, and not more than memory has room for.
pub(super) fn check_count(num_thresholds: usize, least: usize) -> Result<()> {
    const MOST: usize = 1_000_000;
    if (least..=MOST).contains(&num_thresholds) {
        Ok(())
    } else {
        let expected = format!("a number from {least} to {MOST}");
        Err(Error::argument("num_thresholds", &expected, num_thresholds))
    }
}

constrained! {
    /// The best sensitivity (share of the positive that is found) while the specificity (share of
    /// the negative that is found) is high enough.
    ///
    /// Keras: `keras.metrics.SensitivityAtSpecificity`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, SensitivityAtSpecificity};
    /// let mut metric = SensitivityAtSpecificity::new(0.5);
    /// let y_true = Tensor::from_vec(vec![0, 0, 0, 1, 1], 5)?;
    /// let y_pred = Tensor::from_vec(vec![0.0, 0.3, 0.8, 0.3, 0.8], 5)?;
    /// metric.update(&y_true, &y_pred, None)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SensitivityAtSpecificity,
    /// With the specificity that is asked for, from 0 to 1, and Keras's defaults for all other arguments.
    specificity, specificities, sensitivities
}

constrained! {
    /// The best specificity (share of the negative that is found) while the sensitivity (share of
    /// the positive that is found) is high enough.
    ///
    /// Keras: `keras.metrics.SpecificityAtSensitivity`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, SpecificityAtSensitivity};
    /// let mut metric = SpecificityAtSensitivity::new(0.5);
    /// let y_true = Tensor::from_vec(vec![0, 0, 0, 1, 1], 5)?;
    /// let y_pred = Tensor::from_vec(vec![0.0, 0.3, 0.8, 0.3, 0.8], 5)?;
    /// metric.update(&y_true, &y_pred, None)?;
    /// assert!((metric.result() - 2.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SpecificityAtSensitivity,
    /// With the sensitivity that is asked for, from 0 to 1, and Keras's defaults for all other arguments.
    sensitivity, sensitivities, specificities
}

constrained! {
    /// The best precision while the recall is high enough.
    ///
    /// Keras: `keras.metrics.PrecisionAtRecall`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, PrecisionAtRecall};
    /// let mut metric = PrecisionAtRecall::new(0.5);
    /// let y_true = Tensor::from_vec(vec![0, 0, 0, 1, 1], 5)?;
    /// let y_pred = Tensor::from_vec(vec![0.0, 0.3, 0.8, 0.3, 0.8], 5)?;
    /// metric.update(&y_true, &y_pred, None)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    PrecisionAtRecall,
    /// With the recall that is asked for, from 0 to 1, and Keras's defaults for all other arguments.
    recall, sensitivities, precisions
}

constrained! {
    /// The best recall while the precision is high enough.
    ///
    /// Keras: `keras.metrics.RecallAtPrecision`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, RecallAtPrecision};
    /// let mut metric = RecallAtPrecision::new(0.8);
    /// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
    /// let y_pred = Tensor::from_vec(vec![0.0, 0.5, 0.3, 0.9], 4)?;
    /// metric.update(&y_true, &y_pred, None)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    RecallAtPrecision,
    /// With the precision that is asked for, from 0 to 1, and Keras's defaults for all other arguments.
    precision, precisions, sensitivities
}
