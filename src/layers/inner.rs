//! Layers inside of the configuration of others.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Layer, from_config};
use crate::Config;

/// A layer that belongs to another; written down as Keras nests layers: module, class and arguments.
#[derive(Debug)]
pub(crate) struct Inner(pub(crate) Box<dyn Layer>);

impl Clone for Inner {
    fn clone(&self) -> Self {
        Inner(self.0.boxed_clone())
    }
}

/// How Keras writes an object down.
#[derive(Serialize, Deserialize)]
struct Object {
    #[serde(default)]
    module: String,
    class_name: String,
    config: Value,
    #[serde(default)]
    registered_name: Option<String>,
}

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0.get_config().map_err(serde::ser::Error::custom)?;
        let object = Object {
            module: "keras.layers".to_string(),
            class_name: self.0.class_name().to_string(),
            config: config.into_value(),
            registered_name: None,
        };
        object.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Object::deserialize(deserializer)?;
        let layer = from_config(&object.class_name, &Config::from(object.config));
        layer.map(Inner).map_err(serde::de::Error::custom)
    }
}
