//! [`Image`]: a picture that shows itself.

use std::fmt;

use super::resize::ImageInterpolation;
use crate::data::ColorMode;
use crate::{DType, Tensor};

/// A picture: what [`load_img`](super::load_img) reads and [`array_to_img`](super::array_to_img)
/// makes. As the value of a cell it shows itself.
///
/// Keras users know it as Pillow's `PIL.Image.Image`.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::array_to_img;
/// use kerust::prelude::*;
/// let image = array_to_img(&Tensor::random_uniform((20, 30, 3), 0.0, 1.0))?;
/// assert_eq!(image.size(), (30, 20));
/// image.show();
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Image {
    /// (height, width, channels): bytes, or whole numbers of more bits where it is gray.
    pixels: Tensor,
}

impl Image {
    /// `pixels` have shape `(height, width, 1 or 3 or 4)`; only gray ones may be other than bytes.
    pub(super) fn new(pixels: Tensor) -> Image {
        Image { pixels }
    }

    /// Width and height in pixels: the width first, as Pillow has it.
    pub fn size(&self) -> (usize, usize) {
        (self.pixels.shape()[1], self.pixels.shape()[0])
    }

    /// The colors.
    pub fn color_mode(&self) -> ColorMode {
        match self.pixels.shape().last() {
            1 => ColorMode::Grayscale,
            3 => ColorMode::Rgb,
            _ => ColorMode::Rgba,
        }
    }

    /// The pixels as they are: uint8, or int64 in gray pictures of 16 bits.
    ///
    /// # Shapes
    /// `(height, width, channels)`
    pub fn pixels(&self) -> &Tensor {
        &self.pixels
    }

    /// Whether a channel has more than 8 bits.
    pub(crate) fn is_deep(&self) -> bool {
        self.pixels.dtype() != DType::Uint8
    }

    /// The pixels as bytes, and no more of them along an axis than `longest`: to be looked at.
    pub(crate) fn preview(&self, longest: usize) -> Tensor {
        let (width, height) = self.size();
        let mut pixels = self.pixels.clone();
        if self.is_deep() {
            let bytes = pixels
                .to_vec::<i64>()
                .into_iter()
                .map(|v| (v >> 8).clamp(0, 255) as u8);
            pixels = Tensor::from_vec(bytes.collect::<Vec<_>>(), pixels.shape()).unwrap_or(pixels);
        }
        if width.max(height) <= longest {
            return pixels;
        }
        let size = |side: usize| (side * longest / width.max(height)).max(1);
        let (height, width) = (size(height), size(width));
        super::resize::whole(&pixels, (height, width), ImageInterpolation::Box).unwrap_or(pixels)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size();
        write!(f, "<Image {:?}, {width}x{height}>", self.color_mode())
    }
}
