//! Metrics: what is shown beside the loss. Values are means over all samples of an epoch, not
//! means of batch means, as in Keras.
//!
//! Adding one: a struct in a family file, a line in [`METRICS`], a case in `tests/golden`. The mean
//! of a loss is one already: see [`MeanMetricWrapper`].

mod accuracy;
mod auc;
mod confusion;
mod confusion_matrix;
mod constrained;
mod correlation;
mod f_score;
mod iou;
mod mean;
mod of_losses;
mod precision;
mod regression;
mod top_k;

use std::fmt::Debug;

use serde_json::{Value, json};

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use auc::{AUC, Curve, SummationMethod};
pub use confusion::{FalseNegatives, FalsePositives, Thresholds, TrueNegatives, TruePositives};
pub use confusion_matrix::confusion_matrix;
pub use constrained::{
    PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity,
};
pub use correlation::{ConcordanceCorrelation, PearsonCorrelation};
pub use f_score::{Average, F1Score, FBetaScore};
pub use iou::{BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU};
pub use mean::{Mean, Sum};
pub use of_losses::{
    BinaryCrossentropy, CategoricalCrossentropy, CategoricalHinge, CosineSimilarity, Hinge,
    KLDivergence, LogCoshError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanMetricWrapper,
    MeanSquaredError, MeanSquaredLogarithmicError, Poisson, SparseCategoricalCrossentropy,
    SquaredHinge,
};
pub use precision::{Precision, Recall};
pub use regression::{ClassAggregation, R2Score, RootMeanSquaredError};
pub use top_k::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};

use crate::{Error, Result, Setting, Tensor};

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

    /// Name and arguments, as Keras's `get_config` has them.
    fn get_config(&self) -> Value {
        json!({"name": self.name(), "dtype": "float32"})
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Metric>;
}

impl Clone for Box<dyn Metric> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Defines a metric of Keras: its name, its arguments with their defaults, and what it remembers of
/// the batches. An `impl Metric` follows.
macro_rules! metric {
    (
        $(#[$doc:meta])*
        $class:ident, $name:expr, ($($required:tt)*) { $($arguments:tt)* } remembers $state:ty
    ) => {
        $crate::arguments::configured! {
            $(#[$doc])*
            $class, $name,
            required { $($required)* }
            arguments { $($arguments)* }
            state { state: $state }
        }
    };
}
use metric;

/// What every `impl Metric` of a class that `metric!` defines says alike.
macro_rules! described {
    () => {
        $crate::metrics::described!("float32");
    };
    ($dtype:literal) => {
        fn name(&self) -> &str {
            &self.name
        }

        fn class_name(&self) -> &str {
            Self::CLASS_NAME
        }

        fn reset(&mut self) {
            self.state = Default::default();
        }

        fn get_config(&self) -> serde_json::Value {
            let mut config = self.arguments();
            config.insert("dtype".to_string(), $dtype.into());
            config.into()
        }

        fn boxed_clone(&self) -> Box<dyn $crate::metrics::Metric> {
            Box::new(self.clone())
        }
    };
}
use described;

/// Defines a metric that is the mean of values which it finds for each batch.
macro_rules! mean_metric {
    (
        $(#[$doc:meta])*
        $class:ident, $name:literal { $($arguments:tt)* }
        |$this:ident, $y_true:ident, $y_pred:ident| $values:expr
    ) => {
        $crate::metrics::metric! {
            $(#[$doc])*
            $class, $name.to_string(), () { $($arguments)* }
            remembers $crate::metrics::mean::Running
        }

        impl $crate::metrics::Metric for $class {
            $crate::metrics::described!();

            fn update(
                &mut self,
                $y_true: &$crate::Tensor,
                $y_pred: &$crate::Tensor,
                sample_weight: Option<&$crate::Tensor>,
            ) -> $crate::Result<()> {
                let $this = &*self;
                let _ = $this;
                let values = $values?;
                self.state.update(&values, sample_weight)
            }

            fn result(&self) -> f64 {
                self.state.value()
            }
        }
    };
}
use mean_metric;

/// A class of metrics.
#[derive(Clone, Copy, Debug)]
pub struct MetricEntry {
    /// Its name in Keras.
    pub class_name: &'static str,
    /// The other names that Keras knows it by; the first one is the usual one.
    pub names: &'static [&'static str],
    /// Makes one from the arguments that Keras's `get_config` names; from `{}` with the defaults,
    /// which fails where an argument has none.
    pub from_config: fn(&Value) -> Result<Box<dyn Metric>>,
}

macro_rules! entries {
    ($($class:ident $names:expr),* $(,)?) => {
        &[
            MetricEntry {
                class_name: "accuracy",
                names: &["accuracy", "acc"],
                from_config: |config| Ok(Box::new(accuracy::ByShape::accuracy(config)?)),
            },
            MetricEntry {
                class_name: "crossentropy",
                names: &["crossentropy", "ce"],
                from_config: |config| Ok(Box::new(accuracy::ByShape::crossentropy(config)?)),
            },
            $(MetricEntry {
                class_name: $class::CLASS_NAME,
                names: &$names,
                from_config: |config| Ok(Box::new($class::from_config(config)?)),
            }),*
        ]
    };
}

/// Every metric. The first two are the names with which `compile` lets the shapes decide.
pub const METRICS: &[MetricEntry] = entries![
    Accuracy[],
    BinaryAccuracy["binary_accuracy"],
    CategoricalAccuracy["categorical_accuracy"],
    SparseCategoricalAccuracy["sparse_categorical_accuracy"],
    TopKCategoricalAccuracy["top_k_categorical_accuracy"],
    SparseTopKCategoricalAccuracy["sparse_top_k_categorical_accuracy"],
    MeanSquaredError["mean_squared_error", "mse", "MSE"],
    RootMeanSquaredError["root_mean_squared_error"],
    MeanAbsoluteError["mean_absolute_error", "mae", "MAE"],
    MeanAbsolutePercentageError["mean_absolute_percentage_error", "mape", "MAPE"],
    MeanSquaredLogarithmicError["mean_squared_logarithmic_error", "msle", "MSLE"],
    CosineSimilarity["cosine_similarity"],
    LogCoshError["log_cosh_error"],
    R2Score["r2_score"],
    PearsonCorrelation["pearson_correlation"],
    ConcordanceCorrelation["concordance_correlation"],
    Hinge["hinge"],
    SquaredHinge["squared_hinge"],
    CategoricalHinge["categorical_hinge"],
    KLDivergence["kl_divergence"],
    Poisson["poisson"],
    BinaryCrossentropy["binary_crossentropy", "bce", "BCE"],
    CategoricalCrossentropy["categorical_crossentropy"],
    SparseCategoricalCrossentropy["sparse_categorical_crossentropy"],
    TruePositives["true_positives"],
    TrueNegatives["true_negatives"],
    FalsePositives["false_positives"],
    FalseNegatives["false_negatives"],
    Precision["precision"],
    Recall["recall"],
    F1Score["f1_score"],
    FBetaScore["f_beta_score"],
    AUC["auc"],
    SensitivityAtSpecificity["sensitivity_at_specificity"],
    SpecificityAtSensitivity["specificity_at_sensitivity"],
    PrecisionAtRecall["precision_at_recall"],
    RecallAtPrecision["recall_at_precision"],
    IoU["io_u"],
    BinaryIoU["binary_io_u"],
    MeanIoU["mean_io_u"],
    OneHotIoU["one_hot_io_u"],
    OneHotMeanIoU["one_hot_mean_io_u"],
];

/// The metric of a class or name of Keras with the arguments in `config`.
///
/// Keras: `keras.metrics.get({"class_name": .., "config": ..})`.
///
/// # Errors
/// When there is no such metric, or an argument makes no sense.
///
/// # Example
/// ```
/// use kerust::metrics::{Metric, Precision, from_config};
/// let config = Precision::new().thresholds(0.7).get_config();
/// assert_eq!(from_config("Precision", &config)?.get_config(), config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Value) -> Result<Box<dyn Metric>> {
    let entry = METRICS
        .iter()
        .find(|entry| entry.class_name == class_name || entry.names.contains(&class_name));
    let Some(entry) = entry else {
        let known: Vec<&str> = METRICS
            .iter()
            .filter_map(|e| e.names.first().copied())
            .collect();
        return Err(Error::unknown_name("metric", class_name, &known));
    };
    (entry.from_config)(config)
}

/// A metric keeps the name that it was asked for by.
impl From<&str> for Setting<Box<dyn Metric>> {
    fn from(name: &str) -> Self {
        // As Keras: in whatever case it is written, this is no class.
        let class_name = if name.eq_ignore_ascii_case("accuracy") {
            "accuracy"
        } else {
            name
        };
        Setting::looked_up(from_config(class_name, &json!({"name": name})))
    }
}

impl<M: Metric + 'static> From<M> for Setting<Box<dyn Metric>> {
    fn from(metric: M) -> Self {
        Setting::value(Box::new(metric))
    }
}
