//! Pooling on the CPU: threads take pictures, registers take channels.

use std::ops::Range;

use rayon::prelude::*;

use crate::ops::vectorized;
use crate::tensor::bridge::{Backpass, Op};

/// Where the windows lie; sizes are (height, width).
pub(super) struct Windows {
    pub(super) input: (usize, usize),
    pub(super) output: (usize, usize),
    pub(super) channels: usize,
    pub(super) size: (usize, usize),
    pub(super) strides: (usize, usize),
    /// Cells padded above and to the left.
    pub(super) offset: (usize, usize),
}

impl Windows {
    fn picture(&self) -> usize {
        self.input.0 * self.input.1 * self.channels
    }

    fn result(&self) -> usize {
        self.output.0 * self.output.1 * self.channels
    }

    /// The rows and columns of the picture under the `i`-th window.
    #[inline(always)]
    fn cells(&self, i: usize) -> (Range<usize>, Range<usize>) {
        let (row, column) = (i / self.output.1, i % self.output.1);
        let clip = |at: usize, stride: usize, offset: usize, size: usize, len: usize| {
            let start = at * stride;
            start.saturating_sub(offset)..(start + size).saturating_sub(offset).min(len)
        };
        (
            clip(
                row,
                self.strides.0,
                self.offset.0,
                self.size.0,
                self.input.0,
            ),
            clip(
                column,
                self.strides.1,
                self.offset.1,
                self.size.1,
                self.input.1,
            ),
        )
    }

    /// Whether the windows cover every cell of the picture exactly once.
    fn tile(&self) -> bool {
        let covers = |output: usize, size: usize, stride: usize, input: usize| {
            size == stride && output * size == input
        };
        covers(self.output.0, self.size.0, self.strides.0, self.input.0)
            && covers(self.output.1, self.size.1, self.strides.1, self.input.1)
    }

    /// Where the channels of a cell start in the picture.
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.input.1 + column) * self.channels
    }
}

pub(super) struct MaxPool(pub(super) Windows);

impl Op for MaxPool {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let windows = &self.0;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        let pictures = inputs[0]
            .par_chunks(in_size)
            .zip(output.par_chunks_mut(out_size));
        pictures.for_each(|(x, y)| {
            vectorized(
                #[inline(always)]
                || windows.largest(x, y),
            )
        });
    }

    /// Finds the largest cell again instead of having remembered it: comparing is cheaper than
    /// writing and reading where it was.
    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let windows = &self.0;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        if !windows.tile() {
            wanted.clear_if_fresh();
        }
        let fresh = wanted.fresh;
        wanted
            .values
            .par_chunks_mut(in_size)
            .zip(at.inputs[0].par_chunks(in_size))
            .zip(
                at.output
                    .par_chunks(out_size)
                    .zip(at.gradient.par_chunks_mut(out_size)),
            )
            .for_each(|((to, x), (y, gradient))| {
                vectorized(
                    #[inline(always)]
                    || {
                        if fresh {
                            windows.give_to_largest::<true>(x, y, gradient, to);
                        } else {
                            windows.give_to_largest::<false>(x, y, gradient, to);
                        }
                    },
                );
            });
    }
}

impl Windows {
    #[inline(always)]
    fn largest(&self, x: &[f32], y: &mut [f32]) {
        for (i, best) in y.chunks_exact_mut(self.channels).enumerate() {
            best.fill(f32::NEG_INFINITY);
            let (rows, columns) = self.cells(i);
            for row in rows {
                for column in columns.clone() {
                    let from = self.at(row, column);
                    let cell = &x[from..from + self.channels];
                    for (best, &value) in best.iter_mut().zip(cell) {
                        *best = if wins(value, *best) { value } else { *best };
                    }
                }
            }
        }
    }

    /// Gives the gradient of each window to its first largest cell. With `FRESH`, windows must tile
    /// the picture, and every cell is written; without, gradients are added.
    #[inline(always)]
    fn give_to_largest<const FRESH: bool>(
        &self,
        x: &[f32],
        y: &[f32],
        gradient: &[f32],
        to: &mut [f32],
    ) {
        const WIDE: usize = 16;
        for i in 0..self.output.0 * self.output.1 {
            let window = i * self.channels;
            let mut channel = 0;
            while channel + WIDE <= self.channels {
                self.give::<FRESH, WIDE>(i, channel, x, &y[window..], &gradient[window..], to);
                channel += WIDE;
            }
            for channel in channel..self.channels {
                self.give::<FRESH, 1>(i, channel, x, &y[window..], &gradient[window..], to);
            }
        }
    }

    /// The same for `LANES` channels of one window, which stay in registers meanwhile.
    #[inline(always)]
    fn give<const FRESH: bool, const LANES: usize>(
        &self,
        i: usize,
        channel: usize,
        x: &[f32],
        largest: &[f32],
        gradient: &[f32],
        to: &mut [f32],
    ) {
        let lanes = |slice: &[f32], at: usize| -> [f32; LANES] {
            let mut lanes = [0.0; LANES];
            lanes.copy_from_slice(&slice[at..at + LANES]);
            lanes
        };
        let (largest, mut gradient) = (lanes(largest, channel), lanes(gradient, channel));
        let (rows, columns) = self.cells(i);
        for row in rows {
            for column in columns.clone() {
                let at = self.at(row, column) + channel;
                let x = lanes(x, at);
                let mut part = if FRESH { [0.0; LANES] } else { lanes(to, at) };
                for lane in 0..LANES {
                    let wins = x[lane] == largest[lane];
                    part[lane] += if wins { gradient[lane] } else { 0.0 };
                    // Given away: equal cells that come later get nothing.
                    gradient[lane] = if wins { 0.0 } else { gradient[lane] };
                }
                to[at..at + LANES].copy_from_slice(&part);
            }
        }
    }
}

/// Whether `value` replaces `best`: the first of equals stays, NaN wins so that it shows.
#[inline(always)]
#[allow(clippy::eq_op)]
fn wins(value: f32, best: f32) -> bool {
    // Not `||`: a branch would keep the loop out of the wide registers.
    (value > best) | (value != value)
}

pub(super) struct AveragePool(pub(super) Windows);

impl Op for AveragePool {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let windows = &self.0;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        inputs[0]
            .par_chunks(in_size)
            .zip(output.par_chunks_mut(out_size))
            .for_each(|(x, y)| {
                vectorized(
                    #[inline(always)]
                    || {
                        for (i, mean) in y.chunks_exact_mut(windows.channels).enumerate() {
                            mean.fill(0.0);
                            let (rows, columns) = windows.cells(i);
                            let share = 1.0 / (rows.len() * columns.len()).max(1) as f32;
                            for row in rows {
                                for column in columns.clone() {
                                    let from = windows.at(row, column);
                                    for (m, v) in
                                        mean.iter_mut().zip(&x[from..from + windows.channels])
                                    {
                                        *m += v;
                                    }
                                }
                            }
                            mean.iter_mut().for_each(|m| *m *= share);
                        }
                    },
                );
            });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let windows = &self.0;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        x.clear_if_fresh();
        x.values
            .par_chunks_mut(in_size)
            .zip(at.gradient.par_chunks(out_size))
            .for_each(|(x, gradient)| {
                vectorized(
                    #[inline(always)]
                    || {
                        for (i, gradients) in gradient.chunks_exact(windows.channels).enumerate() {
                            let (rows, columns) = windows.cells(i);
                            let share = 1.0 / (rows.len() * columns.len()).max(1) as f32;
                            for row in rows {
                                for column in columns.clone() {
                                    let to = windows.at(row, column);
                                    let cell = x[to..to + windows.channels].iter_mut();
                                    for (x, g) in cell.zip(gradients) {
                                        *x += g * share;
                                    }
                                }
                            }
                        }
                    },
                );
            });
    }
}
