//! Maximum and average over windows of a sequence, picture or volume, channels last.

mod cpu;
mod masked;

use std::ops::Range;

pub(in crate::ops) use cpu::{AveragePool, MaxPool, Windows};
pub(in crate::ops) use masked::MaskedAverage;
pub use masked::masked_average_pool;

use super::window::{Padding, output_shape, spatial, to_three, window_axes};
use crate::tensor::bridge::apply;
use crate::{Error, Result, Shape, Tape, Tensor};

/// What a pooling window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Its largest value.
    Max,
    /// The mean of the cells that lie inside of the picture.
    Average,
}

/// Pools `x` `(batch, .., channels)`, with `RANK` axes in between, over windows of `size`.
///
/// Keras: `keras.ops.max_pool` and `keras.ops.average_pool`.
///
/// # Errors
/// When `x` has another number of axes or the window is larger than it.
pub fn pool<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    pool: Pool,
    size: [usize; RANK],
    strides: [usize; RANK],
    padding: Padding,
) -> Result<Tensor> {
    let (_, input, _) = spatial::<RANK>("pooling", x)?;
    let axes = window_axes(input, size, strides, [1; RANK], padding)?;
    let place = |axis: usize, i: usize| {
        let axis = &axes[axis];
        let start = i * axis.stride;
        let end = (start + axis.size).saturating_sub(axis.before);
        start.saturating_sub(axis.before)..end.min(axis.input)
    };
    over_places::<RANK>(tape, x, pool, axes.map(|axis| axis.output), place)
}

/// [`pool`] of pictures `(batch, height, width, channels)`.
///
/// # Errors
/// When `x` is not a batch of pictures or the window is larger than them.
pub fn pool2d(
    tape: &mut Tape,
    x: &Tensor,
    pool: Pool,
    size: (usize, usize),
    strides: (usize, usize),
    padding: Padding,
) -> Result<Tensor> {
    self::pool(tape, x, pool, size.into(), strides.into(), padding)
}

/// Pools `x` `(batch, .., channels)`, with `RANK` axes in between, to `output_size`: windows are
/// about as large as each other and cover all cells.
///
/// Keras: `keras.ops.adaptive_max_pool` and `keras.ops.adaptive_average_pool`.
///
/// # Errors
/// When `x` has another number of axes, or `output_size` has zeros.
pub fn adaptive_pool<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    pool: Pool,
    output_size: [usize; RANK],
) -> Result<Tensor> {
    let (_, input, _) = spatial::<RANK>("pooling", x)?;
    let fits = output_size
        .iter()
        .zip(input)
        .all(|(&output, input)| (1..=input).contains(&output));
    if !fits {
        let expected = format!("positive numbers, none above the input's {input:?}");
        let given = format!("{output_size:?}");
        return Err(Error::argument("output_size", &expected, given));
    }
    let input = to_three::<RANK, _>(|| 1, |axis| Ok(input[axis]))?;
    let output = to_three::<RANK, _>(|| 1, |axis| Ok(output_size[axis]))?;
    let place = |axis: usize, i: usize| {
        let (input, output) = (input[axis], output[axis]);
        i * input / output..((i + 1) * input).div_ceil(output)
    };
    over_places::<RANK>(tape, x, pool, output, place)
}

/// One value for each channel: `(batch, .., channels)` to `(batch, channels)`.
///
/// # Errors
/// When `x` has fewer than three axes, or nothing to pool.
pub fn global_pool(tape: &mut Tape, x: &Tensor, pool: Pool) -> Result<Tensor> {
    let &[batch, ref sizes @ .., channels] = x.shape().dims() else {
        return Err(without_cells(x));
    };
    let cells: usize = sizes.iter().product();
    if cells == 0 || sizes.is_empty() {
        return Err(without_cells(x));
    }
    let windows = cpu::Windows {
        input: [1, 1, cells],
        places: [1, 1, cells].map(|cells| std::iter::once(0..cells).collect()),
        channels,
    };
    over_windows(tape, x, pool, windows, Shape::from((batch, channels)))
}

fn without_cells(x: &Tensor) -> Error {
    Error::shape(format!(
        "cannot pool pictures without cells, got {}",
        x.shape()
    ))
}

/// [`global_pool`] with the mean of each channel of pictures.
///
/// # Errors
/// When `x` is not a batch of pictures, or they are empty.
pub fn global_average_pool2d(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    spatial::<2>("global pooling", x)?;
    global_pool(tape, x, Pool::Average)
}

/// [`global_pool`] with the maximum of each channel of pictures.
///
/// # Errors
/// When `x` is not a batch of pictures, or they are empty.
pub fn global_max_pool2d(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    spatial::<2>("global pooling", x)?;
    global_pool(tape, x, Pool::Max)
}

/// Pools over `output` windows; `place(axis, i)` are the cells under the `i`-th along an axis.
fn over_places<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    pool: Pool,
    output: [usize; 3],
    place: impl Fn(usize, usize) -> Range<usize>,
) -> Result<Tensor> {
    let (batch, sizes, channels) = spatial::<RANK>("pooling", x)?;
    let shape = output_shape::<RANK>(batch, output, channels);
    // Where there is nothing to compute, an axis may be longer than memory.
    let counts = if shape.elements() == 0 {
        [0; 3]
    } else {
        output
    };
    let places = |axis: usize| (0..counts[axis]).map(|i| place(axis, i)).collect();
    let windows = cpu::Windows {
        input: to_three::<RANK, _>(|| 1, |axis| Ok(sizes[axis]))?,
        places: [places(0), places(1), places(2)],
        channels,
    };
    over_windows(tape, x, pool, windows, shape)
}

fn over_windows(
    tape: &mut Tape,
    x: &Tensor,
    pool: Pool,
    windows: cpu::Windows,
    shape: Shape,
) -> Result<Tensor> {
    match pool {
        Pool::Max => apply(tape, cpu::MaxPool(windows), &[x], shape),
        Pool::Average => apply(tape, cpu::AveragePool(windows), &[x], shape),
    }
}
