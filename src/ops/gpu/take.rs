//! Samples of a data set that lies in the GPU's memory.

use super::upload_places;
use crate::device::{Argument, Gpu, Source, Threads};
use crate::{DType, Result, Tensor};

const KERNELS: Source = Source {
    name: "take",
    text: include_str!("take.cu"),
};

/// Whether these samples are worth keeping in the GPU's memory: large, and far from filling it.
pub(crate) fn is_kept_on(gpu: &Gpu, samples: &Tensor) -> bool {
    /// Smaller ones are sent with each batch: they may be numbers of words, which are needed on the
    /// host.
    const LARGE: usize = 256;
    /// Positions are exact as floats up to here.
    const MANY: usize = 1 << 24;
    samples.dtype() == DType::Float32
        && samples.len() < MANY
        && samples.size() >= LARGE * samples.len().max(1)
        && (samples.is_on_gpu() || size_of::<f32>() * samples.size() < gpu.free_memory() / 4)
}

/// As [`Tensor::take`], on the GPU, of positions that there are.
pub(crate) fn take_on(gpu: &Gpu, samples: &Tensor, positions: &[usize]) -> Result<Tensor> {
    let shape = samples.shape().without_batch().with_batch(positions.len());
    let row = shape.without_batch().elements();
    let count = shape.elements();
    let mut to = gpu.unwritten(count)?;
    let arguments = [
        Argument::Write(&mut to),
        Argument::Read(samples.storage()?.on_gpu(gpu)?),
        Argument::Read(&upload_places(gpu, positions.iter().copied())?),
        Argument::Size(row),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "take", Threads::each(count), arguments)?;
    Ok(Tensor::from_buffer(to, shape))
}
