//! Layers inside of the configuration of others.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Layer, from_config};
use crate::config::Described;

/// A layer that belongs to another; written down as Keras nests layers: module, class and arguments.
#[derive(Debug)]
pub(crate) struct Inner(pub(crate) Box<dyn Layer>);

impl Clone for Inner {
    fn clone(&self) -> Self {
        Inner(self.0.boxed_clone())
    }
}

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0.get_config().map_err(serde::ser::Error::custom)?;
        Described::new("keras.layers", self.0.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Described {
            class_name, config, ..
        } = Described::deserialize(deserializer)?;
        let layer = from_config(&class_name, &config);
        layer.map(Inner).map_err(serde::de::Error::custom)
    }
}
