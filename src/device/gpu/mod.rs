//! An NVIDIA GPU: memory, kernels and matrix products on one stream.

mod buffer;
mod cudnn;
mod nvml;
mod rooms;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::cublas::CudaBlas;
use cudarc::cublas::result::gemm_strided_batched_ex;
use cudarc::cublas::sys::cublasOperation_t::{CUBLAS_OP_N, CUBLAS_OP_T};
use cudarc::cublas::sys::{cublasComputeType_t, cublasGemmAlgo_t, cudaDataType};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DevicePtr, DeviceRepr,
    DriverError, result, sys,
};

use super::gpu_error::{name_of, no_product, refused};
use super::kernels;
use super::precision::Precision;
use super::work::{Argument, Factor, Geometry, Pass, Product, Source, Target, Threads};
use crate::{Error, ErrorKind, Result};
use buffer::Blocks;
pub(crate) use buffer::Buffer;
use cudnn::Convolutions;
use nvml::Monitor;
pub(crate) use rooms::Arriving;
use rooms::Rooms;

const BASICS: Source = Source {
    name: "basics",
    text: include_str!("../basics.cu"),
};

/// Of a kernel.
const MOST_ARGUMENTS: usize = 32;

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
    modules: Mutex<HashMap<&'static str, Arc<CudaModule>>>,
    /// By their files and their names.
    functions: Mutex<HashMap<&'static str, HashMap<String, CudaFunction>>>,
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
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ON_PROCESSOR.set(self.0);
        }
    }
    let _before = Before(ON_PROCESSOR.replace(true));
    work()
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
            functions: Mutex::default(),
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
        let Some(mut used) = self.blocks.take(len) else {
            return self.allocate(len).map(Buffer::new);
        };
        if cfg!(debug_assertions) {
            // Shows who reads it.
            self.fill(&mut used, f32::NAN)?;
        }
        Ok(used)
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
        self.fill(&mut buffer, value)?;
        Ok(buffer)
    }

    fn fill(&self, buffer: &mut Buffer, value: f32) -> Result<()> {
        let filled = self.context.bind_to_thread().and_then(|()| {
            // SAFETY: the address leads to as many words.
            unsafe {
                sys::cuMemsetD32Async(
                    self.address(buffer),
                    value.to_bits(),
                    buffer.len(),
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
            .memset_zeros(&mut **buffer)
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
        self.rooms
            .receive(self, self.address(buffer), buffer.len())
            .map_err(|error| self.refused("a copy from it", error))
    }

    /// Another buffer with the same values.
    pub(crate) fn copy(&self, buffer: &Buffer) -> Result<Buffer> {
        let mut copy = self.unwritten(buffer.len())?;
        self.stream
            .memcpy_dtod(&**buffer, &mut *copy)
            .map_err(|error| self.refused("a copy", error))?;
        Ok(copy)
    }

    /// Where a buffer lies, for tables of buffers that kernels are given.
    pub(crate) fn address(&self, buffer: &Buffer) -> u64 {
        // Nothing is recorded when the guard ends: events are off.
        buffer.device_ptr(&self.stream).0
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

    /// Adds numbers to as many others.
    pub(crate) fn add(&self, to: &mut Buffer, more: &Buffer) -> Result<()> {
        let count = to.len();
        let arguments = [
            Argument::Write(to),
            Argument::Read(more),
            Argument::Size(count),
        ];
        self.launch(&BASICS, "add", Threads::each(count), arguments)
    }

    /// Starts a kernel of a file. Its arguments must be those of its definition, and it must stay
    /// within their lengths: nothing checks that.
    pub(crate) fn launch<const N: usize>(
        &self,
        source: &Source,
        name: &str,
        threads: Threads,
        arguments: [Argument<'_>; N],
    ) -> Result<()> {
        const { assert!(N <= MOST_ARGUMENTS) };
        self.start(source, name, threads, &arguments)
    }

    fn start(
        &self,
        source: &Source,
        name: &str,
        threads: Threads,
        arguments: &[Argument<'_>],
    ) -> Result<()> {
        let kernel = self.kernel(source, name)?;
        // The driver copies the arguments from where these pointers lead.
        let mut words = [0u64; MOST_ARGUMENTS];
        let mut pointers = [std::ptr::null_mut::<c_void>(); MOST_ARGUMENTS];
        let places = words.iter_mut().zip(&mut pointers);
        for ((word, pointer), argument) in places.zip(arguments) {
            *word = self.word(argument);
            *pointer = match argument {
                Argument::Table(table) => std::ptr::from_ref(table).cast_mut().cast(),
                Argument::Words(words) => words.as_ptr().cast_mut().cast(),
                _ => std::ptr::from_mut(word).cast(),
            };
        }
        let [x, y, z] = threads.blocks.map(|blocks| blocks as u32);
        let started = self.context.bind_to_thread().and_then(|()| {
            // SAFETY: the caller's promise; words and tables outlive the call.
            unsafe {
                result::launch_kernel(
                    kernel.cu_function(),
                    (x, y, z),
                    (threads.threads, 1, 1),
                    0,
                    self.stream.cu_stream(),
                    &mut pointers[..arguments.len()],
                )
            }
        });
        started.map_err(|error| self.refused(&format!("the kernel `{name}`"), error))
    }

    /// The bits of an argument that is no table, the first byte first (GPUs and the processors that
    /// drive them are little-endian).
    fn word(&self, argument: &Argument<'_>) -> u64 {
        match argument {
            Argument::Read(buffer) | Argument::Maybe(Some(buffer)) => self.address(buffer),
            Argument::Write(buffer) => self.address(buffer),
            Argument::Maybe(None) | Argument::Table(_) | Argument::Words(_) => 0,
            Argument::Size(size) => *size as u64,
            Argument::Whole(number) => u64::from(*number as u32),
            Argument::Word(word) => u64::from(*word),
            Argument::Number(number) => u64::from(number.to_bits()),
        }
    }

    /// A kernel of a file, which is compiled first.
    fn kernel(&self, source: &Source, name: &str) -> Result<CudaFunction> {
        let mut functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of_source = functions.entry(source.name).or_default();
        if let Some(function) = of_source.get(name) {
            return Ok(function.clone());
        }
        let refused = |error| self.refused(&format!("the kernel `{name}`"), error);
        let function = self.module(source)?.load_function(name).map_err(refused)?;
        of_source.insert(name.to_owned(), function.clone());
        Ok(function)
    }

    fn module(&self, source: &Source) -> Result<Arc<CudaModule>> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(source.name) {
            return Ok(module.clone());
        }
        // What was kept may be damaged, or of another driver.
        let kept = kernels::kept(source, self.capability)
            .and_then(|kept| self.context.load_module(kept).ok());
        let module = match kept {
            Some(module) => module,
            None => {
                let compiled = kernels::compile(source, self.capability)?;
                let loaded = self.context.load_module(compiled);
                loaded.map_err(|error| self.refused("its kernels", error))?
            }
        };
        modules.insert(source.name, module.clone());
        Ok(module)
    }

    /// Computes products into `to`. Sizes and steps must stay within the buffers: nothing checks
    /// that.
    pub(crate) fn multiply(
        &self,
        product: Product<'_>,
        to: &mut Buffer,
        target: Target,
    ) -> Result<()> {
        let [rows, inner, columns] = product.sizes;
        if rows * columns * target.count == 0 {
            return Ok(());
        }
        let number = |size: usize| {
            i32::try_from(size).map_err(|_| {
                let what = format!("a matrix with {size} rows is too large for the GPU");
                Error::new(ErrorKind::Device, what)
            })
        };
        let (m, n, k) = (number(columns)?, number(rows)?, number(inner)?);
        let row_step = |factor: &Factor<'_>, rows: usize, columns: usize| {
            let tight = if factor.turned { rows } else { columns };
            number(if factor.row_step == 0 {
                tight
            } else {
                factor.row_step
            })
        };
        let turn = |factor: &Factor<'_>| match factor.turned {
            true => CUBLAS_OP_T,
            false => CUBLAS_OP_N,
        };
        let at = |buffer: &Buffer, start: usize| self.address(buffer) + 4 * start as u64;
        let (alpha, beta) = (1.0f32, if product.adds { 1.0f32 } else { 0.0 });
        let (a, b) = (&product.a, &product.b);
        let float = cudaDataType::CUDA_R_32F;
        self.context
            .bind_to_thread()
            .map_err(|error| self.refused("a matrix product", error))?;
        // cuBLAS has columns where these have rows: it multiplies the turned matrices.
        // SAFETY: the caller's promise; the scalars outlive the call.
        unsafe {
            gemm_strided_batched_ex(
                *self.blas.handle(),
                turn(b),
                turn(a),
                m,
                n,
                k,
                std::ptr::from_ref(&alpha).cast(),
                at(b.values, b.start) as *const c_void,
                float,
                row_step(b, inner, columns)?,
                b.step as i64,
                at(a.values, a.start) as *const c_void,
                float,
                row_step(a, rows, inner)?,
                a.step as i64,
                std::ptr::from_ref(&beta).cast(),
                at(to, target.start) as *mut c_void,
                float,
                if target.row_step == 0 {
                    m
                } else {
                    number(target.row_step)?
                },
                target.step as i64,
                number(target.count)?,
                compute_type(Precision::current()),
                cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
            )
        }
        .map_err(no_product)
    }

    /// A pass of a convolution by cuDNN, from tensors to another, or onto what it `adds` to.
    /// `false`, and nothing has happened, where cuDNN is not installed or has no way for this. The
    /// tensors must have the sizes of the geometry: nothing checks that.
    pub(crate) fn convolve(
        &self,
        geometry: &Geometry,
        pass: Pass,
        from: &[&Buffer],
        to: &mut Buffer,
        adds: bool,
    ) -> Result<bool> {
        self.context
            .bind_to_thread()
            .map_err(|error| self.refused("a convolution", error))?;
        let convolutions = self
            .convolutions
            .get_or_init(|| Convolutions::open(&self.stream));
        match convolutions {
            Some(convolutions) => convolutions.compute(self, geometry, pass, from, to, adds),
            None => Ok(false),
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

/// How products of floats are computed.
fn compute_type(precision: Precision) -> cublasComputeType_t {
    match precision {
        Precision::Float32 => cublasComputeType_t::CUBLAS_COMPUTE_32F,
        Precision::TensorFloat32 => cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_TF32,
        Precision::MixedBfloat16 => cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_16BF,
        Precision::MixedFloat16 => cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_16F,
    }
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
