//! Fashion-MNIST: 70,000 gray pictures of clothes, shoes and bags, 28x28 pixels each.
//!
//! Keras: `keras.datasets.fashion_mnist`.

use std::path::Path;

use super::dataset::{DataFile, Dataset, Size};
use super::stand_in::{self, StandIn};
use super::{Split, gray_pictures};
use crate::Result;

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "fashion_mnist",
    title: "Fashion-MNIST",
    what: "70,000 gray pictures of clothes, 28x28 pixels in 10 classes, 10,000 of them for testing",
    files: &[
        DataFile {
            name: "train-images-idx3-ubyte.gz",
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-images-idx3-ubyte.gz",
            hash: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            bytes: 26_421_880,
            keras_names: &["train-images-idx3-ubyte.gz"],
        },
        DataFile {
            name: "train-labels-idx1-ubyte.gz",
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-labels-idx1-ubyte.gz",
            hash: "25c81989df183df01b3e8a0aad5dffbe",
            bytes: 29_515,
            keras_names: &["train-labels-idx1-ubyte.gz"],
        },
        DataFile {
            name: "t10k-images-idx3-ubyte.gz",
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/t10k-images-idx3-ubyte.gz",
            hash: "bef4ecab320f06d8554ea6380940ec79",
            bytes: 4_422_102,
            keras_names: &["t10k-images-idx3-ubyte.gz"],
        },
        DataFile {
            name: "t10k-labels-idx1-ubyte.gz",
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/t10k-labels-idx1-ubyte.gz",
            hash: "bb300cfdad3c16e7a12a480ee83cd310",
            bytes: 5_148,
            keras_names: &["t10k-labels-idx1-ubyte.gz"],
        },
    ],
    unpacked: None,
    keras_folder: "fashion-mnist",
    converted: None,
    stand_in: StandIn {
        things: "pictures",
        made: "drawn",
        same: "classes",
        size: Size {
            train: 60_000,
            test: 10_000,
        },
        write: stand_in::write_fashion_mnist,
    },
};

/// What the labels 0 to 9 mean.
///
/// # Example
/// ```
/// use kerust::datasets::fashion_mnist::CLASS_NAMES;
/// assert_eq!(CLASS_NAMES[9], "Ankle boot");
/// ```
pub const CLASS_NAMES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// The whole data set: `((x_train, y_train), (x_test, y_test))`.
///
/// Pictures are uint8 of shape (60000, 28, 28) and (10000, 28, 28); labels are uint8 of shape
/// (60000,) and (10000,). The data set is read from the cache; when it is not there it is
/// downloaded first. When the cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.fashion_mnist.load_data()`. Keras compares no hashes of these files;
/// kerust compares those that the authors give.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when a file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::fashion_mnist;
/// let ((x_train, y_train), (x_test, y_test)) = fashion_mnist::load_data()?;
/// assert_eq!(x_train.shape(), (60000, 28, 28));
/// assert_eq!(y_test.shape(), (10000,));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path)
}

/// The data set in `folder`: `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`,
/// `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`, compressed or not.
///
/// Pictures are uint8 of shape (n, 28, 28), labels uint8 of shape (n,).
///
/// # Errors
/// When a file is missing, truncated, damaged or holds something else.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, fashion_mnist};
/// let folder = tempfile::tempdir().unwrap();
/// fashion_mnist::DATASET.write_stand_in(folder.path(), Size { train: 30, test: 10 }, 1)?;
/// let (_, (x_test, y_test)) = fashion_mnist::load_from(folder.path())?;
/// assert_eq!(x_test.shape(), (10, 28, 28));
/// assert_eq!(y_test.shape(), (10,));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(folder: impl AsRef<Path>) -> Result<Split> {
    gray_pictures::load_idx(&DATASET, folder.as_ref())
}
