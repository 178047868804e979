//! The pixels of a tensor, large enough to see.

use image::RgbaImage;
use image::codecs::png::{self, CompressionType, PngEncoder};
use image::imageops::{FilterType, resize};

use super::Figure;
use crate::{Error, Result, Tensor};

/// Small pictures are enlarged until their shorter side has about this many pixels.
const SIDE: u32 = 160;
/// Pictures wider or higher than this are not enlarged.
const LARGEST: u32 = 640;

/// The picture that a tensor holds: (height, width), (height, width, 1), (height, width, 3) or
/// (height, width, 4). Small ones are enlarged without smoothing, so that each pixel can be seen.
///
/// Bytes are taken as they are, floats as 0 to 1.
///
/// Keras users know it as `matplotlib.pyplot.imshow`.
///
/// # Errors
/// When the shape is not that of a picture.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::zeros((32, 32, 3));
/// assert_eq!(plot::imshow(&picture)?.size(), (160, 160));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn imshow(picture: &Tensor) -> Result<Figure> {
    let pixels = picture.to_image().map_err(|error| error.at("imshow"))?;
    let sizes: Vec<String> = picture.shape().iter().map(usize::to_string).collect();
    let description = format!("<picture {}>", sizes.join("x"));
    let pixels = pixels.to_rgba8();
    if pixels.width() == 0 || pixels.height() == 0 {
        return Err(Error::shape(format!("imshow: {description} has no pixels")));
    }
    let preview = super::blocks::preview(&pixels);
    let enlarged = enlarge(pixels);
    let (width, height) = enlarged.dimensions();
    let figure = Figure::from_png(encode(&enlarged)?, width, height, description);
    Ok(figure.with_preview(preview))
}

/// Repeats each pixel a whole number of times.
fn enlarge(pixels: RgbaImage) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    let wanted = SIDE.div_ceil(width.min(height));
    let allowed = LARGEST / width.max(height);
    let factor = wanted.min(allowed).max(1);
    if factor == 1 {
        return pixels;
    }
    resize(
        &pixels,
        width * factor,
        height * factor,
        FilterType::Nearest,
    )
}

pub(super) fn encode(pixels: &RgbaImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Notebooks keep pictures for a long time: they are to be small.
    let encoder = PngEncoder::new_with_quality(
        &mut bytes,
        CompressionType::Default,
        png::FilterType::Adaptive,
    );
    let opaque = pixels.pixels().all(|pixel| pixel[3] == 255);
    let written = if opaque {
        let rgb = image::DynamicImage::from(pixels.clone()).to_rgb8();
        rgb.write_with_encoder(encoder)
    } else {
        pixels.write_with_encoder(encoder)
    };
    written.map_err(|error| Error::io("cannot write the picture as PNG", error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_enlarged_pixel_by_pixel() -> Result<()> {
        let size = |shape: &[usize]| imshow(&Tensor::zeros(shape)).map(|figure| figure.size());
        assert_eq!(size(&[32, 32, 3])?, (160, 160));
        assert_eq!(size(&[28, 28])?, (168, 168));
        assert_eq!(size(&[1, 100, 1])?, (600, 6));
        assert_eq!(size(&[480, 640, 4])?, (640, 480));
        let checked = Tensor::from_vec(vec![0u8, 255, 255, 0], (2, 2))?;
        let figure = imshow(&checked)?;
        let png = image::load_from_memory(figure.png().unwrap_or_default());
        let png = png.expect("a PNG file").to_luma8();
        assert_eq!(png.dimensions(), (160, 160));
        assert_eq!(png.get_pixel(79, 79).0, [0]);
        assert_eq!(png.get_pixel(80, 79).0, [255]);
        Ok(())
    }

    #[test]
    fn what_is_no_picture_is_an_error_that_says_why() {
        let batch = imshow(&Tensor::zeros((5, 32, 32, 3))).expect_err("a batch");
        assert!(batch.to_string().contains("(5, 32, 32, 3)"));
        assert!(batch.to_string().contains("x.index(i)"));
        assert!(imshow(&Tensor::zeros((0, 4, 3))).is_err());
    }
}
