//! Conv1DTranspose, Conv2DTranspose, Conv3DTranspose.

use serde::{Deserialize, Serialize};

use super::window::{Window, window_setters};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Sizes, Weights, layer_identity, require_memory,
    require_positive, require_spatial, shape_in_space,
};
use crate::ops::{axis_name, transposed_axis};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// A transposed convolution over `$rank` axes.
macro_rules! transposed_convolution {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            filters: usize,
            output_padding: Option<Sizes<$rank>>,
            #[serde(flatten)]
            window: Window<$rank>,
            #[serde(flatten, deserialize_with = "weight_settings::kernel")]
            kernel: WeightSettings,
            #[serde(flatten, deserialize_with = "weight_settings::bias")]
            bias: WeightSettings,
        }

        impl $name {
            /// `filters` patterns of `kernel_size` cells.
            pub fn new(filters: usize, kernel_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    filters,
                    output_padding: None,
                    window: Window::new(kernel_size.into()),
                    kernel: WeightSettings::kernel(),
                    bias: WeightSettings::bias(),
                }
            }

            window_setters!($rank);

            /// How many cells longer than necessary each axis of the output is, less than its
            /// stride; unless set, as many as make `"same"` output as long as the input times the
            /// stride, and `"valid"` output at least as long.
            #[must_use]
            pub fn output_padding(mut self, output_padding: impl Into<Sizes<$rank>>) -> Self {
                self.output_padding = Some(output_padding.into());
                self
            }

            weight_setters!(kernel);
            weight_setters!(bias);
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (sizes, _) = require_spatial::<$rank>(input)?;
                require_positive("filters", self.filters)?;
                self.window.check(false)?;
                self.window.check_strides_or_dilation()?;
                output_shape(&self.window, self.output_padding, sizes, self.filters)
            }

            fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
                let shape = self.window.kernel_shape([self.filters, input.last()]);
                weights.add_configured("kernel", shape, &self.kernel)?;
                if self.window.use_bias {
                    weights.add_configured("bias", self.filters, &self.bias)?;
                }
                Ok(())
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let (kernel, bias) = (pass.weight("kernel")?, self.window.bias(pass)?);
                let (options, extra) = (self.window.options()?, self.output_padding.map(|p| p.0));
                let y = ops::conv_transpose(pass.tape, x, &kernel, bias.as_ref(), extra, options)?;
                self.window.activate(y, pass)
            }
        }
    };
}

fn output_shape<const RANK: usize>(
    window: &Window<RANK>,
    output_padding: Option<Sizes<RANK>>,
    sizes: [usize; RANK],
    filters: usize,
) -> Result<Shape> {
    let strides = window.strides.0;
    if let Some(Sizes(extra)) = output_padding
        && extra
            .iter()
            .zip(strides)
            .any(|(&extra, stride)| extra >= stride)
    {
        let expected = format!("less than the strides {}", Shape::from(strides));
        return Err(Error::argument(
            "output_padding",
            &expected,
            Shape::from(extra),
        ));
    }
    let mut output = [0; RANK];
    for (axis, output) in output.iter_mut().enumerate() {
        let placed = transposed_axis(
            axis_name(RANK, axis),
            sizes[axis],
            window.kernel_size.0[axis],
            strides[axis],
            window.dilation_rate.0[axis],
            *window.padding.get()?,
            output_padding.map(|extra| extra.0[axis]),
        )?;
        *output = placed.input;
    }
    let shape = require_memory(shape_in_space(output, filters))?;
    window.activation.get()?.output_shape(&shape)
}

transposed_convolution! {
    /// Transposed convolution of a sequence, which makes it longer: every step adds a copy of each
    /// filter's pattern to the output.
    ///
    /// Keras: `keras.layers.Conv1DTranspose` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Conv1DTranspose::new(8, 3).strides(2).padding("same").input_shape((50, 4)))?;
    /// assert_eq!(model.output_shape()?, (100, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Conv1DTranspose, "Conv1DTranspose", 1
}

transposed_convolution! {
    /// Transposed convolution of a picture, which makes it larger: every cell adds a copy of each
    /// filter's pattern to the output.
    ///
    /// Keras: `keras.layers.Conv2DTranspose` (channels last).
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Conv2DTranspose::new(8, 3).strides(2).padding("same").input_shape((7, 7, 16)))?;
    /// assert_eq!(model.output_shape()?, (14, 14, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Conv2DTranspose, "Conv2DTranspose", 2
}

transposed_convolution! {
    /// Transposed convolution of a volume, which makes it larger: every cell adds a copy of each
    /// filter's pattern to the output.
    ///
    /// Keras: `keras.layers.Conv3DTranspose` (channels last).
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Conv3DTranspose::new(2, 3).strides(2).input_shape((4, 5, 5, 3)))?;
    /// assert_eq!(model.output_shape()?, (9, 11, 11, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Conv3DTranspose, "Conv3DTranspose", 3
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Conv1DTranspose",
        what: "makes a sequence longer by patterns that it learns",
        example: || {
            let layer = Conv1DTranspose::new(3, 3).strides(2);
            (Box::new(layer), Shape::from((5, 2)))
        },
        from_config: Config::layer::<Conv1DTranspose>,
    },
    LayerEntry {
        class_name: "Conv2DTranspose",
        what: "makes a picture larger by patterns that it learns",
        example: || {
            let layer = Conv2DTranspose::new(3, (3, 2)).strides(2).padding("same");
            (Box::new(layer), Shape::from((3, 4, 2)))
        },
        from_config: Config::layer::<Conv2DTranspose>,
    },
    LayerEntry {
        class_name: "Conv3DTranspose",
        what: "makes a volume larger by patterns that it learns",
        example: || {
            let layer = Conv3DTranspose::new(2, 2);
            (Box::new(layer), Shape::from((2, 3, 2, 2)))
        },
        from_config: Config::layer::<Conv3DTranspose>,
    },
];
