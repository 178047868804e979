//! The angle of a point.

use super::pointwise::{Function, pointwise};
use crate::{Result, Tape, Tensor};

/// The angle of the points `(x, y)`, from -π to π; shapes broadcast.
///
/// Keras: `keras.ops.arctan2(y, x)`.
///
/// # Errors
/// When the shapes do not broadcast, or a tensor does not hold floats.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let y = ops::arctan2(&mut Tape::off(), &Tensor::ones(2), &Tensor::zeros(2))?;
/// assert_eq!(y, Tensor::full(2, std::f32::consts::FRAC_PI_2));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn arctan2(tape: &mut Tape, y: &Tensor, x: &Tensor) -> Result<Tensor> {
    pointwise(tape, Arctan2, [y, x])
}

#[derive(Clone, Copy)]
struct Arctan2;

impl Function<2> for Arctan2 {
    const KERNEL: &str = "arctan2";

    #[inline(always)]
    fn value(self, [y, x]: [f32; 2]) -> f32 {
        y.atan2(x)
    }

    #[inline(always)]
    fn slopes(self, [y, x]: [f32; 2]) -> [f32; 2] {
        let square = x * x + y * y;
        // The middle has no angle.
        let inverse = if square == 0.0 { 0.0 } else { 1.0 / square };
        [x * inverse, -y * inverse]
    }
}
