//! What a GPU's refusals mean, and what to do about them.

use cudarc::cublas::result::CublasError;
use cudarc::driver::sys::{self, CUresult};
use cudarc::driver::{CudaContext, DriverError};

use super::gpu::memory_pool;
use crate::{Error, ErrorKind};

/// The error of a call while `doing` something.
pub(super) fn refused(context: &CudaContext, doing: &str, error: DriverError) -> Error {
    match error.0 {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
            let room = context
                .mem_get_info()
                .map_or(String::new(), |(free, total)| {
                    let others = (total - free).saturating_sub(held(context)) >> 20;
                    let (free, total) = (free >> 20, total >> 20);
                    format!(" ({free} of {total} MiB are free, other programs hold {others} MiB)")
                });
            Error::new(
                ErrorKind::Device,
                format!("the GPU's memory does not suffice for {doing}{room}"),
            )
            .remedy(
                "take a smaller `batch_size`, drop models and tensors that are no longer needed, \
                 look with `nvidia-smi` for other programs on this GPU, or set `KERUST_DEVICE=cpu`",
            )
        }
        CUresult::CUDA_ERROR_ILLEGAL_ADDRESS
        | CUresult::CUDA_ERROR_LAUNCH_FAILED
        | CUresult::CUDA_ERROR_DEVICE_UNAVAILABLE
        | CUresult::CUDA_ERROR_ECC_UNCORRECTABLE
        | CUresult::CUDA_ERROR_HARDWARE_STACK_ERROR => Error::new(
            ErrorKind::Device,
            format!("the GPU stopped working while {doing} ({})", name_of(error)),
        )
        .remedy(
            "what is in the host's memory is still there: save it; then start the notebook's \
             kernel or the program again, or set `KERUST_DEVICE=cpu`",
        ),
        _ => Error::new(
            ErrorKind::Device,
            format!("the GPU refused {doing} ({})", name_of(error)),
        )
        .remedy("`kerust doctor` looks at the GPU; `KERUST_DEVICE=cpu` does without it"),
    }
}

/// Bytes that this process has taken for tensors, used at the moment or not.
fn held(context: &CudaContext) -> usize {
    let mut bytes = 0u64;
    let asked = memory_pool(context).and_then(|pool| {
        // SAFETY: the pool is that of the context's device; the driver writes one number of 8 bytes.
        unsafe {
            sys::cuMemPoolGetAttribute(
                pool,
                sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT,
                std::ptr::from_mut(&mut bytes).cast(),
            )
            .result()
        }
    });
    asked.map_or(0, |()| bytes as usize)
}

/// As CUDA's manual names it.
pub(super) fn name_of(error: DriverError) -> String {
    match error.error_name() {
        Ok(name) => name.to_string_lossy().into_owned(),
        Err(_) => format!("error {}", error.0 as u32),
    }
}

/// The error of a matrix product.
pub(super) fn no_product(error: CublasError) -> Error {
    Error::new(
        ErrorKind::Device,
        format!("the GPU refused a matrix product ({:?})", error.0),
    )
    .remedy("`kerust doctor` looks at the GPU; `KERUST_DEVICE=cpu` does without it")
}
