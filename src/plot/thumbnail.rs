//! Pictures in a chart: their own pixels, enlarged by the front end without smoothing.

use image::RgbaImage;
use image::imageops::{FilterType, resize};

use super::scene::{Point, Scene};
use crate::{Error, Result, Tensor};

/// The pixels of a picture that is shown in a square of so many pixels.
pub(super) fn thumbnail(picture: &Tensor, side: f64) -> Result<RgbaImage> {
    let pixels = picture.to_image()?.to_rgba8();
    if pixels.width() == 0 || pixels.height() == 0 {
        return Err(Error::shape(format!(
            "a picture of shape {} has no pixels",
            picture.shape()
        )));
    }
    // Twice the side looks sharp on every screen; more would only make the notebook heavier.
    let most = (2.0 * side) as u32;
    let largest = pixels.width().max(pixels.height());
    if largest <= most {
        return Ok(pixels);
    }
    let size = |side: u32| ((u64::from(side) * u64::from(most) / u64::from(largest)) as u32).max(1);
    let (width, height) = (size(pixels.width()), size(pixels.height()));
    Ok(resize(&pixels, width, height, FilterType::Triangle))
}

/// Draws a picture as large as it can be in a square, in its middle; returns where it is.
pub(super) fn draw(
    scene: &mut Scene,
    corner: Point,
    side: f64,
    pixels: RgbaImage,
) -> Result<(Point, Point)> {
    let (width, height) = (f64::from(pixels.width()), f64::from(pixels.height()));
    let scale = side / width.max(height);
    let size = ((width * scale).max(1.0), (height * scale).max(1.0));
    let corner = (
        corner.0 + (side - size.0) / 2.0,
        corner.1 + (side - size.1) / 2.0,
    );
    scene.image(corner, size, pixels)?;
    Ok((corner, size))
}

/// Fails unless the tensor holds at least one picture and at most `most` of them.
pub(super) fn require_pictures(pictures: &Tensor, most: usize) -> Result<()> {
    if !matches!(pictures.ndim(), 3 | 4) || pictures.is_empty() {
        return Err(Error::shape(format!(
            "a batch of pictures has shape (pictures, height, width, channels) or (pictures, \
             height, width), got {}",
            pictures.shape()
        ))
        .remedy("show a single picture with `plot::imshow`"));
    }
    if pictures.len() > most {
        let expected = format!("at most {most} pictures");
        return Err(Error::argument("pictures", &expected, pictures.len())
            .remedy("take the first ones with `x.slice(0..25)?`"));
    }
    Ok(())
}

/// The sizes of one picture of a batch: `32x32x3`.
pub(super) fn sizes(pictures: &Tensor) -> String {
    let sizes: Vec<String> = pictures.shape()[1..].iter().map(usize::to_string).collect();
    sizes.join("x")
}
