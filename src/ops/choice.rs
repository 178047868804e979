//! Taking elements of one tensor or of another.

use super::pointwise::{Function, pointwise};
use crate::{DType, Result, Tape, Tensor};

/// The elements of `a` where `condition` is not 0, those of `b` elsewhere. Shapes broadcast.
///
/// Keras: `keras.ops.where`, whose name is a word of Rust.
///
/// # Errors
/// When the shapes do not broadcast, or `a` or `b` does not hold floats.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let mask = Tensor::from_vec(vec![1u8, 0], 2)?;
/// let y = ops::where_(&mut Tape::off(), &mask, &Tensor::ones(2), &Tensor::scalar(-1.0))?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, -1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn where_(tape: &mut Tape, condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let condition = condition.astype(DType::Float32);
    pointwise(tape, Choice, [&condition, a, b])
}

#[derive(Clone, Copy)]
struct Choice;

impl Function<3> for Choice {
    const KERNEL: &str = "choice";

    #[inline(always)]
    fn value(self, [condition, a, b]: [f32; 3]) -> f32 {
        if condition != 0.0 { a } else { b }
    }

    #[inline(always)]
    fn slopes(self, [condition, ..]: [f32; 3]) -> [f32; 3] {
        let of_a = if condition != 0.0 { 1.0 } else { 0.0 };
        [0.0, of_a, 1.0 - of_a]
    }
}

/// `x` where positive, `alpha * x` elsewhere; `alpha` broadcasts.
pub(crate) fn parametric_relu(tape: &mut Tape, x: &Tensor, alpha: &Tensor) -> Result<Tensor> {
    pointwise(tape, ParametricRelu, [x, alpha])
}

#[derive(Clone, Copy)]
struct ParametricRelu;

impl Function<2> for ParametricRelu {
    const KERNEL: &str = "parametric_relu";

    #[inline(always)]
    fn value(self, [x, alpha]: [f32; 2]) -> f32 {
        if x < 0.0 { alpha * x } else { x }
    }

    #[inline(always)]
    fn slopes(self, [x, alpha]: [f32; 2]) -> [f32; 2] {
        if x < 0.0 { [alpha, x] } else { [1.0, 0.0] }
    }
}
