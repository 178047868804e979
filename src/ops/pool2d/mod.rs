//! Maximum and average over windows of a picture, channels last.

mod cpu;

use super::window::{Padding, pictures, window_output};
use crate::tensor::bridge::apply;
use crate::{Result, Shape, Tape, Tensor};

/// What a pooling window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Its largest value.
    Max,
    /// The mean of the cells that lie inside of the picture.
    Average,
}

/// Pools `x` `(batch, height, width, channels)` over windows of `size`.
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
    let [batch, height, width, channels] = pictures("pooling", x)?;
    let (out_height, top) = window_output("height", height, size.0, strides.0, 1, padding)?;
    let (out_width, left) = window_output("width", width, size.1, strides.1, 1, padding)?;
    let windows = cpu::Windows {
        input: (height, width),
        output: (out_height, out_width),
        channels,
        size,
        strides,
        offset: (top, left),
    };
    let shape = Shape::from((batch, out_height, out_width, channels));
    match pool {
        Pool::Max => apply(tape, cpu::MaxPool(windows), &[x], shape),
        Pool::Average => apply(tape, cpu::AveragePool(windows), &[x], shape),
    }
}
