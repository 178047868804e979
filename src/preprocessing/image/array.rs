//! `array_to_img`, `img_to_array` and `save_img`.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma};

use super::Image;
use crate::models::file;
use crate::{DType, Error, Result, Tensor};

/// The arguments of [`array_to_img_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct ArrayToImg {
    /// Whether the smallest number becomes black and the largest white; true unless set. Otherwise
    /// numbers are taken as 0 to 255.
    pub scale: bool,
}

impl Default for ArrayToImg {
    fn default() -> Self {
        Self { scale: true }
    }
}

/// The picture of an array, in which the smallest number is black and the largest white.
///
/// Keras: `keras.utils.array_to_img(x)`.
///
/// # Shapes
/// `(height, width, channels)` with 1, 3 or 4 channels
///
/// # Errors
/// When the shape is another, or the array is empty.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{array_to_img, img_to_array};
/// use kerust::prelude::*;
/// let x = Tensor::from_vec(vec![-1.0, 0.0, 1.0], (1, 3, 1))?;
/// let image = array_to_img(&x)?;
/// assert_eq!(img_to_array(&image).to_vec::<f32>(), [0.0, 127.0, 255.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn array_to_img(x: &Tensor) -> Result<Image> {
    array_to_img_with(x, ArrayToImg::default())
}

/// As [`array_to_img`], with the choice to take numbers as they are.
///
/// Keras: `keras.utils.array_to_img(x, scale=False)`.
///
/// # Errors
/// As [`array_to_img`].
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{ArrayToImg, array_to_img_with};
/// use kerust::prelude::*;
/// let gray = Tensor::full((8, 8, 1), 200.0);
/// let image = array_to_img_with(&gray, ArrayToImg { scale: false })?;
/// assert_eq!(image.pixels().max(), 200.0);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn array_to_img_with(x: &Tensor, arguments: ArrayToImg) -> Result<Image> {
    picture(x, arguments.scale).map_err(|e| e.at("`array_to_img`"))
}

fn picture(x: &Tensor, scale: bool) -> Result<Image> {
    let channels = match *x.shape().dims() {
        [height, width, channels @ (1 | 3 | 4)] if height > 0 && width > 0 => channels,
        _ => {
            return Err(Error::shape(format!(
                "expected a picture of shape (height, width, channels) with 1, 3 or 4 channels, got {}",
                x.shape()
            ))
            .remedy("take one picture of a batch with `x.index(i)?`"));
        }
    };
    let mut values = x.to_vec::<f32>();
    if scale {
        let smallest = values.iter().copied().fold(f32::INFINITY, f32::min);
        values.iter_mut().for_each(|value| *value -= smallest);
        let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if largest != 0.0 {
            values.iter_mut().for_each(|value| *value /= largest);
        }
        values.iter_mut().for_each(|value| *value *= 255.0);
    }
    let deep = channels == 1 && values.iter().any(|&value| value > 255.0);
    let pixels = if deep {
        Tensor::from_vec(
            values.iter().map(|&value| value as i64).collect(),
            x.shape(),
        )
    } else {
        Tensor::from_vec(values.iter().map(|&value| value as u8).collect(), x.shape())
    };
    pixels.map(Image::new)
}

/// The numbers of a picture: 0 to 255.
///
/// Keras: `keras.utils.img_to_array(img)`.
///
/// # Shapes
/// `(height, width, channels)`, float32
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{array_to_img, img_to_array};
/// use kerust::prelude::*;
/// let image = array_to_img(&Tensor::random_uniform((4, 5, 3), 0.0, 1.0))?;
/// let x = img_to_array(&image);
/// assert_eq!(x.shape(), (4, 5, 3));
/// assert_eq!(x.max(), 255.0);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn img_to_array(img: &Image) -> Tensor {
    img.pixels().astype(DType::Float32)
}

/// The arguments of [`save_img_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct SaveImg {
    /// `"png"`, `"jpeg"`, `"bmp"` or `"gif"`; what the path ends in unless set.
    pub file_format: Option<String>,
    /// Whether the smallest number becomes black and the largest white; true unless set.
    pub scale: bool,
}

impl Default for SaveImg {
    fn default() -> Self {
        Self {
            file_format: None,
            scale: true,
        }
    }
}

/// Writes an array to a picture file of the kind that the path ends in: `.png`, `.jpg`, `.bmp` or
/// `.gif`. The smallest number becomes black, the largest white. A file that is there is replaced, in
/// one step. A leading `~` stands for the home folder.
///
/// Keras: `keras.utils.save_img(path, x)`.
///
/// # Errors
/// When the array has not the shape of a picture, the ending is another, or the file cannot be
/// written.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::save_img;
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("noise.jpg");
/// save_img(&path, &Tensor::random_uniform((20, 30, 3), 0.0, 1.0))?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn save_img(path: impl AsRef<Path>, x: &Tensor) -> Result<()> {
    save_img_with(path, x, SaveImg::default())
}

/// As [`save_img`], with the choice of the kind of file and to take numbers as they are.
///
/// Keras: `keras.utils.save_img(path, x, file_format=.., scale=..)`.
///
/// # Errors
/// As [`save_img`].
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{SaveImg, img_to_array, load_img, save_img_with};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("gray.png");
/// let x = Tensor::full((8, 8, 3), 99.0);
/// save_img_with(&path, &x, SaveImg { scale: false, ..SaveImg::default() })?;
/// assert_eq!(img_to_array(&load_img(&path)?), x);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn save_img_with(path: impl AsRef<Path>, x: &Tensor, arguments: SaveImg) -> Result<()> {
    let place = format!("`save_img`: `{}`", path.as_ref().display());
    save(&file::expanded(path.as_ref()), x, &arguments).map_err(|e| e.at(place))
}

fn save(path: &Path, x: &Tensor, arguments: &SaveImg) -> Result<()> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let (name, argument) = match &arguments.file_format {
        Some(name) => (name.to_lowercase(), "file_format"),
        None => (ending.to_lowercase(), "path"),
    };
    let format = match name.as_str() {
        "png" => ImageFormat::Png,
        "jpg" | "jpeg" => ImageFormat::Jpeg,
        "bmp" => ImageFormat::Bmp,
        "gif" => ImageFormat::Gif,
        _ => {
            let expected = "one of png, jpeg, bmp and gif";
            return Err(Error::argument(argument, expected, format!("`{name}`")));
        }
    };
    let image = picture(x, arguments.scale)?;
    let bytes = encoded(&image, format)?;
    file::write_whole(path, &bytes)
}

fn encoded(image: &Image, format: ImageFormat) -> Result<Vec<u8>> {
    let mut picture = if image.is_deep() {
        if format != ImageFormat::Png {
            let given = "numbers above 255";
            return Err(Error::argument("x", "numbers from 0 to 255", given)
                .remedy("save it as `.png`, which has 16 bits for gray"));
        }
        deep(image)?
    } else {
        image.pixels().to_image()?
    };
    // A JPEG file has no opacity, and the writer of GIF takes colors.
    picture = match (format, picture) {
        (ImageFormat::Jpeg, DynamicImage::ImageRgba8(_)) => picture_without_opacity(image)?,
        (ImageFormat::Gif, picture) => picture.to_rgba8().into(),
        (_, picture) => picture,
    };
    let mut bytes = Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, format);
    written.map_err(|error| Error::data(format!("the picture cannot be written: {error}")))?;
    Ok(bytes.into_inner())
}

fn picture_without_opacity(image: &Image) -> Result<DynamicImage> {
    let pixels = image.pixels().to_vec::<u8>();
    let colors = pixels.as_chunks::<4>().0.iter();
    let colors: Vec<u8> = colors
        .flat_map(|&[red, green, blue, _]| [red, green, blue])
        .collect();
    let (width, height) = image.size();
    Tensor::from_vec(colors, (height, width, 3))?.to_image()
}

/// A gray picture of 16 bits.
fn deep(image: &Image) -> Result<DynamicImage> {
    let values = image.pixels().to_vec::<i64>().into_iter();
    let values = values.map(|value| value.clamp(0, i64::from(u16::MAX)) as u16);
    let (width, height) = image.size();
    let (width, height) = (u32::try_from(width).ok(), u32::try_from(height).ok());
    let picture = width.zip(height).and_then(|(width, height)| {
        ImageBuffer::<Luma<u16>, _>::from_raw(width, height, values.collect())
    });
    let too_large = || {
        Error::shape(format!(
            "a picture of shape {} is too large",
            image.pixels().shape()
        ))
    };
    picture.map(DynamicImage::ImageLuma16).ok_or_else(too_large)
}
