//! Layers that make training harder, so that the network does not learn single samples.

mod activity_regularization;
mod alpha_dropout;
mod dropout;
mod gaussian;
mod noise;
mod spatial_dropout;

pub use activity_regularization::ActivityRegularization;
pub use alpha_dropout::AlphaDropout;
pub use dropout::Dropout;
pub use gaussian::{GaussianDropout, GaussianNoise};
pub use spatial_dropout::{SpatialDropout1D, SpatialDropout2D, SpatialDropout3D};

pub(super) use noise::Seed;
pub(super) use noise::check_rate;

use super::LayerEntry;

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    dropout::ENTRY,
    spatial_dropout::ENTRY_1D,
    spatial_dropout::ENTRY_2D,
    spatial_dropout::ENTRY_3D,
    gaussian::NOISE,
    gaussian::DROPOUT,
    alpha_dropout::ENTRY,
    activity_regularization::ENTRY,
];
