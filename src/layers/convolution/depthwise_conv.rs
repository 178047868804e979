//! DepthwiseConv1D, DepthwiseConv2D.

use serde::{Deserialize, Serialize};

use super::window::{Window, window_setters};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Sizes, Weights, layer_identity, require_positive,
    require_spatial, times_multiplier,
};
use crate::{Config, Result, Shape, Tensor, ops};

/// A depthwise convolution over `$rank` axes.
macro_rules! depthwise_convolution {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            depth_multiplier: usize,
            #[serde(flatten)]
            window: Window<$rank>,
            #[serde(flatten, deserialize_with = "weight_settings::depthwise")]
            depthwise: WeightSettings,
            #[serde(flatten, deserialize_with = "weight_settings::bias")]
            bias: WeightSettings,
        }

        impl $name {
            /// A pattern of `kernel_size` cells for each channel.
            pub fn new(kernel_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    depth_multiplier: 1,
                    window: Window::new(kernel_size.into()),
                    depthwise: WeightSettings::depthwise(),
                    bias: WeightSettings::bias(),
                }
            }

            window_setters!($rank);

            /// How many patterns each channel has; 1 unless set.
            #[must_use]
            pub fn depth_multiplier(mut self, depth_multiplier: usize) -> Self {
                self.depth_multiplier = depth_multiplier;
                self
            }

            weight_setters!(depthwise);
            weight_setters!(bias);
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (_, channels) = require_spatial::<$rank>(input)?;
                require_positive("depth_multiplier", self.depth_multiplier)?;
                self.window.check(false)?;
                let filters = times_multiplier(channels, self.depth_multiplier)?;
                self.window.output_shape(input, filters)
            }

            fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
                let channels = input.last();
                let shape = self.window.kernel_shape([channels, self.depth_multiplier]);
                weights.add_configured("kernel", shape, &self.depthwise)?;
                if self.window.use_bias {
                    let filters = channels * self.depth_multiplier;
                    weights.add_configured("bias", filters, &self.bias)?;
                }
                Ok(())
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let (kernel, bias) = (pass.weight("kernel")?, self.window.bias(pass)?);
                let options = self.window.options()?;
                let y = ops::depthwise_conv(pass.tape, x, &kernel, bias.as_ref(), options)?;
                self.window.activate(y, pass)
            }
        }
    };
}

depthwise_convolution! {
    /// Convolution of each channel of a sequence on its own.
    ///
    /// Keras: `keras.layers.DepthwiseConv1D` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels * depth_multiplier)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(DepthwiseConv1D::new(3).input_shape((100, 4)))?;
    /// assert_eq!(model.output_shape()?, (98, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    DepthwiseConv1D, "DepthwiseConv1D", 1
}

depthwise_convolution! {
    /// Convolution of each channel of a picture on its own, as in MobileNet.
    ///
    /// Keras: `keras.layers.DepthwiseConv2D` (channels last).
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to
    /// `(batch, new_height, new_width, channels * depth_multiplier)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(DepthwiseConv2D::new(3).depth_multiplier(2).padding("same").input_shape((32, 32, 3)))?;
    /// assert_eq!(model.output_shape()?, (32, 32, 6));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    DepthwiseConv2D, "DepthwiseConv2D", 2
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "DepthwiseConv1D",
        what: "looks for a pattern in each channel of a sequence",
        example: || {
            let layer = DepthwiseConv1D::new(3).depth_multiplier(2);
            (Box::new(layer), Shape::from((7, 2)))
        },
        from_config: Config::layer::<DepthwiseConv1D>,
    },
    LayerEntry {
        class_name: "DepthwiseConv2D",
        what: "looks for a pattern in each channel of a picture",
        example: || {
            let layer = DepthwiseConv2D::new((3, 2)).padding("same");
            (Box::new(layer), Shape::from((5, 6, 3)))
        },
        from_config: Config::layer::<DepthwiseConv2D>,
    },
];
