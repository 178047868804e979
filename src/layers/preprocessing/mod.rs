//! Layers that prepare data: numbers, categories, texts and pictures.

mod category_encoding;
mod cropping;
mod discretization;
mod encoding;
mod factor;
mod fingerprint;
mod hashing;
mod integer_lookup;
mod lookup;
mod normalization;
mod random_colors;
mod random_flip;
mod random_geometry;
mod resizing;
mod string_lookup;
mod text_vectorization;

pub use category_encoding::CategoryEncoding;
pub use cropping::{CenterCrop, RandomCrop};
pub use discretization::Discretization;
pub use encoding::OutputMode;
pub use factor::Factor;
pub use hashing::Hashing;
pub use integer_lookup::IntegerLookup;
pub use normalization::{Normalization, Values};
pub use random_colors::{RandomBrightness, RandomContrast};
pub use random_flip::{FlipMode, RandomFlip};
pub use random_geometry::{RandomRotation, RandomTranslation, RandomZoom};
pub use resizing::Resizing;
pub use string_lookup::StringLookup;
pub use text_vectorization::{Ngrams, Split, Standardize, TextVectorization};

use super::{LayerEntry, require_spatial};
use crate::{Result, Shape};

/// The layers of this folder, by file.
pub(super) const ENTRIES: &[&[LayerEntry]] = &[
    normalization::ENTRIES,
    discretization::ENTRIES,
    category_encoding::ENTRIES,
    integer_lookup::ENTRIES,
    hashing::ENTRIES,
    resizing::ENTRIES,
    cropping::ENTRIES,
    random_flip::ENTRIES,
    random_geometry::ENTRIES,
    random_colors::ENTRIES,
];

/// The height, width and channels of one picture, or an error that says what came instead.
fn picture(input: &Shape) -> Result<[usize; 3]> {
    let ([height, width], channels) = require_spatial::<2>(input)?;
    Ok([height, width, channels])
}
