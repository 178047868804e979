//! Picture files as tensors of bytes.

use std::io::BufReader;
use std::path::Path;
use std::str::FromStr;

use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::models::file;
use crate::{DType, Error, Result, Setting, Tensor};

/// The endings of the files that can be read.
pub(crate) const ENDINGS: [&str; 5] = ["bmp", "gif", "jpeg", "jpg", "png"];
/// Pictures of more pixels are refused, as Pillow does it.
const MOST_PIXELS: u64 = 178_956_970;
/// No format makes a picture smaller than one byte for so many.
const LARGEST_RATIO: u64 = 4096;
/// What a picture may take in memory, whatever the size of its file.
const ROOM: u64 = 1 << 24;

/// The colors that a picture is read in.
///
/// Keras: the argument `color_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// One channel, how bright it is: `"grayscale"`.
    Grayscale,
    /// Red, green and blue: `"rgb"`.
    #[default]
    Rgb,
    /// Red, green, blue and how opaque it is: `"rgba"`.
    Rgba,
}

impl ColorMode {
    /// The number of channels.
    pub fn channels(self) -> usize {
        match self {
            ColorMode::Grayscale => 1,
            ColorMode::Rgb => 3,
            ColorMode::Rgba => 4,
        }
    }
}

impl FromStr for ColorMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "grayscale" => Ok(ColorMode::Grayscale),
            "rgb" => Ok(ColorMode::Rgb),
            "rgba" => Ok(ColorMode::Rgba),
            _ => {
                let known = ["grayscale", "rgb", "rgba"];
                Err(Error::unknown_name("color_mode", name, &known))
            }
        }
    }
}

impl From<ColorMode> for Setting<ColorMode> {
    fn from(color_mode: ColorMode) -> Self {
        Setting::value(color_mode)
    }
}

/// The picture in a file: bytes of shape `(height, width, channels)`. Gray pictures of 16 bits are
/// int64 where gray is asked for, as Keras keeps them, and bytes otherwise.
pub(crate) fn decode(path: &Path, color_mode: ColorMode) -> Result<Tensor> {
    let (file, length) = file::open(path)?;
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|error| Error::io("cannot read the picture", error))?;
    if reader.format().is_none() {
        return Err(Error::data("it starts as no picture does that can be read")
            .remedy(format!("convert it to one of {}", ENDINGS.join(", "))));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_PIXELS * 8);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(Error::data(format!(
            "expected a picture of at most {MOST_PIXELS} pixels, it has {height} x {width}"
        ))
        .remedy("make it smaller first"));
    }
    let bytes = decoder.total_bytes();
    if bytes > ROOM.max(length.saturating_mul(LARGEST_RATIO)) {
        return Err(damaged(format!(
            "{length} bytes cannot hold a picture of {height} x {width} pixels"
        )));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let shape = (height as usize, width as usize, color_mode.channels());
    if color_mode == ColorMode::Grayscale && picture.color() == ColorType::L16 {
        let values = picture.to_luma16().into_raw();
        return Tensor::from_vec(values.into_iter().map(i64::from).collect(), shape);
    }
    Tensor::from_vec(in_colors(&picture, color_mode), shape)
}

/// A decoded picture in bytes: of deeper grays the upper ones.
pub(super) fn in_bytes(picture: Tensor) -> Result<Tensor> {
    if picture.dtype() == DType::UInt8 {
        return Ok(picture);
    }
    let deep = picture.to_vec::<i64>();
    let bytes = deep.iter().map(|gray| (gray >> 8).clamp(0, 255) as u8);
    Tensor::from_vec(bytes.collect(), picture.shape())
}

fn damaged(why: impl std::fmt::Display) -> Error {
    Error::data(format!("the picture is damaged: {why}")).remedy("take another copy of it")
}

/// The bytes of a picture in other colors, as Pillow converts them.
fn in_colors(picture: &DynamicImage, color_mode: ColorMode) -> Vec<u8> {
    match color_mode {
        ColorMode::Rgba => picture.to_rgba8().into_raw(),
        ColorMode::Rgb => match picture {
            DynamicImage::ImageRgb8(rgb) => rgb.as_raw().clone(),
            _ => without_opacity(picture.to_rgba8().as_raw()),
        },
        ColorMode::Grayscale => match picture.color() {
            ColorType::L8 => picture.to_luma8().into_raw(),
            ColorType::La8 | ColorType::La16 | ColorType::L16 => {
                let rgba = picture.to_rgba8();
                rgba.pixels().map(|pixel| pixel[0]).collect()
            }
            _ => {
                let rgb = picture.to_rgb8();
                rgb.pixels().map(|pixel| brightness(pixel.0)).collect()
            }
        },
    }
}

fn without_opacity(rgba: &[u8]) -> Vec<u8> {
    rgba.as_chunks::<4>()
        .0
        .iter()
        .flat_map(|&[red, green, blue, _]| [red, green, blue])
        .collect()
}

/// How bright a color is after ITU-R 601-2, in Pillow's whole numbers.
fn brightness([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7471;
    ((sum + 0x8000) >> 16) as u8
}
