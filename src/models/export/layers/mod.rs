//! What layers are in ONNX, by family.
//!
//! A translation gets a layer's configuration, its weights and its inputs, adds operations, and
//! returns the outputs. One for another layer: the function in its family's file, the class in
//! [`TRANSLATIONS`].

mod activations;
mod attention;
mod convolution;
mod dense;
mod merging;
mod normalization;
mod pictures;
mod pooling;
mod recurrence;
mod recurrent;
mod shaping;
mod spatial;
mod window;
pub(super) mod wrappers;

use super::builder::{Builder, Id};
use super::part::Part;
use crate::{Error, ErrorKind, Result};

/// Adds the operations of a layer, and returns its outputs.
pub(super) type Translation = fn(&mut Builder, &Part<'_>) -> Result<Vec<Id>>;

/// The layers that can be expressed.
const TRANSLATIONS: &[(Translation, &[&str])] = &[
    (dense::dense, &["Dense"]),
    (dense::einsum_dense, &["EinsumDense"]),
    (dense::embedding, &["Embedding"]),
    (dense::reversible_embedding, &["ReversibleEmbedding"]),
    (convolution::convolution, &["Conv1D", "Conv2D", "Conv3D"]),
    (
        convolution::depthwise,
        &["DepthwiseConv1D", "DepthwiseConv2D"],
    ),
    (
        convolution::separable,
        &["SeparableConv1D", "SeparableConv2D"],
    ),
    (
        convolution::transposed,
        &["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"],
    ),
    (
        pooling::windows,
        &[
            "MaxPooling1D",
            "MaxPooling2D",
            "MaxPooling3D",
            "AveragePooling1D",
            "AveragePooling2D",
            "AveragePooling3D",
        ],
    ),
    (
        pooling::global,
        &[
            "GlobalMaxPooling1D",
            "GlobalMaxPooling2D",
            "GlobalMaxPooling3D",
            "GlobalAveragePooling1D",
            "GlobalAveragePooling2D",
            "GlobalAveragePooling3D",
        ],
    ),
    (
        pooling::adaptive,
        &[
            "AdaptiveMaxPooling1D",
            "AdaptiveMaxPooling2D",
            "AdaptiveMaxPooling3D",
            "AdaptiveAveragePooling1D",
            "AdaptiveAveragePooling2D",
            "AdaptiveAveragePooling3D",
        ],
    ),
    (normalization::batch, &["BatchNormalization"]),
    (normalization::layer, &["LayerNormalization"]),
    (normalization::group, &["GroupNormalization"]),
    (normalization::rms, &["RMSNormalization"]),
    (normalization::unit, &["UnitNormalization"]),
    (normalization::known, &["Normalization"]),
    (
        activations::activation,
        &["Activation", "ReLU", "LeakyReLU", "ELU"],
    ),
    (activations::softmax, &["Softmax"]),
    (activations::prelu, &["PReLU"]),
    (shaping::flatten, &["Flatten"]),
    (shaping::reshape, &["Reshape"]),
    (shaping::permute, &["Permute"]),
    (shaping::repeat_vector, &["RepeatVector"]),
    (
        spatial::zero_padding,
        &["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"],
    ),
    (
        spatial::cropping,
        &["Cropping1D", "Cropping2D", "Cropping3D"],
    ),
    (
        spatial::up_sampling,
        &["UpSampling1D", "UpSampling2D", "UpSampling3D"],
    ),
    (spatial::resizing, &["Resizing", "CenterCrop", "RandomCrop"]),
    (pictures::rescaling, &["Rescaling"]),
    (pictures::auto_contrast, &["AutoContrast"]),
    (
        merging::elementwise,
        &[
            "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum",
        ],
    ),
    (merging::concatenate, &["Concatenate"]),
    (merging::dot, &["Dot"]),
    (attention::dot, &["Attention", "AdditiveAttention"]),
    (
        attention::heads,
        &["MultiHeadAttention", "GroupQueryAttention"],
    ),
    (recurrent::recurrent, &["LSTM", "GRU", "SimpleRNN", "RNN"]),
    (recurrent::bidirectional, &["Bidirectional"]),
    (wrappers::time_distributed, &["TimeDistributed"]),
    (wrappers::around, &["SpectralNormalization"]),
    (wrappers::pipeline, &["Pipeline"]),
    (wrappers::model, &["Sequential", "Functional"]),
    (wrappers::masking, &["Masking"]),
    (
        wrappers::nothing,
        &[
            "Identity",
            "Dropout",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
            "AlphaDropout",
            "GaussianDropout",
            "GaussianNoise",
            "ActivityRegularization",
            "RandomFlip",
            "RandomRotation",
            "RandomZoom",
            "RandomTranslation",
            "RandomShear",
            "RandomPerspective",
            "RandomElasticTransform",
            "RandomBrightness",
            "RandomContrast",
            "RandomSaturation",
            "RandomHue",
            "RandomColorJitter",
            "RandomColorDegeneration",
            "RandomGrayscale",
            "RandomInvert",
            "RandomPosterization",
            "RandomSharpness",
            "RandomGaussianBlur",
            "RandomErasing",
            "RandAugment",
            "AugMix",
            "MixUp",
            "CutMix",
            "Solarization",
            "Equalization",
        ],
    ),
];

/// Why others cannot be expressed.
const REASONS: &[(&str, &[&str])] = &[
    (
        "it works on text, whose rules ONNX does not have",
        &[
            "TextVectorization",
            "StringLookup",
            "Hashing",
            "HashedCrossing",
        ],
    ),
    (
        "it prepares numbers by a table, which is better done before the model",
        &["IntegerLookup", "Discretization", "CategoryEncoding"],
    ),
    (
        "it counts how frequent numbers are, which takes too many operations",
        &["ContrastLimitedAdaptiveHistogramEqualization"],
    ),
    (
        "it makes spectra, which runtimes compute in different ways",
        &["STFTSpectrogram", "MelSpectrogram"],
    ),
    (
        "ONNX has no recurrent layers with convolutions",
        &["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"],
    ),
    ("it is a function of your own", &["Lambda"]),
];

/// How the layers of a class are translated.
///
/// # Errors
/// When they cannot be, with the reason.
pub(super) fn translation(class: &str) -> Result<Translation> {
    let found = TRANSLATIONS
        .iter()
        .find(|(_, classes)| classes.contains(&class));
    found.map(|(translation, _)| *translation).ok_or_else(|| {
        let known = REASONS.iter().find(|(_, classes)| classes.contains(&class));
        let reason = known.map_or("it is a layer of your own", |(reason, _)| *reason);
        let what = format!("`{class}` cannot be expressed in ONNX: {reason}");
        Error::new(ErrorKind::State, what)
            .remedy("export the part of the model without it: `submodel` cuts a model at a layer")
    })
}

/// What to say when a layer gets steps of which some do not count.
fn no_masks() -> Error {
    Error::state("steps that a mask leaves out cannot be left out here in ONNX")
        .remedy("leave `mask_zero` and `Masking` out, or put the layer elsewhere")
}

#[cfg(test)]
mod tests {
    use super::{REASONS, TRANSLATIONS};
    use crate::layers::LAYERS;

    /// Whoever adds a layer says what it is in ONNX, or why it is not there.
    #[test]
    fn every_layer_is_translated_or_has_a_reason() {
        for entry in LAYERS.iter() {
            let translated = TRANSLATIONS
                .iter()
                .filter(|(_, classes)| classes.contains(&entry.class_name));
            let refused = REASONS
                .iter()
                .filter(|(_, classes)| classes.contains(&entry.class_name));
            assert_eq!(
                translated.count() + refused.count(),
                1,
                "{}",
                entry.class_name
            );
        }
    }
}
