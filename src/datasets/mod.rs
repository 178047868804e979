//! Data sets by name, as tensors: read from the cache, or fetched from their official origin.
//!
//! Keras: `keras.datasets`.

pub mod archive;
pub mod cache;
pub mod cifar10;
pub mod download;
mod progress;
pub mod stand_in;

pub use progress::{Step, show_progress};

/// One line of the table of data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatasetEntry {
    /// The name of the module, and of the folder in the cache.
    pub name: &'static str,
    /// What is in it, in a few words.
    pub what: &'static str,
    /// The official address of the archive.
    pub origin: &'static str,
    /// The size of the archive in bytes.
    pub download_bytes: u64,
}

/// Every data set that kerust knows.
///
/// # Example
/// ```
/// use kerust::datasets::DATASETS;
/// assert!(DATASETS.iter().any(|entry| entry.name == "cifar10"));
/// ```
pub const DATASETS: &[DatasetEntry] = &[DatasetEntry {
    name: "cifar10",
    what: "60,000 color pictures of 32x32 pixels in 10 classes, 10,000 of them for testing",
    origin: cifar10::ORIGIN,
    download_bytes: cifar10::ARCHIVE_BYTES,
}];
