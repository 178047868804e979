//! Every layer in one table: documentation, tests and loading read it.

use std::sync::LazyLock;

use super::aliases::class_of;
use super::{
    Layer, activation_layers, attention, bidirectional, convolution, einsum_dense, embedding,
    lambda, masking, merging, normalization, pooling, preprocessing, recurrent, regularization,
    reshaping, reversible_embedding, spatial, time_distributed,
};
use crate::models::{is_model, layer_from_config};
use crate::{Config, Error, Result, Shape};

/// A layer that kerust has.
#[derive(Clone, Copy, Debug)]
pub struct LayerEntry {
    /// The class, as Keras names it.
    pub class_name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// A typical one, and the shape of a sample that it takes.
    pub example: fn() -> (Box<dyn Layer>, Shape),
    /// Makes one from its configuration.
    ///
    /// Keras: `from_config`.
    pub from_config: fn(&Config) -> Result<Box<dyn Layer>>,
}

/// The layer of class `class_name`, or of another name that Keras has for it, that `config`
/// describes.
///
/// Keras: `keras.layers.deserialize`.
///
/// # Errors
/// When there is no such class, or an argument is missing or cannot be.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let config = Dense::new(3).activation("relu").get_config()?;
/// let again = kerust::layers::from_config("Dense", &config)?;
/// assert_eq!(again.get_config()?, config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Config) -> Result<Box<dyn Layer>> {
    let class = class_of(class_name);
    if is_model(&class) {
        return layer_from_config(config);
    }
    require_numbers(&class, config.as_value()["name"].as_str().unwrap_or(&class))?;
    let entry = LAYERS.iter().find(|entry| entry.class_name == class);
    let Some(entry) = entry else {
        let known: Vec<&str> = LAYERS.iter().map(|entry| entry.class_name).collect();
        return Err(Error::unknown_name("layer", class_name, &known));
    };
    (entry.from_config)(config).map_err(|e| e.at(format!("layer of class `{class_name}`")))
}

/// Fails when a layer works on texts, which no tensor holds: it stands before a model, not in it.
pub(crate) fn require_numbers(class_name: &str, name: &str) -> Result<()> {
    if !["StringLookup", "TextVectorization"].contains(&class_name) {
        return Ok(());
    }
    Err(Error::data("it works on texts, which tensors do not hold")
        .at(format!("layer `{name}` ({class_name})"))
        .remedy(format!(
            "`{class_name}::from_file(path, \"{name}\")` takes it from a `.keras` file with what it \
             has learned: call it on the texts, before the model. The model begins behind it: in \
             Keras, save the layers that follow, from `keras.Input(layer.output.shape[1:])` on"
        )))
}

/// Arguments of Keras that change nothing here, whatever they are.
const NEEDLESS: [&str; 4] = ["dtype", "data_format", "seed", "vocabulary_size"];

/// Fails when the configuration says something of which the layer knows nothing.
pub(crate) fn require_understood(layer: &dyn Layer, config: &Config) -> Result<()> {
    let understood = layer.get_config()?;
    for (name, value) in config.as_value().as_object().into_iter().flatten() {
        let is_off = value.is_null()
            || *value == false
            || NEEDLESS.contains(&name.as_str())
            // What `IntegerLookup` always does here.
            || (name == "vocabulary_dtype" && value == "int64");
        if !is_off && understood.as_value().get(name).is_none() {
            let expected = "nothing: kerust's layer has no such argument";
            let error = Error::argument(name, expected, value);
            return Err(match name.starts_with("lora") || name.starts_with("quantization") {
                true => error.remedy(
                    "kerust has neither LoRA nor quantized layers: save the model with plain weights",
                ),
                false => error.remedy("leave it out, if the model works without it"),
            });
        }
    }
    Ok(())
}

/// Every layer, by family.
///
/// # Example
/// ```
/// use kerust::layers::LAYERS;
/// for entry in LAYERS.iter() {
///     println!("{:24} {}", entry.class_name, entry.what);
/// }
/// assert!(LAYERS.iter().any(|entry| entry.class_name == "Conv2D"));
/// ```
pub static LAYERS: LazyLock<Vec<LayerEntry>> = LazyLock::new(|| {
    let families = [
        super::core::ENTRIES,
        einsum_dense::ENTRIES,
        convolution::conv::ENTRIES,
        convolution::conv_transpose::ENTRIES,
        convolution::depthwise_conv::ENTRIES,
        convolution::separable_conv::ENTRIES,
        pooling::windows::ENTRIES,
        pooling::global::ENTRIES,
        pooling::adaptive::ENTRIES,
        normalization::ENTRIES,
        regularization::ENTRIES,
        reshaping::ENTRIES,
        spatial::zero_padding::ENTRIES,
        spatial::cropping::ENTRIES,
        spatial::up_sampling::ENTRIES,
        lambda::ENTRIES,
        activation_layers::ENTRIES,
        merging::ENTRIES,
        attention::ENTRIES,
        embedding::ENTRIES,
        reversible_embedding::ENTRIES,
        masking::ENTRIES,
        recurrent::ENTRIES,
        bidirectional::ENTRIES,
        time_distributed::ENTRIES,
    ];
    let mut entries = families.concat();
    entries.extend(preprocessing::ENTRIES.concat());
    entries
});
