//! SeparableConv1D, SeparableConv2D.

use serde::{Deserialize, Serialize};

use super::window::{Window, window_setters};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Sizes, Weights, layer_identity, require_positive,
    require_spatial, times_multiplier,
};
use crate::ops::ConvOptions;
use crate::{Config, Result, Shape, Tensor, ops};

/// A separable convolution over `$rank` axes.
macro_rules! separable_convolution {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            filters: usize,
            depth_multiplier: usize,
            #[serde(flatten)]
            window: Window<$rank>,
            #[serde(flatten, deserialize_with = "weight_settings::depthwise")]
            depthwise: WeightSettings,
            #[serde(flatten, deserialize_with = "weight_settings::pointwise")]
            pointwise: WeightSettings,
            #[serde(flatten, deserialize_with = "weight_settings::bias")]
            bias: WeightSettings,
        }

        impl $name {
            /// `filters` sums of what patterns of `kernel_size` cells find in each channel.
            pub fn new(filters: usize, kernel_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    filters,
                    depth_multiplier: 1,
                    window: Window::new(kernel_size.into()),
                    depthwise: WeightSettings::depthwise(),
                    pointwise: WeightSettings::pointwise(),
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
            weight_setters!(pointwise);
            weight_setters!(bias);
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (_, channels) = require_spatial::<$rank>(input)?;
                require_positive("filters", self.filters)?;
                require_positive("depth_multiplier", self.depth_multiplier)?;
                self.window.check(false)?;
                times_multiplier(channels, self.depth_multiplier)?;
                self.window.output_shape(input, self.filters)
            }

            fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
                let (channels, multiplier) = (input.last(), self.depth_multiplier);
                let shape = self.window.kernel_shape([channels, multiplier]);
                weights.add_configured("depthwise_kernel", shape, &self.depthwise)?;
                let mut shape = [1; $rank + 2];
                shape[$rank..].copy_from_slice(&[channels * multiplier, self.filters]);
                weights.add_configured("pointwise_kernel", shape, &self.pointwise)?;
                if self.window.use_bias {
                    weights.add_configured("bias", self.filters, &self.bias)?;
                }
                Ok(())
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let options = self.window.options()?;
                let depthwise = pass.weight("depthwise_kernel")?;
                let alone = ConvOptions { relu: false, ..options };
                let y = ops::depthwise_conv(pass.tape, x, &depthwise, None, alone)?;
                let (pointwise, bias) = (pass.weight("pointwise_kernel")?, self.window.bias(pass)?);
                let whole = ConvOptions::<$rank> { relu: options.relu, ..ConvOptions::default() };
                let y = ops::conv(pass.tape, &y, &pointwise, bias.as_ref(), 1, whole)?;
                self.window.activate(y, pass)
            }
        }
    };
}

separable_convolution! {
    /// Convolution of a sequence in two steps: each channel on its own, then sums of the channels.
    /// It has fewer weights than [`Conv1D`](crate::layers::Conv1D).
    ///
    /// Keras: `keras.layers.SeparableConv1D` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(SeparableConv1D::new(8, 3).input_shape((100, 4)))?;
    /// assert_eq!(model.output_shape()?, (98, 8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SeparableConv1D, "SeparableConv1D", 1
}

separable_convolution! {
    /// Convolution of a picture in two steps: each channel on its own, then sums of the channels.
    /// It has fewer weights than [`Conv2D`](crate::layers::Conv2D), as in Xception.
    ///
    /// Keras: `keras.layers.SeparableConv2D` (channels last).
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, filters)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(SeparableConv2D::new(8, 3).activation("relu").input_shape((32, 32, 3)))?;
    /// assert_eq!(model.output_shape()?, (30, 30, 8));
    /// assert_eq!(model.count_params()?, 3 * 3 * 3 + 3 * 8 + 8);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SeparableConv2D, "SeparableConv2D", 2
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "SeparableConv1D",
        what: "looks for patterns in each channel of a sequence, then sums them up",
        example: || {
            let layer = SeparableConv1D::new(4, 3).depth_multiplier(2);
            (Box::new(layer), Shape::from((7, 2)))
        },
        from_config: Config::layer::<SeparableConv1D>,
    },
    LayerEntry {
        class_name: "SeparableConv2D",
        what: "looks for patterns in each channel of a picture, then sums them up",
        example: || {
            let layer = SeparableConv2D::new(4, (3, 2)).padding("same");
            (Box::new(layer), Shape::from((5, 6, 3)))
        },
        from_config: Config::layer::<SeparableConv2D>,
    },
];
