//! Floats in the GPU's memory, and blocks of it that wait to be used again.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use cudarc::driver::CudaSlice;

use super::GPU;

/// Floats in the GPU's memory.
pub(crate) struct Buffer(ManuallyDrop<CudaSlice<f32>>);

/// Blocks that nobody uses at the moment, by their length. A training step wants the same ones as the
/// step before: asking the driver for each takes as long as a launch.
///
/// Everything runs on one stream, in order: what uses a block next comes after what used it last.
#[derive(Default)]
pub(super) struct Blocks(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_length: HashMap<usize, Vec<CudaSlice<f32>>>,
    /// Floats in all of them.
    total: usize,
}

/// With larger blocks the GPU is busy for longer than the driver takes to find them.
const LARGEST: usize = 1 << 21;
const MOST: usize = 1 << 26;

impl Blocks {
    /// A block of this length, which holds whatever it held before.
    pub(super) fn take(&self, len: usize) -> Option<Buffer> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let block = kept.by_length.get_mut(&len)?.pop()?;
        kept.total -= len;
        Some(Buffer::new(block))
    }

    /// Gives all of them back to the driver.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    fn keep(&self, block: CudaSlice<f32>) {
        let len = block.len();
        if len > LARGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.total + len > MOST {
            // Those of models that are gone would stay for good.
            *kept = Kept::default();
        }
        kept.total += len;
        kept.by_length.entry(len).or_default().push(block);
    }
}

impl Buffer {
    pub(super) fn new(memory: CudaSlice<f32>) -> Buffer {
        Buffer(ManuallyDrop::new(memory))
    }
}

impl Deref for Buffer {
    type Target = CudaSlice<f32>;

    fn deref(&self) -> &CudaSlice<f32> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut CudaSlice<f32> {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: nobody uses it after this.
        let block = unsafe { ManuallyDrop::take(&mut self.0) };
        if let Some(gpu) = GPU.get() {
            gpu.blocks.keep(block);
        }
    }
}
