//! Pictures in files, decoded and brought to one size.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::str::FromStr;

use image::{DynamicImage, ImageError, ImageReader, Limits};

use crate::ops::Interpolation;
use crate::{Error, ErrorKind, Result, Setting, Tensor};

/// What a picture's channels are.
///
/// Keras: the argument `color_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// One channel.
    Grayscale,
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Red, green, blue, and how opaque.
    Rgba,
}

impl ColorMode {
    pub(super) fn channels(self) -> usize {
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
            _ => Err(Error::unknown_name(
                "color mode",
                name,
                &["grayscale", "rgb", "rgba"],
            )),
        }
    }
}

impl From<ColorMode> for Setting<ColorMode> {
    fn from(color_mode: ColorMode) -> Self {
        Setting::value(color_mode)
    }
}

/// The picture in a file (PNG, JPEG, BMP, GIF; of a moving one the first), of shape
/// `(height, width, channels)`, in uint8.
///
/// # Errors
/// When the file cannot be read, holds no such picture, or a picture that would fill the memory.
pub(crate) fn decode(path: &Path, color_mode: ColorMode) -> Result<Tensor> {
    let picture = open(path)?.decode().map_err(|e| bad_picture(path, &e))?;
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let bytes = match color_mode {
        ColorMode::Grayscale => luminance(picture),
        ColorMode::Rgb => picture.into_rgb8().into_raw(),
        ColorMode::Rgba => picture.into_rgba8().into_raw(),
    };
    Tensor::from_vec(bytes, (height, width, color_mode.channels()))
}

/// How pictures are brought to one size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resize {
    /// Height and width.
    pub(super) size: (usize, usize),
    pub(super) interpolation: Interpolation,
    pub(super) aspect: Aspect,
}

/// What becomes of pictures of other proportions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Stretch,
    Crop,
    Pad,
}

/// A decoded picture in another size, as floats of the same range.
///
/// The layer `Resizing` has the whole picture as floats for this; here it stays bytes, of which few
/// count where a large picture becomes a small one.
pub(super) fn resized(picture: &Tensor, resize: &Resize) -> Result<Tensor> {
    let [old_height, old_width, channels] = *picture.shape().dims() else {
        let given = picture.shape();
        return Err(Error::argument("picture", "three axes", given));
    };
    let bytes = picture.bytes()?;
    let (height, width) = resize.size;
    let [rows, columns] = resize.axes((old_height, old_width));
    let rows_of = rows.parts(resize.interpolation);
    let columns_of = columns.parts(resize.interpolation);
    let line = old_width * channels;
    // One new row, not narrowed yet.
    let mut mixed = vec![0.0; line];
    let mut new_picture = vec![0.0; height * width * channels];
    for (row, parts) in rows_of.iter().enumerate() {
        mixed.fill(0.0);
        for &(from, weight) in parts {
            let old = &bytes[from * line..][..line];
            for (mixed, &byte) in mixed.iter_mut().zip(old) {
                *mixed += weight * f32::from(byte);
            }
        }
        let at = (rows.before + row) * width + columns.before;
        let new = new_picture[at * channels..].chunks_exact_mut(channels);
        for (pixel, parts) in new.zip(&columns_of) {
            for &(from, weight) in parts {
                let old = &mixed[from * channels..][..channels];
                for (new, old) in pixel.iter_mut().zip(old) {
                    *new += weight * old;
                }
            }
        }
    }
    Tensor::from_vec(new_picture, (height, width, channels))
}

impl Resize {
    /// Which of `old` (height, width) pixels become the new ones.
    fn axes(&self, old: (usize, usize)) -> [Axis; 2] {
        let size = self.size;
        match self.aspect {
            Aspect::Stretch => [Axis::whole(old.0, size.0), Axis::whole(old.1, size.1)],
            Aspect::Crop => [
                Axis::cropped(old.0, old.1, size.0, size.1),
                Axis::cropped(old.1, old.0, size.1, size.0),
            ],
            Aspect::Pad => {
                let ratio = (old.1 as f32 / size.1 as f32).max(old.0 as f32 / size.0 as f32);
                [
                    Axis::padded(old.0, size.0, ratio),
                    Axis::padded(old.1, size.1, ratio),
                ]
            }
        }
    }
}

/// Which pixels along an axis make the new ones.
struct Axis {
    /// The part of the picture.
    start: usize,
    length: usize,
    /// How many new pixels it becomes, and how many there are before them.
    new: usize,
    before: usize,
}

impl Axis {
    fn whole(length: usize, new: usize) -> Axis {
        Axis {
            start: 0,
            length,
            new,
            before: 0,
        }
    }

    /// The largest part in the middle with the proportions of the new picture, in whole pixels as
    /// Keras cuts it (`smart_resize`); `across` is the other axis.
    fn cropped(old: usize, old_across: usize, new: usize, new_across: usize) -> Axis {
        let length = ((old_across * new) as f32 / new_across as f32) as usize;
        let length = length.min(old).max(1);
        Axis {
            start: ((old - length) as f32 / 2.0) as usize,
            length,
            new,
            before: 0,
        }
    }

    /// The whole axis, `ratio` times shorter, in the middle of the new one, in whole pixels as
    /// `tf.image.resize_with_pad` places it.
    fn padded(old: usize, new: usize, ratio: f32) -> Axis {
        let length = old as f32 / ratio;
        let before = ((new as f32 - length) / 2.0).floor().max(0.0) as usize;
        let shorter = (length.floor() as usize).clamp(1, new);
        Axis {
            start: 0,
            length: old,
            new: shorter,
            before: before.min(new - shorter),
        }
    }

    /// For each new pixel the old ones and how much each counts.
    fn parts(&self, interpolation: Interpolation) -> Vec<Vec<(usize, f32)>> {
        let middle = |new: usize| (new as f64 + 0.5) * self.length as f64 / self.new as f64;
        let parts = (0..self.new).map(|new| match interpolation {
            Interpolation::Nearest => {
                let pixel = (middle(new) as usize).min(self.length - 1);
                vec![(self.start + pixel, 1.0)]
            }
            _ => {
                let parts = interpolation.around(middle(new) - 0.5, self.length);
                let parts = parts.into_iter();
                parts
                    .map(|(pixel, weight)| (self.start + pixel, weight))
                    .collect()
            }
        });
        parts.collect()
    }
}

fn open(path: &Path) -> Result<ImageReader<BufReader<File>>> {
    /// Longer sides are a mistake or an attack.
    const LONGEST_SIDE: u32 = 1 << 16;
    let cannot =
        |error: std::io::Error| Error::io(format!("cannot read `{}`", path.display()), error);
    // Asked first: opening a pipe would wait until somebody writes into it.
    if !path.metadata().map_err(cannot)?.is_file() {
        let given = format!("`{}`, which is none", path.display());
        return Err(Error::argument("path", "the path of a file", given));
    }
    let file = BufReader::new(File::open(path).map_err(cannot)?);
    // What is in a file counts, not what it is called.
    let mut reader = ImageReader::new(file)
        .with_guessed_format()
        .map_err(cannot)?;
    // The memory is limited by default, to 512 MiB.
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    reader.limits(limits);
    Ok(reader)
}

fn bad_picture(path: &Path, error: &ImageError) -> Error {
    let kind = match error {
        ImageError::IoError(_) => ErrorKind::Io,
        _ => ErrorKind::Data,
    };
    Error::new(
        kind,
        format!("`{}` cannot be read as a picture: {error}", path.display()),
    )
    .remedy("PNG, JPEG, BMP and GIF are read; take the file out of the folder, or replace it")
}

/// How bright the pixels are, after ITU-R BT.601, as in Keras and PIL.
fn luminance(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_color() {
        return picture.into_luma8().into_raw();
    }
    let pixels = picture.into_rgb8();
    let brightness = pixels.pixels().map(|image::Rgb([red, green, blue])| {
        let [red, green, blue] = [red, green, blue].map(|&byte| u32::from(byte));
        ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16) as u8
    });
    brightness.collect()
}
