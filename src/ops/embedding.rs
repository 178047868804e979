//! Rows of a table, by their numbers.

use std::ops::Range;

use super::{pieces, vectorized};
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Error, Result, Shape, Tape, Tensor};

/// For each whole number in `indices` that row of `table`: `(..)` and `(rows, features)` give
/// `(.., features)`.
///
/// # Errors
/// When the table does not have two axes, or an index is no whole number from 0 to the number of
/// rows.
pub fn embedding(tape: &mut Tape, indices: &Tensor, table: &Tensor) -> Result<Tensor> {
    let &[rows, features] = table.shape().dims() else {
        return Err(Error::shape(format!(
            "expected a table of shape (rows, features), got {}",
            table.shape()
        )));
    };
    let numbers = match indices.dtype() {
        DType::Float32 => whole_numbers(indices.floats()?, rows)?,
        _ => row_numbers(&indices.to_vec::<i64>(), rows)?,
    };
    let mut sizes = indices.shape().to_vec();
    sizes.push(features);
    let op = Embedding { numbers, features };
    apply(tape, op, &[table], Shape::from(sizes))
}

fn outside(index: impl std::fmt::Display, rows: usize) -> Error {
    let expected = format!(
        "whole numbers from 0 to {} (`input_dim` - 1)",
        rows.max(1) - 1
    );
    Error::data(format!("expected indices that are {expected}, got {index}")).remedy(format!(
        "make `input_dim` (here {rows}) larger than every index, or bring the data into that range"
    ))
}

fn whole_numbers(indices: &[f32], rows: usize) -> Result<Vec<u32>> {
    let limit = rows as f32;
    // The comparison is false for NaN, too.
    let wrong = |index: &&f32| !(**index >= 0.0 && **index < limit && index.fract() == 0.0);
    match indices.iter().find(wrong) {
        Some(index) => Err(outside(index, rows)),
        None => Ok(indices.iter().map(|&index| index as u32).collect()),
    }
}

fn row_numbers(indices: &[i64], rows: usize) -> Result<Vec<u32>> {
    let number = |&index: &i64| match usize::try_from(index) {
        Ok(index) if index < rows => Ok(index as u32),
        _ => Err(outside(index, rows)),
    };
    indices.iter().map(number).collect()
}

pub(super) struct Embedding {
    pub(super) numbers: Vec<u32>,
    pub(super) features: usize,
}

/// How many numbers a thread copies at least.
const PIECE: usize = 1 << 14;

impl Op for Embedding {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        match self.has_kernels() {
            true => Some(self),
            false => None,
        }
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (table, features) = (inputs[0], self.features);
        let rows = PIECE.div_ceil(features);
        let pieces = output
            .par_chunks_mut(rows * features)
            .zip(self.numbers.par_chunks(rows));
        pieces.for_each(|(to, numbers)| {
            for (to, &number) in to.chunks_exact_mut(features).zip(numbers) {
                to.copy_from_slice(&table[number as usize * features..][..features]);
            }
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(table) = &mut at.wanted[0] else {
            return;
        };
        let (gradient, features) = (&*at.gradient, self.features);
        // Each thread has some rows of the table, so that sums are always in the same order.
        let rows = pieces(table.values.len() / features, PIECE.div_ceil(features));
        let mut rest = &mut *table.values;
        let mut jobs: Vec<(Range<usize>, &mut [f32])> = Vec::new();
        for rows in rows {
            let (own, others) = rest.split_at_mut(rows.len() * features);
            jobs.push((rows, own));
            rest = others;
        }
        let fresh = table.fresh;
        jobs.into_par_iter().for_each(|(rows, to)| {
            if fresh {
                to.fill(0.0);
            }
            vectorized(
                #[inline(always)]
                || {
                    for (gradient, &number) in gradient.chunks_exact(features).zip(&self.numbers) {
                        let number = number as usize;
                        if rows.contains(&number) {
                            let to = &mut to[(number - rows.start) * features..][..features];
                            to.iter_mut().zip(gradient).for_each(|(to, g)| *to += g);
                        }
                    }
                },
            );
        });
    }
}
