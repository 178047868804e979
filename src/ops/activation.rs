//! Functions of single elements.

use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Result, Tape, Tensor};

/// Applies `f` to every element; `derivative(x, f(x))` is its slope.
///
/// Generic, so that each function is compiled into a loop of its own that uses wide registers.
pub(crate) fn elementwise(
    tape: &mut Tape,
    x: &Tensor,
    f: impl Fn(f32) -> f32 + Sync + 'static,
    derivative: impl Fn(f32, f32) -> f32 + Sync + 'static,
) -> Result<Tensor> {
    apply(tape, Elementwise { f, derivative }, &[x], x.shape().clone())
}

struct Elementwise<F, D> {
    f: F,
    derivative: D,
}

const PIECE: usize = 1 << 13;

impl<F, D> Op for Elementwise<F, D>
where
    F: Fn(f32) -> f32 + Sync + 'static,
    D: Fn(f32, f32) -> f32 + Sync + 'static,
{
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let f = &self.f;
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
        let (derivative, fresh) = (&self.derivative, wanted.fresh);
        let slopes = at.inputs[0]
            .par_chunks(PIECE)
            .zip(at.output.par_chunks(PIECE));
        wanted
            .values
            .par_chunks_mut(PIECE)
            .zip(at.gradient.par_chunks(PIECE))
            .zip(slopes)
            .for_each(|((to, gradient), (x, y))| {
                vectorized(
                    #[inline(always)]
                    || {
                        for ((to, g), (x, y)) in to.iter_mut().zip(gradient).zip(x.iter().zip(y)) {
                            let part = g * derivative(*x, *y);
                            *to = if fresh { part } else { *to + part };
                        }
                    },
                );
            });
    }
}
