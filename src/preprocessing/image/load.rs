//! `load_img`.

use std::path::Path;

use super::Image;
use super::resize::{self, ImageInterpolation};
use crate::data::{ColorMode, decode, decode_gray};
use crate::models::file;
use crate::{Error, Result, Setting};

/// The arguments of [`load_img_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct LoadImg {
    /// `"rgb"` unless set, `"grayscale"` or `"rgba"`.
    pub color_mode: Setting<ColorMode>,
    /// Height and width of the picture in the end; as in the file unless set.
    pub target_size: Option<(usize, usize)>,
    /// How it is brought to that size: `"nearest"` unless set, `"bilinear"`, `"bicubic"`,
    /// `"lanczos"`, `"box"` or `"hamming"`.
    pub interpolation: Setting<ImageInterpolation>,
    /// Whether its middle is cut out in the proportions of `target_size` first, so that nothing is
    /// distorted; false unless set.
    pub keep_aspect_ratio: bool,
}

impl Default for LoadImg {
    fn default() -> Self {
        Self {
            color_mode: ColorMode::Rgb.into(),
            target_size: None,
            interpolation: ImageInterpolation::Nearest.into(),
            keep_aspect_ratio: false,
        }
    }
}

/// The picture in a file `.png`, `.jpg`, `.bmp` or `.gif` (the first one of an animation), in red,
/// green and blue. A leading `~` stands for the home folder.
///
/// Keras: `keras.utils.load_img(path)`.
///
/// # Errors
/// When the file cannot be read, is no picture or damaged, or has more than 179 million pixels.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{img_to_array, load_img, save_img};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("noise.png");
/// save_img(&path, &Tensor::random_uniform((20, 30, 3), 0.0, 255.0))?;
/// let image = load_img(&path)?;
/// assert_eq!(image.size(), (30, 20));
/// let x = img_to_array(&image);
/// assert_eq!(x.shape(), (20, 30, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_img(path: impl AsRef<Path>) -> Result<Image> {
    load_img_with(path, LoadImg::default())
}

/// As [`load_img`], in other colors or another size.
///
/// Keras: `keras.utils.load_img(path, color_mode=.., target_size=.., interpolation=..,
/// keep_aspect_ratio=..)`.
///
/// # Errors
/// As [`load_img`]; when a name does not exist or a size is 0 or too large.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{LoadImg, load_img_with, save_img};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("noise.png");
/// save_img(&path, &Tensor::random_uniform((20, 30, 3), 0.0, 255.0))?;
/// let image = load_img_with(&path, LoadImg {
///     color_mode: "grayscale".into(),
///     target_size: Some((10, 10)),
///     interpolation: "bilinear".into(),
///     keep_aspect_ratio: true,
/// })?;
/// assert_eq!(image.pixels().shape(), (10, 10, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_img_with(path: impl AsRef<Path>, arguments: LoadImg) -> Result<Image> {
    let place = format!("`load_img`: `{}`", path.as_ref().display());
    load(&file::expanded(path.as_ref()), &arguments).map_err(|e| e.at(place))
}

fn load(path: &Path, arguments: &LoadImg) -> Result<Image> {
    let color_mode = *arguments.color_mode.get()?;
    let interpolation = *arguments.interpolation.get()?;
    let pixels = match color_mode {
        // Gray pictures of 16 bits keep them, as in Keras.
        ColorMode::Grayscale => decode_gray(path)?,
        color_mode => decode(path, color_mode)?,
    };
    let Some((height, width)) = arguments.target_size else {
        return Ok(Image::new(pixels));
    };
    const MOST: usize = 1 << 28;
    if height == 0 || width == 0 || height.saturating_mul(width) > MOST {
        let given = format!("({height}, {width})");
        let expected = "a height and a width that are positive and not enormous";
        return Err(Error::argument("target_size", expected, given));
    }
    let (from_height, from_width) = (pixels.shape()[0], pixels.shape()[1]);
    if (from_height, from_width) == (height, width) {
        return Ok(Image::new(pixels));
    }
    if !arguments.keep_aspect_ratio {
        return resize::whole(&pixels, (height, width), interpolation).map(Image::new);
    }
    let crop_height = from_height.min(from_width * height / width);
    let crop_width = from_width.min(from_height * width / height);
    if crop_height == 0 || crop_width == 0 {
        return Err(Error::argument(
            "target_size",
            &format!("proportions of which a picture of {from_height} x {from_width} has a pixel"),
            format!("({height}, {width})"),
        )
        .remedy("set `keep_aspect_ratio: false`"));
    }
    let part = resize::Part {
        rows: ((from_height - crop_height) / 2, crop_height),
        columns: ((from_width - crop_width) / 2, crop_width),
    };
    resize::part(&pixels, part, (height, width), interpolation).map(Image::new)
}
