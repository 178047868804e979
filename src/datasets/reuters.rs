//! Reuters: 11,228 newswires about 46 topics.
//!
//! Keras: `keras.datasets.reuters`.

use std::collections::HashMap;
use std::path::Path;

use super::dataset::{DataFile, Dataset, Size};
use super::npz::Npz;
use super::stand_in::{self, StandIn};
use super::texts::{self, Texts, Treatment};
use crate::random_state::RandomState;
use crate::{Error, Result};

pub use super::texts::TextSplit;

pub(super) const FILE: &str = "reuters.npz";
pub(super) const WORD_INDEX: &str = "reuters_word_index.json";

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "reuters",
    title: "Reuters newswires",
    what: "11,228 newswires as the ranks of their words, about 46 topics",
    files: &[
        DataFile {
            name: FILE,
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters.npz",
            hash: "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
            bytes: 2_110_848,
            keras_names: &[FILE],
        },
        DataFile {
            name: WORD_INDEX,
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters_word_index.json",
            hash: "4d44cc38712099c9e383dc6e5f11a921",
            bytes: 550_378,
            keras_names: &[WORD_INDEX],
        },
    ],
    unpacked: None,
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "newswires",
        made: "generated",
        same: "topics",
        size: Size {
            train: 8_982,
            test: 2_246,
        },
        write: stand_in::write_reuters,
    },
};

/// The topics, by label.
const LABEL_NAMES: [&str; 46] = [
    "cocoa",
    "grain",
    "veg-oil",
    "earn",
    "acq",
    "wheat",
    "copper",
    "housing",
    "money-supply",
    "coffee",
    "sugar",
    "trade",
    "reserves",
    "ship",
    "cotton",
    "carcass",
    "crude",
    "nat-gas",
    "cpi",
    "money-fx",
    "interest",
    "gnp",
    "meal-feed",
    "alum",
    "oilseed",
    "gold",
    "tin",
    "strategic-metal",
    "livestock",
    "retail",
    "ipi",
    "iron-steel",
    "rubber",
    "heat",
    "jobs",
    "lei",
    "bop",
    "zinc",
    "orange",
    "pet-chem",
    "dlr",
    "gas",
    "silver",
    "wpi",
    "hog",
    "lead",
];

/// The arguments of [`load_data_with`], with Keras's defaults.
///
/// Words are their ranks: 1 is the most frequent one. `index_from` is added to them, so that small
/// numbers are free: 0 for [`pad_sequences`](crate::preprocessing::pad_sequences), `start_char`,
/// `oov_char`.
#[derive(Clone, Copy, Debug)]
pub struct LoadData {
    /// Only indices below this are kept: `Some(10000)`. All are kept below the largest one that
    /// occurs unless it is set.
    pub num_words: Option<usize>,
    /// Indices below this are not kept; 0 unless set.
    pub skip_top: usize,
    /// Newswires that are as long or longer, with the mark of the start, are left out.
    pub maxlen: Option<usize>,
    /// The part that is for testing, from 0 to 1; 0.2 unless set.
    pub test_split: f64,
    /// What decides the order; 113 unless set. The same seed gives Keras's order.
    pub seed: u32,
    /// What each newswire starts with; 1 unless set. `None`: nothing.
    pub start_char: Option<i64>,
    /// What stands in the place of words that are not kept; 2 unless set. `None`: nothing.
    pub oov_char: Option<i64>,
    /// What is added to the rank of each word; 3 unless set.
    pub index_from: i64,
}

impl Default for LoadData {
    fn default() -> Self {
        LoadData {
            num_words: None,
            skip_top: 0,
            maxlen: None,
            test_split: 0.2,
            seed: 113,
            start_char: Some(1),
            oov_char: Some(2),
            index_from: 3,
        }
    }
}

/// The whole data set, with the default arguments: `((x_train, y_train), (x_test, y_test))`.
///
/// The newswires are sequences of different lengths, 8982 and 2246 of them; the labels are int64 of
/// shape (8982,) and (2246,). The data set is read from the cache; when it is not there it is
/// downloaded first. When the cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.reuters.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when the file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::reuters;
/// let ((x_train, y_train), _) = reuters::load_data()?;
/// assert_eq!((x_train.len(), y_train.len()), (8982, 8982));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<TextSplit> {
    load_data_with(LoadData::default())
}

/// The data set, as the arguments say.
///
/// Keras: `keras.datasets.reuters.load_data(num_words=10000, ..)`.
///
/// # Errors
/// As [`load_data`], when `maxlen` leaves no newswire, and when `test_split` is not from 0 to 1.
///
/// # Example
/// ```no_run
/// use kerust::datasets::reuters::{self, LoadData};
/// let how = LoadData { num_words: Some(10000), ..LoadData::default() };
/// let ((x_train, y_train), (x_test, y_test)) = reuters::load_data_with(how)?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data_with(how: LoadData) -> Result<TextSplit> {
    let opened = DATASET.open(&DATASET.files[..1])?;
    load_from(&opened.path, how)
}

/// The data set at `path`, Keras's `reuters.npz` or a folder that holds it, as the arguments say.
///
/// # Errors
/// When the file is missing, truncated, damaged or holds something else, when `maxlen` leaves no
/// newswire, and when `test_split` is not from 0 to 1.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, reuters};
/// let folder = tempfile::tempdir().unwrap();
/// reuters::DATASET.write_stand_in(folder.path(), Size { train: 80, test: 20 }, 1)?;
/// let ((x_train, _), (x_test, y_test)) =
///     reuters::load_from(folder.path(), reuters::LoadData::default())?;
/// assert_eq!((x_train.len(), x_test.len()), (80, 20));
/// assert!(reuters::get_label_names().get(y_test.get(0)?).is_some());
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(path: impl AsRef<Path>, how: LoadData) -> Result<TextSplit> {
    if !(0.0..=1.0).contains(&how.test_split) {
        let expected = "a part from 0 to 1";
        return Err(Error::argument("test_split", expected, how.test_split));
    }
    let (folder, mut npz) = Npz::open_in(path.as_ref(), FILE)?;
    let (x, y) = (npz.lists("x")?, npz.tensor("y")?);
    let texts = Texts::new(x, &y, LABEL_NAMES.len() as i64, npz.path())?;
    let indices = RandomState::new(how.seed).shuffled(texts.x.len());
    let treatment = Treatment {
        num_words: how.num_words,
        skip_top: how.skip_top,
        maxlen: how.maxlen,
        start_char: how.start_char,
        oov_char: how.oov_char,
        index_from: how.index_from,
    };
    let mut texts = treatment.mark(texts.in_order(&indices));
    treatment.require(&texts)?;
    treatment.limit(&mut texts);
    stand_in::announce(&DATASET, &folder);
    let first = (texts.x.len() as f64 * (1.0 - how.test_split)) as usize;
    texts.split(first)
}

/// The rank of each word, from 1 for the most frequent one. Add `index_from` (3) to get the index
/// that [`load_data`] gives it.
///
/// Keras: `keras.datasets.reuters.get_word_index()`.
///
/// # Errors
/// When the index is not in the cache and cannot be downloaded, or when it is damaged.
///
/// # Example
/// ```no_run
/// let word_index = kerust::datasets::reuters::get_word_index()?;
/// println!("`the` has the rank {}", word_index["the"]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn get_word_index() -> Result<HashMap<String, i64>> {
    let opened = DATASET.open(&DATASET.files[1..])?;
    get_word_index_from(&opened.path)
}

/// The rank of each word, from the file at `path`, Keras's `reuters_word_index.json`, or from a folder
/// that holds it.
///
/// Keras: `keras.datasets.reuters.get_word_index(path)`.
///
/// # Errors
/// When the file is missing, damaged or holds something else.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, reuters};
/// let folder = tempfile::tempdir().unwrap();
/// reuters::DATASET.write_stand_in(folder.path(), Size { train: 40, test: 20 }, 1)?;
/// let word_index = reuters::get_word_index_from(folder.path())?;
/// assert!(word_index.values().all(|rank| *rank > 0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn get_word_index_from(path: impl AsRef<Path>) -> Result<HashMap<String, i64>> {
    let (folder, path) = super::file_in(path.as_ref(), WORD_INDEX);
    stand_in::announce(&DATASET, &folder);
    texts::word_index(&path)
}

/// What the labels 0 to 45 mean.
///
/// Keras: `keras.datasets.reuters.get_label_names()`.
///
/// # Example
/// ```
/// assert_eq!(kerust::datasets::reuters::get_label_names()[3], "earn");
/// ```
pub fn get_label_names() -> [&'static str; 46] {
    LABEL_NAMES
}
