//! Float elements: in a flat dfdx tensor on the host, on the GPU, or on both.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dfdx::prelude::{Cpu, HasShape, Tensor as DfdxTensor, TensorFromVec};

use crate::Result;
use crate::device::{Arriving, Buffer, Format, Gpu, cpu, opened_gpu};

type Host = DfdxTensor<(usize,), f32, Cpu>;

/// A contiguous run of floats. Each side gets a copy when it first asks, and nearly always keeps it:
/// what does not change is copied once.
#[derive(Clone)]
pub(crate) struct Floats {
    len: usize,
    /// How they were made: what has fewer bits than that is rounded.
    format: Format,
    copies: Arc<Copies>,
}

/// At least one is there.
#[derive(Default)]
struct Copies {
    host: OnceLock<Host>,
    /// For each [`Format`].
    gpu: [OnceLock<Buffer>; Format::ALL.len()],
    /// What is on its way to the host.
    arriving: Mutex<Option<Arriving>>,
}

/// Elements on the GPU, which a tensor keeps or which were made for one use.
pub(crate) enum OnGpu<'a> {
    Kept(&'a Buffer),
    Made(Buffer),
}

impl Deref for OnGpu<'_> {
    type Target = Buffer;

    fn deref(&self) -> &Buffer {
        match self {
            OnGpu::Kept(buffer) => buffer,
            OnGpu::Made(buffer) => buffer,
        }
    }
}

impl Copies {
    fn on_host(host: OnceLock<Host>) -> Copies {
        Copies {
            host,
            ..Copies::default()
        }
    }

    fn on_gpu(&self, format: Format) -> &OnceLock<Buffer> {
        &self.gpu[format as usize]
    }
}

impl Floats {
    /// Takes the vector without a copy.
    pub(crate) fn from_vec(values: Vec<f32>) -> Floats {
        let len = values.len();
        let host = cpu().tensor_from_vec(values, (len,));
        Floats {
            len,
            format: Format::Float32,
            copies: Arc::new(Copies::on_host(host.into())),
        }
    }

    pub(crate) fn from_buffer(buffer: Buffer) -> Floats {
        let (len, format) = (buffer.len(), buffer.format());
        let mut copies = Copies::default();
        copies.gpu[format as usize] = buffer.into();
        Floats {
            len,
            format,
            copies: Arc::new(copies),
        }
    }

    /// How they were made, and so their gradients are kept.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What holds all of their digits on the GPU, if anything does.
    fn exact_on_gpu(&self) -> Option<&Buffer> {
        let copies = &self.copies;
        let exact = copies.on_gpu(self.format).get();
        exact.or_else(|| copies.on_gpu(Format::Float32).get())
    }

    /// Whether the GPU has a copy.
    pub(crate) fn is_on_gpu(&self) -> bool {
        self.exact_on_gpu().is_some()
    }

    /// Whether the only copy is the GPU's.
    pub(crate) fn is_on_gpu_alone(&self) -> bool {
        self.copies.host.get().is_none()
    }

    /// As [`on_host`](Self::on_host), where nothing can be returned but elements. Panics when the
    /// GPU has stopped working.
    pub(super) fn as_slice(&self) -> &[f32] {
        self.on_host().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The elements on the host, fetched first if need be.
    pub(super) fn on_host(&self) -> Result<&[f32]> {
        let Some(host) = self.copies.host.get() else {
            return self.fetch();
        };
        Ok(slice(host))
    }

    fn fetch(&self) -> Result<&[f32]> {
        let values = match (self.take_arriving(), opened_gpu(), self.exact_on_gpu()) {
            (Some(arriving), ..) => arriving.wait()?,
            (None, Some(gpu), Some(buffer)) => gpu.download(buffer)?,
            _ => Vec::new(),
        };
        let host = cpu().tensor_from_vec(values, (self.len,));
        Ok(slice(self.copies.host.get_or_init(|| host)))
    }

    fn take_arriving(&self) -> Option<Arriving> {
        let arriving = self.copies.arriving.lock();
        arriving.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Lets the GPU send the elements to the host, if they are there alone; nobody waits.
    pub(crate) fn send_to_host(&self) -> Result<()> {
        if let (None, Some(gpu), Some(buffer)) =
            (self.copies.host.get(), opened_gpu(), self.exact_on_gpu())
        {
            let arriving = self.copies.arriving.lock();
            let mut arriving = arriving.unwrap_or_else(PoisonError::into_inner);
            if arriving.is_none() {
                *arriving = Some(gpu.fetch(buffer)?);
            }
        }
        Ok(())
    }

    /// The elements on the host for writing; those of others that share them stay as they are.
    pub(super) fn as_mut_slice(&mut self) -> Result<&mut [f32]> {
        self.on_host()?;
        self.format = Format::Float32;
        if Arc::get_mut(&mut self.copies).is_none() {
            let host = self.copies.host.clone();
            self.copies = Arc::new(Copies::on_host(host));
        }
        let copies = Arc::get_mut(&mut self.copies);
        let host = copies.and_then(|copies| {
            // What is on the GPU is no longer the same.
            copies.gpu = Default::default();
            copies.host.get_mut()
        });
        let Some(host) = host.filter(|_| self.len > 0) else {
            return Ok(&mut []);
        };
        // Indexing mutably makes dfdx copy storage that is shared.
        let first: &mut f32 = &mut host[[0]];
        // SAFETY: as in `slice`; the mutable borrow makes this the only access.
        Ok(unsafe { std::slice::from_raw_parts_mut(first, self.len) })
    }

    /// The elements on the GPU as floats, brought there first if need be.
    pub(crate) fn on_gpu(&self, gpu: &Gpu) -> Result<&Buffer> {
        let floats = self.copies.on_gpu(Format::Float32);
        if let Some(buffer) = floats.get() {
            return Ok(buffer);
        }
        let buffer = match self.exact_on_gpu() {
            Some(exact) => gpu.converted(exact, Format::Float32)?,
            None => gpu.upload(self.on_host()?)?,
        };
        Ok(floats.get_or_init(|| buffer))
    }

    /// The elements on the GPU in this format. Rounded ones are kept, for they are few bytes and asked
    /// for again; others only if they are the first there.
    pub(crate) fn on_gpu_as(&self, gpu: &Gpu, format: Format) -> Result<OnGpu<'_>> {
        let place = self.copies.on_gpu(format);
        if let Some(buffer) = place.get() {
            return Ok(OnGpu::Kept(buffer));
        }
        let Some(exact) = self.exact_on_gpu() else {
            let floats = self.on_gpu(gpu)?;
            return match format {
                Format::Float32 => Ok(OnGpu::Kept(floats)),
                _ => self.on_gpu_as(gpu, format),
            };
        };
        let converted = gpu.converted(exact, format)?;
        Ok(match format {
            Format::Float32 => OnGpu::Made(converted),
            _ => OnGpu::Kept(place.get_or_init(|| converted)),
        })
    }

    /// The same with all bits of floats, whichever they were made with.
    pub(crate) fn in_float32(self) -> Result<Floats> {
        let (Some(exact), Some(gpu)) = (self.exact_on_gpu(), opened_gpu()) else {
            return Ok(self);
        };
        match self.format {
            Format::Float32 => Ok(self),
            _ => Ok(Floats::from_buffer(gpu.converted(exact, Format::Float32)?)),
        }
    }

    /// The elements on the GPU for writing; those of others that share them stay as they are.
    pub(crate) fn on_gpu_mut(&mut self, gpu: &Gpu) -> Result<&mut Buffer> {
        self.on_gpu(gpu)?;
        self.format = Format::Float32;
        if Arc::get_mut(&mut self.copies).is_none() {
            let copy = gpu.copy(self.on_gpu(gpu)?)?;
            *self = Floats::from_buffer(copy);
        }
        let copies = Arc::get_mut(&mut self.copies);
        let buffer = copies.and_then(|copies| {
            // What is on the host is no longer the same.
            let floats = copies.gpu[Format::Float32 as usize].take();
            *copies = Copies::default();
            let [place, ..] = &mut copies.gpu;
            *place = floats.map(OnceLock::from).unwrap_or_default();
            place.get_mut()
        });
        buffer.ok_or_else(|| crate::Error::state("a tensor is nowhere"))
    }
}

fn slice(host: &Host) -> &[f32] {
    let len = host.shape().0;
    if len == 0 {
        return &[];
    }
    let first: &f32 = &host[[0]];
    // SAFETY: a rank-1 dfdx tensor made from a vector has stride 1 and owns `len` elements that
    // start at its first one; the borrow of `host` keeps them alive and unwritten. The pointer comes
    // from a reference to the first alone: dfdx lends nothing larger.
    unsafe { std::slice::from_raw_parts(first, len) }
}

/// A vector of `len` floats that holds whatever the memory held before.
///
/// Only for the buffers of kernels ([`Op`](super::bridge::Op)), which promise to write all of what
/// they are given before they read it; clearing it first would cost as much as the kernel.
pub(crate) fn unwritten(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, every bit pattern is an f32, and the caller (a kernel's
    // output buffer) writes every element before any is read.
    #[allow(clippy::uninit_vec)]
    unsafe {
        values.set_len(len);
    }
    values
}
