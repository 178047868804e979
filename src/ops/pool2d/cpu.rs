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

    /// Where the channels of a cell start in the picture.
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.input.1 + column) * self.channels
    }
}

pub(super) struct MaxPool {
    windows: Windows,
    keep_winners: bool,
    /// For every output, which cell of the picture (row * width + column) it came from.
    winners: Vec<u32>,
}

impl MaxPool {
    pub(super) fn new(windows: Windows, keep_winners: bool) -> Self {
        Self {
            windows,
            keep_winners,
            winners: Vec::new(),
        }
    }
}

impl Op for MaxPool {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let windows = &self.windows;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        let pictures = inputs[0]
            .par_chunks(in_size)
            .zip(output.par_chunks_mut(out_size));
        if !self.keep_winners {
            return pictures.for_each(|(x, y)| vectorized(|| windows.largest(x, y)));
        }
        self.winners = vec![0; output_len(inputs[0].len(), in_size, out_size)];
        pictures
            .zip(self.winners.par_chunks_mut(out_size))
            .for_each(|((x, y), winners)| vectorized(|| windows.largest_and_where(x, y, winners)));
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let windows = &self.windows;
        let (in_size, out_size) = (windows.picture().max(1), windows.result().max(1));
        let (channels, fresh) = (windows.channels, x.fresh);
        x.values
            .par_chunks_mut(in_size)
            .zip(at.gradient.par_chunks(out_size))
            .zip(self.winners.par_chunks(out_size))
            .for_each(|((x, gradient), winners)| {
                if fresh {
                    x.fill(0.0);
                }
                let cells = gradient
                    .chunks_exact(channels)
                    .zip(winners.chunks_exact(channels));
                for (gradients, winners) in cells {
                    for (channel, (g, &winner)) in gradients.iter().zip(winners).enumerate() {
                        x[winner as usize * channels + channel] += g;
                    }
                }
            });
    }
}

fn output_len(input_len: usize, in_size: usize, out_size: usize) -> usize {
    input_len / in_size * out_size
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

    #[inline(always)]
    fn largest_and_where(&self, x: &[f32], y: &mut [f32], winners: &mut [u32]) {
        let channels = self.channels;
        let windows = y
            .chunks_exact_mut(channels)
            .zip(winners.chunks_exact_mut(channels));
        for (i, (best, winners)) in windows.enumerate() {
            best.fill(f32::NEG_INFINITY);
            let (rows, columns) = self.cells(i);
            winners.fill((rows.start * self.input.1 + columns.start) as u32);
            for row in rows {
                for column in columns.clone() {
                    let from = self.at(row, column);
                    let cell = &x[from..from + channels];
                    let here = (row * self.input.1 + column) as u32;
                    for ((best, winner), &value) in best.iter_mut().zip(&mut *winners).zip(cell) {
                        let wins = wins(value, *best);
                        *best = if wins { value } else { *best };
                        *winner = if wins { here } else { *winner };
                    }
                }
            }
        }
    }
}

/// Whether `value` replaces `best`: the first of equals stays, NaN wins so that it shows.
#[inline(always)]
#[allow(clippy::eq_op)]
fn wins(value: f32, best: f32) -> bool {
    value > best || value != value
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
                vectorized(|| {
                    for (i, mean) in y.chunks_exact_mut(windows.channels).enumerate() {
                        mean.fill(0.0);
                        let (rows, columns) = windows.cells(i);
                        let share = 1.0 / (rows.len() * columns.len()).max(1) as f32;
                        for row in rows {
                            for column in columns.clone() {
                                let from = windows.at(row, column);
                                for (m, v) in mean.iter_mut().zip(&x[from..from + windows.channels])
                                {
                                    *m += v;
                                }
                            }
                        }
                        mean.iter_mut().for_each(|m| *m *= share);
                    }
                });
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
                vectorized(|| {
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
                });
            });
    }
}
