//! The mean of the steps of a sequence that count.

use crate::device::Buffer;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::vectorized;
use crate::ops::window::spatial;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The mean over the steps of `x` `(batch, steps, channels)` where `mask` `(batch, steps)` is not 0:
/// `(batch, channels)`. NaN where no step counts, as in Keras.
///
/// # Errors
/// When the shapes do not fit.
pub fn masked_average_pool(tape: &mut Tape, x: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let (batch, [steps], channels) = spatial::<1>("pooling", x)?;
    if steps == 0 {
        return Err(super::without_cells(x));
    }
    if mask.shape() != (batch, steps) {
        return Err(Error::shape(format!(
            "expected a mask of ({batch}, {steps}), got {}",
            mask.shape()
        )));
    }
    let op = MaskedAverage {
        steps,
        channels,
        counts: mask.as_floats().iter().map(|&step| step != 0.0).collect(),
        on_gpu: None,
    };
    apply(tape, op, &[x], Shape::from((batch, channels)))
}

pub(in crate::ops) struct MaskedAverage {
    pub(in crate::ops) steps: usize,
    pub(in crate::ops) channels: usize,
    /// For each step of each sequence, whether it counts.
    pub(in crate::ops) counts: Vec<bool>,
    /// The same on the GPU, for the backward pass.
    pub(in crate::ops) on_gpu: Option<Buffer>,
}

impl MaskedAverage {
    fn sequence(&self) -> usize {
        self.steps * self.channels
    }

    /// The steps of a sequence that count, and the share that each has in the mean.
    fn steps_of(&self, sequence: usize) -> (impl Iterator<Item = usize>, f32) {
        let counts = &self.counts[sequence * self.steps..(sequence + 1) * self.steps];
        let share = 1.0 / counts.iter().filter(|counts| **counts).count() as f32;
        ((0..self.steps).filter(|&step| counts[step]), share)
    }
}

impl Op for MaskedAverage {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (this, x) = (&*self, inputs[0]);
        let sequences = output.par_chunks_mut(this.channels).enumerate();
        sequences.for_each(|(n, mean)| {
            let x = &x[n * this.sequence()..(n + 1) * this.sequence()];
            let (steps, share) = this.steps_of(n);
            mean.fill(0.0);
            vectorized(
                #[inline(always)]
                || {
                    for step in steps {
                        let step = &x[step * this.channels..(step + 1) * this.channels];
                        mean.iter_mut().zip(step).for_each(|(m, v)| *m += v);
                    }
                    mean.iter_mut().for_each(|m| *m *= share);
                },
            );
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let gradients = at.gradient.par_chunks(self.channels);
        let sequences = x.values.par_chunks_mut(self.sequence()).zip(gradients);
        sequences.enumerate().for_each(|(n, (x, gradient))| {
            let (steps, share) = self.steps_of(n);
            for step in steps {
                let step = &mut x[step * self.channels..(step + 1) * self.channels];
                step.iter_mut()
                    .zip(gradient)
                    .for_each(|(x, g)| *x += g * share);
            }
        });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}
