//! CIFAR-10: 60,000 color pictures of 32x32 pixels in ten classes.
//!
//! Keras: `keras.datasets.cifar10`.

mod files;
mod python;

use std::path::Path;

use super::Split;
use super::dataset::{DataFile, Dataset, Size, Unpacked};
use super::stand_in::{self, StandIn};
use crate::Result;

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "cifar10",
    title: "CIFAR-10",
    what: "60,000 color pictures of 32x32 pixels in 10 classes, 10,000 of them for testing",
    files: &[DataFile {
        name: "cifar-10-binary.tar.gz",
        origin: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        hash: "c32a1d4ab5d03f1284b67883e8d87530",
        bytes: 170_052_171,
        keras_names: &[],
    }],
    unpacked: Some(Unpacked {
        folder: files::FOLDER,
        members: &files::MEMBERS,
    }),
    keras_folder: "",
    converted: Some(python::CONVERTED),
    stand_in: StandIn {
        things: "pictures",
        made: "drawn",
        same: "classes",
        size: Size {
            train: 50_000,
            test: 10_000,
        },
        write: stand_in::write_cifar10,
    },
};

/// What the labels 0 to 9 mean.
///
/// # Example
/// ```
/// use kerust::datasets::cifar10::CLASS_NAMES;
/// assert_eq!(CLASS_NAMES[8], "ship");
/// ```
pub const CLASS_NAMES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// The whole data set: `((x_train, y_train), (x_test, y_test))`.
///
/// Pictures are uint8 of shape (50000, 32, 32, 3) and (10000, 32, 32, 3); labels are uint8 of shape
/// (50000, 1) and (10000, 1). The data set is read from the cache; when it is not there it is
/// downloaded first. When the cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.cifar10.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when a file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::cifar10;
/// let ((x_train, y_train), (x_test, y_test)) = cifar10::load_data()?;
/// assert_eq!(x_train.shape(), (50000, 32, 32, 3));
/// assert_eq!(y_test.shape(), (10000, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path)
}

/// The data set in `folder`, or in `cifar-10-batches-bin` below it: any number of files
/// `data_batch_<number>.bin`, read in the order of their numbers, and `test_batch.bin`, all in the
/// official layout (a label and 3072 bytes of pixels for each picture).
///
/// Pictures are uint8 of shape (n, 32, 32, 3), labels uint8 of shape (n, 1). When the folder holds
/// a stand-in, every call says so on the standard output.
///
/// # Errors
/// When a file is missing, is not made of whole pictures, or has a label above 9.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, cifar10};
/// let folder = tempfile::tempdir().unwrap();
/// cifar10::DATASET.write_stand_in(folder.path(), Size { train: 100, test: 10 }, 1)?;
/// let ((x_train, y_train), (x_test, _)) = cifar10::load_from(folder.path())?;
/// assert_eq!(x_train.shape(), (100, 32, 32, 3));
/// assert_eq!(y_train.shape(), (100, 1));
/// assert_eq!(x_test.shape(), (10, 32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(folder: impl AsRef<Path>) -> Result<Split> {
    let files = files::Files::find(folder.as_ref())?;
    let split = (files::read(&files.train)?, files::read(&files.test)?);
    stand_in::announce(&DATASET, &files.folder);
    Ok(split)
}
