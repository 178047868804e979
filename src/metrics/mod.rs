//! Metrics: what is shown beside the loss. Values are means over all samples of an epoch, not
//! means of batch means, as in Keras.
//!
//! Adding one: a struct in a family file, a line in [`METRICS`], a case in `tests/golden`. The mean
//! of a loss is one already: see [`MeanMetricWrapper`].

mod accuracy;
mod auc;
mod base;
mod confusion;
mod confusion_matrix;
mod constrained;
mod correlation;
mod crossentropy;
mod f_score;
mod iou;
mod mean;
mod of_losses;
mod one_hot_iou;
mod precision;
mod regression;
mod table;
mod top_k;

use std::fmt::Debug;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use auc::{AUC, Curve, SummationMethod};
use base::{MetricBase, metric_identity, metric_setters};
pub use confusion::{FalseNegatives, FalsePositives, Thresholds, TrueNegatives, TruePositives};
pub use confusion_matrix::confusion_matrix;
pub use constrained::{
    PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity,
};
pub use correlation::{ConcordanceCorrelation, PearsonCorrelation};
pub use crossentropy::{
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy,
};
pub use f_score::{Average, F1Score, FBetaScore};
pub use iou::{BinaryIoU, IoU, MeanIoU};
pub use mean::{Mean, Sum};
pub use of_losses::{
    CategoricalHinge, CosineSimilarity, Hinge, KLDivergence, LogCoshError, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanMetricWrapper, MeanSquaredError, MeanSquaredLogarithmicError,
    Poisson, SquaredHinge,
};
pub use one_hot_iou::{OneHotIoU, OneHotMeanIoU};
pub use precision::{Precision, Recall};
pub use regression::{ClassAggregation, R2Score, RootMeanSquaredError};
pub use table::{METRICS, MetricEntry, from_config};
pub use top_k::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};

use crate::losses::{self, Loss};
use crate::{Config, Error, Result, Setting, Tensor};

/// Something that is measured over an epoch.
///
/// Keras: `keras.metrics.Metric`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut metric = Precision::new();
/// let y_true = Tensor::from_vec(vec![1, 0, 1], (3, 1))?;
/// let y_pred = Tensor::from_vec(vec![0.9, 0.8, 0.1], (3, 1))?;
/// metric.update(&y_true, &y_pred, None)?;
/// assert_eq!(metric.result(), 0.5);
/// // What is found right counts three times as much.
/// let weights = Tensor::from_vec(vec![3.0, 1.0, 1.0], 3)?;
/// metric.reset();
/// metric.update(&y_true, &y_pred, Some(&weights))?;
/// assert_eq!(metric.result(), 0.75);
/// # Ok::<(), kerust::Error>(())
/// ```
pub trait Metric: Debug + Send {
    /// The name under which `History` keeps it.
    fn name(&self) -> &str;

    /// The class in Keras, for which [`from_config`] asks: `MeanSquaredError`.
    fn class_name(&self) -> &str {
        self.name()
    }

    /// Fails when an argument makes no sense: asked by `compile`.
    ///
    /// # Errors
    /// Names the argument.
    fn check_arguments(&self) -> Result<()> {
        Ok(())
    }

    /// Takes a batch into account, each of its samples, or of their values, as often as
    /// `sample_weight` says; once without it.
    ///
    /// Keras: `update_state`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()>;

    /// The value so far; 0 before the first batch. Where Keras gives several numbers, their mean:
    /// such metrics have a method `results` for all of them.
    fn result(&self) -> f64;

    /// Starts over.
    ///
    /// Keras: `reset_state`.
    fn reset(&mut self);

    /// The arguments, as Keras writes them down.
    ///
    /// Keras: `metric.get_config()`.
    ///
    /// # Errors
    /// When the metric does not say them.
    fn get_config(&self) -> Result<Config> {
        let what = format!("`{}` does not say its configuration", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Metric>;
}

impl Clone for Box<dyn Metric> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
