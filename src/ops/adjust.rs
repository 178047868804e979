//! Pictures that become brighter or darker, or get more or less contrast.

use super::vectorized;
use super::window::pictures;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Result, Tape, Tensor};

/// What happens to the numbers of one picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adjustment {
    /// What the distance of each number from the mean of its channel is multiplied by.
    pub(crate) contrast: f32,
    /// What is added to each number.
    pub(crate) brightness: f32,
}

/// Adjusts each picture, and keeps the numbers within `range`.
///
/// # Errors
/// When `x` holds no pictures.
pub(crate) fn adjust(
    tape: &mut Tape,
    x: &Tensor,
    adjustments: Vec<Adjustment>,
    range: (f32, f32),
) -> Result<Tensor> {
    let [_, height, width, channels] = pictures("a change of colors", x)?;
    let op = Adjust {
        picture: height * width * channels,
        channels,
        adjustments,
        range,
    };
    apply(tape, op, &[&x.astype(DType::Float32)], x.shape().clone())
}

pub(super) struct Adjust {
    /// How many numbers a picture has.
    pub(super) picture: usize,
    pub(super) channels: usize,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) range: (f32, f32),
}

impl Adjust {
    /// The mean of each channel.
    fn means(&self, picture: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0f64; self.channels];
        for pixel in picture.chunks_exact(self.channels) {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += f64::from(value);
            }
        }
        let pixels = (self.picture / self.channels) as f64;
        sums.into_iter().map(|sum| (sum / pixels) as f32).collect()
    }
}

impl Op for Adjust {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let this = &*self;
        let pictures = output
            .par_chunks_mut(this.picture)
            .zip(inputs[0].par_chunks(this.picture));
        let (low, high) = this.range;
        pictures
            .zip(this.adjustments.as_slice())
            .for_each(|((new, old), &to)| {
                let means = match to.contrast {
                    1.0 => vec![0.0; this.channels],
                    _ => this.means(old),
                };
                let offsets: Vec<f32> = means.iter().map(|mean| mean + to.brightness).collect();
                vectorized(
                    #[inline(always)]
                    || {
                        let pixels = new.chunks_exact_mut(this.channels);
                        for (new, old) in pixels.zip(old.chunks_exact(this.channels)) {
                            let values = new.iter_mut().zip(old).zip(means.iter().zip(&offsets));
                            for ((new, old), (mean, offset)) in values {
                                let value = (old - mean) * to.contrast + offset;
                                *new = value.max(low).min(high);
                            }
                        }
                    },
                );
            });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let (low, high) = self.range;
        // Where a number was cut off, nothing comes back.
        for (gradient, &y) in at.gradient.iter_mut().zip(at.output) {
            if y <= low || y >= high {
                *gradient = 0.0;
            }
        }
        x.clear_if_fresh();
        let pictures = x
            .values
            .par_chunks_mut(self.picture)
            .zip(at.gradient.par_chunks(self.picture));
        pictures
            .zip(self.adjustments.as_slice())
            .for_each(|((old, new), to)| {
                let means = self.means(new);
                let pixels = old.chunks_exact_mut(self.channels);
                for (old, new) in pixels.zip(new.chunks_exact(self.channels)) {
                    for ((old, new), mean) in old.iter_mut().zip(new).zip(&means) {
                        *old += new * to.contrast + mean * (1.0 - to.contrast);
                    }
                }
            });
    }
}
