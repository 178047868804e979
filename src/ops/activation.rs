//! Functions of single elements.

use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Result, Tape, Tensor};

/// Applies `f` to every element; `derivative(x, f(x))` is its slope.
///
/// Generic, so that each function is compiled into a loop of its own that uses wide registers; `each`
/// is the same function on a GPU.
pub(crate) fn elementwise(
    tape: &mut Tape,
    x: &Tensor,
    each: impl Into<Each>,
    f: impl Fn(f32) -> f32 + Sync + 'static,
    derivative: impl Fn(f32, f32) -> f32 + Sync + 'static,
) -> Result<Tensor> {
    let each = each.into();
    let op = Elementwise {
        each,
        f,
        derivative,
    };
    apply(tape, op, &[x], x.shape().clone())
}

/// A function in `gpu/each.cu`, and the numbers that it takes.
#[derive(Clone, Copy)]
pub(crate) struct Each {
    pub(super) name: &'static str,
    pub(super) numbers: [f32; 4],
}

impl Each {
    pub(crate) fn with<const N: usize>(name: &'static str, given: [f32; N]) -> Each {
        let mut numbers = [0.0; 4];
        numbers[..N].copy_from_slice(&given);
        Each { name, numbers }
    }
}

impl From<&'static str> for Each {
    fn from(name: &'static str) -> Each {
        Each::with(name, [])
    }
}

struct Elementwise<F, D> {
    each: Each,
    f: F,
    derivative: D,
}

const PIECE: usize = 1 << 13;

impl<F, D> Op for Elementwise<F, D>
where
    F: Fn(f32) -> f32 + Sync + 'static,
    D: Fn(f32, f32) -> f32 + Sync + 'static,
{
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(&mut self.each)
    }

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
