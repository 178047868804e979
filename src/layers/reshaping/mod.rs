//! Layers that arrange the numbers of a sample in another shape.

mod flatten;
mod permute;
mod repeat_vector;
mod reshape;

pub use flatten::Flatten;
pub use permute::Permute;
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;

use super::LayerEntry;

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    flatten::ENTRY,
    reshape::ENTRY,
    permute::ENTRY,
    repeat_vector::ENTRY,
];
