//! How an operand lies under the shape of a result: stretched by broadcasting, permuted, or a part.

use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::Wanted;
use crate::{Error, Result, Shape};

/// How many numbers one thread takes at a time.
pub(super) const PIECE: usize = 1 << 14;

/// Where each element of a result, in row-major order, stands in an operand.
pub(super) struct Layout {
    /// The axes of the result, with neighbors joined where the operand goes on evenly.
    pub(super) axes: Vec<Axis>,
    /// Where the first element stands.
    pub(super) offset: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) size: usize,
    /// How far apart neighbors along this axis are in the operand: 0 where it is stretched.
    pub(super) step: usize,
}

impl Layout {
    /// A result whose axes have these sizes, with these steps in the operand.
    pub(super) fn new(sizes: &[usize], steps: &[usize], offset: usize) -> Layout {
        let mut axes: Vec<Axis> = Vec::new();
        for (&size, &step) in sizes.iter().zip(steps).filter(|(size, _)| **size != 1) {
            match axes.last_mut() {
                Some(last) if last.step == step * size => {
                    *last = Axis {
                        size: last.size * size,
                        step,
                    };
                }
                _ => axes.push(Axis { size, step }),
            }
        }
        Layout { axes, offset }
    }

    /// An operand of shape `from`, broadcast to `to`.
    pub(super) fn broadcast(from: &Shape, to: &Shape) -> Layout {
        let missing = to.rank() - from.rank();
        let mut steps = vec![0; missing];
        let own = steps_of(from);
        steps.extend((0..from.rank()).map(|i| if from[i] == 1 { 0 } else { own[i] }));
        Layout::new(to, &steps, 0)
    }

    /// Writes the operand's elements for the results from number `start` on to `to`.
    pub(super) fn gather(&self, from: &[f32], start: usize, to: &mut [f32]) {
        let Some((row, outer)) = self.axes.split_last() else {
            to.fill(from[self.offset]);
            return;
        };
        let (mut at, mut rest) = (start, to);
        while !rest.is_empty() {
            let (mut index, column) = (at / row.size, at % row.size);
            let mut first = self.offset + column * row.step;
            for axis in outer.iter().rev() {
                first += index % axis.size * axis.step;
                index /= axis.size;
            }
            let run = (row.size - column).min(rest.len());
            let (values, after) = rest.split_at_mut(run);
            match row.step {
                0 => values.fill(from[first]),
                1 => values.copy_from_slice(&from[first..first + run]),
                step => {
                    let from = from[first..].iter().step_by(step);
                    values.iter_mut().zip(from).for_each(|(to, v)| *to = *v);
                }
            }
            (at, rest) = (at + run, after);
        }
    }

    /// Writes the operand's elements for all results, on all threads.
    pub(super) fn gather_all(&self, from: &[f32], to: &mut [f32]) {
        to.par_chunks_mut(PIECE)
            .enumerate()
            .for_each(|(piece, to)| self.gather(from, piece * PIECE, to));
    }

    /// Adds the results' elements to where they stand in the operand, which is not stretched.
    pub(super) fn scatter_add(&self, from: &[f32], to: &mut [f32]) {
        let Some((row, outer)) = self.axes.split_last() else {
            to[self.offset] += from[0];
            return;
        };
        for (i, values) in from.chunks_exact(row.size).enumerate() {
            let (mut index, mut first) = (i, self.offset);
            for axis in outer.iter().rev() {
                first += index % axis.size * axis.step;
                index /= axis.size;
            }
            let to = to[first..].iter_mut().step_by(row.step);
            to.zip(values).for_each(|(to, value)| *to += value);
        }
    }

    /// Adds the operand's elements times `factor` to a gradient, or sets it when that is fresh.
    pub(super) fn add_all(&self, from: &[f32], factor: f32, to: &mut Wanted<'_>) {
        if to.fresh && factor == 1.0 {
            return self.gather_all(from, to.values);
        }
        let fresh = to.fresh;
        to.values
            .par_chunks_mut(PIECE)
            .enumerate()
            .for_each(|(piece, to)| {
                let mut part = [0.0; BLOCK];
                for (block, to) in to.chunks_mut(BLOCK).enumerate() {
                    let part = &mut part[..to.len()];
                    self.gather(from, piece * PIECE + block * BLOCK, part);
                    vectorized(
                        #[inline(always)]
                        || {
                            for (to, part) in to.iter_mut().zip(part) {
                                let part = *part * factor;
                                *to = if fresh { part } else { *to + part };
                            }
                        },
                    );
                }
            });
    }
}

/// So many numbers are gathered at a time: they stay in the nearest cache.
pub(super) const BLOCK: usize = 512;

/// Adds `part` to a gradient, or sets it when that is fresh.
pub(super) fn add_part(part: &[f32], to: &mut Wanted<'_>) {
    if to.fresh {
        to.values.copy_from_slice(part);
        return;
    }
    let pieces = to.values.par_chunks_mut(PIECE).zip(part.par_chunks(PIECE));
    pieces.for_each(|(to, part)| {
        vectorized(
            #[inline(always)]
            || to.iter_mut().zip(part).for_each(|(to, part)| *to += part),
        );
    });
}

/// How far apart the neighbors along each axis of a row-major array of this shape are.
pub(super) fn steps_of(shape: &[usize]) -> Vec<usize> {
    let mut steps = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        steps[i - 1] = steps[i] * shape[i];
    }
    steps
}

/// Turns axes that may count from the end into indices, sorted; no axes stand for all of them.
pub(super) fn axes_of(shape: &Shape, axes: &[isize]) -> Result<Vec<usize>> {
    if axes.is_empty() {
        return Ok((0..shape.rank()).collect());
    }
    let mut found = Vec::with_capacity(axes.len());
    for &axis in axes {
        let index = shape.axis(axis)?;
        if found.contains(&index) {
            let error = Error::argument("axis", "axes that differ", format!("{axes:?}"));
            return Err(error.remedy("name each axis once"));
        }
        found.push(index);
    }
    found.sort_unstable();
    Ok(found)
}
