//! Boston housing: 506 suburbs, 13 numbers about each, and the price of their houses.
//!
//! **Ethics.** One of the columns, `B`, was made from the share of Black residents, on the
//! assumption that segregation influences prices. Like Keras, kerust discourages the use of this
//! data set but for showing such problems; [`california_housing`](super::california_housing) with
//! `version: "small"` takes its place.
//!
//! Keras: `keras.datasets.boston_housing`.

use std::path::Path;

use super::Split;
use super::dataset::{DataFile, Dataset, Size};
use super::stand_in::{self, StandIn};
use super::tables::{self, Cut};
use crate::Result;

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "boston_housing",
    title: "Boston housing",
    what: "506 suburbs of Boston in the 1970s, 13 numbers about each, and the price of houses",
    files: &[DataFile {
        name: "boston_housing.npz",
        origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz",
        hash: "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        bytes: 57_026,
        keras_names: &["boston_housing.npz"],
    }],
    unpacked: None,
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "houses",
        made: "generated",
        same: "columns",
        size: Size {
            train: 404,
            test: 102,
        },
        write: stand_in::write_boston,
    },
};

/// What the columns are, in their order: crime per capita, share of large lots, share of industry,
/// by the Charles river (0 or 1), nitric oxides, rooms per dwelling, share of houses built before
/// 1940, distance to work, index of access to highways, property tax, pupils per teacher, `B` (see
/// the [module](self)), share of poor residents.
///
/// # Example
/// ```
/// assert_eq!(kerust::datasets::boston_housing::COLUMN_NAMES[5], "RM");
/// ```
pub const COLUMN_NAMES: [&str; 13] = [
    "CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT",
];

/// The arguments of [`load_data_with`], with Keras's defaults.
#[derive(Clone, Copy, Debug)]
pub struct LoadData {
    /// The part that is for testing, from 0 to below 1; 0.2 unless set.
    pub test_split: f64,
    /// What decides the order; 113 unless set. The same seed gives Keras's order.
    pub seed: u32,
}

impl Default for LoadData {
    fn default() -> Self {
        LoadData {
            test_split: 0.2,
            seed: 113,
        }
    }
}

/// The whole data set, with the default arguments: `((x_train, y_train), (x_test, y_test))`.
///
/// Samples are float32 of shape (404, 13) and (102, 13) with the columns [`COLUMN_NAMES`]; targets
/// are float32 of shape (404,) and (102,): the median price in thousands of dollars, mostly 10 to
/// 50. The data set is read from the cache; when it is not there it is downloaded first. When the
/// cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.boston_housing.load_data()`, which gives float64.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when the file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::boston_housing;
/// let ((x_train, y_train), (x_test, y_test)) = boston_housing::load_data()?;
/// assert_eq!(x_train.shape(), (404, 13));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    load_data_with(LoadData::default())
}

/// The data set, as the arguments say.
///
/// Keras: `keras.datasets.boston_housing.load_data(test_split=0.1, ..)`.
///
/// # Errors
/// As [`load_data`], and when `test_split` is not from 0 to below 1.
///
/// # Example
/// ```no_run
/// use kerust::datasets::boston_housing::{self, LoadData};
/// let how = LoadData { test_split: 0.1, ..LoadData::default() };
/// let ((x_train, y_train), (x_test, y_test)) = boston_housing::load_data_with(how)?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data_with(how: LoadData) -> Result<Split> {
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path, how)
}

/// The data set at `path`, Keras's `boston_housing.npz` or a folder that holds it, as the arguments
/// say.
///
/// # Errors
/// When the file is missing, truncated, damaged or holds something else, and when `test_split` is
/// not from 0 to below 1.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, boston_housing};
/// let folder = tempfile::tempdir().unwrap();
/// boston_housing::DATASET.write_stand_in(folder.path(), Size { train: 40, test: 10 }, 1)?;
/// let ((x_train, y_train), (x_test, _)) =
///     boston_housing::load_from(folder.path(), boston_housing::LoadData::default())?;
/// assert_eq!(x_train.shape(), (40, 13));
/// assert_eq!(y_train.shape(), (40,));
/// assert_eq!(x_test.shape(), (10, 13));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(path: impl AsRef<Path>, how: LoadData) -> Result<Split> {
    let cut = Cut {
        rows: None,
        columns: COLUMN_NAMES.len(),
        test_split: how.test_split,
        seed: how.seed,
    };
    tables::load(&DATASET, path.as_ref(), &cut)
}
