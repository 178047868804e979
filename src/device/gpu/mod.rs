//! An NVIDIA GPU: memory, kernels and matrix products on one stream.

mod buffer;
mod cudnn;
mod launch;
mod nvml;
mod products;
mod rooms;

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::cublas::CudaBlas;
use cudarc::cublas::sys::{cublasMath_t, cublasSetMathMode};
use cudarc::driver::{CudaContext, CudaSlice, CudaStream, DevicePtr, DeviceRepr, DriverError, sys};

use super::gpu_error::{name_of, no_product, refused};
use super::precision::Format;
use super::{kernels, scope};
use crate::{Error, ErrorKind, Result};
use buffer::Blocks;
pub(crate) use buffer::Buffer;
use cudnn::Convolutions;
use launch::Modules;
use nvml::Monitor;
pub(crate) use rooms::Arriving;
use rooms::Rooms;

/// The one GPU of the process.
pub(crate) struct Gpu {
    name: String,
    monitor: Option<Monitor>,
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    blas: CudaBlas,
    /// Opened for the first convolution that asks for it; none where cuDNN is not installed.
    convolutions: OnceLock<Option<Convolutions>>,
    capability: (i32, i32),
    modules: Mutex<Modules>,
    rooms: Rooms,
    blocks: Blocks,
    /// What has been said about operations without kernels.
    missing: Mutex<HashSet<&'static str>>,
}

static GPU: OnceLock<Gpu> = OnceLock::new();

thread_local! {
    static ON_PROCESSOR: Cell<bool> = const { Cell::new(false) };
}

/// The GPU, if the process has opened one and this thread is to use it.
pub(crate) fn gpu() -> Option<&'static Gpu> {
    if ON_PROCESSOR.get() {
        return None;
    }
    super::Device::current();
    GPU.get()
}

/// The GPU, if the process has opened one: where data of its memory is asked for.
pub(crate) fn opened_gpu() -> Option<&'static Gpu> {
    GPU.get()
}

/// Does something that leaves the GPU alone: what prepares data beside a training.
pub(crate) fn on_processor<T>(work: impl FnOnce() -> T) -> T {
    scope::with(&ON_PROCESSOR, true, work)
}

/// Whether NVIDIA's driver is on this machine.
pub(super) fn has_driver() -> bool {
    // SAFETY: opening the driver's library runs its start-up code, as every CUDA program does.
    unsafe { cudarc::driver::sys::is_culib_present() }
}

/// Opens the GPU with this number.
pub(super) fn open(number: usize) -> Result<()> {
    let opened = Gpu::new(number)?;
    // A second call with another number would be a mistake of this crate.
    let _ = GPU.set(opened);
    Ok(())
}

impl Gpu {
    fn new(number: usize) -> Result<Gpu> {
        if !has_driver() {
            return Err(missing(
                "no NVIDIA driver (`libcuda.so.1`) on this machine",
                "install the driver; in a container, start it with `--gpus all`",
            ));
        }
        // SAFETY: as in `has_driver`.
        let (compiler, products) = unsafe {
            (
                cudarc::nvrtc::sys::is_culib_present(),
                cudarc::cublas::sys::is_culib_present(),
            )
        };
        for (name, is_there) in [("libnvrtc.so", compiler), ("libcublas.so", products)] {
            if !is_there {
                return Err(missing(
                    &format!("a GPU's driver is here, but `{name}` of the CUDA toolkit is not"),
                    "install the toolkit (11 to 13) and name its folder of libraries in \
                     `LD_LIBRARY_PATH`; with pip: `nvidia-cuda-nvrtc-cu12 nvidia-cublas-cu12`",
                ));
            }
        }
        let context = CudaContext::new(number).map_err(|error| {
            missing(
                &format!("GPU {number} does not answer ({})", name_of(error)),
                "`nvidia-smi` shows the GPUs of this machine; `KERUST_DEVICE=cuda:N` chooses one",
            )
        })?;
        let at_start = |error| refused(&context, "the start", error);
        keep_freed_memory(&context).map_err(at_start)?;
        // SAFETY: everything runs on the one stream below, in order: nothing has to be tracked.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().map_err(at_start)?;
        let capability = context.compute_capability().map_err(at_start)?;
        let blas = CudaBlas::new(stream.clone()).map_err(no_product)?;
        keep_digits_of_sums(&blas)?;
        Ok(Gpu {
            name: context.name().map_err(at_start)?,
            monitor: monitor(&context),
            capability,
            rooms: Rooms::default(),
            blocks: Blocks::default(),
            stream,
            blas,
            convolutions: OnceLock::new(),
            modules: Mutex::default(),
            missing: Mutex::default(),
            context,
        })
    }

    /// The error of a call while `doing` something.
    pub(crate) fn refused(&self, doing: &str, error: DriverError) -> Error {
        refused(&self.context, doing, error)
    }

    /// Memory for `len` floats that holds whatever it held before.
    pub(crate) fn unwritten(&self, len: usize) -> Result<Buffer> {
        self.unwritten_as(Format::Float32, len)
    }

    /// The same for numbers that are kept otherwise.
    pub(crate) fn unwritten_as(&self, format: Format, len: usize) -> Result<Buffer> {
        let words = (len * format.bytes()).div_ceil(size_of::<f32>());
        let memory = match self.blocks.take(words) {
            Some(memory) => memory,
            None => return Ok(Buffer::new(self.allocate(words)?, format, len)),
        };
        let mut used = Buffer::new(memory, format, len);
        if cfg!(debug_assertions) {
            /// Not a number, in all formats.
            const NAN: u32 = u32::MAX;
            // Shows who reads it.
            self.fill(&mut used, NAN)?;
        }
        Ok(used)
    }

    /// How a GPU like this keeps activations.
    pub(crate) fn format_of_activations(&self) -> Format {
        /// The first compute capability with bfloat16.
        const FIRST: (i32, i32) = (8, 0);
        match Format::of_activations() {
            Format::Bfloat16 if self.capability < FIRST => Format::Float32,
            format => format,
        }
    }

    /// Memory from the driver.
    fn allocate<T: DeviceRepr>(&self, len: usize) -> Result<CudaSlice<T>> {
        // SAFETY: every bit pattern is a number, and kernels write all of what they are given.
        let allocate = || unsafe { self.stream.alloc::<T>(len) };
        let allocated = allocate().or_else(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
                self.free_what_waits()?;
                allocate()
            }
            _ => Err(error),
        });
        let bytes = len * size_of::<T>();
        allocated.map_err(|error| self.refused(&format!("{bytes} more bytes"), error))
    }

    /// Gives the system all memory that holds nothing: what is kept here, and what the driver keeps.
    fn free_what_waits(&self) -> std::result::Result<(), DriverError> {
        self.blocks.clear();
        // Before that, blocks are still in use by what the GPU has to do.
        self.stream.synchronize()?;
        let pool = memory_pool(&self.context)?;
        // SAFETY: the pool is that of the context's device.
        unsafe { sys::cuMemPoolTrimTo(pool, 0).result() }
    }

    /// Memory for `len` zeros.
    pub(crate) fn zeros(&self, len: usize) -> Result<Buffer> {
        let mut buffer = self.unwritten(len)?;
        self.clear(&mut buffer)?;
        Ok(buffer)
    }

    /// Memory for `len` floats of this value.
    pub(crate) fn filled(&self, len: usize, value: f32) -> Result<Buffer> {
        let mut buffer = self.unwritten(len)?;
        self.fill(&mut buffer, value.to_bits())?;
        Ok(buffer)
    }

    fn fill(&self, buffer: &mut Buffer, word: u32) -> Result<()> {
        let filled = self.context.bind_to_thread().and_then(|()| {
            // SAFETY: the address leads to as many words.
            unsafe {
                sys::cuMemsetD32Async(
                    self.address(buffer),
                    word,
                    buffer.memory().len(),
                    self.stream.cu_stream(),
                )
                .result()
            }
        });
        filled.map_err(|error| self.refused("filling memory", error))
    }

    /// Sets all of it to 0.
    pub(crate) fn clear(&self, buffer: &mut Buffer) -> Result<()> {
        self.stream
            .memset_zeros(buffer.memory_mut())
            .map_err(|error| self.refused("clearing memory", error))
    }

    /// A copy on the GPU. The values are free again at once; the copy itself happens later.
    pub(crate) fn upload(&self, values: &[f32]) -> Result<Buffer> {
        let buffer = self.unwritten(values.len())?;
        self.rooms
            .send(self, values, self.address(&buffer))
            .map_err(|error| self.refused("a copy to it", error))?;
        Ok(buffer)
    }

    /// A copy on the host. Waits for all that the GPU has to do before.
    pub(crate) fn download(&self, buffer: &Buffer) -> Result<Vec<f32>> {
        self.fetch(buffer)?.wait()
    }

    /// Begins a copy to the host that the GPU makes when it has done what comes before.
    pub(crate) fn fetch(&self, buffer: &Buffer) -> Result<Arriving> {
        if buffer.format() != Format::Float32 {
            // Its memory is used again after the copy at the earliest.
            return self.fetch(&self.converted(buffer, Format::Float32)?);
        }
        self.rooms
            .receive(self, self.address(buffer), buffer.len())
            .map_err(|error| self.refused("a copy from it", error))
    }

    /// Another buffer with the same values.
    pub(crate) fn copy(&self, buffer: &Buffer) -> Result<Buffer> {
        let mut copy = self.unwritten_as(buffer.format(), buffer.len())?;
        self.stream
            .memcpy_dtod(buffer.memory(), copy.memory_mut())
            .map_err(|error| self.refused("a copy", error))?;
        Ok(copy)
    }

    /// Where a buffer lies, for tables of buffers that kernels are given.
    pub(crate) fn address(&self, buffer: &Buffer) -> u64 {
        // Nothing is recorded when the guard ends: events are off.
        buffer.memory().device_ptr(&self.stream).0
    }

    /// Bytes that no program has asked for.
    pub(crate) fn free_memory(&self) -> usize {
        self.context.mem_get_info().map_or(0, |(free, _)| free)
    }

    /// Its name, and how much of its memory is taken: for people.
    pub(crate) fn occupancy(&self) -> String {
        let gibibytes = |bytes: usize| bytes as f64 / f64::from(1 << 30);
        match self.context.mem_get_info() {
            Ok((free, total)) => {
                let (used, total) = (gibibytes(total - free), gibibytes(total));
                format!("{} · {used:.1} of {total:.1} GiB", self.name)
            }
            Err(_) => self.name.clone(),
        }
    }

    /// The same, and how busy it is now.
    pub(crate) fn status(&self) -> String {
        let occupancy = self.occupancy();
        match self.monitor.as_ref().and_then(Monitor::utilization) {
            Some(busy) => format!("{occupancy} · {busy} % busy"),
            None => occupancy,
        }
    }

    /// What is behind it: for `kerust doctor`.
    pub(super) fn setup(&self) -> String {
        let mut driver = 0;
        // SAFETY: it writes one number.
        unsafe { sys::cuDriverGetVersion(&mut driver) };
        let (major, minor) = self.capability;
        let convolutions = match cudnn::version() {
            Ok(version) => format!("large convolutions by cuDNN {version}"),
            Err(why) => why.to_string(),
        };
        format!(
            "{}, compute capability {major}.{minor}, driver for CUDA {}.{}, kernels by NVRTC {}, \
             {convolutions}",
            self.status(),
            driver / 1000,
            driver % 1000 / 10,
            kernels::compiler()
        )
    }

    /// Says, once for each, that an operation has no kernels here: its tensors go to the host and
    /// back.
    pub(crate) fn say_missing(&self, operation: &'static str) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if missing.insert(operation) {
            let path = operation.split('<').next().unwrap_or(operation);
            let name = path.rsplit("::").next().unwrap_or(path);
            eprintln!("kerust: `{name}` has no kernels for the GPU: the processor computes it");
        }
    }
}

fn monitor(context: &CudaContext) -> Option<Monitor> {
    let mut bus = [0 as std::ffi::c_char; 32];
    // SAFETY: it writes at most so many characters, the last of them 0.
    let asked = unsafe {
        sys::cuDeviceGetPCIBusId(bus.as_mut_ptr(), bus.len() as i32, context.cu_device())
    };
    asked.result().ok()?;
    let bytes = bus.map(|character| character as u8);
    Monitor::open(std::ffi::CStr::from_bytes_until_nul(&bytes).ok()?)
}

/// Has parts of sums stay floats where factors have 16 bits.
fn keep_digits_of_sums(blas: &CudaBlas) -> Result<()> {
    let mode = cublasMath_t::CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    // SAFETY: the handle is open.
    let set = unsafe { cublasSetMathMode(*blas.handle(), mode) };
    set.result().map_err(no_product)
}

/// Where the driver takes memory from.
pub(super) fn memory_pool(
    context: &CudaContext,
) -> std::result::Result<sys::CUmemoryPool, DriverError> {
    let mut pool = std::ptr::null_mut();
    // SAFETY: the driver writes one pointer.
    unsafe { sys::cuDeviceGetDefaultMemPool(&mut pool, context.cu_device()).result() }?;
    Ok(pool)
}

/// Lets the driver keep what is freed: handing it back to the system at every wait costs more than
/// the kernels.
fn keep_freed_memory(context: &CudaContext) -> std::result::Result<(), DriverError> {
    let pool = memory_pool(context)?;
    let mut all = u64::MAX;
    // SAFETY: the pool is that of the context's device; the driver reads one number of 8 bytes.
    unsafe {
        sys::cuMemPoolSetAttribute(
            pool,
            sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD,
            std::ptr::from_mut(&mut all).cast(),
        )
        .result()
    }
}

fn missing(what: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::Device, what).remedy(remedy)
}
