//! Functions of one number, applied to every element.

use super::{Each, elementwise};
use crate::{Error, Result, Tape, Tensor};

/// `exp(x)`.
///
/// Keras: `keras.ops.exp`.
///
/// # Errors
/// When `x` does not hold floats.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::exp(&mut Tape::off(), &Tensor::zeros(2))?, Tensor::ones(2));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn exp(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "exponential", f32::exp, |_, y| y)
}

/// The natural logarithm of `x`.
///
/// Keras: `keras.ops.log`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::log(&mut Tape::off(), &Tensor::ones(2))?, Tensor::zeros(2));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn log(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "logarithm", f32::ln, |x, _| 1.0 / x)
}

/// The square root of `x`.
///
/// Keras: `keras.ops.sqrt`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::sqrt(&mut Tape::off(), &Tensor::full(2, 9.0))?, Tensor::full(2, 3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn sqrt(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "square_root", f32::sqrt, |_, y| 0.5 / y)
}

/// `1 / sqrt(x)`.
///
/// Keras: `keras.ops.rsqrt`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::rsqrt(&mut Tape::off(), &Tensor::full(2, 4.0))?, Tensor::full(2, 0.5));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn rsqrt(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        "inverse_square_root",
        |x| 1.0 / x.sqrt(),
        |x, y| -0.5 * y / x,
    )
}

/// `x * x`.
///
/// Keras: `keras.ops.square`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::square(&mut Tape::off(), &Tensor::full(2, -3.0))?, Tensor::full(2, 9.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn square(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "square", |x| x * x, |x, _| 2.0 * x)
}

/// `x` to the power of `exponent`.
///
/// Keras: `keras.ops.power` with a number.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::power(&mut Tape::off(), &Tensor::full(2, 2.0), 3.0)?, Tensor::full(2, 8.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn power(tape: &mut Tape, x: &Tensor, exponent: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("power_each", [exponent]),
        move |x| x.powf(exponent),
        move |x, _| exponent * x.powf(exponent - 1.0),
    )
}

/// `-x`.
///
/// Keras: `keras.ops.negative`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::negative(&mut Tape::off(), &Tensor::ones(2))?, Tensor::full(2, -1.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn negative(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "negative", |x| -x, |_, _| -1.0)
}

/// The number without its sign; the slope at 0 is 0.
///
/// Keras: `keras.ops.abs`.
///
/// # Errors
/// As [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// assert_eq!(ops::abs(&mut Tape::off(), &Tensor::full(2, -3.0))?, Tensor::full(2, 3.0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn abs(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(tape, x, "absolute", f32::abs, |x, _| {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            0.0
        }
    })
}

/// The nearest number from `x_min` to `x_max`; outside of them nothing of the gradient passes.
///
/// Keras: `keras.ops.clip`.
///
/// # Errors
/// When `x_min` is larger than `x_max` or one is NaN, and as [`exp`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![-2.0, 0.5, 2.0], 3)?;
/// assert_eq!(ops::clip(&mut Tape::off(), &x, 0.0, 1.0)?.to_vec::<f32>(), [0.0, 0.5, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn clip(tape: &mut Tape, x: &Tensor, x_min: f32, x_max: f32) -> Result<Tensor> {
    if x_min.is_nan() || x_max.is_nan() || x_min > x_max {
        let given = format!("{x_min} and {x_max}");
        return Err(Error::argument(
            "x_min",
            "a number that is not above `x_max`",
            given,
        ));
    }
    elementwise(
        tape,
        x,
        Each::with("clip", [x_min, x_max]),
        move |x| x.clamp(x_min, x_max),
        move |x, _| {
            if (x_min..=x_max).contains(&x) {
                1.0
            } else {
                0.0
            }
        },
    )
}
