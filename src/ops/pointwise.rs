//! Functions of several numbers, applied element by element to tensors that broadcast.

use super::layout::{BLOCK, Layout, PIECE};
use super::{reduction, vectorized};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Result, Shape, Tape, Tensor};

/// A function of `N` numbers and its slopes.
///
/// A type of its own for each, so that each is compiled into a loop that uses wide registers.
pub(super) trait Function<const N: usize>: Copy + Send + Sync + 'static {
    /// Its name in `gpu/pointwise.cu`.
    const KERNEL: &'static str;

    /// The result.
    fn value(self, x: [f32; N]) -> f32;

    /// How much the result changes with each of the numbers; 0 where nobody ever asks.
    fn slopes(self, x: [f32; N]) -> [f32; N];
}

/// Applies `function` to tensors whose shapes broadcast.
pub(super) fn pointwise<const N: usize>(
    tape: &mut Tape,
    function: impl Function<N>,
    inputs: [&Tensor; N],
) -> Result<Tensor> {
    let mut shape = Shape::from(());
    for input in inputs {
        shape = shape.broadcast(input.shape())?;
    }
    let layouts = inputs.map(|input| {
        let stretched = input.size() != shape.elements();
        stretched.then(|| Layout::broadcast(input.shape(), &shape))
    });
    let op = Pointwise {
        function,
        layouts,
        shapes: inputs.map(|input| input.shape().clone()),
        shape: shape.clone(),
    };
    apply(tape, op, &inputs, shape)
}

pub(super) struct Pointwise<const N: usize, F> {
    pub(super) function: F,
    /// For each input, how it is stretched; none when it has an element for every result.
    pub(super) layouts: [Option<Layout>; N],
    pub(super) shapes: [Shape; N],
    pub(super) shape: Shape,
}

impl<const N: usize, F: Function<N>> Pointwise<N, F> {
    /// Calls `work` for all blocks of `to`: with the block, the inputs' elements for it, and those
    /// of `beside`, which is as long as `to` or empty.
    fn in_blocks(
        &self,
        to: &mut [f32],
        inputs: &[&[f32]],
        beside: &[f32],
        work: impl Fn(&mut [f32], [&[f32]; N], &[f32]) + Sync,
    ) {
        let of_piece = |(piece, to): (usize, &mut [f32])| {
            let mut buffers = [[0.0f32; BLOCK]; N];
            for (block, to) in to.chunks_mut(BLOCK).enumerate() {
                let start = piece * PIECE + block * BLOCK;
                let range = start..start + to.len();
                for (buffer, (layout, input)) in
                    buffers.iter_mut().zip(self.layouts.iter().zip(inputs))
                {
                    if let Some(layout) = layout {
                        layout.gather(input, start, &mut buffer[..to.len()]);
                    }
                }
                let values = std::array::from_fn(|i| match &self.layouts[i] {
                    Some(_) => &buffers[i][..to.len()],
                    None => &inputs[i][range.clone()],
                });
                work(to, values, beside.get(range).unwrap_or_default());
            }
        };
        to.par_chunks_mut(PIECE).enumerate().for_each(of_piece);
    }
}

impl<const N: usize, F: Function<N>> Op for Pointwise<N, F> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let function = self.function;
        self.in_blocks(output, inputs, &[], |y, x, _| {
            vectorized(
                #[inline(always)]
                || {
                    let x = x.map(|x| &x[..y.len()]);
                    for (i, y) in y.iter_mut().enumerate() {
                        *y = function.value(x.map(|x| x[i]));
                    }
                },
            );
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let function = self.function;
        for (which, wanted) in at.wanted.iter_mut().enumerate() {
            let Some(wanted) = wanted else { continue };
            let fill = |to: &mut [f32], fresh: bool| {
                self.in_blocks(to, at.inputs, at.gradient, |to, x, gradient| {
                    vectorized(
                        #[inline(always)]
                        || {
                            let (x, gradient) = (x.map(|x| &x[..to.len()]), &gradient[..to.len()]);
                            for (i, to) in to.iter_mut().enumerate() {
                                let part = gradient[i] * function.slopes(x.map(|x| x[i]))[which];
                                *to = if fresh { part } else { *to + part };
                            }
                        },
                    );
                });
            };
            if self.layouts[which].is_none() {
                fill(wanted.values, wanted.fresh);
            } else {
                let mut part = vec![0.0; at.output.len()];
                fill(&mut part, true);
                reduction::sum_to(part, &self.shape, &self.shapes[which], wanted);
            }
        }
    }
}
