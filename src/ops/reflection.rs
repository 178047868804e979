//! Signals that go on mirrored.

use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Result, Shape, Tape, Tensor};

/// The last axis of `x`, which is not empty, with `pad` more numbers on both sides: those next to the
/// ends, mirrored at them.
pub(crate) fn reflected(tape: &mut Tape, x: &Tensor, pad: usize) -> Result<Tensor> {
    let length = x.shape().last();
    let shape: Shape = x.shape().with_last(length + 2 * pad);
    apply(tape, Reflection { length, pad }, &[x], shape)
}

pub(super) struct Reflection {
    pub(super) length: usize,
    pub(super) pad: usize,
}

impl Reflection {
    /// Where a row begins when its places are counted from the start of a way there and back, and the
    /// length of that way.
    pub(super) fn first_and_period(&self) -> (usize, usize) {
        let period = (2 * (self.length - 1)).max(1);
        // A multiple of the period, so that nothing is negative.
        (self.pad.div_ceil(period) * period - self.pad, period)
    }

    /// Where each number of a row comes from.
    fn sources(&self) -> impl Iterator<Item = usize> {
        let Self { length, pad } = *self;
        let (first, period) = self.first_and_period();
        (first..first + length + 2 * pad).map(move |place| {
            let place = place % period;
            place.min(period - place)
        })
    }
}

impl Op for Reflection {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.length);
        for (to, from) in output
            .chunks_exact_mut(self.length + 2 * self.pad)
            .zip(rows)
        {
            to.iter_mut()
                .zip(self.sources())
                .for_each(|(to, source)| *to = from[source]);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        wanted.clear_if_fresh();
        let rows = at.gradient.chunks_exact(self.length + 2 * self.pad);
        for (to, from) in wanted.values.chunks_exact_mut(self.length).zip(rows) {
            from.iter()
                .zip(self.sources())
                .for_each(|(from, source)| to[source] += from);
        }
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}
