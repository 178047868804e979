//! Every loss in one table.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;
use crate::config::Described;

/// Where losses are in Keras.
const MODULE: &str = "keras.losses";

/// A class of losses.
#[derive(Clone, Copy, Debug)]
pub struct LossEntry {
    /// Its name in Keras.
    pub class_name: &'static str,
    /// The other names that Keras knows it by; the first one is the usual one.
    pub names: &'static [&'static str],
    /// Makes one from the arguments that Keras's `get_config` names; those that are not there have
    /// their defaults.
    pub from_config: fn(&Config) -> Result<Box<dyn Loss>>,
}

const fn entry<L>(class_name: &'static str, names: &'static [&'static str]) -> LossEntry
where
    L: Loss + Default + Serialize + DeserializeOwned + 'static,
{
    LossEntry {
        class_name,
        names,
        from_config: |config| Ok(Box::new(config.read_over(&L::default())?)),
    }
}

/// Every loss.
pub const LOSSES: &[LossEntry] = &[
    entry::<MeanSquaredError>("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
    entry::<MeanAbsoluteError>("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
    entry::<MeanAbsolutePercentageError>(
        "MeanAbsolutePercentageError",
        &["mean_absolute_percentage_error", "mape", "MAPE"],
    ),
    entry::<MeanSquaredLogarithmicError>(
        "MeanSquaredLogarithmicError",
        &["mean_squared_logarithmic_error", "msle", "MSLE"],
    ),
    entry::<Huber>("Huber", &["huber", "huber_loss"]),
    entry::<LogCosh>("LogCosh", &["log_cosh", "logcosh"]),
    entry::<CosineSimilarity>("CosineSimilarity", &["cosine_similarity"]),
    entry::<KLDivergence>("KLDivergence", &["kl_divergence", "kld", "KLD"]),
    entry::<Poisson>("Poisson", &["poisson"]),
    entry::<Hinge>("Hinge", &["hinge"]),
    entry::<SquaredHinge>("SquaredHinge", &["squared_hinge"]),
    entry::<CategoricalHinge>("CategoricalHinge", &["categorical_hinge"]),
    entry::<BinaryCrossentropy>("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
    entry::<BinaryFocalCrossentropy>("BinaryFocalCrossentropy", &["binary_focal_crossentropy"]),
    entry::<CategoricalCrossentropy>(
        "CategoricalCrossentropy",
        &["categorical_crossentropy", "cce"],
    ),
    entry::<CategoricalFocalCrossentropy>(
        "CategoricalFocalCrossentropy",
        &["categorical_focal_crossentropy"],
    ),
    entry::<SparseCategoricalCrossentropy>(
        "SparseCategoricalCrossentropy",
        &["sparse_categorical_crossentropy", "scce"],
    ),
    entry::<CategoricalGeneralizedCrossEntropy>(
        "CategoricalGeneralizedCrossEntropy",
        &["categorical_generalized_cross_entropy"],
    ),
    entry::<CTC>("CTC", &["ctc"]),
    entry::<Circle>("Circle", &["circle"]),
    entry::<Dice>("Dice", &["dice"]),
    entry::<Tversky>("Tversky", &["tversky"]),
];

/// The loss of a class or name of Keras with the arguments in `config`.
///
/// Keras: `keras.losses.get({"class_name": .., "config": ..})`.
///
/// # Errors
/// When there is no such loss, or an argument is of the wrong kind.
///
/// # Example
/// ```
/// use kerust::losses::{Huber, Loss, from_config};
/// let config = Huber::new().delta(0.5).get_config()?;
/// assert_eq!(from_config("Huber", &config)?.get_config()?, config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Config) -> Result<Box<dyn Loss>> {
    let entry = named(class_name)?;
    (entry.from_config)(config).map_err(|e| e.at(entry.class_name))
}

fn named(name: &str) -> Result<&'static LossEntry> {
    let mut entries = LOSSES.iter();
    let entry = entries.find(|entry| entry.class_name == name || entry.names.contains(&name));
    entry.ok_or_else(|| {
        let known: Vec<&str> = LOSSES.iter().map(|entry| entry.names[0]).collect();
        Error::unknown_name("loss", name, &known)
    })
}

impl Serialize for Box<dyn Loss> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.get_config().map_err(serde::ser::Error::custom)?;
        Described::new(MODULE, self.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Box<dyn Loss> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let described = Described::deserialize(from)?;
        from_config(&described.class_name, &described.config).map_err(serde::de::Error::custom)
    }
}

impl From<&str> for Setting<Box<dyn Loss>> {
    fn from(name: &str) -> Self {
        Setting::looked_up(from_config(name, &Config::default()))
    }
}

impl<L: Loss + 'static> From<L> for Setting<Box<dyn Loss>> {
    fn from(loss: L) -> Self {
        Setting::value(Box::new(loss))
    }
}
