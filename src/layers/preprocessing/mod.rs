//! Layers that prepare data: numbers, categories, texts and pictures.

mod cropping;
mod factor;
mod random_colors;
mod random_flip;
mod random_geometry;
mod resizing;

pub use cropping::{CenterCrop, RandomCrop};
pub use factor::Factor;
pub use random_colors::{RandomBrightness, RandomContrast};
pub use random_flip::{FlipMode, RandomFlip};
pub use random_geometry::{RandomRotation, RandomTranslation, RandomZoom};
pub use resizing::Resizing;

use super::LayerEntry;

/// The layers of this folder, by file.
pub(super) const ENTRIES: &[&[LayerEntry]] = &[
    resizing::ENTRIES,
    cropping::ENTRIES,
    random_flip::ENTRIES,
    random_geometry::ENTRIES,
    random_colors::ENTRIES,
];
