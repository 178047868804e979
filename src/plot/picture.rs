//! The pixels of a tensor, large enough to see.

use std::io::Cursor;

use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbaImage};

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
    let mut png = Cursor::new(Vec::new());
    let opaque = pixels.pixels().all(|pixel| pixel[3] == 255);
    let written = if opaque {
        let rgb = image::DynamicImage::from(pixels.clone()).to_rgb8();
        rgb.write_to(&mut png, ImageFormat::Png)
    } else {
        pixels.write_to(&mut png, ImageFormat::Png)
    };
    written.map_err(|error| Error::io("cannot write the picture as PNG", error))?;
    Ok(png.into_inner())
}
