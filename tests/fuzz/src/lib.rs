//! What the fuzz targets share with the tests.

#[cfg(feature = "kernel")]
pub mod kernel_readers;
pub mod mutator;
pub mod readers;
pub mod seeds;
