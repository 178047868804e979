//! Pooling on the CPU: threads take pictures, registers take channels.

use std::ops::Range;

use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::vectorized;
use crate::tensor::bridge::{Backpass, GpuOp, Op};

/// Where the windows lie; axes are depth, height and width.
pub(in crate::ops) struct Windows {
    pub(in crate::ops) input: [usize; 3],
    /// The cells of the picture under each place of the window, along each axis.
    pub(in crate::ops) places: [Vec<Range<usize>>; 3],
    pub(in crate::ops) channels: usize,
}

/// The cells of a picture under a window.
type Cells<'a> = [&'a Range<usize>; 3];

impl Windows {
    pub(in crate::ops) fn picture(&self) -> usize {
        self.input.iter().product::<usize>() * self.channels
    }

    pub(in crate::ops) fn result(&self) -> usize {
        self.places.iter().map(Vec::len).product::<usize>() * self.channels
    }

    /// Calls `visit(i, cells)` for the `i`-th window.
    #[inline(always)]
    fn each_place(&self, mut visit: impl FnMut(usize, Cells<'_>)) {
        let mut i = 0;
        for planes in &self.places[0] {
            for rows in &self.places[1] {
                for columns in &self.places[2] {
                    visit(i, [planes, rows, columns]);
                    i += 1;
                }
            }
        }
    }

    /// Calls `visit(start)` with where the channels of each of `cells` start in the picture.
    #[inline(always)]
    fn each_cell(&self, [planes, rows, columns]: Cells<'_>, mut visit: impl FnMut(usize)) {
        for plane in planes.clone() {
            for row in rows.clone() {
                let line = (plane * self.input[1] + row) * self.input[2];
                for column in columns.clone() {
                    visit((line + column) * self.channels);
                }
            }
        }
    }

    /// Whether the windows cover every cell of the picture exactly once.
    fn tile(&self) -> bool {
        self.places.iter().zip(self.input).all(|(places, input)| {
            let mut end = 0;
            places
                .iter()
                .all(|place| place.start == std::mem::replace(&mut end, place.end))
                && end == input
        })
    }
}

pub(in crate::ops) struct MaxPool(pub(in crate::ops) Windows);

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

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

impl Windows {
    #[inline(always)]
    fn largest(&self, x: &[f32], y: &mut [f32]) {
        self.each_place(
            #[inline(always)]
            |i, cells| {
                let best = &mut y[i * self.channels..(i + 1) * self.channels];
                best.fill(f32::NEG_INFINITY);
                self.each_cell(
                    cells,
                    #[inline(always)]
                    |from| {
                        let cell = &x[from..from + self.channels];
                        for (best, &value) in best.iter_mut().zip(cell) {
                            *best = if wins(value, *best) { value } else { *best };
                        }
                    },
                );
            },
        );
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
        self.each_place(
            #[inline(always)]
            |i, cells| {
                let window = i * self.channels;
                let (y, gradient) = (&y[window..], &gradient[window..]);
                let mut channel = 0;
                while channel + WIDE <= self.channels {
                    self.give::<FRESH, WIDE>(cells, channel, x, y, gradient, to);
                    channel += WIDE;
                }
                for channel in channel..self.channels {
                    self.give::<FRESH, 1>(cells, channel, x, y, gradient, to);
                }
            },
        );
    }

    /// The same for `LANES` channels of one window, which stay in registers meanwhile.
    #[inline(always)]
    fn give<const FRESH: bool, const LANES: usize>(
        &self,
        cells: Cells<'_>,
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
        self.each_cell(
            cells,
            #[inline(always)]
            |cell| {
                let at = cell + channel;
                let x = lanes(x, at);
                let mut part = if FRESH { [0.0; LANES] } else { lanes(to, at) };
                for lane in 0..LANES {
                    let wins = x[lane] == largest[lane];
                    part[lane] += if wins { gradient[lane] } else { 0.0 };
                    // Given away: equal cells that come later get nothing.
                    gradient[lane] = if wins { 0.0 } else { gradient[lane] };
                }
                to[at..at + LANES].copy_from_slice(&part);
            },
        );
    }
}

/// Whether `value` replaces `best`: the first of equals stays, NaN wins so that it shows.
#[inline(always)]
#[allow(clippy::eq_op)]
fn wins(value: f32, best: f32) -> bool {
    // Not `||`: a branch would keep the loop out of the wide registers.
    (value > best) | (value != value)
}

pub(in crate::ops) struct AveragePool(pub(in crate::ops) Windows);

/// What each of `cells` gives to their mean.
fn share(cells: Cells<'_>) -> f32 {
    let count: usize = cells.iter().map(|cells| cells.len()).product();
    1.0 / count.max(1) as f32
}

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
                        windows.each_place(
                            #[inline(always)]
                            |i, cells| {
                                let mean = &mut y[i * windows.channels..(i + 1) * windows.channels];
                                mean.fill(0.0);
                                windows.each_cell(
                                    cells,
                                    #[inline(always)]
                                    |from| {
                                        let cell = &x[from..from + windows.channels];
                                        mean.iter_mut().zip(cell).for_each(|(m, v)| *m += v);
                                    },
                                );
                                let share = share(cells);
                                mean.iter_mut().for_each(|m| *m *= share);
                            },
                        );
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
                        windows.each_place(
                            #[inline(always)]
                            |i, cells| {
                                let share = share(cells);
                                let part =
                                    &gradient[i * windows.channels..(i + 1) * windows.channels];
                                windows.each_cell(
                                    cells,
                                    #[inline(always)]
                                    |to| {
                                        let cell = &mut x[to..to + windows.channels];
                                        cell.iter_mut()
                                            .zip(part)
                                            .for_each(|(x, g)| *x += g * share);
                                    },
                                );
                            },
                        );
                    },
                );
            });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}
