//! Arithmetic of two tensors, element by element; shapes broadcast as in NumPy.

use super::pointwise::{Function, pointwise};
use crate::{Result, Tape, Tensor};

/// `a + b`.
///
/// Keras: `keras.ops.add`.
///
/// # Errors
/// When the shapes do not broadcast, or a tensor does not hold floats.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let mut tape = Tape::recording();
/// let a = tape.watch(&Tensor::ones((2, 3)));
/// let b = tape.watch(&Tensor::full(3, 2.0));
/// let y = ops::add(&mut tape, &a, &b)?;
/// assert_eq!(y, Tensor::full((2, 3), 3.0));
/// assert_eq!(tape.gradient(&y, &[&b])?[0].to_vec::<f32>(), [2.0, 2.0, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn add(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Add, [a, b])
}

/// `a - b`.
///
/// Keras: `keras.ops.subtract`.
///
/// # Errors
/// As [`add`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let y = ops::subtract(&mut Tape::off(), &Tensor::ones(2), &Tensor::scalar(3.0))?;
/// assert_eq!(y.to_vec::<f32>(), [-2.0, -2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn subtract(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Subtract, [a, b])
}

/// `a * b`.
///
/// Keras: `keras.ops.multiply`.
///
/// # Errors
/// As [`add`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let mut tape = Tape::recording();
/// let x = tape.watch(&Tensor::full(2, 3.0));
/// let y = ops::multiply(&mut tape, &x, &x)?;
/// assert_eq!(tape.gradient(&y, &[&x])?[0].to_vec::<f32>(), [6.0, 6.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn multiply(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Multiply, [a, b])
}

/// `a / b`.
///
/// Keras: `keras.ops.divide`.
///
/// # Errors
/// As [`add`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let y = ops::divide(&mut Tape::off(), &Tensor::ones(2), &Tensor::full(2, 4.0))?;
/// assert_eq!(y.to_vec::<f32>(), [0.25, 0.25]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn divide(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Divide, [a, b])
}

/// The larger of `a` and `b`; where they are equal, each gets half of the gradient.
///
/// Keras: `keras.ops.maximum`.
///
/// # Errors
/// As [`add`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![-1.0, 2.0], 2)?;
/// let y = ops::maximum(&mut Tape::off(), &x, &Tensor::scalar(0.0))?;
/// assert_eq!(y.to_vec::<f32>(), [0.0, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn maximum(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Maximum, [a, b])
}

/// The smaller of `a` and `b`; where they are equal, each gets half of the gradient.
///
/// Keras: `keras.ops.minimum`.
///
/// # Errors
/// As [`add`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![-1.0, 2.0], 2)?;
/// let y = ops::minimum(&mut Tape::off(), &x, &Tensor::scalar(0.0))?;
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn minimum(tape: &mut Tape, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    pointwise(tape, Minimum, [a, b])
}

#[derive(Clone, Copy)]
struct Add;

impl Function<2> for Add {
    const KERNEL: &str = "add";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        a + b
    }

    #[inline(always)]
    fn slopes(self, _: [f32; 2]) -> [f32; 2] {
        [1.0, 1.0]
    }
}

#[derive(Clone, Copy)]
struct Subtract;

impl Function<2> for Subtract {
    const KERNEL: &str = "subtract";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        a - b
    }

    #[inline(always)]
    fn slopes(self, _: [f32; 2]) -> [f32; 2] {
        [1.0, -1.0]
    }
}

#[derive(Clone, Copy)]
struct Multiply;

impl Function<2> for Multiply {
    const KERNEL: &str = "multiply";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        a * b
    }

    #[inline(always)]
    fn slopes(self, [a, b]: [f32; 2]) -> [f32; 2] {
        [b, a]
    }
}

#[derive(Clone, Copy)]
struct Divide;

impl Function<2> for Divide {
    const KERNEL: &str = "divide";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        a / b
    }

    #[inline(always)]
    fn slopes(self, [a, b]: [f32; 2]) -> [f32; 2] {
        [1.0 / b, -a / (b * b)]
    }
}

#[derive(Clone, Copy)]
struct Maximum;

impl Function<2> for Maximum {
    const KERNEL: &str = "maximum";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        // NaN must show, which `f32::max` would hide.
        if a > b || a.is_nan() { a } else { b }
    }

    #[inline(always)]
    fn slopes(self, [a, b]: [f32; 2]) -> [f32; 2] {
        let of_a = if a > b { 1.0 } else { 0.0 };
        let of_a = if a == b { 0.5 } else { of_a };
        [of_a, 1.0 - of_a]
    }
}

#[derive(Clone, Copy)]
struct Minimum;

impl Function<2> for Minimum {
    const KERNEL: &str = "minimum";

    #[inline(always)]
    fn value(self, [a, b]: [f32; 2]) -> f32 {
        if a < b || a.is_nan() { a } else { b }
    }

    #[inline(always)]
    fn slopes(self, [a, b]: [f32; 2]) -> [f32; 2] {
        // With the signs turned around, the smaller is the larger.
        Maximum.slopes([-a, -b])
    }
}
