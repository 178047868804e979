//! Models as Keras writes them down: `get_config`, `to_json` and the way back.
//!
//! `write.rs` describes a model, `read.rs` makes one of a description, `calls.rs` says how layers
//! are called, `training.rs` what a model was compiled with.

mod calls;
mod read;
mod training;
mod write;

use serde_json::Value;

pub(crate) use self::read::is_model;
pub(super) use self::write::config as config_of;
use super::model::Model;
use crate::layers::Layer;
use crate::{Config, Error, Result};

/// How Keras calls models whose layers stand one after the other, and the others.
const SEQUENTIAL: &str = "Sequential";
const FUNCTIONAL: &str = "Functional";

impl Model {
    /// The layers and how they are connected, without weights, named as in Keras.
    ///
    /// Keras: `model.get_config()`.
    ///
    /// # Errors
    /// When a layer does not say its configuration (a `Lambda`, or one of your own without
    /// `get_config`).
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// let again = Model::from_config(&model.get_config()?)?;
    /// assert_eq!(again.summary(), model.summary());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn get_config(&self) -> Result<Config> {
        let config = write::config(&self.graph, false);
        let config = config.map_err(|e| e.at(self.place("get_config")))?;
        Ok(Config::from(Value::Object(config)))
    }

    /// The model that `config` describes, with random weights.
    ///
    /// Keras: `keras.Model.from_config(config)`.
    ///
    /// # Errors
    /// When `config` describes no model, or one with layers or arguments that kerust does not have.
    pub fn from_config(config: &Config) -> Result<Model> {
        read::graph(config.as_value())
            .map(Model::of)
            .map_err(|e| e.at("`from_config`"))
    }

    /// The model as JSON that Keras 3 reads: layers, how they are connected, and what `compile` was
    /// told; without weights.
    ///
    /// Keras: `model.to_json()`, read there by `keras.models.model_from_json`.
    ///
    /// # Errors
    /// As [`get_config`](Self::get_config).
    ///
    /// # Example
    /// ```
    /// use kerust::models::model_from_json;
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let again = model_from_json(&model.to_json()?)?;
    /// assert_eq!(again.learning_rate(), model.learning_rate());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn to_json(&self) -> Result<String> {
        let object = self.describe();
        object
            .map(|object| object.to_string())
            .map_err(|e| e.at(self.place("to_json")))
    }

    /// What [`to_json`](Self::to_json) writes.
    pub(crate) fn describe(&self) -> Result<Value> {
        write::model(&self.graph, self.compiled.as_ref())
    }

    /// The model of what `to_json` writes; without what it was compiled with unless `compile`.
    pub(crate) fn from_description(object: &Value, compile: bool) -> Result<Model> {
        read::model(object, compile)
    }
}

/// The model that `config` describes, as a layer of another.
pub(crate) fn layer_from_config(config: &Config) -> Result<Box<dyn Layer>> {
    let graph = read::graph(config.as_value());
    graph.map(|graph| Model::of(graph).into())
}

/// The model that `json` describes, with random weights; compiled if it was.
///
/// Keras: `keras.models.model_from_json`. All layers work in float32, whatever `dtype` says.
///
/// # Errors
/// When it is no JSON of a model that Keras 3 or [`Model::to_json`] wrote, or describes layers,
/// arguments, losses or metrics that kerust does not have.
///
/// # Example
/// ```
/// use kerust::models::model_from_json;
/// let json = r#"{"class_name": "Sequential", "config": {"name": "small", "layers": [
///     {"class_name": "InputLayer", "config": {"batch_shape": [null, 2]}},
///     {"class_name": "Dropout", "config": {"rate": 0.5}}
/// ]}}"#;
/// assert_eq!(model_from_json(json)?.output_shape()?, (2,));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn model_from_json(json: &str) -> Result<Model> {
    let object = serde_json::from_str(json)
        .map_err(|error| Error::data(format!("the text is no JSON: {error}")));
    object
        .and_then(|object| Model::from_description(&object, true))
        .map_err(|e| e.at("`model_from_json`"))
}
