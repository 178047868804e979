//! Numbers in the GPU's memory, and blocks of it that wait to be used again.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::{Mutex, PoisonError};

use cudarc::driver::CudaSlice;

use super::GPU;
use crate::device::Format;

/// Numbers in the GPU's memory: floats, unless the policy says otherwise.
pub(crate) struct Buffer {
    memory: ManuallyDrop<CudaSlice<f32>>,
    format: Format,
    len: usize,
}

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
const LARGEST: usize = 1 << 22;
const MOST: usize = 1 << 26;

impl Blocks {
    /// A block of this length, which holds whatever it held before.
    pub(super) fn take(&self, len: usize) -> Option<CudaSlice<f32>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let block = kept.by_length.get_mut(&len)?.pop()?;
        kept.total -= len;
        Some(block)
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
    /// So many numbers, for which there is memory enough.
    pub(super) fn new(memory: CudaSlice<f32>, format: Format, len: usize) -> Buffer {
        Buffer {
            memory: ManuallyDrop::new(memory),
            format,
            len,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// As if it held floats.
    pub(super) fn memory(&self) -> &CudaSlice<f32> {
        &self.memory
    }

    pub(super) fn memory_mut(&mut self) -> &mut CudaSlice<f32> {
        &mut self.memory
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: nobody uses it after this.
        let block = unsafe { ManuallyDrop::take(&mut self.memory) };
        if let Some(gpu) = GPU.get() {
            gpu.blocks.keep(block);
        }
    }
}
