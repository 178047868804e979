//! The processor, and the memory that freed tensors leave.

use std::sync::OnceLock;

use dfdx::prelude::Cpu;

/// The one dfdx CPU device of the process.
pub(crate) fn cpu() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| {
        keep_freed_memory();
        Cpu::default()
    })
}

/// Keeps freed activations in the heap: handing megabytes back to the system after every batch
/// costs more in page faults than the arithmetic on them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
    const LARGEST_ALLOWED_MMAP_THRESHOLD: i32 = 32 << 20;
    const TRIM_THRESHOLD: i32 = 256 << 20;
    // SAFETY: mallopt only sets parameters of the allocator; any time and any thread is fine.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_ALLOWED_MMAP_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_THRESHOLD);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_freed_memory() {}
