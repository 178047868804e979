//! Normalizing each channel by its mean and variance.

use super::vectorized;
use crate::tensor::bridge::{Backpass, Op, apply};
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
    let rows = (values.len() / channels) as f64;
    // Sums in f64: with a million rows, f32 would lose the digits that Keras keeps by pairwise sums.
    let mut mean = vec![0.0f64; channels];
    for row in values.chunks_exact(channels) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    mean.iter_mut().for_each(|sum| *sum /= rows);
    let mut variance = vec![0.0f64; channels];
    for row in values.chunks_exact(channels) {
        for ((sum, x), mean) in variance.iter_mut().zip(row).zip(&mean) {
            let distance = f64::from(*x) - mean;
            *sum += distance * distance;
        }
    }
    Ok(BatchStatistics {
        mean: mean.iter().map(|m| *m as f32).collect(),
        variance: variance.iter().map(|sum| (sum / rows) as f32).collect(),
    })
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
        let rows = inputs[0]
            .chunks_exact(factor.len())
            .zip(output.chunks_exact_mut(factor.len()));
        vectorized(
            #[inline(always)]
            || {
                for (x, y) in rows {
                    for (((y, x), factor), shift) in y.iter_mut().zip(x).zip(&factor).zip(&shift) {
                        *y = x * factor + shift;
                    }
                }
            },
        );
    }

    fn backward(&self, at: Backpass<'_>) {
        let (x, channels) = (at.inputs[0], self.mean.len());
        let gradient = &*at.gradient;
        let rows = (x.len() / channels) as f32;
        // Sums over the batch of the gradient, and of gradient times normalized input.
        let mut of_gradient = vec![0.0f64; channels];
        let mut of_product = vec![0.0f64; channels];
        for (x, g) in x
            .chunks_exact(channels)
            .zip(gradient.chunks_exact(channels))
        {
            for c in 0..channels {
                let normalized = (x[c] - self.mean[c]) * self.scale[c];
                of_gradient[c] += f64::from(g[c]);
                of_product[c] += f64::from(g[c] * normalized);
            }
        }
        let factor = self.factor(at.inputs);
        if let Some(wanted) = &mut at.wanted[0] {
            let share = if self.of_this_batch { 1.0 / rows } else { 0.0 };
            let means: Vec<(f32, f32)> = (0..channels)
                .map(|c| (of_gradient[c] as f32 * share, of_product[c] as f32 * share))
                .collect();
            let fresh = wanted.fresh;
            let rows = wanted.values.chunks_exact_mut(channels);
            let sources = x
                .chunks_exact(channels)
                .zip(gradient.chunks_exact(channels));
            for (to, (x, gradient)) in rows.zip(sources) {
                for c in 0..channels {
                    let normalized = (x[c] - self.mean[c]) * self.scale[c];
                    let part = factor[c] * (gradient[c] - means[c].0 - normalized * means[c].1);
                    to[c] = if fresh { part } else { to[c] + part };
                }
            }
        }
        for (input, sums) in [(self.gamma, &of_product), (self.beta, &of_gradient)] {
            if let Some(Some(wanted)) = input.map(|input| &mut at.wanted[input]) {
                wanted.add_each(|c| sums[c] as f32);
            }
        }
    }
}
