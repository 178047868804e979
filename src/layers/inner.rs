//! Layers as Keras writes them down: module, class and arguments.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{LAYERS, Layer, from_config};
use crate::config::Described;

/// A layer that belongs to the configuration of another.
#[derive(Debug)]
pub(crate) struct Inner(pub(crate) Box<dyn Layer>);

impl Clone for Inner {
    fn clone(&self) -> Self {
        Inner(self.0.boxed_clone())
    }
}

/// Classes to which Keras does not say whether they learn, because there is nothing to learn.
const WITHOUT_TRAINABLE: [&str; 5] = [
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "Discretization",
    "Pipeline",
];
/// Classes to which Keras does not say with what numbers they work.
const WITHOUT_DTYPE: [&str; 2] = ["Functional", "Pipeline"];

/// Classes whose bins Keras makes of whole numbers alone.
const HASHING: [&str; 2] = ["Hashing", "HashedCrossing"];

/// The layer of a class, or the model, that has this configuration.
pub(crate) fn object(class_name: &str, mut config: Value) -> Map<String, Value> {
    if let Some(arguments) = config.as_object_mut() {
        if WITHOUT_TRAINABLE.contains(&class_name) {
            arguments.remove("trainable");
        }
        if !WITHOUT_DTYPE.contains(&class_name) {
            let whole = HASHING.contains(&class_name) && arguments["output_mode"] == "int";
            let policy = || if whole { policy_of("int64") } else { policy() };
            arguments.entry("dtype").or_insert_with(policy);
        }
    }
    let (module, registered_name) = match class_name {
        "Sequential" => (Some("keras"), None),
        "Functional" => (Some("keras.src.models.functional"), Some(class_name)),
        _ if is_known(class_name) => (Some("keras.layers"), None),
        _ => (None, Some(class_name)),
    };
    let mut object = Map::new();
    object.insert("module".into(), json!(module));
    object.insert("class_name".into(), json!(class_name));
    object.insert("config".into(), config);
    object.insert("registered_name".into(), json!(registered_name));
    object
}

/// The one type of numbers that layers work with.
pub(crate) fn policy() -> Value {
    policy_of("float32")
}

fn policy_of(name: &str) -> Value {
    json!({
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": name},
        "registered_name": null,
    })
}

fn is_known(class_name: &str) -> bool {
    class_name == "InputLayer" || LAYERS.iter().any(|entry| entry.class_name == class_name)
}

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0.get_config().map_err(serde::ser::Error::custom)?;
        object(self.0.class_name(), config.into_value()).serialize(serializer)
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

/// Where Keras keeps a weight of one of these layers inside of another: each has a name, with which
/// the names of its weights begin, and a group.
pub(crate) fn groups_of_inner<'a>(
    parts: impl IntoIterator<Item = (&'a str, String, &'a dyn Layer)>,
    weight: &str,
) -> Vec<String> {
    for (name, group, layer) in parts {
        if let Some(rest) = weight.strip_prefix(name).and_then(|w| w.strip_prefix('/')) {
            return groups_of_weight(&group, layer, rest);
        }
    }
    vec![String::new()]
}

/// Where Keras keeps a weight of a layer whose group this is: there, or in parts of the layer.
pub(crate) fn groups_of_weight(group: &str, layer: &dyn Layer, weight: &str) -> Vec<String> {
    let parts = layer.groups_in_file(weight);
    let groups = parts.iter().map(|part| part_of_group(group, part));
    groups.collect()
}

/// The group of a part, or the group itself where the part is `""`.
pub(crate) fn part_of_group(group: &str, part: &str) -> String {
    match part {
        "" => group.to_owned(),
        part => format!("{group}/{part}"),
    }
}
