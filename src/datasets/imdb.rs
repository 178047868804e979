//! IMDB: 50,000 reviews of films, each praise or blame.
//!
//! Keras: `keras.datasets.imdb`.

use std::collections::HashMap;
use std::path::Path;

use super::dataset::{DataFile, Dataset, Size};
use super::npz::Npz;
use super::stand_in::{self, StandIn};
use super::texts::{self, Texts, Treatment};
use crate::Result;
use crate::random_state::RandomState;

pub use super::texts::TextSplit;

pub(super) const FILE: &str = "imdb.npz";
pub(super) const WORD_INDEX: &str = "imdb_word_index.json";
/// Blame (0) and praise (1).
const CLASSES: i64 = 2;

/// The description of the data set.
pub const DATASET: Dataset = Dataset {
    name: "imdb",
    title: "IMDB reviews",
    what: "50,000 reviews of films as the ranks of their words, praise or blame, half for testing",
    files: &[
        DataFile {
            name: FILE,
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz",
            hash: "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
            bytes: 17_464_789,
            keras_names: &[FILE],
        },
        DataFile {
            name: WORD_INDEX,
            origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json",
            hash: "bfafd718b763782e994055a2d397834f",
            bytes: 1_641_221,
            keras_names: &[WORD_INDEX],
        },
    ],
    unpacked: None,
    keras_folder: "",
    converted: None,
    stand_in: StandIn {
        things: "reviews",
        made: "generated",
        same: "labels",
        size: Size {
            train: 25_000,
            test: 25_000,
        },
        write: stand_in::write_imdb,
    },
};

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
    /// Reviews that are as long or longer, with the mark of the start, are left out.
    pub maxlen: Option<usize>,
    /// What decides the order; 113 unless set. The same seed gives Keras's order.
    pub seed: u32,
    /// What each review starts with; 1 unless set. `None`: nothing.
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
            seed: 113,
            start_char: Some(1),
            oov_char: Some(2),
            index_from: 3,
        }
    }
}

/// The whole data set, with the default arguments: `((x_train, y_train), (x_test, y_test))`.
///
/// The reviews are sequences of different lengths; the labels are int64 of shape (25000,), 0 for
/// blame and 1 for praise. The data set is read from the cache; when it is not there it is
/// downloaded first. When the cache holds a stand-in, every call says so on the standard output.
///
/// Keras: `keras.datasets.imdb.load_data()`.
///
/// # Errors
/// When the data set is not in the cache and cannot be downloaded (the message says what to do),
/// or when the file in the cache is damaged.
///
/// # Example
/// ```no_run
/// use kerust::datasets::imdb;
/// let ((x_train, y_train), _) = imdb::load_data()?;
/// assert_eq!((x_train.len(), y_train.len()), (25000, 25000));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data() -> Result<TextSplit> {
    load_data_with(LoadData::default())
}

/// The data set, as the arguments say.
///
/// Keras: `keras.datasets.imdb.load_data(num_words=10000, ..)`.
///
/// # Errors
/// As [`load_data`], and when `maxlen` leaves no review.
///
/// # Example
/// ```no_run
/// use kerust::datasets::imdb::{self, LoadData};
/// let how = LoadData { num_words: Some(10000), ..LoadData::default() };
/// let ((x_train, y_train), (x_test, y_test)) = imdb::load_data_with(how)?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_data_with(how: LoadData) -> Result<TextSplit> {
    let opened = DATASET.open(&DATASET.files[..1])?;
    load_from(&opened.path, how)
}

/// The data set at `path`, Keras's `imdb.npz` or a folder that holds it, as the arguments say.
///
/// # Errors
/// When the file is missing, truncated, damaged or holds something else, or when `maxlen` leaves no
/// review.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, imdb};
/// let folder = tempfile::tempdir().unwrap();
/// imdb::DATASET.write_stand_in(folder.path(), Size { train: 40, test: 20 }, 1)?;
/// let how = imdb::LoadData { num_words: Some(500), ..Default::default() };
/// let ((x_train, y_train), (x_test, _)) = imdb::load_from(folder.path(), how)?;
/// assert_eq!((x_train.len(), x_test.len()), (40, 20));
/// assert_eq!(y_train.shape(), (40,));
/// assert_eq!(x_train[0][0], 1);
/// assert!(x_train[0].iter().all(|word| *word < 500));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_from(path: impl AsRef<Path>, how: LoadData) -> Result<TextSplit> {
    let (folder, mut npz) = Npz::open_in(path.as_ref(), FILE)?;
    let mut order = RandomState::new(how.seed);
    let treatment = Treatment {
        num_words: how.num_words,
        skip_top: how.skip_top,
        maxlen: how.maxlen,
        start_char: how.start_char,
        oov_char: how.oov_char,
        index_from: how.index_from,
    };
    let mut part = |x: &str, y: &str| -> Result<Texts> {
        let (x, y) = (npz.lists(x)?, npz.tensor(y)?);
        let texts = Texts::new(x, &y, CLASSES, npz.path())?;
        let indices = order.shuffled(texts.x.len());
        let texts = treatment.mark(texts.in_order(&indices));
        treatment.require(&texts)?;
        Ok(texts)
    };
    let train = part("x_train", "y_train")?;
    let test = part("x_test", "y_test")?;
    let first = train.x.len();
    let mut all = train.and(test);
    treatment.limit(&mut all);
    stand_in::announce(&DATASET, &folder);
    all.split(first)
}

/// The rank of each word, from 1 for the most frequent one. Add `index_from` (3) to get the index
/// that [`load_data`] gives it.
///
/// Keras: `keras.datasets.imdb.get_word_index()`.
///
/// # Errors
/// When the index is not in the cache and cannot be downloaded, or when it is damaged.
///
/// # Example
/// ```no_run
/// use std::collections::HashMap;
/// use kerust::datasets::imdb;
/// let words: HashMap<i64, String> = imdb::get_word_index()?
///     .into_iter()
///     .map(|(word, rank)| (rank + 3, word))
///     .collect();
/// let ((x_train, _), _) = imdb::load_data()?;
/// let review: Vec<&str> = x_train[0]
///     .iter()
///     .map(|index| words.get(index).map_or("?", String::as_str))
///     .collect();
/// println!("{}", review.join(" "));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn get_word_index() -> Result<HashMap<String, i64>> {
    let opened = DATASET.open(&DATASET.files[1..])?;
    get_word_index_from(&opened.path)
}

/// The rank of each word, from the file at `path`, Keras's `imdb_word_index.json`, or from a folder
/// that holds it.
///
/// Keras: `keras.datasets.imdb.get_word_index(path)`.
///
/// # Errors
/// When the file is missing, damaged or holds something else.
///
/// # Example
/// ```
/// use kerust::datasets::{Size, imdb};
/// let folder = tempfile::tempdir().unwrap();
/// imdb::DATASET.write_stand_in(folder.path(), Size { train: 40, test: 20 }, 1)?;
/// let word_index = imdb::get_word_index_from(folder.path())?;
/// assert!(word_index.values().all(|rank| *rank > 0));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn get_word_index_from(path: impl AsRef<Path>) -> Result<HashMap<String, i64>> {
    let (folder, path) = super::file_in(path.as_ref(), WORD_INDEX);
    stand_in::announce(&DATASET, &folder);
    texts::word_index(&path)
}
