//! Normalizing each channel by its mean and variance.

use std::ops::Range;

use super::dense::mask_by_relu;
use super::gpu::batch_normalization as on_gpu;
use super::{pieces, vectorized};
use crate::device::gpu;
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted, apply};
use crate::{Error, Result, Tape, Tensor};

/// The mean and the (biased) variance of each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStatistics {
    /// One mean for each entry of the last axis.
    pub mean: Tensor,
    /// One variance for each entry of the last axis.
    pub variance: Tensor,
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
    if let Some(gpu) = gpu() {
        let x = x.storage()?;
        let x = x.on_gpu_as(gpu, x.format())?;
        return on_gpu::statistics(gpu, &x, channels);
    }
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
    Ok(BatchStatistics {
        mean: Tensor::from_vec(mean, channels)?,
        variance: Tensor::from_vec(variance, channels)?,
    })
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

/// `average * momentum + batch * (1 - momentum)`: how two moving averages, of one shape, follow a
/// batch. No gradient goes through it.
pub(crate) fn moved_towards(
    averages: [&Tensor; 2],
    batch: [&Tensor; 2],
    momentum: f32,
) -> Result<[Tensor; 2]> {
    if let Some(gpu) = gpu() {
        return on_gpu::moved_towards(gpu, averages, batch, momentum);
    }
    let moved = |average: &Tensor, batch: &Tensor| {
        let mut moved = average.floats()?.to_vec();
        for (average, batch) in moved.iter_mut().zip(batch.floats()?) {
            *average = *average * momentum + batch * (1.0 - momentum);
        }
        Tensor::from_vec(moved, average.shape())
    };
    Ok([moved(averages[0], batch[0])?, moved(averages[1], batch[1])?])
}

/// `gamma · (x - mean) / sqrt(variance + epsilon) + beta` on the last axis.
///
/// `of_this_batch` says that the statistics were computed from `x`, so that the gradient takes
/// into account how they depend on it; otherwise they count as constants.
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
    let how = BatchNormalizing {
        epsilon,
        of_this_batch,
        relu: false,
    };
    normalize_batch(tape, x, [gamma, beta], statistics, how)
}

/// How a batch is normalized.
#[derive(Clone, Copy)]
pub(crate) struct BatchNormalizing {
    pub(crate) epsilon: f32,
    /// As in [`batch_normalization`].
    pub(crate) of_this_batch: bool,
    /// Whether negative results become 0.
    pub(crate) relu: bool,
}

/// [`batch_normalization`] with `gamma` and `beta`, and a relu behind it if asked.
pub(crate) fn normalize_batch(
    tape: &mut Tape,
    x: &Tensor,
    [gamma, beta]: [Option<&Tensor>; 2],
    statistics: &BatchStatistics,
    how: BatchNormalizing,
) -> Result<Tensor> {
    let channels = x.shape().last();
    for (what, len) in [
        ("mean", statistics.mean.size()),
        ("variance", statistics.variance.size()),
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
        gamma: gamma.map(|_| Normalize::WEIGHTS),
        beta: beta.map(|_| Normalize::WEIGHTS + usize::from(gamma.is_some())),
        how,
    };
    let [mean, variance] = [&statistics.mean, &statistics.variance].map(|x| x.clone().untracked());
    let inputs = [x, &mean, &variance].into_iter().chain(gamma).chain(beta);
    let inputs: Vec<&Tensor> = inputs.collect();
    apply(tape, op, &inputs, x.shape().clone())
}

pub(super) struct Normalize {
    /// Which inputs gamma and beta are.
    pub(super) gamma: Option<usize>,
    pub(super) beta: Option<usize>,
    pub(super) how: BatchNormalizing,
}

impl Normalize {
    /// Which inputs the statistics are, and from where on there are weights.
    pub(super) const MEAN: usize = 1;
    pub(super) const VARIANCE: usize = 2;
    pub(super) const WEIGHTS: usize = 3;

    /// `1 / sqrt(variance + epsilon)`.
    fn scale(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let variance = inputs[Normalize::VARIANCE].iter();
        variance
            .map(|v| 1.0 / (v + self.how.epsilon).sqrt())
            .collect()
    }

    /// What each channel is multiplied by.
    fn factor(&self, inputs: &[&[f32]]) -> Vec<f32> {
        let mut factor = self.scale(inputs);
        if let Some(gamma) = self.gamma {
            factor
                .iter_mut()
                .zip(inputs[gamma])
                .for_each(|(s, g)| *s *= g);
        }
        factor
    }
}

impl Op for Normalize {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (factor, mean) = (self.factor(inputs), inputs[Normalize::MEAN]);
        let shift: Vec<f32> = (0..factor.len())
            .map(|c| self.beta.map_or(0.0, |beta| inputs[beta][c]) - mean[c] * factor[c])
            .collect();
        let floor = if self.how.relu {
            0.0
        } else {
            f32::NEG_INFINITY
        };
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
                            let number = x * factor + shift;
                            // NaN stays, which `max` would hide.
                            *y = if number < floor { floor } else { number };
                        }
                    }
                },
            );
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let (x, mean) = (at.inputs[0], at.inputs[Normalize::MEAN]);
        let (channels, scale) = (mean.len(), self.scale(at.inputs));
        if self.how.relu {
            let piece = piece(channels);
            let gradients = at.gradient.par_chunks_mut(piece);
            let pieces = gradients.zip(at.output.par_chunks(piece));
            pieces.for_each(|(gradient, output)| mask_by_relu(gradient, output));
        }
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
                    let channel = x.iter().zip(g).zip(mean.iter().zip(&scale));
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
        let (x, mean) = (inputs[0], inputs[Normalize::MEAN]);
        let channels = mean.len();
        let share = match self.how.of_this_batch {
            true => 1.0 / (x.len() / channels) as f32,
            false => 0.0,
        };
        let factor = self.factor(inputs);
        let [shift, slope] =
            sums.map(|sums| -> Vec<f32> { sums.iter().map(|sum| *sum as f32 * share).collect() });
        let slope: Vec<f32> = slope
            .iter()
            .zip(self.scale(inputs))
            .map(|(m, s)| m * s)
            .collect();
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
                        let means = mean.iter().zip(shift.iter().zip(&slope));
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
