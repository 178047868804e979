//! Layers that bring numbers to one scale.

mod batch_normalization;
mod group_normalization;
mod layer_normalization;
mod renorm;
mod rms_normalization;
mod spectral_normalization;
mod unit_normalization;

pub use batch_normalization::BatchNormalization;
pub use group_normalization::GroupNormalization;
pub use layer_normalization::LayerNormalization;
pub use renorm::RenormClipping;
pub use rms_normalization::RMSNormalization;
pub use spectral_normalization::SpectralNormalization;
pub use unit_normalization::UnitNormalization;

use super::LayerEntry;
use crate::{Error, Result, Shape};

/// Fails for single numbers.
fn require_axes(input: &Shape) -> Result<()> {
    if input.rank() == 0 {
        let error = "expected samples with at least one axis, got single numbers";
        return Err(Error::shape(error).remedy("reshape the data to (samples, 1)"));
    }
    Ok(())
}

/// Fails unless what is added before a root is taken is positive.
fn check_epsilon(epsilon: f32) -> Result<()> {
    if epsilon.is_nan() || epsilon <= 0.0 {
        return Err(Error::argument("epsilon", "a positive number", epsilon));
    }
    Ok(())
}

/// Axes as operations take them.
fn signed(axes: &[usize]) -> Vec<isize> {
    axes.iter().map(|&axis| axis as isize).collect()
}

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    batch_normalization::ENTRY,
    layer_normalization::ENTRY,
    group_normalization::ENTRY,
    unit_normalization::ENTRY,
    rms_normalization::ENTRY,
    spectral_normalization::ENTRY,
];
