//! Every metric in one table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::accuracy::ByShape;
use super::*;

/// A class of metrics.
#[derive(Clone, Copy, Debug)]
pub struct MetricEntry {
    /// Its name in Keras.
    pub class_name: &'static str,
    /// The other names that Keras knows it by; the first one is the usual one.
    pub names: &'static [&'static str],
    /// Makes one from the arguments that Keras's `get_config` names; those that are not there have
    /// their defaults. Fails where they have none.
    pub from_config: fn(&Config) -> Result<Box<dyn Metric>>,
}

const fn entry<M>(class_name: &'static str, names: &'static [&'static str]) -> MetricEntry
where
    M: Metric + Default + Serialize + DeserializeOwned + 'static,
{
    MetricEntry {
        class_name,
        names,
        from_config: |config| read(config, M::default()),
    }
}

/// One whose arguments that are not said are as in `usual`.
fn read<M>(config: &Config, usual: M) -> Result<Box<dyn Metric>>
where
    M: Metric + Serialize + DeserializeOwned + 'static,
{
    Ok(Box::new(config.read_over(&usual)?))
}

/// The same for a class of which some arguments have no default, so that what `usual` has will not do.
fn read_needing<M>(config: &Config, needed: &[&str], usual: M) -> Result<Box<dyn Metric>>
where
    M: Metric + Serialize + DeserializeOwned + 'static,
{
    let metric = read(config, usual)?;
    config.require(needed)?;
    Ok(metric)
}

/// Every metric. The first two are the names with which `compile` lets the shapes decide; those that
/// begin with a small letter are functions in Keras.
pub const METRICS: &[MetricEntry] = &[
    MetricEntry {
        class_name: "accuracy",
        names: &["accuracy", "acc"],
        from_config: |config| ByShape::from_config("accuracy", config),
    },
    MetricEntry {
        class_name: "crossentropy",
        names: &["crossentropy", "ce"],
        from_config: |config| ByShape::from_config("crossentropy", config),
    },
    entry::<Accuracy>("Accuracy", &[]),
    entry::<BinaryAccuracy>("BinaryAccuracy", &["binary_accuracy"]),
    entry::<CategoricalAccuracy>("CategoricalAccuracy", &["categorical_accuracy"]),
    entry::<SparseCategoricalAccuracy>(
        "SparseCategoricalAccuracy",
        &["sparse_categorical_accuracy"],
    ),
    entry::<TopKCategoricalAccuracy>("TopKCategoricalAccuracy", &["top_k_categorical_accuracy"]),
    entry::<SparseTopKCategoricalAccuracy>(
        "SparseTopKCategoricalAccuracy",
        &["sparse_top_k_categorical_accuracy"],
    ),
    entry::<MeanSquaredError>("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
    entry::<RootMeanSquaredError>("RootMeanSquaredError", &["root_mean_squared_error"]),
    entry::<MeanAbsoluteError>("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
    entry::<MeanAbsolutePercentageError>(
        "MeanAbsolutePercentageError",
        &["mean_absolute_percentage_error", "mape", "MAPE"],
    ),
    entry::<MeanSquaredLogarithmicError>(
        "MeanSquaredLogarithmicError",
        &["mean_squared_logarithmic_error", "msle", "MSLE"],
    ),
    entry::<CosineSimilarity>("CosineSimilarity", &["cosine_similarity"]),
    entry::<LogCoshError>("LogCoshError", &["log_cosh_error"]),
    entry::<R2Score>("R2Score", &["r2_score"]),
    entry::<PearsonCorrelation>("PearsonCorrelation", &["pearson_correlation"]),
    entry::<ConcordanceCorrelation>("ConcordanceCorrelation", &["concordance_correlation"]),
    entry::<Hinge>("Hinge", &["hinge"]),
    entry::<SquaredHinge>("SquaredHinge", &["squared_hinge"]),
    entry::<CategoricalHinge>("CategoricalHinge", &["categorical_hinge"]),
    entry::<KLDivergence>("KLDivergence", &["kl_divergence"]),
    entry::<Poisson>("Poisson", &["poisson"]),
    entry::<BinaryCrossentropy>("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
    entry::<CategoricalCrossentropy>("CategoricalCrossentropy", &["categorical_crossentropy"]),
    entry::<SparseCategoricalCrossentropy>(
        "SparseCategoricalCrossentropy",
        &["sparse_categorical_crossentropy"],
    ),
    entry::<TruePositives>("TruePositives", &["true_positives"]),
    entry::<TrueNegatives>("TrueNegatives", &["true_negatives"]),
    entry::<FalsePositives>("FalsePositives", &["false_positives"]),
    entry::<FalseNegatives>("FalseNegatives", &["false_negatives"]),
    entry::<Precision>("Precision", &["precision"]),
    entry::<Recall>("Recall", &["recall"]),
    entry::<F1Score>("F1Score", &["f1_score"]),
    entry::<FBetaScore>("FBetaScore", &["f_beta_score"]),
    entry::<AUC>("AUC", &["auc"]),
    MetricEntry {
        class_name: "SensitivityAtSpecificity",
        names: &["sensitivity_at_specificity"],
        from_config: |c| read_needing(c, &["specificity"], SensitivityAtSpecificity::new(0.0)),
    },
    MetricEntry {
        class_name: "SpecificityAtSensitivity",
        names: &["specificity_at_sensitivity"],
        from_config: |c| read_needing(c, &["sensitivity"], SpecificityAtSensitivity::new(0.0)),
    },
    MetricEntry {
        class_name: "PrecisionAtRecall",
        names: &["precision_at_recall"],
        from_config: |c| read_needing(c, &["recall"], PrecisionAtRecall::new(0.0)),
    },
    MetricEntry {
        class_name: "RecallAtPrecision",
        names: &["recall_at_precision"],
        from_config: |c| read_needing(c, &["precision"], RecallAtPrecision::new(0.0)),
    },
    MetricEntry {
        class_name: "IoU",
        names: &["io_u"],
        from_config: |c| read_needing(c, &["num_classes", "target_class_ids"], IoU::new(0, [0])),
    },
    entry::<BinaryIoU>("BinaryIoU", &["binary_io_u"]),
    MetricEntry {
        class_name: "MeanIoU",
        names: &["mean_io_u"],
        from_config: |c| read_needing(c, &["num_classes"], MeanIoU::new(0)),
    },
    MetricEntry {
        class_name: "OneHotIoU",
        names: &["one_hot_io_u"],
        from_config: |c| {
            read_needing(
                c,
                &["num_classes", "target_class_ids"],
                OneHotIoU::new(0, [0]),
            )
        },
    },
    MetricEntry {
        class_name: "OneHotMeanIoU",
        names: &["one_hot_mean_io_u"],
        from_config: |c| read_needing(c, &["num_classes"], OneHotMeanIoU::new(0)),
    },
    MetricEntry {
        class_name: "MeanMetricWrapper",
        names: &[],
        from_config: |config| {
            let of_any = MeanMetricWrapper::new(losses::MeanSquaredError::new())?;
            read_needing(config, &["fn"], of_any)
        },
    },
    MetricEntry {
        class_name: "huber",
        names: &["huber"],
        from_config: |config| of_function(config, losses::Huber::new().name("huber")),
    },
    MetricEntry {
        class_name: "log_cosh",
        names: &["log_cosh"],
        from_config: |config| of_function(config, losses::LogCosh::new()),
    },
    MetricEntry {
        class_name: "binary_focal_crossentropy",
        names: &["binary_focal_crossentropy"],
        from_config: |config| of_function(config, losses::BinaryFocalCrossentropy::new()),
    },
    MetricEntry {
        class_name: "categorical_focal_crossentropy",
        names: &["categorical_focal_crossentropy"],
        from_config: |config| of_function(config, losses::CategoricalFocalCrossentropy::new()),
    },
];

/// The mean of a loss for which Keras has a function among its metrics, but no class.
fn of_function(config: &Config, loss: impl Loss + 'static) -> Result<Box<dyn Metric>> {
    let base: MetricBase = config.read_over(&MetricBase::new(loss.name()))?;
    Ok(Box::new(MeanMetricWrapper::new(loss)?.name(&base.name)))
}

/// The metric of a class or name of Keras with the arguments in `config`.
///
/// Keras: `keras.metrics.get({"class_name": .., "config": ..})`.
///
/// # Errors
/// When there is no such metric, an argument is of the wrong kind, or one is not there that has no
/// default.
///
/// # Example
/// ```
/// use kerust::metrics::{Metric, Precision, from_config};
/// let config = Precision::new().thresholds(0.7).get_config()?;
/// assert_eq!(from_config("Precision", &config)?.get_config()?, config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Config) -> Result<Box<dyn Metric>> {
    let entry = named(class_name)?;
    (entry.from_config)(config).map_err(|e| e.at(entry.class_name))
}

fn named(name: &str) -> Result<&'static MetricEntry> {
    let mut entries = METRICS.iter();
    let entry = entries.find(|entry| entry.class_name == name || entry.names.contains(&name));
    entry.ok_or_else(|| {
        let names = METRICS.iter().filter_map(|entry| entry.names.first());
        Error::unknown_name("metric", name, &names.copied().collect::<Vec<&str>>())
    })
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
        let config = Config::from(serde_json::json!({ "name": name }));
        Setting::looked_up(from_config(class_name, &config))
    }
}

impl<M: Metric + 'static> From<M> for Setting<Box<dyn Metric>> {
    fn from(metric: M) -> Self {
        Setting::value(Box::new(metric))
    }
}
