//! Conv2D.

use serde::{Deserialize, Serialize};

use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{
    Layer, LayerBase, LayerEntry, Pair, Pass, Weights, layer_identity, picture, require_positive,
};
use crate::ops::{Conv2DOptions, Padding, window_output};
use crate::{Activation, Config, Error, Result, Setting, Shape, Tensor, ops};

/// Two-dimensional convolution: a window slides over the picture, and each filter is a pattern
/// that it looks for.
///
/// Keras: `keras.layers.Conv2D` (channels last).
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, new_height, new_width, filters)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Conv2D::new(8, (3, 3)).activation("relu").input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (30, 30, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conv2D {
    #[serde(flatten)]
    base: LayerBase,
    filters: usize,
    kernel_size: Pair,
    strides: Pair,
    padding: Setting<Padding>,
    dilation_rate: Pair,
    groups: usize,
    activation: Setting<Activation>,
    use_bias: bool,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
}

impl Conv2D {
    /// `filters` patterns of `kernel_size` (height, width).
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Self {
        Self {
            base: LayerBase::default(),
            filters,
            kernel_size: kernel_size.into(),
            strides: Pair(1, 1),
            padding: Padding::Valid.into(),
            dilation_rate: Pair(1, 1),
            groups: 1,
            activation: Activation::Linear.into(),
            use_bias: true,
            kernel: WeightSettings::kernel(),
            bias: WeightSettings::bias(),
        }
    }

    /// Steps of the window; `(1, 1)` unless set.
    #[must_use]
    pub fn strides(mut self, strides: impl Into<Pair>) -> Self {
        self.strides = strides.into();
        self
    }

    /// `"valid"` (unless set) or `"same"`.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Setting<Padding>>) -> Self {
        self.padding = padding.into();
        self
    }

    /// Distance between the cells of the window; `(1, 1)` unless set.
    #[must_use]
    pub fn dilation_rate(mut self, dilation_rate: impl Into<Pair>) -> Self {
        self.dilation_rate = dilation_rate.into();
        self
    }

    /// Into how many groups channels and filters are split; 1 unless set.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
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

    weight_setters!(
        kernel,
        kernel_initializer,
        kernel_regularizer,
        kernel_constraint,
        "glorot_uniform"
    );
    weight_setters!(
        bias,
        bias_initializer,
        bias_regularizer,
        bias_constraint,
        "zeros"
    );

    /// Kernel and bias.
    fn weights(&self, pass: &Pass<'_>) -> Result<(Tensor, Option<Tensor>)> {
        let bias = self.use_bias.then(|| pass.weight("bias")).transpose()?;
        Ok((pass.weight("kernel")?, bias))
    }

    fn options(&self) -> Result<Conv2DOptions> {
        Ok(Conv2DOptions {
            strides: (self.strides.0, self.strides.1),
            padding: *self.padding.get()?,
            dilation_rate: (self.dilation_rate.0, self.dilation_rate.1),
            groups: self.groups,
            // Relu is part of the operation: one pass over the output less.
            relu: *self.activation.get()? == Activation::Relu,
        })
    }

    fn check(&self, channels: usize) -> Result<()> {
        require_positive("filters", self.filters)?;
        require_positive("groups", self.groups)?;
        self.kernel_size.require_positive("kernel_size")?;
        let strides = self.strides.require_positive("strides")?;
        let dilation_rate = self.dilation_rate.require_positive("dilation_rate")?;
        if strides != (1, 1) && dilation_rate != (1, 1) {
            return Err(
                Error::argument("strides", "(1, 1) when `dilation_rate` is set", "both")
                    .remedy("set one of the two"),
            );
        }
        for (name, count) in [("filters", self.filters), ("input channels", channels)] {
            if count % self.groups != 0 {
                let expected = format!("a divisor of the {count} {name}");
                return Err(Error::argument("groups", &expected, self.groups));
            }
        }
        self.activation.get()?;
        Ok(())
    }
}

impl Layer for Conv2D {
    layer_identity!("Conv2D");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let [height, width, channels] = picture(input)?;
        self.check(channels)?;
        let padding = *self.padding.get()?;
        let (size, strides, dilation) = (self.kernel_size, self.strides, self.dilation_rate);
        let (height, _) = window_output("height", height, size.0, strides.0, dilation.0, padding)?;
        let (width, _) = window_output("width", width, size.1, strides.1, dilation.1, padding)?;
        Ok(Shape::from((height, width, self.filters)))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let Pair(height, width) = self.kernel_size;
        let channels = input.last() / self.groups;
        let shape = (height, width, channels, self.filters);
        weights.add_configured("kernel", shape, &self.kernel)?;
        if self.use_bias {
            weights.add_configured("bias", self.filters, &self.bias)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (kernel, bias) = self.weights(pass)?;
        let options = self.options()?;
        let y = ops::conv2d(pass.tape, x, &kernel, bias.as_ref(), options)?;
        if options.relu {
            Ok(y)
        } else {
            self.activation.get()?.call(pass.tape, &y)
        }
    }

    fn call_with_next(
        &self,
        next: &dyn Layer,
        x: &Tensor,
        pass: &mut Pass<'_>,
    ) -> Result<Option<Tensor>> {
        // Relu and linear may stand before or behind a maximum.
        let suits = matches!(
            self.activation.get()?,
            Activation::Relu | Activation::Linear
        );
        if !suits || !next.halves_by_maximum() {
            return Ok(None);
        }
        let (kernel, bias) = self.weights(pass)?;
        ops::conv2d_max_pool(pass.tape, x, &kernel, bias.as_ref(), self.options()?)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Conv2D",
    what: "looks for small patterns everywhere in a picture",
    example: || {
        (
            Box::new(Conv2D::new(4, (3, 2)).padding("same")),
            Shape::from((6, 7, 2)),
        )
    },
    from_config: Config::layer::<Conv2D>,
}];
