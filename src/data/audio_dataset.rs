//! Datasets of the sounds in a folder.

use std::path::Path;

use super::dataset::Dataset;
use super::folder::Folder;
use super::labels::{LabelMode, Labels, Subset};
use super::listing::Listing;
use super::wav;
use crate::{Error, Result, Setting, Tensor};

/// The arguments of [`audio_dataset_from_directory`], with Keras's defaults.
///
/// Keras: `keras.utils.audio_dataset_from_directory`, without `ragged`.
#[derive(Clone, Debug)]
pub struct AudioDatasetFromDirectory {
    /// `Labels::Inferred` from the folders' names unless set; `Labels::None`, or one for each file.
    pub labels: Labels,
    /// `"int"` unless set, `"categorical"`, `"binary"` or `"none"`.
    pub label_mode: Setting<LabelMode>,
    /// The folders that are classes, in the order of their labels; all, by name, unless set.
    pub class_names: Vec<String>,
    /// How many sounds make a batch; 32 unless set. `None` gives single sounds.
    pub batch_size: Option<usize>,
    /// How many samples a second every file must have; any unless set. Sounds are not resampled.
    pub sampling_rate: Option<u32>,
    /// How many samples of each sound there are: longer ones are cut off, shorter ones end in
    /// silence. Unless set, as many as the longest of the batch has.
    pub output_sequence_length: Option<usize>,
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

impl Default for AudioDatasetFromDirectory {
    fn default() -> Self {
        Self {
            labels: Labels::Inferred,
            label_mode: LabelMode::Int.into(),
            class_names: Vec::new(),
            batch_size: Some(32),
            sampling_rate: None,
            output_sequence_length: None,
            shuffle: true,
            seed: None,
            validation_split: 0.0,
            subset: None,
            follow_links: false,
            verbose: true,
        }
    }
}

/// A dataset of the sounds in a folder: batches of shape `(batch, samples, channels)`, float32 from
/// -1 to 1, with labels. Files are found now, and read when they are needed, on all cores.
///
/// Keras: `keras.utils.audio_dataset_from_directory`. WAV files with samples of 16 bits are read.
///
/// # Errors
/// When the folder cannot be read, there is nothing in it, or an argument is wrong. A file that
/// cannot be read as a sound is an error of the dataset, with its path.
///
/// # Example
/// ```
/// use kerust::data::{AudioDatasetFromDirectory, audio_dataset_from_directory};
/// # let folder = tempfile::tempdir().expect("a folder");
/// # for class in ["no", "yes"] {
/// #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
/// #     let mut wav = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
/// #     wav.extend(b"\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x04\0\0\0\0\x40\0\xc0");
/// #     std::fs::write(folder.path().join(class).join("0.wav"), wav).expect("a file");
/// # }
/// # let folder = folder.path();
/// // folder/no/0.wav, folder/yes/0.wav, ...
/// let sounds = audio_dataset_from_directory(folder, AudioDatasetFromDirectory {
///     output_sequence_length: Some(16000),
///     ..Default::default()
/// })?;
/// let (x, y) = sounds.iter().next().expect("not empty")?;
/// assert_eq!(x.shape(), (2, 16000, 1));
/// assert_eq!(x.item(0)?, 0.5);
/// assert_eq!(y.len(), 2);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn audio_dataset_from_directory(
    directory: impl AsRef<Path>,
    arguments: AudioDatasetFromDirectory,
) -> Result<Dataset> {
    let made = || {
        let listing = arguments.folder(directory.as_ref()).listing()?;
        arguments.dataset(listing)
    };
    made().map_err(|e| e.at("audio_dataset_from_directory"))
}

/// The dataset to train on and the one to measure, which [`audio_dataset_from_directory`] gives one
/// at a time. The second stays in one order.
///
/// Keras: `audio_dataset_from_directory(.., subset="both")`.
///
/// # Errors
/// Those of [`audio_dataset_from_directory`].
pub fn audio_datasets_from_directory(
    directory: impl AsRef<Path>,
    arguments: AudioDatasetFromDirectory,
) -> Result<(Dataset, Dataset)> {
    let made = || {
        let (training, validation) = arguments.folder(directory.as_ref()).both()?;
        Ok((arguments.dataset(training)?, arguments.dataset(validation)?))
    };
    made().map_err(|e: Error| e.at("audio_datasets_from_directory"))
}

impl AudioDatasetFromDirectory {
    fn folder<'a>(&'a self, directory: &'a Path) -> Folder<'a> {
        Folder {
            directory,
            formats: &[".wav"],
            what: "audio",
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

    fn dataset(&self, listing: Listing) -> Result<Dataset> {
        let (rate, length) = (self.sampling_rate, self.output_sequence_length);
        // As many as half an hour at the usual rate has; the memory must not run out.
        if let Some(length) = length.filter(|length| !(1..=1 << 27).contains(length)) {
            let expected = "a number from 1 to 134217728";
            let error = Error::argument("output_sequence_length", expected, length);
            return Err(error);
        }
        listing.dataset(self.batch_size, move |path| sound(path, rate, length))
    }
}

/// The sound in a file, of the wanted length.
fn sound(path: &Path, rate: Option<u32>, length: Option<usize>) -> Result<Tensor> {
    let sound = wav::read(path, length)?;
    if let Some(rate) = rate.filter(|rate| *rate != sound.rate) {
        let expected = format!("{}, as `{}` has", sound.rate, path.display());
        let error = Error::argument("sampling_rate", &expected, rate);
        return Err(error.remedy("resample the files first"));
    }
    match length {
        Some(length) => {
            let channels = sound.samples.shape().last();
            sound.samples.zero_padded(&[length, channels])
        }
        None => Ok(sound.samples),
    }
}
