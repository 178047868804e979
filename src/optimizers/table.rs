//! Every optimizer in one table.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;
use crate::Setting;
use crate::config::Described;

/// Where optimizers are in Keras.
const MODULE: &str = "keras.optimizers";

/// An optimizer that kerust has.
#[derive(Clone, Copy, Debug)]
pub struct OptimizerEntry {
    /// The class, as Keras names it; in `compile` capitals do not matter.
    pub class_name: &'static str,
    /// One with Keras's defaults.
    pub new: fn() -> Box<dyn Optimizer>,
    from_config: fn(&Config) -> Result<Box<dyn Optimizer>>,
}

impl OptimizerEntry {
    /// The name for `compile`: `adam`.
    pub fn name(&self) -> String {
        self.class_name.to_lowercase()
    }
}

const fn entry<O>(class_name: &'static str) -> OptimizerEntry
where
    O: Optimizer + Default + Serialize + DeserializeOwned + 'static,
{
    OptimizerEntry {
        class_name,
        new: || Box::new(O::default()),
        from_config: |config| Ok(Box::new(config.read_over(&O::default())?)),
    }
}

/// Every optimizer.
pub const OPTIMIZERS: &[OptimizerEntry] = &[
    entry::<SGD>("SGD"),
    entry::<RMSprop>("RMSprop"),
    entry::<Adam>("Adam"),
    entry::<AdamW>("AdamW"),
    entry::<Adagrad>("Adagrad"),
    entry::<Adadelta>("Adadelta"),
    entry::<Adamax>("Adamax"),
    entry::<Nadam>("Nadam"),
    entry::<Ftrl>("Ftrl"),
    entry::<Lion>("Lion"),
    entry::<Lamb>("Lamb"),
    entry::<Adafactor>("Adafactor"),
    entry::<Muon>("Muon"),
    entry::<ScheduleFreeAdamW>("ScheduleFreeAdamW"),
];

fn named(name: &str) -> Result<&'static OptimizerEntry> {
    let wanted = name.to_lowercase();
    let entry = OPTIMIZERS.iter().find(|entry| entry.name() == wanted);
    entry.ok_or_else(|| {
        let known: Vec<String> = OPTIMIZERS.iter().map(OptimizerEntry::name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Error::unknown_name("optimizer", name, &known)
    })
}

/// The optimizer of class `class_name` that `config` describes.
///
/// Keras: `keras.optimizers.deserialize`.
///
/// # Errors
/// When there is no such class, or an argument cannot be.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let config = Adam::new().beta_1(0.8).get_config()?;
/// let again = kerust::optimizers::from_config("Adam", &config)?;
/// assert_eq!(again.get_config()?, config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Config) -> Result<Box<dyn Optimizer>> {
    let read = match class_name {
        // It has no defaults: it is around another one.
        "LossScaleOptimizer" => LossScaleOptimizer::from_config,
        _ => named(class_name)?.from_config,
    };
    read(config).map_err(|e| e.at(format!("optimizer of class `{class_name}`")))
}

impl Serialize for Box<dyn Optimizer> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.get_config().map_err(serde::ser::Error::custom)?;
        Described::new(MODULE, self.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Box<dyn Optimizer> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let described = Described::deserialize(from)?;
        from_config(&described.class_name, &described.config).map_err(serde::de::Error::custom)
    }
}

impl From<&str> for Setting<Box<dyn Optimizer>> {
    fn from(name: &str) -> Self {
        Setting::looked_up(named(name).map(|entry| (entry.new)()))
    }
}

impl<O: Optimizer + 'static> From<O> for Setting<Box<dyn Optimizer>> {
    fn from(optimizer: O) -> Self {
        Setting::value(Box::new(optimizer))
    }
}
