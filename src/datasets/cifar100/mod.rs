//! CIFAR-100: 60,000 color pictures of 32x32 pixels in a hundred classes, which form twenty groups.
//!
//! Keras: `keras.datasets.cifar100`.

mod names;

use std::fs;
use std::path::Path;
use std::str::FromStr;

use super::Split;
use super::archive::Member;
use super::color_planes::{PICTURE, SIDE, to_pixels};
use super::dataset::{DataFile, Dataset, Size, Unpacked};
use super::pickle::Pickle;
use super::stand_in::{self, StandIn};
use crate::{Error, Result, Setting, Tensor};

pub(super) use names::coarse_of;
pub use names::{COARSE_LABEL_NAMES, FINE_LABEL_NAMES};

/// The folder in the official archive.
const FOLDER: &str = "cifar-100-python";
/// The longest file that is read: ten times the official one.
const LONGEST: u64 = 1_600_000_000;

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "cifar100",
    title: "CIFAR-100",
    what: "60,000 color pictures of 32x32 pixels in 100 classes, 10,000 of them for testing",
    files: &[DataFile {
        name: "cifar-100-python.tar.gz",
        origin: "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        hash: "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        bytes: 169_001_437,
        keras_names: &["cifar-100-python-target_archive", "cifar-100-python.tar.gz"],
    }],
    unpacked: Some(Unpacked {
        folder: FOLDER,
        members: &[
            Member {
                path: "cifar-100-python/train",
                bytes: (50_000 * PICTURE as u64, 170_000_000),
            },
            Member {
                path: "cifar-100-python/test",
                bytes: (10_000 * PICTURE as u64, 34_000_000),
            },
            Member {
                path: "cifar-100-python/meta",
                bytes: (1, 10_000),
            },
        ],
    }),
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "pictures",
        made: "drawn",
        same: "classes",
        size: Size {
            train: 50_000,
            test: 10_000,
        },
        write: stand_in::write_cifar100,
    },
};

/// Which labels are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelMode {
    /// The hundred classes, [`FINE_LABEL_NAMES`]: `"fine"`.
    #[default]
    Fine,
    /// The twenty groups, [`COARSE_LABEL_NAMES`]: `"coarse"`.
    Coarse,
}

impl FromStr for LabelMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "fine" => Ok(LabelMode::Fine),
            "coarse" => Ok(LabelMode::Coarse),
            _ => Err(Error::unknown_name("label_mode", name, &["fine", "coarse"])),
        }
    }
}

impl From<LabelMode> for Setting<LabelMode> {
    fn from(mode: LabelMode) -> Self {
        Setting::value(mode)
    }
}

/// The arguments of [`load_data_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct LoadData {
    /// `"fine"` (unless set) or `"coarse"`.
    pub label_mode: Setting<LabelMode>,
}

impl Default for LoadData {
    fn default() -> Self {
        LoadData {
            label_mode: LabelMode::Fine.into(),
        }
    }
}

/// The whole data set, with fine labels: `((x_train, y_train), (x_test, y_test))`.
///
/// Pictures are uint8 of shape (50000, 32, 32, 3) and (10000, 32, 32, 3); labels are int64 of shape
/// (50000, 1) and (10000, 1). The data set is read from the cache; when it is not there it is
/// downloaded first. When the cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.cifar100.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when a file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::cifar100;
/// let ((x_train, y_train), (x_test, y_test)) = cifar100::load_data()?;
/// assert_eq!(x_train.shape(), (50000, 32, 32, 3));
/// assert_eq!(y_test.shape(), (10000, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<Split> {
    load_data_with(LoadData::default())
}

/// The data set, as the arguments say.
///
/// Keras: `keras.datasets.cifar100.load_data(label_mode="coarse")`.
///
/// # Errors
/// As [`load_data`], and when `label_mode` is no name of one.
///
/// # Example
/// ```no_run
/// use kerust::datasets::cifar100::{self, LoadData};
/// let how = LoadData { label_mode: "coarse".into() };
/// let ((x_train, y_train), (x_test, y_test)) = cifar100::load_data_with(how)?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data_with(how: LoadData) -> Result<Split> {
    how.label_mode.get()?;
    let opened = DATASET.open(DATASET.files)?;
    load_from(&opened.path, how)
}

/// The data set in `folder`, or in `cifar-100-python` below it: the official files `train` and
/// `test`, as the arguments say.
///
/// Pictures are uint8 of shape (n, 32, 32, 3), labels int64 of shape (n, 1).
///
/// # Errors
/// When a file is missing, truncated, damaged or holds something else, and when `label_mode` is no
/// name of one.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, cifar100};
/// let folder = tempfile::tempdir().unwrap();
/// cifar100::DATASET.write_stand_in(folder.path(), Size { train: 100, test: 10 }, 1)?;
/// let how = cifar100::LoadData { label_mode: "coarse".into() };
/// let ((x_train, y_train), _) = cifar100::load_from(folder.path(), how)?;
/// assert_eq!(x_train.shape(), (100, 32, 32, 3));
/// assert_eq!(y_train.shape(), (100, 1));
/// assert!(y_train.max() < 20.0);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(folder: impl AsRef<Path>, how: LoadData) -> Result<Split> {
    let mode = *how.label_mode.get()?;
    let below = folder.as_ref().join(FOLDER);
    let folder = match below.is_dir() {
        true => &below,
        false => folder.as_ref(),
    };
    let split = (
        read(&folder.join("train"), mode)?,
        read(&folder.join("test"), mode)?,
    );
    stand_in::announce(&DATASET, folder);
    Ok(split)
}

/// The pictures and labels of one file.
fn read(path: &Path, mode: LabelMode) -> Result<(Tensor, Tensor)> {
    let cannot =
        |error: std::io::Error| Error::io(format!("cannot read `{}`", path.display()), error);
    let length = fs::metadata(path).map_err(cannot)?.len();
    if length > LONGEST {
        return Err(damaged(path, &format!("it has {length} bytes")));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    decode(&bytes, mode).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::data(format!("`{}` is damaged: {why}", path.display()))
        .remedy("copy or download it again")
}

fn decode(bytes: &[u8], mode: LabelMode) -> Result<(Tensor, Tensor)> {
    let pickle = Pickle::read(bytes)?;
    let (shape, planes) = pickle.byte_array("data")?;
    let &[count, PICTURE] = shape else {
        return Err(Error::data(format!(
            "its pictures have the shape {shape:?}, expected (n, {PICTURE})"
        )));
    };
    let (key, classes) = match mode {
        LabelMode::Fine => ("fine_labels", FINE_LABEL_NAMES.len()),
        LabelMode::Coarse => ("coarse_labels", COARSE_LABEL_NAMES.len()),
    };
    let labels = pickle.integers(key)?;
    if labels.len() != count {
        return Err(Error::data(format!(
            "it has {} labels for {count} pictures",
            labels.len()
        )));
    }
    if let Some(label) = labels
        .iter()
        .find(|label| !(0..classes as i64).contains(*label))
    {
        return Err(Error::data(format!(
            "a label is {label}, expected 0 to {}",
            classes - 1
        )));
    }
    let mut pixels = vec![0; planes.len()];
    to_pixels(planes, PICTURE, &mut pixels);
    Ok((
        Tensor::from_vec(pixels, (count, SIDE, SIDE, 3))?,
        Tensor::from_vec(labels.to_vec(), (count, 1))?,
    ))
}
