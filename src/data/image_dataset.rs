//! Datasets of the pictures in a folder.

use std::path::Path;

use super::dataset::Dataset;
use super::folder::Folder;
use super::labels::{LabelMode, Labels, Subset};
use super::listing::Listing;
use super::picture_file::{ColorMode, decode};
use super::resizing::{Aspect, Resize, resized};
use crate::ops::Interpolation;
use crate::{Error, Result, Setting};

/// The arguments of [`image_dataset_from_directory`], with Keras's defaults.
///
/// Keras: `keras.utils.image_dataset_from_directory`.
#[derive(Clone, Debug)]
pub struct ImageDatasetFromDirectory {
    /// `Labels::Inferred` from the folders' names unless set; `Labels::None`, or one for each file.
    pub labels: Labels,
    /// `"int"` unless set, `"categorical"`, `"binary"` or `"none"`.
    pub label_mode: Setting<LabelMode>,
    /// The folders that are classes, in the order of their labels; all, by name, unless set.
    pub class_names: Vec<String>,
    /// `"rgb"` unless set, `"rgba"` or `"grayscale"`.
    pub color_mode: Setting<ColorMode>,
    /// How many pictures make a batch; 32 unless set. `None` gives single pictures.
    pub batch_size: Option<usize>,
    /// The height and width that pictures are brought to; `(256, 256)` unless set.
    pub image_size: (usize, usize),
    /// Whether the order is another one each time, instead of that of the paths; true unless set.
    pub shuffle: bool,
    /// What shuffling comes from. With the same seed, `validation_split` splits as in Keras.
    pub seed: Option<u64>,
    /// The share of the files that is for validation; 0 unless set.
    pub validation_split: f64,
    /// `"training"` or `"validation"`, with `validation_split`.
    pub subset: Option<Setting<Subset>>,
    /// `"bilinear"` unless set, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
    pub interpolation: Setting<Interpolation>,
    /// Whether folders that are links are gone into; false unless set.
    pub follow_links: bool,
    /// Whether pictures keep their proportions and lose what is then too much; false unless set.
    pub crop_to_aspect_ratio: bool,
    /// Whether pictures keep their proportions, with black around them; false unless set.
    pub pad_to_aspect_ratio: bool,
    /// Whether it is told how many files there are; true unless set.
    pub verbose: bool,
}

impl Default for ImageDatasetFromDirectory {
    fn default() -> Self {
        Self {
            labels: Labels::Inferred,
            label_mode: LabelMode::Int.into(),
            class_names: Vec::new(),
            color_mode: ColorMode::Rgb.into(),
            batch_size: Some(32),
            image_size: (256, 256),
            shuffle: true,
            seed: None,
            validation_split: 0.0,
            subset: None,
            interpolation: Interpolation::Bilinear.into(),
            follow_links: false,
            crop_to_aspect_ratio: false,
            pad_to_aspect_ratio: false,
            verbose: true,
        }
    }
}

/// A dataset of the pictures in a folder: batches of shape `(batch, height, width, channels)`,
/// float32 from 0 to 255, with labels. Files are found now, and read when they are needed, on all
/// cores: there may be more than the memory holds.
///
/// Keras: `keras.utils.image_dataset_from_directory`. PNG, JPEG, BMP and GIF (the first picture) are
/// read. [`Dataset::class_names`] and [`Dataset::file_paths`] tell what was found.
///
/// # Errors
/// When the folder cannot be read, there is nothing in it, or an argument is wrong. A file that
/// cannot be read as a picture is an error of the dataset, with its path.
///
/// # Example
/// ```
/// use kerust::data::{ImageDatasetFromDirectory, image_dataset_from_directory};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # for (class, value) in [("cats", 0.2), ("dogs", 0.8)] {
/// #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
/// #     for i in 0..5 {
/// #         let picture = Tensor::full((8, 6, 3), value).to_image()?;
/// #         picture.save(folder.path().join(format!("{class}/{i}.png"))).expect("a file");
/// #     }
/// # }
/// # let folder = folder.path();
/// // folder/cats/0.png, folder/dogs/0.png, ...
/// let train = image_dataset_from_directory(folder, ImageDatasetFromDirectory {
///     image_size: (32, 32),
///     validation_split: 0.2,
///     subset: Some("training".into()),
///     seed: Some(123),
///     ..Default::default()
/// })?;
/// assert_eq!(train.class_names(), ["cats", "dogs"]);
/// for batch in &train {
///     let (x, y) = batch?;
///     assert_eq!(x.shape(), (8, 32, 32, 3));
///     assert_eq!(y.shape(), (8,));
/// }
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn image_dataset_from_directory(
    directory: impl AsRef<Path>,
    arguments: ImageDatasetFromDirectory,
) -> Result<Dataset> {
    let made = || {
        let listing = arguments.folder(directory.as_ref()).listing()?;
        arguments.dataset(listing)
    };
    made().map_err(|e| e.at("image_dataset_from_directory"))
}

/// The dataset to train on and the one to measure, which [`image_dataset_from_directory`] gives one
/// at a time. The second stays in one order.
///
/// Keras: `image_dataset_from_directory(.., subset="both")`.
///
/// # Errors
/// Those of [`image_dataset_from_directory`].
///
/// # Example
/// ```
/// use kerust::data::{ImageDatasetFromDirectory, image_datasets_from_directory};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # for (class, value) in [("cats", 0.2), ("dogs", 0.8)] {
/// #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
/// #     for i in 0..5 {
/// #         let picture = Tensor::full((8, 6, 3), value).to_image()?;
/// #         picture.save(folder.path().join(format!("{class}/{i}.png"))).expect("a file");
/// #     }
/// # }
/// # let folder = folder.path();
/// // folder/cats/0.png, folder/dogs/0.png, ...
/// let (train, validation) = image_datasets_from_directory(folder, ImageDatasetFromDirectory {
///     image_size: (32, 32),
///     validation_split: 0.2,
///     seed: Some(123),
///     ..Default::default()
/// })?;
/// let samples = |dataset: &Dataset| dataset.unbatch().iter().count();
/// assert_eq!((samples(&train), samples(&validation)), (8, 2));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn image_datasets_from_directory(
    directory: impl AsRef<Path>,
    arguments: ImageDatasetFromDirectory,
) -> Result<(Dataset, Dataset)> {
    let made = || {
        let (training, validation) = arguments.folder(directory.as_ref()).both()?;
        Ok((arguments.dataset(training)?, arguments.dataset(validation)?))
    };
    made().map_err(|e: Error| e.at("image_datasets_from_directory"))
}

impl ImageDatasetFromDirectory {
    fn folder<'a>(&'a self, directory: &'a Path) -> Folder<'a> {
        Folder {
            directory,
            formats: &[".bmp", ".gif", ".jpeg", ".jpg", ".png"],
            what: "image",
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
        let color_mode = *self.color_mode.get()?;
        let resize = self.resize()?;
        listing.dataset(self.batch_size, move |path| {
            let picture = decode(path, color_mode);
            let picture = picture.map_err(|e| e.at(format!("`{}`", path.display())))?;
            resized(&picture, &resize)
        })
    }

    fn resize(&self) -> Result<Resize> {
        let aspect = match (self.crop_to_aspect_ratio, self.pad_to_aspect_ratio) {
            (false, false) => Aspect::Stretch,
            (true, false) => Aspect::Crop,
            (false, true) => Aspect::Pad,
            (true, true) => {
                let expected = "false when `crop_to_aspect_ratio` is set";
                let error = Error::argument("pad_to_aspect_ratio", expected, true);
                return Err(error.remedy("set one of the two"));
            }
        };
        let (height, width) = self.image_size;
        // As many pixels as decoding allows.
        let pixels = height.saturating_mul(width);
        if pixels == 0 || pixels > 1 << 27 {
            let expected = "a height and a width of at least 1, and at most 134217728 pixels";
            let given = format!("({height}, {width})");
            return Err(Error::argument("image_size", expected, given));
        }
        Ok(Resize {
            size: (height, width),
            interpolation: *self.interpolation.get()?,
            aspect,
        })
    }
}
