//! Input, Dense, Activation.

use super::{Layer, LayerBase, Pass, Weights, layer_identity, require_positive};
use crate::initializers::Initializer;
use crate::{Activation, Error, Result, Setting, Shape, Tensor, ops};

/// Tells a model the shape of its samples; the first entry of a [`Sequential`](crate::Sequential).
///
/// Keras: `keras.Input(shape)`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Input::new((28, 28, 1)))?;
/// model.add(Flatten::new())?;
/// assert_eq!(model.output_shape()?, (784,));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Input {
    base: LayerBase,
}

impl Input {
    /// Samples of `shape`, without the batch axis.
    pub fn new(shape: impl Into<Shape>) -> Self {
        Self {
            base: LayerBase {
                input_shape: Some(shape.into()),
                ..LayerBase::default()
            },
        }
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
#[derive(Clone, Debug)]
pub struct Dense {
    base: LayerBase,
    units: usize,
    activation: Setting<Activation>,
    use_bias: bool,
    kernel_initializer: Setting<Initializer>,
    bias_initializer: Setting<Initializer>,
}

impl Dense {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            units,
            activation: Activation::Linear.into(),
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform.into(),
            bias_initializer: Initializer::Zeros.into(),
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

    /// How the kernel starts; `"glorot_uniform"` unless set.
    #[must_use]
    pub fn kernel_initializer(mut self, initializer: impl Into<Setting<Initializer>>) -> Self {
        self.kernel_initializer = initializer.into();
        self
    }

    /// How the bias starts; `"zeros"` unless set.
    #[must_use]
    pub fn bias_initializer(mut self, initializer: impl Into<Setting<Initializer>>) -> Self {
        self.bias_initializer = initializer.into();
        self
    }
}

impl Layer for Dense {
    layer_identity!("Dense");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() == 0 {
            return Err(Error::shape(
                "expected samples with at least one axis, got single numbers",
            )
            .remedy("reshape the data to (samples, 1)"));
        }
        self.activation.get()?;
        Ok(input.with_last(self.units))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        require_positive("units", self.units)?;
        weights.add(
            "kernel",
            (input.last(), self.units),
            &self.kernel_initializer,
        )?;
        if self.use_bias {
            weights.add("bias", self.units, &self.bias_initializer)?;
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
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Activation::layer("softmax").input_shape(3))?;
/// let y = model.predict(&Tensor::zeros((1, 3)))?;
/// assert!((y.item(0)? - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ActivationLayer {
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

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.activation.get()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        self.activation.get()?.call(pass.tape, x)
    }
}
