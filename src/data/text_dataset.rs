//! Datasets of the texts in a folder.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dataset::{Dataset, Files};
use super::element::IntoElement;
use super::folder::Folder;
use super::iteration::ElementIter;
use super::labels::{LabelMode, Labels, Subset};
use super::listing::Listing;
use super::spec::Cardinality;
use crate::{Error, Result, Setting, Tensor};

/// The arguments of [`text_dataset_from_directory`], with Keras's defaults.
///
/// Keras: `keras.utils.text_dataset_from_directory`.
#[derive(Clone, Debug)]
pub struct TextDatasetFromDirectory {
    /// `Labels::Inferred` from the folders' names unless set; `Labels::None`, or one for each file.
    pub labels: Labels,
    /// `"int"` unless set, `"categorical"`, `"binary"` or `"none"`.
    pub label_mode: Setting<LabelMode>,
    /// The folders that are classes, in the order of their labels; all, by name, unless set.
    pub class_names: Vec<String>,
    /// How many texts make a batch; 32 unless set. `None` gives single texts.
    pub batch_size: Option<usize>,
    /// After how many bytes a text is cut off; never unless set.
    pub max_length: Option<usize>,
    /// Whether the order is another one each time, instead of that of the paths; true unless set.
    pub shuffle: bool,
    /// What shuffling comes from. With the same seed, `validation_split` splits as in Keras.
    pub seed: Option<u64>,
    /// The share of the files that is for validation; 0 unless set.
    pub validation_split: f64,
    /// `"training"` or `"validation"`, with `validation_split`.
    pub subset: Option<Setting<Subset>>,
    /// Whether folders that are links are gone into; false unless set.
    pub follow_links: bool,
    /// Whether it is told how many files there are; true unless set.
    pub verbose: bool,
}

impl Default for TextDatasetFromDirectory {
    fn default() -> Self {
        Self {
            labels: Labels::Inferred,
            label_mode: LabelMode::Int.into(),
            class_names: Vec::new(),
            batch_size: Some(32),
            max_length: None,
            shuffle: true,
            seed: None,
            validation_split: 0.0,
            subset: None,
            follow_links: false,
            verbose: true,
        }
    }
}

/// The texts in a folder (`.txt`, in UTF-8), with labels. Files are found now, and read when they are
/// needed. Tensors hold no text: [`map`](TextDataset::map) makes a [`Dataset`] of it.
///
/// Keras: `keras.utils.text_dataset_from_directory`.
///
/// # Errors
/// When the folder cannot be read, there is nothing in it, or an argument is wrong. A file that
/// cannot be read is an error of the dataset, with its path.
///
/// # Example
/// ```
/// use kerust::data::{TextDatasetFromDirectory, text_dataset_from_directory};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # for (class, text) in [("bad", "not good"), ("good", "very good indeed")] {
/// #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
/// #     std::fs::write(folder.path().join(format!("{class}/0.txt")), text).expect("a file");
/// # }
/// # let folder = folder.path();
/// // folder/bad/0.txt, folder/good/0.txt, ...
/// let texts = text_dataset_from_directory(folder, TextDatasetFromDirectory {
///     shuffle: false,
///     ..Default::default()
/// })?;
/// let mut vectorize = TextVectorization::new().output_sequence_length(4);
/// vectorize.adapt(&texts)?;
/// let train = texts.map(move |texts, y| Ok((vectorize.call_text(&texts)?, y)));
/// let (x, y) = train.iter().next().expect("not empty")?;
/// assert_eq!(x.shape(), (2, 4));
/// assert_eq!(y.to_vec::<i64>(), [0, 1]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn text_dataset_from_directory(
    directory: impl AsRef<Path>,
    arguments: TextDatasetFromDirectory,
) -> Result<TextDataset> {
    let made = || {
        let listing = arguments.folder(directory.as_ref()).listing()?;
        arguments.dataset(listing)
    };
    made().map_err(|e| e.at("text_dataset_from_directory"))
}

/// The texts to train on and those to measure, which [`text_dataset_from_directory`] gives one at a
/// time. The second stay in one order.
///
/// Keras: `text_dataset_from_directory(.., subset="both")`.
///
/// # Errors
/// Those of [`text_dataset_from_directory`].
///
/// # Example
/// ```
/// use kerust::data::{TextDatasetFromDirectory, text_datasets_from_directory};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # for (class, text) in [("bad", "not good"), ("good", "very good indeed")] {
/// #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
/// #     for i in 0..4 {
/// #         std::fs::write(folder.path().join(format!("{class}/{i}.txt")), text).expect("a file");
/// #     }
/// # }
/// # let folder = folder.path();
/// // folder/bad/0.txt, folder/good/0.txt, ...
/// let (train, validation) = text_datasets_from_directory(folder, TextDatasetFromDirectory {
///     validation_split: 0.25,
///     seed: Some(1),
///     ..Default::default()
/// })?;
/// let lengths = |texts: Vec<String>, y: Tensor| -> kerust::Result<(Tensor, Tensor)> {
///     let lengths: Vec<i64> = texts.iter().map(|text| text.len() as i64).collect();
///     Ok((Tensor::from_vec(lengths, texts.len())?, y))
/// };
/// let (x, _) = train.map(lengths).iter().next().expect("not empty")?;
/// assert_eq!(x.len(), 6);
/// let (x, _) = validation.map(lengths).iter().next().expect("not empty")?;
/// assert_eq!(x.len(), 2);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn text_datasets_from_directory(
    directory: impl AsRef<Path>,
    arguments: TextDatasetFromDirectory,
) -> Result<(TextDataset, TextDataset)> {
    let made = || {
        let (training, validation) = arguments.folder(directory.as_ref()).both()?;
        Ok((arguments.dataset(training)?, arguments.dataset(validation)?))
    };
    made().map_err(|e: Error| e.at("text_datasets_from_directory"))
}

impl TextDatasetFromDirectory {
    fn folder<'a>(&'a self, directory: &'a Path) -> Folder<'a> {
        Folder {
            directory,
            formats: &[".txt"],
            what: "text",
            labels: &self.labels,
            label_mode: &self.label_mode,
            class_names: &self.class_names,
            batch_size: self.batch_size,
            shuffle: self.shuffle,
            seed: self.seed,
            validation_split: self.validation_split,
            subset: self.subset.as_ref(),
            follow_links: self.follow_links,
            verbose: self.verbose,
        }
    }

    fn dataset(&self, listing: Listing) -> Result<TextDataset> {
        let order = listing.order(self.batch_size)?;
        Ok(TextDataset {
            // A single text is a batch of one.
            files: order.batch(self.batch_size.unwrap_or(1)),
            texts: Arc::new(Texts {
                listing,
                max_length: self.max_length,
            }),
        })
    }
}

/// The texts of a folder with their labels, read in batches when they are needed.
///
/// Keras: the dataset of strings that `text_dataset_from_directory` gives.
#[derive(Clone)]
pub struct TextDataset {
    /// The numbers of the files, in batches.
    files: Dataset,
    texts: Arc<Texts>,
}

struct Texts {
    listing: Listing,
    max_length: Option<usize>,
}

impl Texts {
    fn read(&self, file: usize) -> Result<String> {
        let path = &self.listing.paths[file];
        let cannot = |error: std::io::Error| {
            Error::io(format!("cannot read `{}`", path.display()), error)
                .remedy("a text must be a file in UTF-8")
        };
        // Asked first: opening a pipe would wait until somebody writes into it.
        if !path.metadata().map_err(cannot)?.is_file() {
            let given = format!("`{}`, which is none", path.display());
            return Err(Error::argument("path", "the path of a file", given));
        }
        let file = File::open(path).map_err(cannot)?;
        let Some(most) = self.max_length else {
            let mut text = String::new();
            let mut file = file;
            file.read_to_string(&mut text).map_err(cannot)?;
            return Ok(text);
        };
        let mut bytes = Vec::new();
        file.take(most as u64)
            .read_to_end(&mut bytes)
            .map_err(cannot)?;
        // The last character may be cut in two.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The texts of some files, and their labels, where there are any.
    fn batch(&self, files: &Tensor) -> Result<(Vec<String>, Option<Tensor>)> {
        let files: Vec<usize> = files.to_vec();
        let texts = files.iter().map(|&file| self.read(file));
        let texts = texts.collect::<Result<_>>()?;
        let labels = files.iter().map(|&file| self.listing.label(file));
        let labels: Vec<Tensor> = labels
            .filter_map(Result::transpose)
            .collect::<Result<_>>()?;
        let labels = match labels.is_empty() {
            true => None,
            false => Some(Tensor::stack(&labels)?),
        };
        Ok((texts, labels))
    }
}

impl TextDataset {
    /// The dataset of what `change` makes of the texts of each batch and their labels, on all cores:
    /// `|texts, y| Ok((vectorize.call_text(&texts)?, y))`.
    ///
    /// Keras: `dataset.map(lambda text, label: (vectorize(text), label))`.
    #[must_use]
    pub fn map<R: IntoElement>(
        &self,
        change: impl Fn(Vec<String>, Tensor) -> Result<R> + Send + Sync + 'static,
    ) -> Dataset {
        let texts = Arc::clone(&self.texts);
        let mapped = self.files.map(move |files: Tensor| {
            let (texts, labels) = texts.batch(&files)?;
            change(texts, labels.ok_or_else(no_labels)?)
        });
        self.with_files(mapped)
    }

    /// As [`map`](Self::map), of the texts alone: `|texts| vectorize.call_text(&texts)`.
    #[must_use]
    pub fn map_texts<R: IntoElement>(
        &self,
        change: impl Fn(Vec<String>) -> Result<R> + Send + Sync + 'static,
    ) -> Dataset {
        let texts = Arc::clone(&self.texts);
        let mapped = self
            .files
            .map(move |files: Tensor| change(texts.batch(&files)?.0));
        self.with_files(mapped)
    }

    fn with_files(&self, dataset: Dataset) -> Dataset {
        dataset.with_files(Files {
            class_names: self.class_names().to_vec(),
            file_paths: self.file_paths().to_vec(),
        })
    }

    /// How many batches there are.
    pub fn cardinality(&self) -> Cardinality {
        self.files.cardinality()
    }

    /// The names of the classes, by their labels.
    pub fn class_names(&self) -> &[String] {
        &self.texts.listing.class_names
    }

    /// The files, in order before shuffling.
    pub fn file_paths(&self) -> &[PathBuf] {
        &self.texts.listing.paths
    }

    /// The batches of texts and labels, one after the other.
    pub fn iter(&self) -> TextIter {
        TextIter {
            files: self.files.elements(),
            texts: Arc::clone(&self.texts),
        }
    }

    /// Every text, in the order of [`file_paths`](Self::file_paths).
    pub(crate) fn texts(&self) -> impl Iterator<Item = Result<String>> + '_ {
        let files = 0..self.texts.listing.paths.len();
        files.map(|file| self.texts.read(file))
    }
}

fn no_labels() -> Error {
    Error::state("the texts have no labels").remedy("use `map_texts`, or another `label_mode`")
}

impl IntoIterator for &TextDataset {
    type Item = Result<(Vec<String>, Tensor)>;
    type IntoIter = TextIter;

    fn into_iter(self) -> TextIter {
        self.iter()
    }
}

/// The batches of texts and labels of one pass. After an error there are no more.
#[derive(Debug)]
pub struct TextIter {
    files: ElementIter,
    texts: Arc<Texts>,
}

impl Iterator for TextIter {
    type Item = Result<(Vec<String>, Tensor)>;

    fn next(&mut self) -> Option<Self::Item> {
        let files = self.files.next()?;
        Some(files.and_then(|files| {
            let (texts, labels) = self.texts.batch(&files.parts()?)?;
            Ok((texts, labels.ok_or_else(no_labels)?))
        }))
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} texts", self.listing.paths.len())
    }
}

impl fmt::Display for TextDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (texts, batches) = (&self.texts, self.cardinality());
        write!(f, "<TextDataset of {texts:?} in {batches}>")
    }
}

impl fmt::Debug for TextDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
