//! Pictures that change one by one: their colors, their tones, how sharp they are.

mod fade;
mod filter;
mod histogram;
mod hue;
mod local_histogram;
mod mingle;
mod patch;
mod tones;

use super::window::pictures;
use crate::ops::gpu::pictures::ChangeOnGpu;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Result, Tape, Tensor};

pub(crate) use fade::Fade;
pub(crate) use filter::{Filter, Filtered, along_columns, along_rows};
pub(crate) use histogram::{Equalize, Stretch};
pub(crate) use hue::{Saturate, Turn};
pub(crate) use local_histogram::EqualizeTiles;
pub(super) use mingle::Mingle;
pub(crate) use mingle::{Share, mingle};
pub(crate) use patch::{Erase, Filling, Patch};
pub(crate) use tones::{Invert, Posterize, Solarize};

/// What happens to each picture of a batch.
pub(crate) trait PictureChange: ChangeOnGpu + Send + Sync + 'static {
    /// Looks at the pictures of the whole batch before they change.
    fn prepare(&mut self, _pictures: &[f32]) {}

    /// Makes the whole new picture of the old one, which is the one at `index` in the batch.
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]);

    /// Adds to `back` what the gradient of the new picture means for the old one. A change that
    /// goes in steps has no gradient and need not say anything.
    fn change_back(&self, _index: usize, _old: &[f32], _gradient: &[f32], _back: &mut [f32]) {}
}

/// Changes each picture of a batch.
///
/// # Errors
/// When `x` holds no pictures.
pub(crate) fn change_pictures(
    tape: &mut Tape,
    x: &Tensor,
    change: impl PictureChange,
) -> Result<Tensor> {
    let [_, height, width, channels] = pictures("a change of pictures", x)?;
    let op = ChangePictures {
        picture: height * width * channels,
        change,
    };
    apply(tape, op, &[&x.astype(DType::Float32)], x.shape().clone())
}

pub(super) struct ChangePictures<C> {
    /// How many numbers a picture has.
    pub(super) picture: usize,
    pub(super) change: C,
}

impl<C: PictureChange> Op for ChangePictures<C> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        self.change.prepare(inputs[0]);
        let this = &*self;
        let old = inputs[0].par_chunks(this.picture);
        let new = output.par_chunks_mut(this.picture);
        new.zip(old)
            .enumerate()
            .for_each(|(index, (new, old))| this.change.change(index, old, new));
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let old = at.inputs[0].par_chunks(self.picture);
        let gradient = at.gradient.par_chunks(self.picture);
        let back = x.values.par_chunks_mut(self.picture);
        back.zip(old)
            .zip(gradient)
            .enumerate()
            .for_each(|(index, ((back, old), gradient))| {
                self.change.change_back(index, old, gradient, back);
            });
    }
}

/// The smallest and the largest number that pictures have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueRange {
    pub(crate) low: f32,
    pub(crate) high: f32,
}

impl From<(f32, f32)> for ValueRange {
    fn from((low, high): (f32, f32)) -> Self {
        ValueRange { low, high }
    }
}

impl ValueRange {
    /// No bounds at all.
    pub(crate) const ANY: ValueRange = ValueRange {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
    };

    #[inline(always)]
    pub(crate) fn keep(self, value: f32) -> f32 {
        value.max(self.low).min(self.high)
    }

    #[inline(always)]
    pub(crate) fn holds(self, value: f32) -> bool {
        value >= self.low && value <= self.high
    }

    #[inline(always)]
    pub(crate) fn width(self) -> f32 {
        self.high - self.low
    }

    /// From this range to that from 0 to 255. Numbers that are bytes already stay exactly so:
    /// what follows may cut off what comes after the point.
    #[inline(always)]
    pub(crate) fn to_bytes(self, value: f32) -> f32 {
        match self.is_bytes() {
            true => value,
            false => (value - self.low) / self.width() * 255.0,
        }
    }

    #[inline(always)]
    pub(crate) fn of_bytes(self, value: f32) -> f32 {
        match self.is_bytes() {
            true => value,
            false => value / 255.0 * self.width() + self.low,
        }
    }

    fn is_bytes(self) -> bool {
        (self.low, self.high) == (0.0, 255.0)
    }
}
