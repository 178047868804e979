//! MNIST: 70,000 gray pictures of handwritten digits, 28x28 pixels each.
//!
//! Keras: `keras.datasets.mnist`.

use std::path::Path;

use super::dataset::{DataFile, Dataset, Size};
use super::npz::Npz;
use super::stand_in::{self, StandIn};
use super::{Split, gray_pictures};
use crate::{Result, Tensor};

/// The file that Keras reads.
pub(super) const FILE: &str = "mnist.npz";

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "mnist",
    title: "MNIST",
    what: "70,000 gray pictures of handwritten digits, 28x28 pixels, 10,000 of them for testing",
    files: &[DataFile {
        name: FILE,
        origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        hash: "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        bytes: 11_490_434,
        keras_names: &[FILE],
    }],
    unpacked: None,
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "pictures",
        made: "drawn",
        same: "classes",
        size: Size {
            train: 60_000,
            test: 10_000,
        },
        write: stand_in::write_mnist,
    },
};

/// The whole data set: `((x_train, y_train), (x_test, y_test))`.
///
/// Pictures are uint8 of shape (60000, 28, 28) and (10000, 28, 28), from 0 (paper) to 255 (ink);
/// labels are the digits, uint8 of shape (60000,) and (10000,). The data set is read from the
/// cache; when it is not there it is downloaded first. When the cache holds a stand-in, every call
/// says so on the standard output.
///
/// Keras: `keras.datasets.mnist.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when the file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::mnist;
/// let ((x_train, y_train), (x_test, y_test)) = mnist::load_data()?;
/// assert_eq!(x_train.shape(), (60000, 28, 28));
/// assert_eq!(y_test.shape(), (10000,));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path)
}

/// The data set at `path`: Keras's `mnist.npz`, a folder that holds it, or a folder that holds the
/// four files of MNIST's authors, `train-images-idx3-ubyte.gz` and so on, compressed or not.
///
/// Pictures are uint8 of shape (n, 28, 28), labels uint8 of shape (n,).
///
/// # Errors
/// When a file is missing, truncated, damaged or holds something else.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, mnist};
/// let folder = tempfile::tempdir().unwrap();
/// mnist::DATASET.write_stand_in(folder.path(), Size { train: 30, test: 10 }, 1)?;
/// let ((x_train, y_train), _) = mnist::load_from(folder.path())?;
/// assert_eq!(x_train.shape(), (30, 28, 28));
/// assert_eq!(y_train.dtype().to_string(), "uint8");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(path: impl AsRef<Path>) -> Result<Split> {
    let path = path.as_ref();
    let file = path.join(FILE);
    if path.is_dir() && !file.is_file() {
        return gray_pictures::load_idx(&DATASET, path);
    }
    let (folder, mut npz) = Npz::open_in(path, FILE)?;
    let mut part = |x: &str, y: &str| -> Result<(Tensor, Tensor)> {
        let (x, y) = (npz.tensor(x)?, npz.tensor(y)?);
        gray_pictures::check(&x, &y, npz.path())?;
        Ok((x, y))
    };
    let split = (part("x_train", "y_train")?, part("x_test", "y_test")?);
    stand_in::announce(&DATASET, &folder);
    Ok(split)
}
