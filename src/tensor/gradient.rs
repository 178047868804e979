//! The gradient of a tensor, on the host or on the GPU.

use super::{Shape, Tensor};
use crate::Result;
use crate::device::{Buffer, Format, Gpu, opened_gpu as gpu};

pub(super) enum Gradient {
    Host(Vec<f32>),
    Gpu(Buffer),
}

impl Gradient {
    /// Moves it to the host if it is not there.
    pub(super) fn on_host(&mut self) -> Result<&mut Vec<f32>> {
        if let Gradient::Gpu(buffer) = self {
            *self = Gradient::Host(fetch(buffer)?);
        }
        match self {
            Gradient::Host(values) => Ok(values),
            Gradient::Gpu(_) => unreachable!("it was moved"),
        }
    }

    /// What is on the host; nothing before [`on_host`](Self::on_host).
    pub(super) fn as_slice(&self) -> &[f32] {
        match self {
            Gradient::Host(values) => values,
            Gradient::Gpu(_) => &[],
        }
    }

    pub(super) fn into_vec(mut self) -> Result<Vec<f32>> {
        self.on_host().map(std::mem::take)
    }

    /// Moves it to the GPU if it is not there.
    pub(super) fn into_buffer(self, gpu: &Gpu) -> Result<Buffer> {
        match self {
            // Where it all begins, it is the same number everywhere.
            Gradient::Host(values) => match values[..] {
                [first, ref rest @ ..] if rest.iter().all(|value| *value == first) => {
                    gpu.filled(values.len(), first)
                }
                _ => gpu.upload(&values),
            },
            Gradient::Gpu(buffer) => Ok(buffer),
        }
    }

    /// As [`into_buffer`](Self::into_buffer), in this format.
    pub(super) fn into_buffer_as(self, gpu: &Gpu, format: Format) -> Result<Buffer> {
        let buffer = self.into_buffer(gpu)?;
        match buffer.format() == format {
            true => Ok(buffer),
            false => gpu.converted(&buffer, format),
        }
    }

    /// A copy, as a tensor of this shape.
    pub(super) fn to_tensor(&self, shape: Shape) -> Result<Tensor> {
        match self {
            Gradient::Host(values) => Ok(Tensor::from_floats(values.clone(), shape)),
            Gradient::Gpu(buffer) => match gpu() {
                Some(gpu) => Ok(Tensor::from_buffer(gpu.copy(buffer)?, shape)),
                None => Ok(Tensor::zeros(shape)),
            },
        }
    }

    /// Adds another part, on the side where this one is.
    pub(super) fn add(&mut self, other: Gradient) -> Result<()> {
        if let (Gradient::Gpu(total), Some(gpu)) = (&mut *self, gpu()) {
            let other = other.into_buffer_as(gpu, total.format())?;
            return gpu.add(total, &other);
        }
        let other = other.into_vec()?;
        for (total, part) in self.on_host()?.iter_mut().zip(other) {
            *total += part;
        }
        Ok(())
    }
}

fn fetch(buffer: &Buffer) -> Result<Vec<f32>> {
    gpu().map_or(Ok(Vec::new()), |gpu| gpu.download(buffer))
}
