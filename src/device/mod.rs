//! Where tensors live and ops run.
//!
//! Without the feature `cuda`, `absent.rs` stands for the GPU; nothing outside of this folder needs to
//! know.
#![cfg_attr(not(feature = "cuda"), allow(dead_code))]

#[cfg(not(feature = "cuda"))]
mod absent;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(feature = "cuda")]
mod gpu_error;
mod host;
#[cfg(feature = "cuda")]
mod kernels;
mod precision;
mod scope;
mod work;

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

#[cfg(not(feature = "cuda"))]
pub(crate) use absent::{Arriving, Buffer, Gpu, gpu, on_processor, opened_gpu};
#[cfg(feature = "cuda")]
pub(crate) use gpu::{Arriving, Buffer, Gpu, gpu, on_processor, opened_gpu};
pub(crate) use host::cpu;
pub(crate) use precision::{Format, in_float32, in_layer, policy_holds, with_policy};
pub use precision::{enable_tensor_float_32_execution, global_policy, set_global_policy};
pub(crate) use work::{Argument, Factor, Geometry, Pass, Product, Source, Table, Target, Threads};

use crate::{Error, Result};

/// A device that tensors live on.
///
/// Keras: `keras.distribution.list_devices()` / the backend's device scope.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let device = Device::current();
/// println!("{device}"); // cpu, or cuda:0
/// assert_eq!("cuda:1".parse::<Device>()?, Device::Cuda(1));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Device {
    /// The host's processor, with as many threads as it has cores (`RAYON_NUM_THREADS` limits them).
    #[default]
    Cpu,
    /// The NVIDIA GPU with this number.
    Cuda(usize),
}

/// The environment variable that chooses the device.
const CHOICE: &str = "KERUST_DEVICE";

impl Device {
    /// The device that models train and predict on: the one that `KERUST_DEVICE` names (`cpu`,
    /// `cuda` or `cuda:1`), else the first GPU that answers, else the processor.
    ///
    /// It is chosen once, when it is first needed. If the chosen one does not answer, the standard
    /// error output says why, and the processor takes its place.
    pub fn current() -> Device {
        static CURRENT: OnceLock<Device> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            precision::read_environment();
            asked().and_then(available).unwrap_or_else(|why| {
                eprintln!("kerust: {why}\nkerust: the processor is used");
                Device::Cpu
            })
        })
    }
}

/// The device that was asked for, if it answers; the best one when nobody asked.
#[cfg(feature = "cuda")]
fn available(asked: Option<Device>) -> Result<Device> {
    match asked {
        Some(Device::Cpu) => Ok(Device::Cpu),
        Some(Device::Cuda(number)) => gpu::open(number).map(|()| Device::Cuda(number)),
        // A machine without a GPU is as usual as one with it: nothing to speak of.
        None if !gpu::has_driver() => Ok(Device::Cpu),
        None => gpu::open(0).map(|()| Device::Cuda(0)),
    }
}

#[cfg(not(feature = "cuda"))]
fn available(asked: Option<Device>) -> Result<Device> {
    match asked {
        None | Some(Device::Cpu) => Ok(Device::Cpu),
        Some(Device::Cuda(_)) => Err(Error::new(
            crate::ErrorKind::Device,
            format!("{CHOICE}: this build of kerust has no GPU support"),
        )
        .remedy("build it with the feature `cuda`")),
    }
}

/// What `kerust doctor` says of the GPU.
#[doc(hidden)]
#[derive(Debug)]
pub enum GpuSetup {
    /// This build knows none.
    NotBuilt,
    /// There is no driver for one.
    NoDriver,
    /// The environment chooses the processor.
    NotWanted,
    /// It works, and is so.
    Works(String),
    /// There is one, and it cannot be used: why, and what to do.
    Fails(String, String),
}

/// Opens the GPU that would be used.
#[doc(hidden)]
pub fn gpu_setup() -> GpuSetup {
    setup()
}

#[cfg(not(feature = "cuda"))]
fn setup() -> GpuSetup {
    GpuSetup::NotBuilt
}

#[cfg(feature = "cuda")]
fn setup() -> GpuSetup {
    if !gpu::has_driver() {
        return GpuSetup::NoDriver;
    }
    match asked().and_then(available) {
        Ok(Device::Cpu) => GpuSetup::NotWanted,
        Ok(Device::Cuda(_)) => {
            opened_gpu().map_or(GpuSetup::NotWanted, |gpu| GpuSetup::Works(gpu.setup()))
        }
        Err(error) => {
            let (what, remedy) = error.parts();
            let remedy = remedy.unwrap_or("set `KERUST_DEVICE=cpu`");
            GpuSetup::Fails(what.to_string(), remedy.to_string())
        }
    }
}

/// What the environment asks for.
fn asked() -> Result<Option<Device>> {
    let given = std::env::var(CHOICE).ok().filter(|text| !text.is_empty());
    given.as_deref().map(str::parse::<Device>).transpose()
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Device> {
        let number = match text.split_once(':') {
            Some(("cuda" | "gpu", number)) => number.parse().ok(),
            Some(_) => None,
            None if text == "cpu" => return Ok(Device::Cpu),
            None => matches!(text, "cuda" | "gpu").then_some(0),
        };
        number.map(Device::Cuda).ok_or_else(|| {
            Error::argument("device", "`cpu`, `cuda` or `cuda:N`", format!("`{text}`"))
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() -> Result<()> {
        for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(device.to_string().parse::<Device>()?, device);
        }
        assert_eq!("cuda".parse::<Device>()?, Device::Cuda(0));
        for wrong in ["", "cuda:", "cuda:x", "tpu", "cpu:0"] {
            let error = wrong.parse::<Device>().expect_err(wrong);
            assert!(error.to_string().contains("`cuda:N`"), "{error}");
        }
        Ok(())
    }
}
