//! What every convolution is told about its window and about what follows it.

use serde::{Deserialize, Serialize};

use crate::layers::{Padding, Pass, Sizes, require_spatial, shape_in_space};
use crate::ops::{ConvOptions, axis_name, window_output};
use crate::{Activation, Error, Result, Setting, Shape, Tensor};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::layers) struct Window<const RANK: usize> {
    pub(in crate::layers) kernel_size: Sizes<RANK>,
    pub(in crate::layers) strides: Sizes<RANK>,
    pub(in crate::layers) padding: Setting<Padding>,
    pub(in crate::layers) dilation_rate: Sizes<RANK>,
    pub(in crate::layers) activation: Setting<Activation>,
    pub(in crate::layers) use_bias: bool,
}

impl<const RANK: usize> Window<RANK> {
    pub(in crate::layers) fn new(kernel_size: Sizes<RANK>) -> Self {
        Self {
            kernel_size,
            strides: 1.into(),
            padding: Padding::Valid.into(),
            dilation_rate: 1.into(),
            activation: Activation::Linear.into(),
            use_bias: true,
        }
    }

    /// Fails when an argument is wrong; `causal` says whether the layer can be causal.
    pub(in crate::layers) fn check(&self, causal: bool) -> Result<()> {
        self.kernel_size.require_positive("kernel_size")?;
        self.strides.require_positive("strides")?;
        self.dilation_rate.require_positive("dilation_rate")?;
        if *self.padding.get()? == Padding::Causal && !causal {
            let error = Error::argument("padding", "\"valid\" or \"same\"", "\"causal\"");
            return Err(error.remedy("`Conv1D` is the layer that can be causal"));
        }
        self.activation.get()?;
        Ok(())
    }

    /// Fails when the window has both strides and distances between its cells.
    pub(in crate::layers) fn check_strides_or_dilation(&self) -> Result<()> {
        let ones = Sizes::from(1);
        if self.strides == ones || self.dilation_rate == ones {
            return Ok(());
        }
        let expected = match RANK {
            1 => "1 when `dilation_rate` is set".to_string(),
            _ => format!("{} when `dilation_rate` is set", Shape::from([1; RANK])),
        };
        Err(Error::argument("strides", &expected, "both").remedy("set one of the two"))
    }

    /// The shape of a sample of the output, with `filters` channels.
    pub(in crate::layers) fn output_shape(&self, input: &Shape, filters: usize) -> Result<Shape> {
        let (sizes, _) = require_spatial::<RANK>(input)?;
        let padding = *self.padding.get()?;
        let mut output = [0; RANK];
        for (axis, output) in output.iter_mut().enumerate() {
            (*output, _) = window_output(
                axis_name(RANK, axis),
                sizes[axis],
                self.kernel_size.0[axis],
                self.strides.0[axis],
                self.dilation_rate.0[axis],
                padding,
            )?;
        }
        self.activation
            .get()?
            .output_shape(&shape_in_space(output, filters))
    }

    /// The shape of a kernel whose last axes are `last`.
    pub(in crate::layers) fn kernel_shape(&self, last: [usize; 2]) -> Shape {
        Shape::from([&self.kernel_size.0[..], &last].concat())
    }

    pub(in crate::layers) fn options(&self) -> Result<ConvOptions<RANK>> {
        Ok(ConvOptions {
            strides: self.strides.0,
            padding: *self.padding.get()?,
            dilation_rate: self.dilation_rate.0,
            // Relu is part of the operation: one pass over the output less.
            relu: *self.activation.get()? == Activation::Relu,
        })
    }

    pub(in crate::layers) fn bias(&self, pass: &Pass<'_>) -> Result<Option<Tensor>> {
        self.use_bias.then(|| pass.weight("bias")).transpose()
    }

    /// The activation of `y`, which is behind a relu already if that is the activation.
    pub(in crate::layers) fn activate(&self, y: Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        match self.activation.get()? {
            Activation::Relu => Ok(y),
            activation => activation.call(pass.tape, &y),
        }
    }
}

/// Writes the methods that set what is in the field `window`.
macro_rules! window_setters {
    ($rank:literal) => {
        window_setters!($rank, "`\"valid\"` (unless set) or `\"same\"`.");
    };
    ($rank:literal, $padding:literal) => {
        /// Steps of the window along each axis; 1 unless set.
        #[must_use]
        pub fn strides(mut self, strides: impl Into<crate::layers::Sizes<$rank>>) -> Self {
            self.window.strides = strides.into();
            self
        }

        #[doc = $padding]
        #[must_use]
        pub fn padding(
            mut self,
            padding: impl Into<crate::Setting<crate::layers::Padding>>,
        ) -> Self {
            self.window.padding = padding.into();
            self
        }

        /// Distance between the cells of the window along each axis; 1 unless set.
        #[must_use]
        pub fn dilation_rate(
            mut self,
            dilation_rate: impl Into<crate::layers::Sizes<$rank>>,
        ) -> Self {
            self.window.dilation_rate = dilation_rate.into();
            self
        }

        /// The function applied to the output: `"relu"` or
        /// [`Activation::Relu`](crate::Activation::Relu).
        #[must_use]
        pub fn activation(
            mut self,
            activation: impl Into<crate::Setting<crate::Activation>>,
        ) -> Self {
            self.window.activation = activation.into();
            self
        }

        /// Whether a bias is added; true unless set.
        #[must_use]
        pub fn use_bias(mut self, use_bias: bool) -> Self {
            self.window.use_bias = use_bias;
            self
        }
    };
}
pub(super) use window_setters;
