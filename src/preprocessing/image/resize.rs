//! Pictures of another size, number by number as Pillow makes them.
//!
//! Each new pixel is a sum of old ones around its place, in as wide a circle as the picture shrinks.
//! Columns are done first, then rows, or the other way round where the height shrinks much more; bytes
//! are summed in whole numbers, and rounded in between.

use std::f64::consts::PI;
use std::str::FromStr;

use crate::{DType, Error, Result, Setting, Shape, Tensor};

/// How pixels between others are made when a picture is resized.
///
/// Keras: the argument `interpolation` of `load_img`; Pillow: `PIL.Image.Resampling`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageInterpolation {
    /// The pixel at that place: `"nearest"`.
    #[default]
    Nearest,
    /// All pixels of the place count the same: `"box"`.
    Box,
    /// The nearer a pixel, the more it counts: `"bilinear"`.
    Bilinear,
    /// Sharper than bilinear where pictures shrink: `"hamming"`.
    Hamming,
    /// Cubic curves through four pixels: `"bicubic"`.
    Bicubic,
    /// A sinc function that ends at the third zero: `"lanczos"`.
    Lanczos,
}

impl FromStr for ImageInterpolation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "nearest" => ImageInterpolation::Nearest,
            "box" => ImageInterpolation::Box,
            "bilinear" => ImageInterpolation::Bilinear,
            "hamming" => ImageInterpolation::Hamming,
            "bicubic" => ImageInterpolation::Bicubic,
            "lanczos" => ImageInterpolation::Lanczos,
            _ => {
                let known = [
                    "nearest", "bilinear", "bicubic", "hamming", "box", "lanczos",
                ];
                return Err(Error::unknown_name("interpolation", name, &known));
            }
        })
    }
}

impl From<ImageInterpolation> for Setting<ImageInterpolation> {
    fn from(interpolation: ImageInterpolation) -> Self {
        Setting::value(interpolation)
    }
}

impl ImageInterpolation {
    /// How far away pixels are that count.
    fn reach(self) -> f64 {
        match self {
            ImageInterpolation::Nearest | ImageInterpolation::Box => 0.5,
            ImageInterpolation::Bilinear | ImageInterpolation::Hamming => 1.0,
            ImageInterpolation::Bicubic => 2.0,
            ImageInterpolation::Lanczos => 3.0,
        }
    }

    /// How much a pixel at this distance counts.
    fn weight(self, distance: f64) -> f64 {
        let sinc = |x: f64| {
            if x == 0.0 {
                1.0
            } else {
                (x * PI).sin() / (x * PI)
            }
        };
        let x = distance.abs();
        match self {
            ImageInterpolation::Nearest | ImageInterpolation::Box => {
                f64::from(distance > -0.5 && distance <= 0.5)
            }
            ImageInterpolation::Bilinear => (1.0 - x).max(0.0),
            ImageInterpolation::Hamming if x >= 1.0 => 0.0,
            ImageInterpolation::Hamming => sinc(x) * (0.54 + 0.46 * (x * PI).cos()),
            ImageInterpolation::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            ImageInterpolation::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            ImageInterpolation::Bicubic => 0.0,
            ImageInterpolation::Lanczos if (-3.0..3.0).contains(&distance) => {
                sinc(distance) * sinc(distance / 3.0)
            }
            ImageInterpolation::Lanczos => 0.0,
        }
    }
}

/// A part of a picture: where it begins and how large it is, along both axes.
pub(super) struct Part {
    pub(super) rows: (usize, usize),
    pub(super) columns: (usize, usize),
}

/// A whole picture `(height, width, channels)` in another size.
pub(super) fn whole(
    pixels: &Tensor,
    size: (usize, usize),
    interpolation: ImageInterpolation,
) -> Result<Tensor> {
    let part = Part {
        rows: (0, pixels.shape()[0]),
        columns: (0, pixels.shape()[1]),
    };
    self::part(pixels, part, size, interpolation)
}

/// A part of a picture, which is not empty, in another size.
pub(super) fn part(
    pixels: &Tensor,
    part: Part,
    (height, width): (usize, usize),
    interpolation: ImageInterpolation,
) -> Result<Tensor> {
    let sizes = [pixels.shape()[0], pixels.shape()[1], pixels.shape()[2]];
    let shape = Shape::from((height, width, sizes[2]));
    if interpolation == ImageInterpolation::Nearest {
        let rows = nearest(part.rows, height);
        let columns = nearest(part.columns, width);
        return picked(pixels, sizes, &rows, &columns, shape);
    }
    let axis = |(start, length): (usize, usize), size: usize, from: usize| {
        // Nothing is done along an axis that stays as it is.
        (size != from || length != from).then(|| sums(start, length, size, from, interpolation))
    };
    let rows = axis(part.rows, height, sizes[0]);
    let columns = axis(part.columns, width, sizes[1]);
    if pixels.dtype() != DType::Uint8 {
        let values = pixels.to_vec::<i64>();
        let values = along_both(values, sizes, [&columns, &rows], |weights, values| {
            let products = weights.iter().zip(values).map(|(w, v)| w * *v as f64);
            ((products.sum::<f64>() + 0.5) as i64).clamp(0, i64::from(u16::MAX))
        });
        return Tensor::from_vec(values, shape);
    }
    let mut values = pixels.to_vec::<u8>();
    let has_opacity = sizes[2] == 4;
    if has_opacity {
        values.as_chunks_mut::<4>().0.iter_mut().for_each(multiply);
    }
    let [rows, columns] = [rows, columns].map(|sums| sums.map(in_whole_numbers));
    let mut values = along_both(values, sizes, [&columns, &rows], |weights, values| {
        let products = weights.iter().zip(values).map(|(w, v)| w * i64::from(*v));
        ((products.sum::<i64>() + HALF) >> BITS).clamp(0, 255) as u8
    });
    if has_opacity {
        values.as_chunks_mut::<4>().0.iter_mut().for_each(divide);
    }
    Tensor::from_vec(values, shape)
}

/// Which old pixels along an axis become the new ones.
fn nearest((start, length): (usize, usize), size: usize) -> Vec<usize> {
    let step = length as f64 / size as f64;
    let mut place = start as f64 + step * 0.5;
    let last = start + length - 1;
    let pixels = (0..size).map(|_| {
        let pixel = (place as usize).min(last);
        place += step;
        pixel
    });
    pixels.collect()
}

fn picked(
    pixels: &Tensor,
    [_, from_width, channels]: [usize; 3],
    rows: &[usize],
    columns: &[usize],
    shape: Shape,
) -> Result<Tensor> {
    fn pick<T: Copy>(from: &[T], places: impl Iterator<Item = usize>, channels: usize) -> Vec<T> {
        let pixels = places.flat_map(|place| &from[place * channels..(place + 1) * channels]);
        pixels.copied().collect()
    }
    let places = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| row * from_width + column));
    match pixels.dtype() {
        DType::Uint8 => Tensor::from_vec(pick(&pixels.to_vec::<u8>(), places, channels), shape),
        _ => Tensor::from_vec(pick(&pixels.to_vec::<i64>(), places, channels), shape),
    }
}

/// What a new pixel is made of: the first old one, and how much each from there on counts.
struct Sum<W> {
    first: usize,
    weights: Vec<W>,
}

/// Weights of bytes are whole numbers of so many bits behind the point.
const BITS: u32 = 22;
const HALF: i64 = 1 << (BITS - 1);

fn in_whole_numbers(sums: Vec<Sum<f64>>) -> Vec<Sum<i64>> {
    let whole = |weight: &f64| {
        let half = if *weight < 0.0 { -0.5 } else { 0.5 };
        (half + weight * f64::from(1 << BITS)) as i64
    };
    let sums = sums.into_iter().map(|sum| Sum {
        first: sum.first,
        weights: sum.weights.iter().map(whole).collect(),
    });
    sums.collect()
}

/// The sums for `size` new pixels along an axis of `from`, of a part of it.
fn sums(
    start: usize,
    length: usize,
    size: usize,
    from: usize,
    interpolation: ImageInterpolation,
) -> Vec<Sum<f64>> {
    let scale = length as f64 / size as f64;
    let stretch = scale.max(1.0);
    let reach = interpolation.reach() * stretch;
    let sum = |place: usize| {
        let center = start as f64 + (place as f64 + 0.5) * scale;
        let first = (center - reach + 0.5).max(0.0) as usize;
        let end = ((center + reach + 0.5).max(0.0) as usize).min(from);
        let weight =
            |pixel: usize| interpolation.weight((pixel as f64 - center + 0.5) * (1.0 / stretch));
        let mut weights: Vec<f64> = (first..end).map(weight).collect();
        let total: f64 = weights.iter().sum();
        if total != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= total);
        }
        Sum { first, weights }
    };
    (0..size).map(sum).collect()
}

/// Resizes along both axes, where there is something to do; `add` makes a new pixel.
fn along_both<T: Copy, W>(
    mut values: Vec<T>,
    [height, width, channels]: [usize; 3],
    [columns, rows]: [&Option<Vec<Sum<W>>>; 2],
    add: impl Fn(&[W], &[T]) -> T,
) -> Vec<T> {
    let (mut height, mut width) = (height, width);
    for axis in order([height, width], [rows, columns]) {
        match (axis, rows, columns) {
            (Axis::Rows, Some(sums), _) => {
                let line = width * channels;
                values = along(&values, [1, height, line], sums, &add);
                height = sums.len();
            }
            (Axis::Columns, _, Some(sums)) => {
                values = along(&values, [height, width, channels], sums, &add);
                width = sums.len();
            }
            _ => {}
        }
    }
    values
}

enum Axis {
    Rows,
    Columns,
}

/// Which axis comes first; bytes are rounded in between, so that this can be seen.
fn order<W>([height, width]: [usize; 2], sums: [&Option<Vec<Sum<W>>>; 2]) -> [Axis; 2] {
    let less = |from: usize, sums: &Option<Vec<Sum<W>>>| {
        let size = sums.as_ref().map_or(from, Vec::len);
        from as isize - size as isize
    };
    let (shorter, narrower) = (less(height, sums[0]), less(width, sums[1]));
    if shorter > 0 && shorter > 2 * narrower {
        [Axis::Rows, Axis::Columns]
    } else {
        [Axis::Columns, Axis::Rows]
    }
}

/// Resizes along the middle one of three axes.
fn along<T: Copy, W>(
    values: &[T],
    [outer, length, inner]: [usize; 3],
    sums: &[Sum<W>],
    add: impl Fn(&[W], &[T]) -> T,
) -> Vec<T> {
    let mut new = Vec::with_capacity(outer * sums.len() * inner);
    // The old pixels of a sum, one behind the other.
    let mut old = Vec::new();
    for start in (0..outer).map(|place| place * length * inner) {
        for sum in sums {
            let start = start + sum.first * inner;
            for place in start..start + inner {
                old.clear();
                let places = values.get(place..).unwrap_or_default();
                let places = places.iter().step_by(inner).take(sum.weights.len());
                old.extend(places);
                new.push(add(&sum.weights, &old));
            }
        }
    }
    new
}

/// Colors as bright as they are through their opacity.
fn multiply(pixel: &mut [u8; 4]) {
    let opacity = u32::from(pixel[3]);
    for color in &mut pixel[..3] {
        let product = u32::from(*color) * opacity + 128;
        *color = (((product >> 8) + product) >> 8) as u8;
    }
}

/// The opposite of [`multiply`].
fn divide(pixel: &mut [u8; 4]) {
    let opacity = u32::from(pixel[3]);
    if opacity == 0 || opacity == 255 {
        return;
    }
    for color in &mut pixel[..3] {
        *color = (u32::from(*color) * 255 / opacity).min(255) as u8;
    }
}
