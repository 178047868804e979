//! Convolution: a window slides over sequences, pictures or volumes.
//!
//! One file a family. [`window`] is what they share: the arguments of the window, and of the bias
//! and activation behind it. Each family is written once for any number of axes, and has a layer
//! for each number that Keras has.

pub(super) mod conv;
pub(super) mod conv_transpose;
pub(super) mod depthwise_conv;
pub(super) mod separable_conv;
mod window;

pub use conv::{Conv1D, Conv2D, Conv3D};
pub use conv_transpose::{Conv1DTranspose, Conv2DTranspose, Conv3DTranspose};
pub use depthwise_conv::{DepthwiseConv1D, DepthwiseConv2D};
pub use separable_conv::{SeparableConv1D, SeparableConv2D};

pub(super) use window::Window;
