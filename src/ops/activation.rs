//! Functions of single elements.

use rayon::prelude::*;

use super::vectorized;
use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Result, Tape, Tensor};

/// Applies `f` to every element; `derivative(x, f(x))` is its slope.
pub(crate) fn elementwise(
    tape: &mut Tape,
    x: &Tensor,
    f: fn(f32) -> f32,
    derivative: fn(f32, f32) -> f32,
) -> Result<Tensor> {
    apply(tape, Elementwise { f, derivative }, &[x], x.shape().clone())
}

struct Elementwise {
    f: fn(f32) -> f32,
    derivative: fn(f32, f32) -> f32,
}

const PIECE: usize = 1 << 13;

impl Op for Elementwise {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let f = self.f;
        output
            .par_chunks_mut(PIECE)
            .zip(inputs[0].par_chunks(PIECE))
            .for_each(|(y, x)| {
                vectorized(
                    #[inline(always)]
                    || y.iter_mut().zip(x).for_each(|(y, x)| *y = f(*x)),
                );
            });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let (x, y, gradient, derivative) =
            (at.inputs[0], at.output, &*at.gradient, self.derivative);
        let fresh = wanted.fresh;
        wanted
            .values
            .par_chunks_mut(PIECE)
            .enumerate()
            .for_each(|(piece, values)| {
                for (i, value) in values.iter_mut().enumerate() {
                    let at = piece * PIECE + i;
                    let part = gradient[at] * derivative(x[at], y[at]);
                    *value = if fresh { part } else { *value + part };
                }
            });
    }
}
