//! Padding, cropping and up-sampling: every place of the output is a weighted sum of places of the
//! input, axis by axis.

use serde::{Deserialize, Serialize};

use super::window::{axis_name, output_shape, spatial, to_three};
use super::{add, vectorized};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Setting, Tape, Tensor};

/// Adds zeros around `x` `(batch, .., channels)`: so many before and after the cells of each axis.
///
/// # Errors
/// When `x` does not have `RANK` axes between batch and channels.
pub fn zero_padding<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    padding: [(usize, usize); RANK],
) -> Result<Tensor> {
    let (_, sizes, _) = spatial::<RANK>("zero_padding", x)?;
    resample::<RANK>(tape, x, |axis| {
        let (size, (before, after)) = (sizes[axis], padding[axis]);
        let length = before
            .checked_add(size)
            .and_then(|cells| cells.checked_add(after));
        let length = length.ok_or_else(|| too_large(axis_name(RANK, axis)))?;
        let part = move |place: usize| {
            let inside = (before..before + size).contains(&place);
            inside.then(|| (place - before, 1.0)).into_iter().collect()
        };
        Ok((length, Box::new(part)))
    })
}

/// Takes cells of `x` `(batch, .., channels)` away: so many from the start and the end of each axis.
///
/// # Errors
/// When `x` does not have `RANK` axes between batch and channels, or nothing would be left.
pub fn cropping<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    cropping: [(usize, usize); RANK],
) -> Result<Tensor> {
    let (_, sizes, _) = spatial::<RANK>("cropping", x)?;
    resample::<RANK>(tape, x, |axis| {
        let (before, after) = cropping[axis];
        let length = cropped(axis_name(RANK, axis), sizes[axis], (before, after))?;
        Ok((length, Box::new(move |place| vec![(place + before, 1.0)])))
    })
}

/// What is left of an axis of `size` cells.
pub(crate) fn cropped(name: &str, size: usize, (before, after): (usize, usize)) -> Result<usize> {
    let left = size.saturating_sub(before).saturating_sub(after);
    if left == 0 {
        return Err(Error::shape(format!(
            "cropping ({before}, {after}) leaves nothing of an input of {name} {size}"
        ))
        .remedy("crop less"));
    }
    Ok(left)
}

/// How the places between the cells of a picture are made.
///
/// Keras: the argument `interpolation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Of the nearest cell.
    #[default]
    Nearest,
    /// Of the two nearest cells along each axis.
    Bilinear,
    /// Of the four nearest cells along each axis.
    ///
    /// Keys, "Cubic convolution interpolation for digital image processing", 1981.
    Bicubic,
    /// Of the six nearest cells along each axis.
    Lanczos3,
    /// Of the ten nearest cells along each axis.
    Lanczos5,
}

/// Every interpolation by its name in Keras.
const INTERPOLATIONS: [(&str, Interpolation); 5] = [
    ("nearest", Interpolation::Nearest),
    ("bilinear", Interpolation::Bilinear),
    ("bicubic", Interpolation::Bicubic),
    ("lanczos3", Interpolation::Lanczos3),
    ("lanczos5", Interpolation::Lanczos5),
];

impl Interpolation {
    /// This one, where only the nearest pixels are looked at.
    pub(crate) fn among_near(self) -> Result<Interpolation> {
        match self {
            Interpolation::Nearest | Interpolation::Bilinear => Ok(self),
            _ => {
                let known = INTERPOLATIONS.iter().find(|(_, known)| *known == self);
                let name = known.map_or("", |(name, _)| *name);
                let expected = "\"nearest\" or \"bilinear\"";
                Err(Error::argument(
                    "interpolation",
                    expected,
                    format!("\"{name}\""),
                ))
            }
        }
    }

    /// How far away the cells are that count.
    fn reach(self) -> f64 {
        match self {
            Interpolation::Nearest => 0.5,
            Interpolation::Bilinear => 1.0,
            Interpolation::Bicubic => 2.0,
            Interpolation::Lanczos3 => 3.0,
            Interpolation::Lanczos5 => 5.0,
        }
    }

    /// How much a cell at this distance counts.
    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        let lanczos = |radius: f64| {
            let phase = std::f64::consts::PI * x;
            match x {
                x if x > radius => 0.0,
                x if x < 1e-3 => 1.0,
                _ => radius * phase.sin() * (phase / radius).sin() / (phase * phase),
            }
        };
        match self {
            Interpolation::Nearest => f64::from(x <= 0.5),
            Interpolation::Bilinear => (1.0 - x).max(0.0),
            Interpolation::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Interpolation::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Interpolation::Bicubic => 0.0,
            Interpolation::Lanczos3 => lanczos(3.0),
            Interpolation::Lanczos5 => lanczos(5.0),
        }
    }

    /// The cells that `place` is made of when `size` cells become `places`. With `antialias`, where
    /// these are fewer, each is made of all cells that it covers.
    fn parts(self, place: usize, size: usize, places: usize, antialias: bool) -> Vec<(usize, f32)> {
        if size == 0 {
            return Vec::new();
        }
        let cells = size as f64 / places as f64;
        // Cells and places are as wide as their share of the picture; this is the middle of one.
        let middle = (place as f64 + 0.5) * cells;
        if self == Interpolation::Nearest {
            return vec![((middle as usize).min(size - 1), 1.0)];
        }
        let stretch = if antialias { cells.max(1.0) } else { 1.0 };
        self.around(middle - 0.5, size, stretch)
    }

    /// The cells that the place `middle` among `size` cells is made of.
    pub(crate) fn parts_around(self, middle: f64, size: usize) -> Vec<(usize, f32)> {
        self.around(middle, size, 1.0)
    }

    /// The same, where cells count up to `stretch` times as far away.
    fn around(self, middle: f64, size: usize, stretch: f64) -> Vec<(usize, f32)> {
        let reach = self.reach() * stretch;
        let first = (middle - reach).ceil().max(0.0) as usize;
        let last = ((middle + reach).floor() as usize).min(size - 1);
        let weights: Vec<f64> = (first..=last)
            .map(|cell| self.weight((middle - cell as f64) / stretch))
            .collect();
        let total: f64 = weights.iter().sum();
        (first..=last)
            .zip(weights.iter().map(|weight| (weight / total) as f32))
            .filter(|(_, weight)| *weight != 0.0)
            .collect()
    }
}

impl std::str::FromStr for Interpolation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Interpolation> {
        let entry = INTERPOLATIONS.iter().find(|(known, _)| *known == name);
        entry
            .map(|(_, interpolation)| *interpolation)
            .ok_or_else(|| {
                let known = INTERPOLATIONS.map(|(name, _)| name);
                Error::unknown_name("interpolation", name, &known)
            })
    }
}

impl From<Interpolation> for Setting<Interpolation> {
    fn from(interpolation: Interpolation) -> Self {
        Setting::value(interpolation)
    }
}

/// Makes `factors` places of each cell of `x` `(batch, .., channels)` along each axis.
///
/// # Errors
/// When `x` does not have `RANK` axes between batch and channels, or a factor is 0.
pub fn up_sampling<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    factors: [usize; RANK],
    interpolation: Interpolation,
) -> Result<Tensor> {
    let (_, sizes, _) = spatial::<RANK>("up_sampling", x)?;
    if factors.contains(&0) {
        let given = format!("{factors:?}");
        return Err(Error::argument("size", "positive whole numbers", given));
    }
    resample::<RANK>(tape, x, |axis| {
        let (size, factor) = (sizes[axis], factors[axis]);
        let length = size.checked_mul(factor);
        let length = length.ok_or_else(|| too_large(axis_name(RANK, axis)))?;
        Ok((
            length,
            Box::new(move |place| interpolation.parts(place, size, length, false)),
        ))
    })
}

/// Pictures `x` `(batch, height, width, channels)` of another height and width. Where they shrink,
/// cells between the ones that are looked at are left out.
///
/// Keras: `keras.ops.image.resize(x, size, interpolation, antialias=False)`.
///
/// # Errors
/// When `x` has other axes or no cells, or a size is 0.
pub fn resize(
    tape: &mut Tape,
    x: &Tensor,
    (height, width): (usize, usize),
    interpolation: Interpolation,
) -> Result<Tensor> {
    let (_, sizes, _) = spatial::<2>("resize", x)?;
    if height == 0 || width == 0 || sizes.contains(&0) {
        let given = format!("({height}, {width}) for {}", x.shape());
        return Err(Error::argument(
            "size",
            "positive sizes of pictures with cells",
            given,
        ));
    }
    let part = [(sizes[0], height), (sizes[1], width)].map(|(from, to)| Stretch {
        length: from,
        start: 0,
        from,
        to,
    });
    resize_part(tape, x, part, (interpolation, false), 0.0)
}

/// Along an axis of pictures, the part that is brought to another size; it may begin before them and
/// end behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// How many cells the part has.
    pub(crate) length: usize,
    /// Where it begins.
    pub(crate) start: isize,
    /// How many cells the pictures have.
    pub(crate) from: usize,
    /// How many places the part becomes.
    pub(crate) to: usize,
}

impl Stretch {
    /// The cells that `place` is made of, and how much of it lies outside of the picture.
    fn parts(self, place: usize, how: (Interpolation, bool)) -> (Vec<(usize, f32)>, f32) {
        let (interpolation, antialias) = how;
        let mut inside = Vec::new();
        let mut outside = 0.0;
        for (cell, weight) in interpolation.parts(place, self.length, self.to, antialias) {
            let cell = cell.checked_add_signed(self.start);
            match cell.filter(|cell| *cell < self.from) {
                Some(cell) => inside.push((cell, weight)),
                None => outside += weight,
            }
        }
        (inside, outside)
    }
}

/// Brings a part of the pictures `x` `(batch, height, width, channels)` to another size, with or
/// without anti-aliasing. What of the part lies outside of the pictures is `fill_value`.
pub(crate) fn resize_part(
    tape: &mut Tape,
    x: &Tensor,
    part: [Stretch; 2],
    how: (Interpolation, bool),
    fill_value: f32,
) -> Result<Tensor> {
    let resized = resample::<2>(tape, x, |axis| {
        let stretch = part[axis];
        Ok((
            stretch.to,
            Box::new(move |place| stretch.parts(place, how).0),
        ))
    })?;
    let [rows, columns] = part.map(|stretch| -> Vec<f32> {
        let outside = |place| stretch.parts(place, how).1;
        (0..stretch.to).map(outside).collect()
    });
    if fill_value == 0.0 || rows.iter().chain(&columns).all(|outside| *outside == 0.0) {
        return Ok(resized);
    }
    let fill = rows.iter().flat_map(|row| {
        let columns = columns.iter();
        columns.map(move |column| (row + column - row * column) * fill_value)
    });
    let fill = Tensor::from_vec(fill.collect(), (part[0].to, part[1].to, 1))?;
    add(tape, &resized, &fill)
}

fn too_large(name: &str) -> Error {
    Error::shape(format!("the output's {name} would be too large"))
}

/// The length of an axis of the output, and what each of its places is made of.
type AxisOf = (usize, Box<dyn Fn(usize) -> Vec<(usize, f32)>>);

fn resample<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    axis: impl Fn(usize) -> Result<AxisOf>,
) -> Result<Tensor> {
    let (batch, sizes, channels) = spatial::<RANK>("resampling", x)?;
    let whole = || -> AxisOf { (1, Box::new(|place| vec![(place, 1.0)])) };
    let axes = to_three::<RANK, _>(whole, axis)?;
    let output = [axes[0].0, axes[1].0, axes[2].0];
    let shape = output_shape::<RANK>(batch, output, channels);
    if shape.elements() == 0 {
        return Ok(Tensor::zeros(shape));
    }
    let input = to_three::<RANK, _>(|| 1, |axis| Ok(sizes[axis]))?;
    let parts = axes.map(|(length, part)| (0..length).map(part).collect());
    let op = Resample {
        input,
        output,
        channels,
        parts,
    };
    apply(tape, op, &[x], shape)
}

/// For each place along an axis, the places that it is made of, and how much of each.
pub(super) type Parts = Vec<Vec<(usize, f32)>>;

pub(super) struct Resample {
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(super) channels: usize,
    /// What the output is made of.
    pub(super) parts: [Parts; 3],
}

impl Op for Resample {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        mix(
            inputs[0],
            self.input,
            &self.parts,
            self.channels,
            output,
            true,
        );
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let fresh = x.fresh;
        mix(
            at.gradient,
            self.output,
            &self.parts_back(),
            self.channels,
            x.values,
            fresh,
        );
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

impl Resample {
    /// What the gradient of the input is made of.
    pub(super) fn parts_back(&self) -> [Parts; 3] {
        [0, 1, 2].map(|axis| {
            let mut back = vec![Vec::new(); self.input[axis]];
            for (place, parts) in self.parts[axis].iter().enumerate() {
                for &(cell, weight) in parts {
                    back[cell].push((place, weight));
                }
            }
            back
        })
    }
}

/// Makes every place of `to` of places of `from`, or adds to it.
fn mix(
    from: &[f32],
    from_sizes: [usize; 3],
    parts: &[Parts; 3],
    channels: usize,
    to: &mut [f32],
    overwrite: bool,
) {
    let picture = from_sizes.iter().product::<usize>() * channels;
    let [planes, rows, columns] = parts;
    if to.is_empty() {
        return;
    }
    to.par_chunks_mut(columns.len() * channels)
        .enumerate()
        .for_each(|(line, to)| {
            let (plane, row) = (line / rows.len(), line % rows.len());
            let from = &from[plane / planes.len() * picture..][..picture];
            let (plane, row) = (&planes[plane % planes.len()], &rows[row]);
            vectorized(
                #[inline(always)]
                || {
                    for (to, column) in to.chunks_exact_mut(channels).zip(columns) {
                        let alone =
                            overwrite && (plane.len(), row.len(), column.len()) == (1, 1, 1);
                        if overwrite && !alone {
                            to.fill(0.0);
                        }
                        for &(plane, plane_weight) in plane {
                            for &(row, row_weight) in row {
                                let line = (plane * from_sizes[1] + row) * from_sizes[2];
                                for &(column, weight) in column {
                                    let weight = plane_weight * row_weight * weight;
                                    let cell = &from[(line + column) * channels..][..channels];
                                    for (to, x) in to.iter_mut().zip(cell) {
                                        let part = x * weight;
                                        *to = if alone { part } else { *to + part };
                                    }
                                }
                            }
                        }
                    }
                },
            );
        });
}
