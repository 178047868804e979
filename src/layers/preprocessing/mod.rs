//! Layers that prepare data: numbers, categories, texts and pictures.

mod aug_mix;
mod augmentations;
mod category_encoding;
mod cropping;
mod discretization;
mod encoding;
mod factor;
mod fingerprint;
mod hashed_crossing;
mod hashing;
mod histograms;
mod image_augmentation;
mod integer_lookup;
mod lookup;
mod mel_spectrogram;
mod mixing;
mod normalization;
mod pipeline;
mod rand_augment;
mod random_blur;
mod random_color_jitter;
mod random_colors;
mod random_elastic;
mod random_erasing;
mod random_flip;
mod random_geometry;
mod random_saturation;
mod random_shapes;
mod random_tones;
mod rescaling;
mod resizing;
mod salt;
mod stft_spectrogram;
mod string_lookup;
mod text_vectorization;
mod texts;

pub use aug_mix::AugMix;
pub use category_encoding::CategoryEncoding;
pub use cropping::{CenterCrop, RandomCrop};
pub use discretization::Discretization;
pub use encoding::OutputMode;
pub use factor::Factor;
pub use hashed_crossing::{Feature, HashedCrossing};
pub use hashing::Hashing;
pub use histograms::{AutoContrast, ContrastLimitedAdaptiveHistogramEqualization, Equalization};
pub use image_augmentation::ImageAugmentation;
pub use integer_lookup::IntegerLookup;
pub use mel_spectrogram::MelSpectrogram;
pub use mixing::{CutMix, MixUp};
pub use normalization::{Normalization, Values};
pub use pipeline::Pipeline;
pub use rand_augment::RandAugment;
pub use random_blur::{RandomGaussianBlur, RandomSharpness};
pub use random_color_jitter::RandomColorJitter;
pub use random_colors::{RandomBrightness, RandomContrast};
pub use random_elastic::RandomElasticTransform;
pub use random_erasing::RandomErasing;
pub use random_flip::{FlipMode, RandomFlip};
pub use random_geometry::{RandomRotation, RandomTranslation, RandomZoom};
pub use random_saturation::{
    RandomColorDegeneration, RandomGrayscale, RandomHue, RandomSaturation,
};
pub use random_shapes::{RandomPerspective, RandomShear};
pub use random_tones::{Bits, RandomInvert, RandomPosterization, Solarization};
pub use rescaling::Rescaling;
pub(crate) use resizing::Part;
pub use resizing::Resizing;
pub use salt::{OovMethod, Salt};
pub use stft_spectrogram::{STFTSpectrogram, SpectrogramMode};
pub use string_lookup::StringLookup;
pub use text_vectorization::{Ngrams, Split, Standardize, TextVectorization};
pub use texts::Texts;

use super::{LayerEntry, require_spatial};
use crate::{Result, Shape};

/// The layers of this folder, by file.
pub(super) const ENTRIES: &[&[LayerEntry]] = &[
    normalization::ENTRIES,
    discretization::ENTRIES,
    category_encoding::ENTRIES,
    integer_lookup::ENTRIES,
    hashing::ENTRIES,
    hashed_crossing::ENTRIES,
    stft_spectrogram::ENTRIES,
    mel_spectrogram::ENTRIES,
    rescaling::ENTRIES,
    resizing::ENTRIES,
    cropping::ENTRIES,
    random_flip::ENTRIES,
    random_geometry::ENTRIES,
    random_colors::ENTRIES,
    histograms::ENTRIES,
    random_tones::ENTRIES,
    random_saturation::ENTRIES,
    random_color_jitter::ENTRIES,
    random_blur::ENTRIES,
    random_erasing::ENTRIES,
    random_shapes::ENTRIES,
    random_elastic::ENTRIES,
    mixing::ENTRIES,
    rand_augment::ENTRIES,
    aug_mix::ENTRIES,
    pipeline::ENTRIES,
];

/// The height, width and channels of one picture, or an error that says what came instead.
fn picture(input: &Shape) -> Result<[usize; 3]> {
    let ([height, width], channels) = require_spatial::<2>(input)?;
    Ok([height, width, channels])
}
