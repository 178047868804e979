//! Pictures whose pixels come from other places of the same picture: flipped, cropped, resized,
//! zoomed, moved, turned.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::window::pictures;
use super::{Interpolation, vectorized};
use crate::device::Buffer;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Error, Result, Setting, Shape, Tape, Tensor};

/// What is seen outside of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FillMode {
    /// The picture in a mirror at its edge: `d c b a | a b c d | d c b a`.
    #[default]
    Reflect,
    /// The picture again: `a b c d | a b c d | a b c d`.
    Wrap,
    /// One value: `k k k k | a b c d | k k k k`.
    Constant,
    /// The pixels at the edge: `a a a a | a b c d | d d d d`.
    Nearest,
}

impl std::str::FromStr for FillMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "reflect" => Ok(Self::Reflect),
            "wrap" => Ok(Self::Wrap),
            "constant" => Ok(Self::Constant),
            "nearest" => Ok(Self::Nearest),
            _ => {
                let known = ["reflect", "wrap", "constant", "nearest"];
                Err(Error::unknown_name("fill mode", name, &known))
            }
        }
    }
}

impl Default for Setting<FillMode> {
    fn default() -> Self {
        FillMode::default().into()
    }
}

impl From<FillMode> for Setting<FillMode> {
    fn from(fill_mode: FillMode) -> Self {
        Setting::value(fill_mode)
    }
}

impl FillMode {
    /// The pixel that is seen at `index` along an axis of `size` pixels; none is the constant.
    fn pixel(self, index: i64, size: i64) -> Option<u32> {
        let seen = match self {
            _ if (0..size).contains(&index) => index,
            Self::Constant => return None,
            Self::Nearest => index.clamp(0, size - 1),
            Self::Wrap => index.rem_euclid(size),
            Self::Reflect => {
                let place = index.rem_euclid(2 * size);
                place.min(2 * size - 1 - place)
            }
        };
        Some(seen as u32)
    }
}

/// The two pixels along an axis that a value lies between, and how much each counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    pub(super) pixels: [Option<u32>; 2],
    pub(super) weights: [f32; 2],
}

impl Between {
    /// Exactly one pixel.
    pub(crate) fn one(pixel: usize) -> Between {
        Between {
            pixels: [Some(pixel as u32); 2],
            weights: [1.0, 0.0],
        }
    }

    /// Two pixels, which may lie outside of the `size` pixels that there are, and how far it is from
    /// the first to the second.
    pub(crate) fn new(pixels: [isize; 2], above: f32, size: usize) -> Between {
        let pixel = |at: isize| FillMode::Constant.pixel(at as i64, size as i64);
        Between {
            pixels: pixels.map(pixel),
            weights: [1.0 - above, above],
        }
    }

    /// The place `at` along an axis of `size` pixels, the middle of the first of which is 0.
    pub(crate) fn place(at: f32, size: usize, look: Look) -> Between {
        let size = size as i64;
        match look.interpolation {
            Interpolation::Nearest => Between {
                pixels: [look.fill_mode.pixel(at.round() as i64, size); 2],
                weights: [1.0, 0.0],
            },
            _ => {
                let low = at.floor();
                let above = at - low;
                let low = low as i64;
                Between {
                    pixels: [low, low.saturating_add(1)].map(|at| look.fill_mode.pixel(at, size)),
                    weights: [1.0 - above, above],
                }
            }
        }
    }
}

/// How values between and outside of the pixels are found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// `Nearest`, or else `Bilinear`.
    pub(crate) interpolation: Interpolation,
    pub(crate) fill_mode: FillMode,
    pub(crate) fill_value: f32,
}

impl Look {
    /// At pixels alone.
    pub(crate) fn at_pixels() -> Look {
        Look {
            interpolation: Interpolation::Nearest,
            fill_mode: FillMode::Constant,
            fill_value: 0.0,
        }
    }
}

/// Where the pixels of one new picture come from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Rows and columns are found each on their own: an entry for every new row and every new column.
    Axes {
        rows: Vec<Between>,
        columns: Vec<Between>,
    },
    /// The new pixel (x, y) comes from `(m0 x + m1 y + m2, m3 x + m4 y + m5)`.
    Affine([f32; 6]),
    /// As affine, with both divided by `m6 x + m7 y + 1`.
    Perspective([f32; 8]),
    /// How far to the right and down the new pixel comes from, row by row.
    Shifted { right: Vec<f32>, down: Vec<f32> },
}

/// New pictures of `size` (height, width); `origins` holds one for each picture, or one for all.
///
/// # Errors
/// When `x` holds no pictures.
pub(crate) fn rearrange(
    tape: &mut Tape,
    x: &Tensor,
    size: (usize, usize),
    origins: Vec<Origin>,
    look: Look,
) -> Result<Tensor> {
    let [batch, height, width, channels] = pictures("a change of pictures", x)?;
    let shape = Shape::from([batch, size.0, size.1, channels]);
    let op = Rearrange {
        from: (height, width),
        size,
        channels,
        origins,
        look,
        on_gpu: None,
    };
    apply(tape, op, &[&x.astype(DType::Float32)], shape)
}

pub(super) struct Rearrange {
    pub(super) from: (usize, usize),
    pub(super) size: (usize, usize),
    pub(super) channels: usize,
    pub(super) origins: Vec<Origin>,
    pub(super) look: Look,
    /// The origins on the GPU, for the backward pass.
    pub(super) on_gpu: Option<Buffer>,
}

/// The old pixels that one new pixel is a mixture of, and what it has of the constant.
#[derive(Clone, Copy, Default)]
struct Mixture {
    pixels: [u32; 4],
    weights: [f32; 4],
    constant: f32,
}

impl Rearrange {
    fn origin(&self, picture: usize) -> &Origin {
        &self.origins[picture.min(self.origins.len() - 1)]
    }

    /// How many pixels are mixed.
    fn mixed(&self) -> usize {
        match self.look.interpolation {
            Interpolation::Nearest => 1,
            _ => 4,
        }
    }

    /// The mixtures of one new row.
    fn mix_row(&self, origin: &Origin, row: usize, mixtures: &mut [Mixture]) {
        match origin {
            Origin::Axes { rows, columns } => {
                for (mixture, column) in mixtures.iter_mut().zip(columns) {
                    *mixture = self.mix(rows[row], *column);
                }
            }
            Origin::Affine([m0, m1, m2, m3, m4, m5]) => {
                let y = row as f32;
                for (column, mixture) in mixtures.iter_mut().enumerate() {
                    let x = column as f32;
                    *mixture = self.look_at(y * m1 + x * m0 + m2, y * m4 + x * m3 + m5);
                }
            }
            Origin::Perspective([m0, m1, m2, m3, m4, m5, m6, m7]) => {
                let y = row as f32;
                for (column, mixture) in mixtures.iter_mut().enumerate() {
                    let x = column as f32;
                    let depth = m6 * x + m7 * y + 1.0;
                    // At the horizon everything is far away, and nothing lies between two pixels.
                    let near = |at: f32| match at.is_nan() {
                        true => 0.0,
                        false => at.clamp(-1e9, 1e9),
                    };
                    let from_x = near((m0 * x + m1 * y + m2) / depth);
                    let from_y = near((m3 * x + m4 * y + m5) / depth);
                    *mixture = self.look_at(from_x, from_y);
                }
            }
            Origin::Shifted { right, down } => {
                let shifts = right.iter().zip(down).skip(row * self.size.1);
                for (column, (mixture, (right, down))) in
                    mixtures.iter_mut().zip(shifts).enumerate()
                {
                    *mixture = self.look_at(column as f32 + right, row as f32 + down);
                }
            }
        }
    }

    /// The mixture at a place of the old picture.
    #[inline(always)]
    fn look_at(&self, x: f32, y: f32) -> Mixture {
        let column = Between::place(x, self.from.1, self.look);
        let row = Between::place(y, self.from.0, self.look);
        self.mix(row, column)
    }

    #[inline(always)]
    fn mix(&self, row: Between, column: Between) -> Mixture {
        let mut mixture = Mixture::default();
        for i in 0..self.mixed() {
            let (r, c) = (i / 2, i % 2);
            let weight = row.weights[r] * column.weights[c];
            match (row.pixels[r], column.pixels[c]) {
                (Some(row), Some(column)) => {
                    mixture.pixels[i] = row * self.from.1 as u32 + column;
                    mixture.weights[i] = weight;
                }
                _ => mixture.constant += weight * self.look.fill_value,
            }
        }
        mixture
    }

    /// Calls `each` with every new pixel's numbers and its mixture.
    #[inline(always)]
    fn for_each_pixel(&self, picture: usize, mut each: impl FnMut(Range<usize>, &Mixture)) {
        let mut mixtures = vec![Mixture::default(); self.size.1];
        let origin = self.origin(picture);
        for row in 0..self.size.0 {
            self.mix_row(origin, row, &mut mixtures);
            for (column, mixture) in mixtures.iter().enumerate() {
                let start = (row * self.size.1 + column) * self.channels;
                each(start..start + self.channels, mixture);
            }
        }
    }

    /// Fills a new picture with mixtures of `MIXED` pixels.
    fn fill<const MIXED: usize>(&self, picture: usize, old: &[f32], new: &mut [f32]) {
        let channels = self.channels;
        self.for_each_pixel(picture, |at, mixture| {
            for (channel, new) in new[at].iter_mut().enumerate() {
                let mut value = mixture.constant;
                for i in 0..MIXED {
                    let from = mixture.pixels[i] as usize * channels + channel;
                    value += mixture.weights[i] * old[from];
                }
                *new = value;
            }
        });
    }
}

impl Op for Rearrange {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let old = inputs[0].par_chunks(self.from.0 * self.from.1 * self.channels);
        let new = output.par_chunks_mut(self.size.0 * self.size.1 * self.channels);
        let this = &*self;
        new.zip(old).enumerate().for_each(|(picture, (new, old))| {
            vectorized(
                #[inline(always)]
                || match this.look.interpolation {
                    Interpolation::Nearest => this.fill::<1>(picture, old, new),
                    _ => this.fill::<4>(picture, old, new),
                },
            );
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let channels = self.channels;
        let old = x
            .values
            .par_chunks_mut(self.from.0 * self.from.1 * channels);
        let new = at.gradient.par_chunks(self.size.0 * self.size.1 * channels);
        old.zip(new).enumerate().for_each(|(picture, (old, new))| {
            self.for_each_pixel(picture, |at, mixture| {
                for (channel, gradient) in new[at].iter().enumerate() {
                    for i in 0..self.mixed() {
                        let from = mixture.pixels[i] as usize * channels + channel;
                        old[from] += mixture.weights[i] * gradient;
                    }
                }
            });
        });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}
