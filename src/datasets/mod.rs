//! Data sets by name, as tensors: read from the cache, or fetched from their official origin.
//!
//! Every data set is described once, by the `DATASET` of its module; [`DATASETS`] lists them all.
//! Files come from kerust's cache ([`cache`]), from what Keras has downloaded (`$KERAS_HOME` or
//! `~/.keras`), or from the network, and are compared with their official hashes. Where the real
//! data cannot be had, a stand-in in the same format can take their place ([`stand_in`]).
//!
//! Keras: `keras.datasets`.

pub mod archive;
pub mod boston_housing;
pub mod cache;
pub mod california_housing;
pub mod cifar10;
pub mod cifar100;
mod color_planes;
mod connection;
mod contents;
mod dataset;
pub mod download;
pub mod fashion_mnist;
mod gray_pictures;
pub mod hash;
mod idx;
pub mod imdb;
pub mod mnist;
mod npz;
mod pickle;
mod prepare;
mod progress;
pub mod reuters;
mod sequences;
pub mod stand_in;
mod tables;
mod texts;
mod waiting;

pub use contents::{Check, Status};
pub use dataset::{Converted, DataFile, Dataset, Size, Unpacked};
pub use prepare::{Accept, Prepare, Prepared, Source};
pub use progress::{Step, show_progress};
pub use sequences::Sequences;
pub(crate) use sequences::preview;

use std::path::{Path, PathBuf};

use crate::{Error, Result, Tensor};

/// What to train on and what to test with: `((x_train, y_train), (x_test, y_test))`.
pub type Split = ((Tensor, Tensor), (Tensor, Tensor));

/// Every data set that kerust knows.
///
/// # Example
/// ```
/// use kerust::datasets::DATASETS;
/// assert!(DATASETS.iter().any(|dataset| dataset.name == "cifar10"));
/// ```
pub const DATASETS: &[Dataset] = &[
    mnist::DATASET,
    fashion_mnist::DATASET,
    cifar10::DATASET,
    cifar100::DATASET,
    imdb::DATASET,
    reuters::DATASET,
    boston_housing::DATASET,
    california_housing::DATASET,
];

/// The data set with this name.
///
/// # Errors
/// When there is none; the message suggests the nearest name.
///
/// # Example
/// ```
/// use kerust::datasets;
/// assert_eq!(datasets::named("imdb")?.title, "IMDB reviews");
/// let error = datasets::named("fashion-mnist").unwrap_err();
/// assert!(error.to_string().contains("did you mean `fashion_mnist`"));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn named(name: &str) -> Result<&'static Dataset> {
    DATASETS
        .iter()
        .find(|dataset| dataset.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = DATASETS.iter().map(|dataset| dataset.name).collect();
            Error::unknown_name("data set", name, &known)
        })
}

/// A file, `path` or the one called `name` in the folder `path`, behind the folder that it is in.
fn file_in(path: &Path, name: &str) -> (PathBuf, PathBuf) {
    let file = match path.is_dir() {
        true => path.join(name),
        false => path.to_owned(),
    };
    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
    (folder, file)
}
