//! Input, Dense, Activation.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, require_positive};
use crate::models::automatic_name;
use crate::{Activation, Config, Error, Result, Setting, Shape, Tensor, ops};

/// Tells a model the shape of its samples; the first entry of a [`Sequential`](crate::Sequential).
///
/// Keras: `keras.Input(shape)`.
///
/// # Shapes
/// `(batch, ..)` of the shape that it is told, to the same; a size that is `None` may differ from batch
/// to batch
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Input::new((28, 28, 1)))?;
/// model.add(Flatten::new())?;
/// assert_eq!(model.output_shape()?, (784,));
///
/// // Sequences of any length.
/// let mut model = Sequential::new();
/// model.add(Input::new((None, 64)))?;
/// model.add(LSTM::new(32))?;
/// assert_eq!(model.predict(Tensor::ones((2, 7, 64)))?.shape(), (2, 32));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "InputConfig", into = "InputConfig")]
pub struct Input {
    base: LayerBase,
    /// Tells inputs apart, also those of the same shape.
    id: u64,
    automatic_name: String,
}

/// How Keras writes an input down.
#[derive(Serialize, Deserialize)]
struct InputConfig {
    name: Option<String>,
    /// The first axis is that of the batch, which has no fixed size.
    #[serde(alias = "batch_input_shape")]
    batch_shape: Shape,
}

impl From<Input> for InputConfig {
    fn from(input: Input) -> Self {
        let shape = input.base.input_shape.unwrap_or_default();
        let sizes = std::iter::once(None).chain(shape.sizes());

        InputConfig {
            name: input.base.name,
            batch_shape: Shape::of_sizes(sizes),
        }
    }
}

impl From<InputConfig> for Input {
    fn from(config: InputConfig) -> Self {
        Input::named(config.batch_shape.without_batch(), config.name)
    }
}

impl Input {
    /// Samples of `shape`, without the batch axis. A size may be open: `(None, 64)` takes sequences
    /// of any length, `(None, None, 3)` pictures of any size.
    pub fn new(shape: impl Into<Shape>) -> Self {
        Self::named(shape, None)
    }

    fn named(shape: impl Into<Shape>, name: Option<String>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let automatic_name = match &name {
            // Counting goes on with the next one that has no name.
            Some(_) => String::new(),
            None => automatic_name("InputLayer"),
        };
        Self {
            base: LayerBase {
                input_shape: Some(shape.into()),
                name,
                ..LayerBase::default()
            },
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            automatic_name,
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The name that was given, or the automatic one.
    pub(crate) fn port_name(&self) -> &str {
        self.base.name.as_deref().unwrap_or(&self.automatic_name)
    }
}

impl Layer for Input {
    layer_identity!("InputLayer");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        Ok(x.clone())
    }
}

/// `activation(x · kernel + bias)` on the last axis.
///
/// Keras: `keras.layers.Dense`.
///
/// # Shapes
/// `(batch, .., features)` to `(batch, .., units)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(2).activation("relu").input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((3, 4)))?.shape(), (3, 2));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dense {
    #[serde(flatten)]
    base: LayerBase,
    units: usize,
    activation: Setting<Activation>,
    use_bias: bool,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
}

impl Dense {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            units,
            activation: Activation::Linear.into(),
            use_bias: true,
            kernel: WeightSettings::kernel(),
            bias: WeightSettings::bias(),
        }
    }

    /// The function applied to the output: `"relu"` or [`Activation::Relu`].
    #[must_use]
    pub fn activation(mut self, activation: impl Into<Setting<Activation>>) -> Self {
        self.activation = activation.into();
        self
    }

    /// Whether a bias is added; true unless set.
    #[must_use]
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.use_bias = use_bias;
        self
    }

    weight_setters!(kernel);
    weight_setters!(bias);
}

impl Layer for Dense {
    layer_identity!("Dense");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() == 0 {
            return Err(Error::shape(
                "expected samples with at least one axis, got single numbers",
            )
            .remedy("reshape the data to (samples, 1)"));
        }
        self.activation
            .get()?
            .output_shape(&input.with_last(self.units))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        require_positive("units", self.units)?;
        weights.add_configured("kernel", (input.last(), self.units), &self.kernel)?;
        if self.use_bias {
            weights.add_configured("bias", self.units, &self.bias)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let kernel = pass.weight("kernel")?;
        let bias = self.use_bias.then(|| pass.weight("bias")).transpose()?;
        let activation = *self.activation.get()?;
        // Relu is part of the operation: one pass over the output less.
        let relu = activation == Activation::Relu;
        let y = ops::dense(pass.tape, x, &kernel, bias.as_ref(), relu)?;
        if relu {
            Ok(y)
        } else {
            activation.call(pass.tape, &y)
        }
    }
}

/// An activation function as a layer of its own.
///
/// Keras: `keras.layers.Activation`. In Rust the function's type has that name already:
/// [`Activation::layer`] makes the layer.
///
/// # Shapes
/// `(batch, ..)` to the same; `"glu"` halves the last axis
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Activation::layer("softmax").input_shape(3))?;
/// let y = model.predict(&Tensor::zeros((1, 3)))?;
/// assert!((y.item(0)? - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivationLayer {
    #[serde(flatten)]
    base: LayerBase,
    activation: Setting<Activation>,
}

impl Activation {
    /// This function as a layer: `Activation::layer("relu")`.
    pub fn layer(activation: impl Into<Setting<Activation>>) -> ActivationLayer {
        ActivationLayer {
            base: LayerBase::default(),
            activation: activation.into(),
        }
    }
}

impl Layer for ActivationLayer {
    layer_identity!("Activation");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.activation.get()?.output_shape(input)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        self.activation.get()?.call(pass.tape, x)
    }

    fn is_relu(&self) -> bool {
        self.activation
            .get()
            .is_ok_and(|activation| *activation == Activation::Relu)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Dense",
        what: "mixes all features with all others",
        example: || (Box::new(Dense::new(3).activation("relu")), Shape::from(5)),
        from_config: Config::layer::<Dense>,
    },
    LayerEntry {
        class_name: "Activation",
        what: "applies a function to every number",
        example: || (Box::new(Activation::layer("tanh")), Shape::from((4, 2))),
        from_config: Config::layer::<ActivationLayer>,
    },
];
