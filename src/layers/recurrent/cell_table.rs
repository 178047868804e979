//! Every cell in one table, and cells inside of the configuration of layers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cell::RNNCell;
use super::{GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells};
use crate::config::Described;
use crate::layers::policy;
use crate::{Config, Error, Result};

/// A cell that kerust has.
#[derive(Clone, Copy, Debug)]
pub struct CellEntry {
    /// The class, as Keras names it.
    pub class_name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// Makes one from its configuration.
    pub from_config: fn(&Config) -> Result<Box<dyn RNNCell>>,
}

/// Every cell of [`RNN`](crate::layers::RNN).
pub const CELLS: &[CellEntry] = &[
    CellEntry {
        class_name: "SimpleRNNCell",
        what: "a step with the last output as a further input",
        from_config: |config| Ok(Box::new(config.read::<SimpleRNNCell>()?)),
    },
    CellEntry {
        class_name: "LSTMCell",
        what: "a step with a memory that gates write, keep and read",
        from_config: |config| Ok(Box::new(config.read::<LSTMCell>()?)),
    },
    CellEntry {
        class_name: "GRUCell",
        what: "a step with an output that gates keep or renew",
        from_config: |config| Ok(Box::new(config.read::<GRUCell>()?)),
    },
    CellEntry {
        class_name: "StackedRNNCells",
        what: "several cells, each with the output of the one before as its input",
        from_config: |config| Ok(Box::new(config.read::<StackedRNNCells>()?)),
    },
];

/// The cell of class `class_name` that `config` describes.
///
/// Keras: `keras.layers.deserialize`.
///
/// # Errors
/// When there is no such class, or an argument is missing or cannot be.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let config = GRUCell::new(3).get_config()?;
/// let again = kerust::layers::cell_from_config("GRUCell", &config)?;
/// assert_eq!(again.get_config()?, config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn cell_from_config(class_name: &str, config: &Config) -> Result<Box<dyn RNNCell>> {
    let entry = CELLS.iter().find(|entry| entry.class_name == class_name);
    let Some(entry) = entry else {
        let known: Vec<&str> = CELLS.iter().map(|entry| entry.class_name).collect();
        return Err(Error::unknown_name("cell", class_name, &known));
    };
    (entry.from_config)(config).map_err(|e| e.at(format!("cell of class `{class_name}`")))
}

/// A cell that belongs to a layer; written down as Keras nests it: module, class and arguments.
#[derive(Clone, Debug)]
pub(super) struct InnerCell(pub(super) Box<dyn RNNCell>);

impl Serialize for InnerCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0.get_config().map_err(serde::ser::Error::custom)?;
        let mut config = config.into_value();
        if let Some(arguments) = config.as_object_mut() {
            arguments.entry("dtype").or_insert_with(policy);
        }
        let class_name = self.0.class_name();
        Described::new("keras.layers", class_name, config.into()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for InnerCell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Described {
            class_name, config, ..
        } = Described::deserialize(from)?;
        let cell = cell_from_config(&class_name, &config);
        cell.map(InnerCell).map_err(serde::de::Error::custom)
    }
}
