//! Padding, cropping and up-sampling: space becomes larger or smaller, its contents stay.

pub(super) mod cropping;
mod sides;
pub(super) mod up_sampling;
pub(super) mod zero_padding;

pub use cropping::{Cropping1D, Cropping2D, Cropping3D};
pub use sides::Sides;
pub use up_sampling::{UpSampling1D, UpSampling2D, UpSampling3D};
pub use zero_padding::{ZeroPadding1D, ZeroPadding2D, ZeroPadding3D};
