//! California housing: 20,640 groups of blocks, 8 numbers about each, and the price of their houses.
//!
//! Keras: `keras.datasets.california_housing`.

use std::path::Path;
use std::str::FromStr;

use super::Split;
use super::dataset::{DataFile, Dataset, Size};
use super::stand_in::{self, StandIn};
use super::tables::{self, Cut};
use crate::{Error, Result, Setting};

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "california_housing",
    title: "California housing",
    what: "20,640 groups of blocks in California in 1990, 8 numbers about each, and the price of \
           houses",
    files: &[DataFile {
        name: "california_housing.npz",
        origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz",
        hash: "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
        bytes: 743_530,
        keras_names: &["california_housing.npz"],
    }],
    unpacked: None,
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "houses",
        made: "generated",
        same: "columns",
        size: Size {
            train: 16_512,
            test: 4_128,
        },
        write: stand_in::write_california,
    },
};

/// What the columns are, in the order that Keras gives: median income (in ten thousands of
/// dollars), median age of the houses, rooms per household, bedrooms per household, people in the
/// group of blocks, people per household, latitude, longitude.
///
/// # Example
/// ```
/// assert_eq!(kerust::datasets::california_housing::COLUMN_NAMES[0], "MedInc");
/// ```
pub const COLUMN_NAMES: [&str; 8] = [
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
];

/// How much of the data set is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// All 20,640 samples: `"large"`.
    #[default]
    Large,
    /// The first 600, in the place of [`boston_housing`](super::boston_housing): `"small"`.
    Small,
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "large" => Ok(Version::Large),
            "small" => Ok(Version::Small),
            _ => Err(Error::unknown_name("version", name, &["large", "small"])),
        }
    }
}

impl From<Version> for Setting<Version> {
    fn from(version: Version) -> Self {
        Setting::value(version)
    }
}

/// The arguments of [`load_data_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct LoadData {
    /// `"large"` (unless set) or `"small"`.
    pub version: Setting<Version>,
    /// The part that is for testing, from 0 to below 1; 0.2 unless set.
    pub test_split: f64,
    /// What decides the order; 113 unless set. The same seed gives Keras's order.
    pub seed: u32,
}

impl Default for LoadData {
    fn default() -> Self {
        LoadData {
            version: Version::Large.into(),
            test_split: 0.2,
            seed: 113,
        }
    }
}

/// The whole data set, with the default arguments: `((x_train, y_train), (x_test, y_test))`.
///
/// Samples are float32 of shape (16512, 8) and (4128, 8) with the columns [`COLUMN_NAMES`]; targets
/// are float32 of shape (16512,) and (4128,): the median price in dollars, mostly 25,000 to 500,000.
/// The data set is read from the cache; when it is not there it is downloaded first. When the cache
/// holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.california_housing.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when the file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::california_housing;
/// let ((x_train, y_train), (x_test, y_test)) = california_housing::load_data()?;
/// assert_eq!(x_train.shape(), (16512, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    load_data_with(LoadData::default())
}

/// The data set, as the arguments say.
///
/// Keras: `keras.datasets.california_housing.load_data(version="small", ..)`.
///
/// # Errors
/// As [`load_data`], when `version` is no name of one, and when `test_split` is not from 0 to below
/// 1.
///
/// # Example
/// ```no_run
/// use kerust::datasets::california_housing::{self, LoadData};
/// let how = LoadData { version: "small".into(), ..LoadData::default() };
/// let ((x_train, y_train), (x_test, y_test)) = california_housing::load_data_with(how)?;
/// assert_eq!(x_train.shape(), (480, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data_with(how: LoadData) -> Result<Split> {
    how.version.get()?;
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path, how)
}

/// The data set at `path`, Keras's `california_housing.npz` or a folder that holds it, as the
/// arguments say.
///
/// # Errors
/// When the file is missing, truncated, damaged or holds something else, when `version` is no name
/// of one, and when `test_split` is not from 0 to below 1.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, california_housing};
/// let folder = tempfile::tempdir().unwrap();
/// california_housing::DATASET.write_stand_in(folder.path(), Size { train: 600, test: 150 }, 1)?;
/// let how = california_housing::LoadData { version: "small".into(), ..Default::default() };
/// let ((x_train, y_train), (x_test, _)) = california_housing::load_from(folder.path(), how)?;
/// assert_eq!(x_train.shape(), (480, 8));
/// assert_eq!(y_train.shape(), (480,));
/// assert_eq!(x_test.shape(), (120, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(path: impl AsRef<Path>, how: LoadData) -> Result<Split> {
    let cut = Cut {
        rows: match how.version.get()? {
            Version::Large => None,
            Version::Small => Some(600),
        },
        columns: COLUMN_NAMES.len(),
        test_split: how.test_split,
        seed: how.seed,
    };
    tables::load(&DATASET, path.as_ref(), &cut)
}
