//! The vocabularies that layers have learned.
//!
//! Keras keeps one that was given in the layer's configuration, and one that was learned beside it,
//! a token a line: `assets/layers/string_lookup/vocabulary.txt`. What tokens count with the mode
//! `"tf_idf"` stands among the weights. Here, both become part of the configuration.

use serde_json::{Map, Value, json};

use super::super::hdf5::Source;
use crate::models::config::is_model;
use crate::models::names::counted;
use crate::{Config, Error, Result};

const CLASSES: [&str; 3] = ["IntegerLookup", "StringLookup", "TextVectorization"];

/// Puts vocabularies into the configurations of all layers of a model. `read` gives the text of a
/// member of the archive, `weights` what was learned.
pub(super) fn complete(
    model: &mut Value,
    read: &mut dyn FnMut(&str) -> Result<Option<String>>,
    weights: &dyn Fn() -> Result<Source>,
) -> Result<()> {
    complete_layers(model, "layers", read, weights)
}

fn class_name(layer: &Value) -> &str {
    layer["class_name"].as_str().unwrap_or_default()
}

fn layers(model: &Value) -> &[Value] {
    let layers = model["config"]["layers"].as_array();
    layers.map_or(&[], Vec::as_slice)
}

fn complete_layers(
    model: &mut Value,
    group: &str,
    read: &mut dyn FnMut(&str) -> Result<Option<String>>,
    weights: &dyn Fn() -> Result<Source>,
) -> Result<()> {
    let classes: Vec<&str> = layers(model).iter().map(class_name).collect();
    let places = counted(&classes);
    let layers = model.pointer_mut("/config/layers");
    let layers = layers.and_then(Value::as_array_mut).into_iter().flatten();
    for (layer, place) in layers.zip(places) {
        let place = format!("{group}/{place}");
        let class = class_name(layer).to_owned();
        if is_model(&class) {
            complete_layers(layer, &format!("{place}/layers"), read, weights)?;
        }
        let Some(config) = layer.get_mut("config").and_then(Value::as_object_mut) else {
            continue;
        };
        let is_there =
            |config: &Map<String, Value>, name| config.get(name).is_some_and(|v| !v.is_null());
        if !CLASSES.contains(&class.as_str()) || is_there(config, "vocabulary") {
            continue;
        }
        let Some(text) = read(&format!("assets/{place}/vocabulary.txt"))? else {
            continue;
        };
        let tokens = text.split('\n');
        let vocabulary = match class.as_str() {
            "IntegerLookup" => tokens.map(whole).collect::<Result<Value>>()?,
            _ => tokens.collect(),
        };
        config.insert("vocabulary".to_owned(), vocabulary);
        let counts = config
            .get("output_mode")
            .is_some_and(|mode| mode == "tf_idf");
        if counts && !is_there(config, "idf_weights") {
            let source = weights()?;
            let counts = source.numbers(&format!("{place}/vars/idf_weights"))?;
            // One for each token: the file says no more than there is room for.
            let counts = counts.filter(|counts| counts.shape.elements() <= text.len() + 1);
            if let Some(counts) = counts {
                config.insert("idf_weights".to_owned(), json!(counts.floats()?));
            }
        }
    }
    Ok(())
}

fn whole(token: &str) -> Result<Value> {
    let number: Result<i64, _> = token.parse();
    number.map(Value::from).map_err(|_| {
        Error::data(format!(
            "the vocabulary of an `IntegerLookup` has `{token}`, which is no whole number"
        ))
        .remedy("take another copy of the file, or save the model again")
    })
}

/// The configuration of the layer called `name`, of class `class`, wherever it is in a model.
pub(super) fn find(model: &Value, class: &str, name: &str) -> Result<Config> {
    let mut known = Vec::new();
    let found = search(model, class, name, &mut known);
    found
        .map(|config| Config::from(config.clone()))
        .ok_or_else(|| match known.is_empty() {
            true => Error::data(format!("the model has no layer of class `{class}`")),
            false => Error::unknown_name(&format!("layer of class `{class}`"), name, &known),
        })
}

fn search<'a>(
    model: &'a Value,
    class: &str,
    name: &str,
    known: &mut Vec<&'a str>,
) -> Option<&'a Value> {
    for layer in layers(model) {
        let config = &layer["config"];
        if is_model(class_name(layer)) {
            if let Some(found) = search(layer, class, name, known) {
                return Some(found);
            }
        } else if class_name(layer) == class {
            let own = config["name"].as_str().unwrap_or_default();
            if own == name {
                return Some(config);
            }
            known.push(own);
        }
    }
    None
}
