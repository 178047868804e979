//! Picture files as tensors of bytes.

use std::io::{self, BufRead, BufReader, ErrorKind, Seek};
use std::path::Path;
use std::str::FromStr;

use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Limits, Pixel};

use crate::models::file;
use crate::{Error, Result, Setting, Tensor};

/// The endings of the files that can be read.
const ENDINGS: [&str; 5] = ["bmp", "gif", "jpeg", "jpg", "png"];
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

/// The picture in a file: bytes of shape `(height, width, channels)`.
pub(crate) fn decode(path: &Path, color_mode: ColorMode) -> Result<Tensor> {
    in_colors(open(path)?, color_mode)
}

/// The picture in a file in gray, of shape `(height, width, 1)`: bytes, or int64 where it is gray in 16
/// bits.
pub(crate) fn decode_gray(path: &Path) -> Result<Tensor> {
    match open(path)? {
        DynamicImage::ImageLuma16(deep) => {
            let shape = (deep.height() as usize, deep.width() as usize, 1);
            let values = deep.into_raw().into_iter().map(i64::from);
            Tensor::from_vec(values.collect(), shape)
        }
        picture => in_colors(picture, ColorMode::Grayscale),
    }
}

fn open(path: &Path) -> Result<DynamicImage> {
    let (file, length) = file::open(path)?;
    let cannot = |error: io::Error| Error::io("cannot read the picture", error);
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(cannot)?;
    let Some(format) = reader.format() else {
        return Err(Error::data("it starts as no picture does that can be read")
            .remedy(format!("convert it to one of {}", ENDINGS.join(", "))));
    };
    if format == ImageFormat::Jpeg {
        let mut file = reader.into_inner();
        if !reaches_its_end(&mut file).map_err(cannot)? {
            return Err(damaged("it ends too early"));
        }
        file.rewind().map_err(cannot)?;
        reader = ImageReader::with_format(file, format);
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
    DynamicImage::from_decoder(decoder).map_err(damaged)
}

/// Whether a JPEG goes on up to the marker of its end. The decoder would fill up with gray what is
/// cut off. The marker of a thumbnail's end does not count, which stands within a segment.
fn reaches_its_end(jpeg: &mut (impl BufRead + Seek)) -> io::Result<bool> {
    let mut walk = || -> io::Result<()> {
        loop {
            // What stands before the next marker are pixels.
            jpeg.skip_until(0xff)?;
            let mut marker = [0xff];
            while marker == [0xff] {
                jpeg.read_exact(&mut marker)?;
            }
            match marker {
                [0xd9] => return Ok(()),
                // A pixel's 255, and markers without a segment: restarts, and the beginning.
                [0x00 | 0x01 | 0xd0..=0xd8] => {}
                _ => {
                    let mut length = [0; 2];
                    jpeg.read_exact(&mut length)?;
                    let rest = i64::from(u16::from_be_bytes(length)) - 2;
                    jpeg.seek_relative(rest.max(0))?;
                }
            }
        }
    };
    match walk() {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        walked => walked.map(|()| true),
    }
}

fn damaged(why: impl std::fmt::Display) -> Error {
    Error::data(format!("the picture is damaged: {why}")).remedy("take another copy of it")
}

/// A picture of 16 bits by its higher ones, as Pillow reads colors. Of gray ones that become colors, it
/// makes almost all white.
fn in_eight_bits(picture: DynamicImage) -> DynamicImage {
    fn higher<P, Q>(deep: ImageBuffer<P, Vec<u16>>) -> ImageBuffer<Q, Vec<u8>>
    where
        P: Pixel<Subpixel = u16>,
        Q: Pixel<Subpixel = u8>,
    {
        let (width, height) = deep.dimensions();
        let bytes = deep.into_raw().into_iter().map(|value| (value >> 8) as u8);
        // The same number of channels fills the same size.
        ImageBuffer::from_raw(width, height, bytes.collect()).unwrap_or_default()
    }
    match picture {
        DynamicImage::ImageLuma16(gray) => DynamicImage::ImageLuma8(higher(gray)),
        DynamicImage::ImageLumaA16(gray) => DynamicImage::ImageLumaA8(higher(gray)),
        DynamicImage::ImageRgb16(colors) => DynamicImage::ImageRgb8(higher(colors)),
        DynamicImage::ImageRgba16(colors) => DynamicImage::ImageRgba8(higher(colors)),
        other => other,
    }
}

/// The bytes of a picture in other colors, as Pillow converts them.
fn in_colors(picture: DynamicImage, color_mode: ColorMode) -> Result<Tensor> {
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let picture = in_eight_bits(picture);
    let bytes = match (color_mode, picture) {
        (ColorMode::Rgba, picture) => picture.into_rgba8().into_raw(),
        (ColorMode::Rgb, DynamicImage::ImageRgb8(colors)) => colors.into_raw(),
        (ColorMode::Rgb, picture) => without_opacity(picture.into_rgba8().as_raw()),
        (_, DynamicImage::ImageLuma8(gray)) => gray.into_raw(),
        (_, DynamicImage::ImageLumaA8(gray)) => gray.pixels().map(|pixel| pixel[0]).collect(),
        (_, picture) => {
            let colors = picture.into_rgba8();
            let pixels = colors.pixels();
            pixels
                .map(|pixel| brightness([pixel[0], pixel[1], pixel[2]]))
                .collect()
        }
    };
    Tensor::from_vec(bytes, (height, width, color_mode.channels()))
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
