//! Pictures that change one by one, on the GPU.

mod each;
mod equalize;
mod fade;
mod filter;
mod hue;
mod mingle;
mod patch;
mod stretch;
mod tiles;
mod tones;

use crate::Result;
use crate::device::{Buffer, Gpu, Threads};
use crate::ops::gpu::layout::too_large;
use crate::ops::pictures::{ChangePictures, PictureChange};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted};

/// The kernels of a change: as [`PictureChange`], for all pictures of a batch at once.
pub(crate) trait ChangeOnGpu {
    /// Makes the new pictures of the old ones.
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()>;

    /// Gives the old pictures what the gradient of the new ones means for them; the kernels may
    /// scribble on the gradient. Nothing, for a change that goes in steps.
    fn change_back_on(
        &self,
        gpu: &Gpu,
        _old: Pictures<'_>,
        _gradient: &mut Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        match back.fresh {
            true => gpu.clear(&mut back.values),
            false => Ok(()),
        }
    }
}

/// Pictures of a batch, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Pictures<'a> {
    values: &'a Buffer,
    /// How many numbers each has.
    each: usize,
}

impl Pictures<'_> {
    fn count(&self) -> usize {
        self.values.len() / self.each
    }
}

impl<C: PictureChange> GpuOp for ChangePictures<C> {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let old = Pictures {
            values: inputs[0],
            each: self.picture,
        };
        self.change.change_on(gpu, old, output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(back) = &mut at.wanted[0] else {
            return Ok(());
        };
        let old = Pictures {
            values: at.inputs[0],
            each: self.picture,
        };
        self.change.change_back_on(gpu, old, at.gradient, back)
    }
}

/// A whole number for a buffer of floats, where kernels read its bits.
fn word(number: usize) -> Result<f32> {
    let word = u32::try_from(number).map_err(|_| too_large())?;
    Ok(f32::from_bits(word))
}

/// A block for each of so many things.
fn block_for_each(count: usize) -> Result<Threads> {
    /// A GPU counts no more blocks.
    const MOST: usize = i32::MAX as usize;
    match count {
        0..=MOST => Ok(Threads::blocks(count)),
        _ => Err(too_large()),
    }
}
