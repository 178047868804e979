//! EinsumDense.

mod shapes;

use serde::{Deserialize, Serialize};

use self::shapes::{Shapes, shapes};
use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::{Activation, Config, Result, Setting, Shape, Tensor, ops};

/// A dense layer over any axes: `equation` says which axes of the input, of the kernel and of the
/// output are the same.
///
/// Keras: `keras.layers.EinsumDense`. The first axis of input and output is that of the batch;
/// `...` stands for axes that stay as they are.
///
/// # Shapes
/// As the equation says: with `"abc,cd->abd"`, `(batch, steps, features)` to
/// `(batch, steps, units)`
///
/// # Errors
/// When the equation cannot be read, or the sizes do not fit it.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// let layer = EinsumDense::new("abc,cde->abde", (None, 2, 8)).bias_axes("de");
/// model.add(layer.input_shape((5, 16)))?;
/// assert_eq!(model.output_shape()?, (5, 2, 8));
/// model.add(EinsumDense::new("...de,def->...f", 4))?;
/// assert_eq!(model.output_shape()?, (5, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EinsumDense {
    #[serde(flatten)]
    base: LayerBase,
    equation: String,
    output_shape: Shape,
    activation: Setting<Activation>,
    bias_axes: Option<String>,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
}

impl EinsumDense {
    /// With an output whose axes, without that of the batch and those of `...`, have the sizes
    /// `output_shape`; `None` where the size is that of the input.
    pub fn new(equation: &str, output_shape: impl Into<Shape>) -> Self {
        Self {
            base: LayerBase::default(),
            equation: equation.to_string(),
            output_shape: output_shape.into(),
            activation: Activation::Linear.into(),
            bias_axes: None,
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

    /// The axes of the output along which a bias is added that differs from place to place; no
    /// bias unless set.
    #[must_use]
    pub fn bias_axes(mut self, bias_axes: &str) -> Self {
        self.bias_axes = Some(bias_axes.to_string());
        self
    }

    weight_setters!(kernel);
    weight_setters!(bias);

    fn shapes(&self, input: &Shape) -> Result<Shapes> {
        let bias_axes = self.bias_axes.as_deref();
        shapes(&self.equation, &self.output_shape, bias_axes, input)
    }
}

impl Layer for EinsumDense {
    layer_identity!("EinsumDense");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let shapes = self.shapes(input)?;
        self.activation.get()?.output_shape(&shapes.output)
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let shapes = self.shapes(input)?;
        let fans = [&shapes.input_axes, &shapes.output_axes].map(|axes| {
            axes.iter()
                .map(|&axis| shapes.kernel[axis] as f64)
                .product()
        });
        weights.add_connecting("kernel", shapes.kernel, &self.kernel, fans)?;
        match shapes.bias {
            Some(bias) => weights.add_configured("bias", bias, &self.bias),
            None => Ok(()),
        }
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let kernel = pass.weight("kernel")?;
        let mut y = ops::einsum(pass.tape, &self.equation, &[x, &kernel])?;
        if self.bias_axes.is_some() {
            let bias = pass.weight("bias")?;
            y = ops::add(pass.tape, &y, &bias)?;
        }
        self.activation.get()?.call(pass.tape, &y)
    }
}

/// The layers of this folder.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "EinsumDense",
    what: "mixes the features along any axes",
    example: || {
        let layer = EinsumDense::new("abc,bcd->abd", (None, 3)).bias_axes("bd");
        (Box::new(layer), Shape::from((4, 5)))
    },
    from_config: Config::layer::<EinsumDense>,
}];
