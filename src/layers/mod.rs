//! Layers: what they are asked to be is plain data, what they learn lives beside it in [`Weights`].
//!
//! One file a family, one struct a layer. A layer says what shape it makes ([`Layer::output_shape`]),
//! which weights it needs ([`Layer::build`]) and what it computes ([`Layer::call`]); nothing in it
//! knows about devices, tapes or saving. The names, arguments and defaults are Keras's.
//!
//! What Keras has and kerust refuses, with an error that says so: pictures with the channels in front
//! (`data_format="channels_first"`), LoRA (`lora_rank`), and quantized layers.
//!
//! Adding a layer: the struct in its family's file, a line in `table.rs`, a name in the prelude, a
//! case in `tests/golden`.

mod activation_layers;
pub mod aliases;
mod attention;
mod bidirectional;
mod convolution;
mod core;
mod einsum_dense;
mod embedding;
mod inner;
mod lambda;
mod masking;
mod merging;
mod normalization;
mod pooling;
mod preprocessing;
mod recurrent;
mod regularization;
mod reshaping;
mod reversible_embedding;
mod shared_methods;
mod sizes;
mod spatial;
mod table;
mod time_distributed;
mod weight_settings;
mod weights;

use std::fmt::Debug;

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

pub use self::core::{ActivationLayer, Dense, Input};
pub use crate::axes::Axes;
pub use activation_layers::{ELU, LeakyReLU, PReLU, ReLU, Softmax};
pub use aliases::*;
pub use attention::{AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention};
pub use bidirectional::{Bidirectional, MergeMode};
pub use convolution::{
    Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, DepthwiseConv1D,
    DepthwiseConv2D, SeparableConv1D, SeparableConv2D,
};
pub use einsum_dense::EinsumDense;
pub use embedding::Embedding;
pub(crate) use inner::{groups_of_inner, groups_of_weight, object, part_of_group, policy};
pub use lambda::{Identity, Lambda};
pub use masking::Masking;
pub use merging::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
pub use normalization::{
    BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization, RenormClipping,
    SpectralNormalization, UnitNormalization,
};
pub use pooling::{
    AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D, AveragePooling1D,
    AveragePooling2D, AveragePooling3D, GlobalAveragePooling1D, GlobalAveragePooling2D,
    GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D,
    MaxPooling1D, MaxPooling2D, MaxPooling3D,
};
pub(crate) use preprocessing::Part as PicturePart;
pub use preprocessing::{
    AugMix, AutoContrast, Bits, CategoryEncoding, CenterCrop,
    ContrastLimitedAdaptiveHistogramEqualization, CutMix, Discretization, Equalization, Factor,
    Feature, FlipMode, HashedCrossing, Hashing, ImageAugmentation, IntegerLookup, MelSpectrogram,
    MixUp, Ngrams, Normalization, OovMethod, OutputMode, Pipeline, RandAugment, RandomBrightness,
    RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomCrop, RandomElasticTransform,
    RandomErasing, RandomFlip, RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert,
    RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation, RandomSharpness,
    RandomShear, RandomTranslation, RandomZoom, Rescaling, Resizing, STFTSpectrogram, Salt,
    Solarization, SpectrogramMode, Split, Standardize, StringLookup, TextVectorization, Texts,
    Values,
};
pub use recurrent::{
    CELLS, CellEntry, Constants, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, GRU, GRUCell, LSTM, LSTMCell,
    RNN, RNNCell, SequenceOptions, SimpleRNN, SimpleRNNCell, StackedRNNCells, cell_from_config,
};
pub use regularization::{
    ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise,
    SpatialDropout1D, SpatialDropout2D, SpatialDropout3D,
};
pub use reshaping::{Flatten, Permute, RepeatVector, Reshape};
pub use reversible_embedding::ReversibleEmbedding;
pub(crate) use shared_methods::{layer_identity, through_several};
pub use sizes::{Pair, Sizes};
pub use spatial::{
    Cropping1D, Cropping2D, Cropping3D, Sides, UpSampling1D, UpSampling2D, UpSampling3D,
    ZeroPadding1D, ZeroPadding2D, ZeroPadding3D,
};
pub use table::{LAYERS, LayerEntry, from_config};
pub(crate) use table::{require_numbers, require_understood};
pub use time_distributed::TimeDistributed;
pub(crate) use weights::for_file;
pub use weights::{Weight, Weights};

use crate::device::{in_float32, in_layer};
use crate::models::{Diagram, KerasTensor, SharedLayer, Symbols};
use crate::ops::spatial_shape;
pub use crate::ops::{FillMode, Interpolation, Padding};
use crate::regularizers::Regularizer;
use crate::{Config, Error, ErrorKind, Result, Setting, Shape, Tape, Tensor, display, ops};

/// A step of a model.
///
/// Shapes are those of one sample, without the batch axis, except in `call`.
///
/// Keras: `keras.layers.Layer`.
pub trait Layer: Debug + Send {
    /// The class, as Keras names it: `Conv2D`.
    fn class_name(&self) -> &'static str;

    /// The name and input shape that the user gave.
    fn base(&self) -> &LayerBase;

    /// The same, to set.
    fn base_mut(&mut self) -> &mut LayerBase;

    /// The shape of the output for one sample of shape `input`.
    ///
    /// # Errors
    /// When the layer cannot take such input, or an argument is wrong.
    fn output_shape(&self, input: &Shape) -> Result<Shape>;

    /// Adds the layer's weights; layers without weights need not say anything.
    ///
    /// # Errors
    /// When an argument is wrong.
    fn build(&self, _input: &Shape, _weights: &mut Weights) -> Result<()> {
        Ok(())
    }

    /// Computes the output for a batch.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor>;

    /// As [`output_shape`](Self::output_shape), for layers that take several inputs or make several
    /// outputs; the others need not say anything.
    ///
    /// # Errors
    /// When the layer cannot take such inputs, or an argument is wrong.
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        alone(self.output_shape(only_one(inputs)?))
    }

    /// As [`build`](Self::build), for layers that take several inputs.
    ///
    /// # Errors
    /// When an argument is wrong.
    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        self.build(only_one(inputs)?, weights)
    }

    /// As [`call`](Self::call), for layers that take several inputs or make several outputs.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        alone(self.call(only_one(inputs)?, pass))
    }

    /// Whether the mask of the first input (which steps of a sequence count, see [`Tensor::mask`])
    /// holds for the output as well; layers that make or use masks set them themselves.
    ///
    /// Keras: `self.supports_masking`.
    fn supports_masking(&self) -> bool {
        false
    }

    /// In which parts of the layer Keras keeps the weight called `weight` when it writes a file:
    /// `cell` for those of an LSTM, nothing (`""`) for the layer itself. Layers that have all weights
    /// themselves need not say anything.
    ///
    /// Keras: the attribute that holds the inner layer. A layer that has a name of its own for a
    /// weight of its inner layer keeps it twice.
    fn groups_in_file(&self, _weight: &str) -> Vec<String> {
        vec![String::new()]
    }

    /// Shows the class and the arguments below what the cell has shown so far.
    fn show(&self)
    where
        Self: Sized,
    {
        display::show(&display::layer::bundle(self));
    }

    /// Shows the class and the arguments as the value of a cell; notebooks call it.
    fn evcxr_display(&self)
    where
        Self: Sized,
    {
        display::show_result(&display::layer::bundle(self));
    }

    /// What is inside, for inputs of these shapes, when the layer is a model; the others need not say
    /// anything.
    fn diagram(&self, _inputs: &[Shape]) -> Option<Diagram> {
        None
    }

    /// The arguments, named as in Keras.
    ///
    /// Keras: `layer.get_config()`.
    ///
    /// # Errors
    /// When the layer does not say them (one of your own) or holds a name that does not exist.
    fn get_config(&self) -> Result<Config> {
        let what = format!("a layer of class `{}` cannot be saved", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// Computes this layer and the `next` one in one go, where that is faster; most layers cannot.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    fn call_with_next(
        &self,
        _next: &dyn Layer,
        _x: &Tensor,
        _pass: &mut Pass<'_>,
    ) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// Whether the layer takes the largest value of windows of (2, 2) that lie side by side.
    fn halves_by_maximum(&self) -> bool {
        false
    }

    /// Whether the layer does nothing but set negative numbers to 0.
    fn is_relu(&self) -> bool {
        false
    }

    /// How a recurrent layer goes through its sequences, to be set; the others have no such way.
    fn sequence_options(&mut self) -> Option<&mut SequenceOptions> {
        None
    }

    /// Forgets what a `stateful` layer remembers from batch to batch; the others remember nothing.
    ///
    /// Keras: `layer.reset_states()`.
    fn reset_states(&self) {}

    /// A copy of the configuration, for a new model.
    fn boxed_clone(&self) -> Box<dyn Layer>;

    /// What the layer will make of `inputs`: the functional way to make a [`Model`](crate::Model).
    ///
    /// Keras: `layer(inputs)`.
    ///
    /// # Errors
    /// When the layer cannot take them, an argument is wrong, or it has several outputs.
    fn on(self, inputs: impl Symbols) -> Result<KerasTensor>
    where
        Self: Sized + 'static,
    {
        SharedLayer::new(self).on(inputs)
    }

    /// All that the layer will make of `inputs`; for layers with several outputs.
    ///
    /// # Errors
    /// When the layer cannot take them, or an argument is wrong.
    fn on_all(self, inputs: impl Symbols) -> Result<Vec<KerasTensor>>
    where
        Self: Sized + 'static,
    {
        SharedLayer::new(self).on_all(inputs)
    }

    /// Gives the layer a name instead of the automatic one (`dense`, `dense_1`, ..).
    #[must_use]
    fn name(mut self, name: &str) -> Self
    where
        Self: Sized,
    {
        self.base_mut().name = Some(name.to_string());
        self
    }

    /// Tells the shape of one sample, so that the model is built at once; for the first layer. A
    /// size may be open: `(None, 64)` takes sequences of any length.
    ///
    /// Keras: the `input_shape` argument.
    #[must_use]
    fn input_shape(mut self, shape: impl Into<Shape>) -> Self
    where
        Self: Sized,
    {
        self.base_mut().input_shape = Some(shape.into());
        self
    }

    /// Whether training changes the layer's weights; true unless set.
    #[must_use]
    fn trainable(mut self, trainable: bool) -> Self
    where
        Self: Sized,
    {
        self.base_mut().frozen = !trainable;
        self
    }

    /// What is added to the loss for the outputs, per sample, such as `"l2"`; nothing unless set.
    ///
    /// Keras: the argument `activity_regularizer`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// let strength = Regularizer::L1 { l1: 0.5 };
    /// model.add(Flatten::new().activity_regularizer(strength).input_shape(2))?;
    /// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    /// let x = Tensor::ones((4, 2));
    /// let quiet = Evaluate { verbose: 0, ..Evaluate::default() };
    /// assert_eq!(model.evaluate(&x, &x, quiet)?, [1.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    fn activity_regularizer(mut self, regularizer: impl Into<Setting<Regularizer>>) -> Self
    where
        Self: Sized,
    {
        self.base_mut().activity_regularizer = Some(regularizer.into());
        self
    }
}

impl<L: Layer + 'static> From<L> for Box<dyn Layer> {
    fn from(layer: L) -> Self {
        Box::new(layer)
    }
}

impl Clone for Box<dyn Layer> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// What every layer can be told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerBase {
    /// The name, when it is not the automatic one.
    pub name: Option<String>,
    /// The shape of one sample, when the layer was told.
    #[serde(skip)]
    pub input_shape: Option<Shape>,
    /// Whether training leaves the weights alone.
    #[serde(rename = "trainable", with = "crate::config::inverted")]
    pub frozen: bool,
    /// What is added to the loss for the outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_regularizer: Option<Setting<Regularizer>>,
}

impl LayerBase {
    /// Fails unless the price of outputs can be computed, for samples of these shapes.
    pub(crate) fn check_regularizer(&self, outputs: &[Shape]) -> Result<()> {
        if let Some(regularizer) = &self.activity_regularizer {
            let regularizer = regularizer.get()?;
            regularizer.check()?;
            for output in outputs {
                regularizer.check_shape(&output.with_batch(1))?;
            }
        }
        Ok(())
    }
}

/// One way through a model: what the layers share while it lasts.
pub struct Pass<'a> {
    /// Where gradients are recorded.
    pub tape: &'a mut Tape,
    /// The weights of the layer that is being called.
    pub weights: &'a mut Weights,
    /// Whether this is training: dropout drops, batch normalization uses the batch.
    pub training: bool,
    /// What dropout draws from.
    pub generator: &'a mut StdRng,
    /// What layers add to the loss, one number of shape `()` each.
    ///
    /// Keras: `self.add_loss(loss)`.
    pub losses: &'a mut Vec<Tensor>,
}

impl Pass<'_> {
    /// Calls a layer that has its own weights here: its outputs, with masks, and their price.
    pub(crate) fn call_layer(
        &mut self,
        layer: &dyn Layer,
        inputs: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let outputs = layer.call_for(inputs, self)?;
        if let Some(regularizer) = &layer.base().activity_regularizer {
            let regularizer = regularizer.get()?;
            for output in &outputs {
                self.add_activity_loss(regularizer, output, output.len())?;
            }
        }
        Ok(pass_mask_on(layer, inputs, outputs))
    }

    /// Adds the price of an output for so many samples to the loss, per sample.
    pub(crate) fn add_activity_loss(
        &mut self,
        regularizer: &Regularizer,
        output: &Tensor,
        samples: usize,
    ) -> Result<()> {
        if output.size() == 0 {
            return Ok(());
        }
        let loss = in_float32(|| {
            let price = regularizer.call(self.tape, output)?;
            let share = Tensor::scalar(1.0 / samples.max(1) as f32);
            ops::multiply(self.tape, &price, &share)
        })?;
        self.losses.push(loss);
        Ok(())
    }

    /// The weight called `name`, ready for operations on the tape.
    ///
    /// # Errors
    /// When `build` did not add it.
    pub fn weight(&self, name: &str) -> Result<Tensor> {
        Ok(self.weights.get(name)?.on(self.tape))
    }

    /// Calls a layer inside of the one that is being called; [`Weights::build_inner`] has made its
    /// weights under the same `name`. For the last one, [`call_last_inner`](Self::call_last_inner).
    ///
    /// # Errors
    /// As the inner layer, which the error names.
    pub fn call_inner(
        &mut self,
        name: &str,
        layer: &dyn Layer,
        inputs: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        in_layer(|| self.call_last_inner(name, layer, inputs))
    }

    /// The same for an inner layer whose outputs are those of the outer one: with mixed precision, they
    /// are float32 when the outer layer is the last of a model.
    ///
    /// # Errors
    /// As [`call_inner`](Self::call_inner).
    pub fn call_last_inner(
        &mut self,
        name: &str,
        layer: &dyn Layer,
        inputs: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let outer = self.weights.enter(name, layer.base().frozen);
        let outputs = self.call_layer(layer, inputs);
        self.weights.leave(outer);
        outputs.map_err(|e| e.at(inner_title(name, layer)))
    }
}

/// How errors call a layer inside of another.
fn inner_title(name: &str, layer: &dyn Layer) -> String {
    format!("inner layer `{name}` ({})", layer.class_name())
}

/// The outputs of `layer`, with the mask of the first input where the layer lets it through.
fn pass_mask_on(layer: &dyn Layer, inputs: &[Tensor], mut outputs: Vec<Tensor>) -> Vec<Tensor> {
    let mask = inputs.first().and_then(Tensor::mask);
    if let (Some(mask), true, Some(output)) = (mask, layer.supports_masking(), outputs.first_mut())
        && output.mask().is_none()
    {
        *output = output.clone().with_mask(mask.clone());
    }
    outputs
}

/// The input of a layer that takes one.
fn only_one<T>(inputs: &[T]) -> Result<&T> {
    match inputs {
        [input] => Ok(input),
        _ => Err(
            Error::shape(format!("expected one input, got {}", inputs.len()))
                .remedy("call the layer on one tensor, `.on(&x)`; Concatenate joins several"),
        ),
    }
}

/// What a layer with one output makes, as those with several say it.
fn alone<T>(output: Result<T>) -> Result<Vec<T>> {
    Ok(vec![output?])
}

/// The input that comes first.
pub(crate) fn first_input<T>(inputs: &[T]) -> Result<&T> {
    inputs.first().ok_or_else(|| {
        Error::shape("expected at least one input, got none")
            .remedy("call the layer on a tensor: `.on(&x)`")
    })
}

/// The first output.
pub(crate) fn first_of<T>(outputs: Vec<T>) -> Result<T> {
    let first = outputs.into_iter().next();
    first.ok_or_else(|| {
        Error::shape("expected at least one output, got none")
            .remedy("let `call_for` return an output")
    })
}

/// Fails with the argument's name unless `value` is positive.
pub(crate) fn require_positive(name: &str, value: usize) -> Result<()> {
    if value == 0 {
        return Err(Error::argument(name, "a positive whole number", value));
    }
    Ok(())
}

/// The sizes in space and the channels of one sample, or an error that says what came instead.
pub(crate) fn require_spatial<const RANK: usize>(input: &Shape) -> Result<([usize; RANK], usize)> {
    if let [sizes @ .., channels] = input.dims()
        && let Ok(sizes) = sizes.try_into()
    {
        return Ok((sizes, *channels));
    }
    let (what, example) = match RANK {
        1 => ("sequences", "(100, 1)"),
        2 => ("pictures", "(28, 28, 1)"),
        _ => ("volumes", "(16, 28, 28, 1)"),
    };
    Err(Error::shape(format!(
        "expected {what} of shape ({}), got {input} per sample",
        spatial_shape(RANK)
    ))
    .remedy(format!(
        "reshape the data, for example to {example}, or move this layer before Flatten"
    )))
}

/// The shape of a sample with these sizes in space.
pub(crate) fn shape_in_space<const RANK: usize>(sizes: [usize; RANK], channels: usize) -> Shape {
    Shape::from(&sizes[..]).with_appended(channels)
}

/// How many channels there are when each becomes `multiplier` of them.
pub(crate) fn times_multiplier(channels: usize, multiplier: usize) -> Result<usize> {
    channels.checked_mul(multiplier).ok_or_else(|| {
        let expected = format!("a number that {channels} channels can be multiplied by");
        Error::argument("depth_multiplier", &expected, multiplier)
    })
}

/// `shape`, or an error when not even one sample of that shape fits into memory.
pub(crate) fn require_memory(shape: Shape) -> Result<Shape> {
    let mut values: Vec<f32> = Vec::new();
    match values.try_reserve_exact(shape.elements()) {
        Ok(()) => Ok(shape),
        Err(_) => Err(Error::new(
            ErrorKind::Device,
            format!("an output of shape {shape} does not fit into memory"),
        )
        .remedy("let this layer make less of its input")),
    }
}
