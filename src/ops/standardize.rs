//! Numbers in standard deviations from their mean.

use super::vectorized;
use crate::device::Buffer;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Result, Tape, Tensor};

/// What samples are normalized by.
pub(crate) struct Standardization {
    /// For each number of a sample which mean and deviation is its own.
    pub(crate) places: Vec<u32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) deviation: Vec<f32>,
    /// Whether normalized numbers are turned back.
    pub(crate) invert: bool,
}

impl Standardization {
    /// After how many numbers of a sample means and deviations repeat.
    fn period(&self) -> usize {
        let (places, count) = (self.places.iter(), self.mean.len());
        let repeats = places
            .enumerate()
            .all(|(i, &place)| place as usize == i % count);
        if repeats { count } else { self.places.len() }
    }
}

/// `(x - mean) / deviation`, or the opposite.
pub(crate) fn standardize(tape: &mut Tape, x: &Tensor, how: Standardization) -> Result<Tensor> {
    let each = |values: &[f32]| -> Vec<f32> {
        how.places
            .iter()
            .map(|&place| values[place as usize])
            .collect()
    };
    let op = Standardize {
        mean: each(&how.mean),
        deviation: each(&how.deviation),
        period: how.period(),
        invert: how.invert,
        measures: None,
    };
    apply(tape, op, &[&x.astype(DType::Float32)], x.shape().clone())
}

pub(super) struct Standardize {
    /// For each number of a sample.
    pub(super) mean: Vec<f32>,
    pub(super) deviation: Vec<f32>,
    /// After so many numbers these repeat.
    pub(super) period: usize,
    pub(super) invert: bool,
    /// Means and deviations on the GPU, kept for the gradient.
    pub(super) measures: Option<Buffer>,
}

impl Op for Standardize {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (mean, deviation, invert) = (&self.mean, &self.deviation, self.invert);
        let samples = output.par_chunks_mut(mean.len()).with_min_len(64);
        samples
            .zip(inputs[0].par_chunks(mean.len()))
            .for_each(|(y, x)| {
                vectorized(
                    #[inline(always)]
                    || {
                        let values = y.iter_mut().zip(x).zip(mean.iter().zip(deviation));
                        for ((y, x), (mean, deviation)) in values {
                            *y = if invert {
                                mean + x * deviation
                            } else {
                                (x - mean) / deviation
                            };
                        }
                    },
                );
            });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let gradient = &*at.gradient;
        x.add_each(|i| {
            let deviation = self.deviation[i % self.deviation.len()];
            if self.invert {
                gradient[i] * deviation
            } else {
                gradient[i] / deviation
            }
        });
    }
}
