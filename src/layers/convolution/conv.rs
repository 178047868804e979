//! Conv1D, Conv2D, Conv3D.

use serde::{Deserialize, Serialize};

use super::window::{Window, window_setters};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Sizes, Weights, layer_identity, require_positive,
    require_spatial,
};
use crate::ops::Conv2DOptions;
use crate::{Activation, Config, Error, Result, Shape, Tensor, ops};

/// A convolution over `$rank` axes; `$more` are further methods of its [`Layer`].
macro_rules! convolution {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal, $padding:literal,
     { $($more:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            filters: usize,
            groups: usize,
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
                    groups: 1,
                    window: Window::new(kernel_size.into()),
                    kernel: WeightSettings::kernel(),
                    bias: WeightSettings::bias(),
                }
            }

            window_setters!($rank, $padding);

            /// Into how many groups channels and filters are split; 1 unless set.
            #[must_use]
            pub fn groups(mut self, groups: usize) -> Self {
                self.groups = groups;
                self
            }

            weight_setters!(kernel);
            weight_setters!(bias);
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (_, channels) = require_spatial::<$rank>(input)?;
                require_positive("filters", self.filters)?;
                require_positive("groups", self.groups)?;
                self.window.check($rank == 1)?;
                self.window.check_strides_or_dilation()?;
                check_groups(self.groups, self.filters, channels)?;
                self.window.output_shape(input, self.filters)
            }

            fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
                let shape = self.window.kernel_shape([input.last() / self.groups, self.filters]);
                weights.add_configured("kernel", shape, &self.kernel)?;
                if self.window.use_bias {
                    weights.add_configured("bias", self.filters, &self.bias)?;
                }
                Ok(())
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let (kernel, bias) = (pass.weight("kernel")?, self.window.bias(pass)?);
                let options = self.window.options()?;
                let y = ops::conv(pass.tape, x, &kernel, bias.as_ref(), self.groups, options)?;
                self.window.activate(y, pass)
            }

            $($more)*
        }
    };
}

fn check_groups(groups: usize, filters: usize, channels: usize) -> Result<()> {
    for (name, count) in [("filters", filters), ("input channels", channels)] {
        if count % groups != 0 {
            let expected = format!("a divisor of the {count} {name}");
            return Err(Error::argument("groups", &expected, groups));
        }
    }
    Ok(())
}

convolution! {
    /// One-dimensional convolution: a window slides over the sequence, and each filter is a pattern
    /// that it looks for.
    ///
    /// Keras: `keras.layers.Conv1D` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Conv1D::new(8, 3).padding("causal").input_shape((100, 4)))?;
    /// assert_eq!(model.output_shape()?, (100, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Conv1D, "Conv1D", 1,
    "`\"valid\"` (unless set), `\"same\"` or `\"causal\"`: no step of the output sees a later step \
     of the input.",
    {}
}

convolution! {
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
    Conv2D, "Conv2D", 2, "`\"valid\"` (unless set) or `\"same\"`.",
    {
        fn call_with_next(
            &self,
            next: &dyn Layer,
            x: &Tensor,
            pass: &mut Pass<'_>,
        ) -> Result<Option<Tensor>> {
            // Relu and linear may stand before or behind a maximum.
            let activation = *self.window.activation.get()?;
            let suits = matches!(activation, Activation::Relu | Activation::Linear);
            if !suits || !next.halves_by_maximum() {
                return Ok(None);
            }
            let (kernel, bias) = (pass.weight("kernel")?, self.window.bias(pass)?);
            let options = Conv2DOptions {
                strides: self.window.strides.0.into(),
                padding: *self.window.padding.get()?,
                dilation_rate: self.window.dilation_rate.0.into(),
                groups: self.groups,
                relu: activation == Activation::Relu,
            };
            ops::conv2d_max_pool(pass.tape, x, &kernel, bias.as_ref(), options)
        }
    }
}

convolution! {
    /// Three-dimensional convolution: a window slides over the volume (a scan, or a film whose depth
    /// is time), and each filter is a pattern that it looks for.
    ///
    /// Keras: `keras.layers.Conv3D` (channels last).
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Conv3D::new(8, (3, 3, 3)).input_shape((10, 16, 16, 1)))?;
    /// assert_eq!(model.output_shape()?, (8, 14, 14, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Conv3D, "Conv3D", 3, "`\"valid\"` (unless set) or `\"same\"`.",
    {}
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Conv1D",
        what: "looks for small patterns everywhere in a sequence",
        example: || {
            let layer = Conv1D::new(4, 3).padding("causal");
            (Box::new(layer), Shape::from((7, 2)))
        },
        from_config: Config::layer::<Conv1D>,
    },
    LayerEntry {
        class_name: "Conv2D",
        what: "looks for small patterns everywhere in a picture",
        example: || {
            let layer = Conv2D::new(4, (3, 2)).padding("same");
            (Box::new(layer), Shape::from((6, 7, 2)))
        },
        from_config: Config::layer::<Conv2D>,
    },
    LayerEntry {
        class_name: "Conv3D",
        what: "looks for small patterns everywhere in a volume",
        example: || {
            let layer = Conv3D::new(3, (2, 2, 3));
            (Box::new(layer), Shape::from((3, 4, 5, 2)))
        },
        from_config: Config::layer::<Conv3D>,
    },
];
