//! Normalizing each channel by its mean and variance.

use std::ops::Range;

use super::{pieces, vectorized};
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::tensor::bridge::{Backpass, Op, Wanted, apply};
use crate::{Error, Result, Tape, Tensor};

/// The mean and the (biased) variance of each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStatistics {
    /// One mean for each entry of the last axis.
    pub mean: Vec<f32>,
    /// One variance for each entry of the last axis.
    pub variance: Vec<f32>,
}

/// The statistics of `x` over all axes but the last.
///
/// # Errors
/// When `x` has fewer than two axes or no elements.
pub fn batch_statistics(x: &Tensor) -> Result<BatchStatistics> {
    if x.ndim() < 2 || x.is_empty() {
        return Err(Error::shape(format!(
            "batch statistics need input of shape (batch, .., channels), got {}",
            x.shape()
        )));
    }
    let channels = x.shape().last();
    let values = x.floats()?;
    let rows = values.len() / channels;
    let [sums] = sums_over_rows(
        rows,
        channels,
        #[inline(always)]
        |block, [sums]| {
            for row in values[block].chunks_exact(channels) {
                for (sum, x) in sums.iter_mut().zip(row) {
                    *sum += x;
                }
            }
        },
    );
    let mean: Vec<f32> = sums.iter().map(|sum| (sum / rows as f64) as f32).collect();
    let [sums] = sums_over_rows(
        rows,
        channels,
        #[inline(always)]
        |block, [sums]| {
            for row in values[block].chunks_exact(channels) {
                for ((sum, x), mean) in sums.iter_mut().zip(row).zip(&mean) {
                    let distance = x - mean;
                    *sum += distance * distance;
                }
            }
        },
    );
    let variance = sums.iter().map(|sum| (sum / rows as f64) as f32).collect();
    Ok(BatchStatistics { mean, variance })
}

/// Sums over all rows for each channel: `add` adds those of a block of
/// rows, given as a range of numbers. The sums of blocks are
/// added in f64, for with a million rows f32 would lose the digits that Keras keeps by pairwise sums.
fn sums_over_rows<const COUNT: usize>(
    rows: usize,
    channels: usize,
    add: impl Fn(Range<usize>, &mut [Vec<f32>; COUNT]) + Sync,
) -> [Vec<f64>; COUNT] {
    const BLOCK: usize = 128;
    let of_pieces: Vec<[Vec<f64>; COUNT]> = pieces(rows, BLOCK).into_par_iter().map(|piece| {
        let mut all = std::array::from_fn(|_| vec![0.0f64; channels]);
        let mut part = std::array::from_fn(|_| vec![0.0f32; channels]);
        for start in piece.clone().step_by(BLOCK) {
            part.iter_mut().for_each(|sums| sums.fill(0.0));
            let end = (start + BLOCK).min(piece.end);
            let block = start * channels..end * channels;
            vectorized(
                #[inline(always)]
                || add(block, &mut part),
            );
            for (all, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
                *all += f64::from(*part);
            }
        }
        all
    });
    let mut all = std::array::from_fn(|_| vec![0.0f64; channels]);
    for piece in of_pieces {
        for (all, part) in all.iter_mut().flatten().zip(piece.iter().flatten()) {
            *all += part;
        }
    }
    all
}

/// `gamma · (x - mean) / sqrt(variance + epsilon) + beta` on the last axis.
///
/// `of_this_batch` says that the statistics were computed from `x`, so that the gradient takes
/// into account how they depend on it.
///
/// # Errors
/// When the sizes do not fit.
pub fn batch_normalization(
    tape: &mut Tape,
    x: &Tensor,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
    statistics: &BatchStatistics,
    epsilon: f32,
    of_this_batch: bool,
) -> Result<Tensor> {
    let channels = x.shape().last();
    for (what, len) in [
        ("mean", statistics.mean.len()),
        ("variance", statistics.variance.len()),
        ("gamma", gamma.map_or(channels, Tensor::size)),
        ("beta", beta.map_or(channels, Tensor::size)),
    ] {
        if len != channels {
            return Err(Error::shape(format!(
                "expected {channels} values of {what} for input of shape {}, got {len}",
                x.shape()
            )));
        }
    }
    let op = Normalize {
        mean: statistics.mean.clone(),
        scale: statistics
            .variance
            .iter()
            .map(|v| 1.0 / (v + epsilon).sqrt())
            .collect(),
        gamma: gamma.map(|_| 1),
        beta: beta.map(|_| 1 + usize::from(gamma.is_some())),
        of_this_batch,
    };
    let inputs: Vec<&Tensor> = [x].into_iter().chain(gamma).chain(beta).collect();
    apply(tape, op, &inputs, x.shape().clone())
}

struct Normalize {
    mean: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`.
    scale: Vec<f32>,
    /// Which inputs gamma and beta are.
    gamma: Option<usize>,
    beta: Option<usize>,
    of_this_batch: bool,
}

impl Normalize {
    /// What each channel is multiplied by.
    fn factor(&self, inputs: &[&[f32]]) -> Vec<f32> {
        match self.gamma {
            Some(gamma) => self
                .scale
                .iter()
                .zip(inputs[gamma])
                .map(|(s, g)| s * g)
                .collect(),
            None => self.scale.clone(),
        }
    }
}

impl Op for Normalize {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let factor = self.factor(inputs);
        let shift: Vec<f32> = (0..factor.len())
            .map(|c| self.beta.map_or(0.0, |beta| inputs[beta][c]) - self.mean[c] * factor[c])
            .collect();
        let piece = piece(factor.len());
        let pieces = inputs[0]
            .par_chunks(piece)
            .zip(output.par_chunks_mut(piece));
        pieces.for_each(|(x, y)| {
            let rows = x
                .chunks_exact(factor.len())
                .zip(y.chunks_exact_mut(factor.len()));
            vectorized(
                #[inline(always)]
                || {
                    for (x, y) in rows {
                        let both = factor.iter().zip(&shift);
                        for ((y, x), (factor, shift)) in y.iter_mut().zip(x).zip(both) {
                            *y = x * factor + shift;
                        }
                    }
                },
            );
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let (x, channels) = (at.inputs[0], self.mean.len());
        let gradient = &*at.gradient;
        let rows = x.len() / channels;
        // Of the gradient, and of gradient times normalized input.
        let [of_gradient, of_product] = sums_over_rows(
            rows,
            channels,
            #[inline(always)]
            |block, [first, second]| {
                let rows = x[block.clone()]
                    .chunks_exact(channels)
                    .zip(gradient[block].chunks_exact(channels));
                for (x, g) in rows {
                    let channel = x.iter().zip(g).zip(self.mean.iter().zip(&self.scale));
                    let sums = first.iter_mut().zip(second.iter_mut());
                    for (((x, g), (mean, scale)), (first, second)) in channel.zip(sums) {
                        *first += g;
                        *second += g * ((x - mean) * scale);
                    }
                }
            },
        );
        if let Some(wanted) = &mut at.wanted[0] {
            self.give_back(at.inputs, gradient, [&of_gradient, &of_product], wanted);
        }
        for (input, sums) in [(self.gamma, &of_product), (self.beta, &of_gradient)] {
            if let Some(Some(wanted)) = input.map(|input| &mut at.wanted[input]) {
                wanted.add_each(|c| sums[c] as f32);
            }
        }
    }
}

impl Normalize {
    /// The gradient of the input, from the sums of the gradient and of gradient times normalized
    /// input.
    fn give_back(
        &self,
        inputs: &[&[f32]],
        gradient: &[f32],
        sums: [&[f64]; 2],
        wanted: &mut Wanted<'_>,
    ) {
        let (x, channels) = (inputs[0], self.mean.len());
        let share = match self.of_this_batch {
            true => 1.0 / (x.len() / channels) as f32,
            false => 0.0,
        };
        let factor = self.factor(inputs);
        let [shift, slope] =
            sums.map(|sums| -> Vec<f32> { sums.iter().map(|sum| *sum as f32 * share).collect() });
        let slope: Vec<f32> = slope.iter().zip(&self.scale).map(|(m, s)| m * s).collect();
        let (piece, fresh) = (piece(channels), wanted.fresh);
        let pieces = wanted
            .values
            .par_chunks_mut(piece)
            .zip(x.par_chunks(piece).zip(gradient.par_chunks(piece)));
        pieces.for_each(|(to, (x, gradient))| {
            let rows = x
                .chunks_exact(channels)
                .zip(gradient.chunks_exact(channels));
            vectorized(
                #[inline(always)]
                || {
                    for (to, (x, gradient)) in to.chunks_exact_mut(channels).zip(rows) {
                        let numbers = to.iter_mut().zip(x.iter().zip(gradient));
                        let means = self.mean.iter().zip(shift.iter().zip(&slope));
                        let channel = factor.iter().zip(means);
                        for ((to, (x, g)), (factor, (mean, (shift, slope)))) in numbers.zip(channel)
                        {
                            let part = factor * (g - shift - (x - mean) * slope);
                            *to = if fresh { part } else { *to + part };
                        }
                    }
                },
            );
        });
    }
}

/// How many numbers one thread takes at a time: whole rows.
fn piece(channels: usize) -> usize {
    const NUMBERS: usize = 1 << 14;
    NUMBERS.div_ceil(channels) * channels
}
