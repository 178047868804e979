//! How busy a GPU is: asked of NVIDIA's management library, which comes with the driver.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use libloading::{Library, Symbol};

/// One GPU, as the library knows it.
pub(super) struct Monitor {
    library: Library,
    device: *mut c_void,
}

// SAFETY: the library's functions may be called from any thread; the device is only a name for it.
unsafe impl Send for Monitor {}
// SAFETY: as above.
unsafe impl Sync for Monitor {}

/// Percent of the time in which a kernel ran, and in which memory was read or written.
#[repr(C)]
#[derive(Default)]
struct Utilization {
    gpu: u32,
    memory: u32,
}

impl Monitor {
    /// The monitor of the GPU with this bus address (`0000:01:00.0`); none where the library is not.
    pub(super) fn open(bus: &std::ffi::CStr) -> Option<Monitor> {
        // SAFETY: it is NVIDIA's, with functions of these types.
        unsafe {
            let library = Library::new("libnvidia-ml.so.1").ok()?;
            let begin: Symbol<'_, unsafe extern "C" fn() -> c_int> =
                library.get(b"nvmlInit_v2").ok()?;
            let find: Symbol<'_, unsafe extern "C" fn(*const c_char, *mut *mut c_void) -> c_int> =
                library.get(b"nvmlDeviceGetHandleByPciBusId_v2").ok()?;
            let mut device = std::ptr::null_mut();
            let found = begin() == 0 && find(bus.as_ptr(), &mut device) == 0;
            found.then_some(Monitor { library, device })
        }
    }

    /// Percent of the last moments in which the GPU worked.
    pub(super) fn utilization(&self) -> Option<u32> {
        type Ask = unsafe extern "C" fn(*mut c_void, *mut Utilization) -> c_int;
        static ASK: OnceLock<Option<Ask>> = OnceLock::new();
        let ask = (*ASK.get_or_init(|| {
            // SAFETY: as above; the library is never closed, the process keeps its one monitor.
            let symbol = unsafe { self.library.get::<Ask>(b"nvmlDeviceGetUtilizationRates") };
            symbol.ok().map(|symbol| *symbol)
        }))?;
        let mut utilization = Utilization::default();
        // SAFETY: it writes the two numbers.
        let answer = unsafe { ask(self.device, &mut utilization) };
        (answer == 0).then_some(utilization.gpu)
    }
}
