//! One's own data: files of other programs, and data that does not fit into one tensor, or not into
//! the memory.
//!
//! [`read_csv`] makes a [`Table`] of a CSV file; [`load_npy`] and [`load_npz`] read NumPy's arrays;
//! [`split_dataset`] makes two parts of samples.
//!
//! A [`Dataset`] is a pipeline, as `tf.data.Dataset` is. It begins with tensors
//! ([`Dataset::from_tensor_slices`]), with a generator ([`Dataset::from_generator`]), with a folder
//! ([`image_dataset_from_directory`], [`text_dataset_from_directory`],
//! [`audio_dataset_from_directory`]) or with a time series ([`timeseries_dataset_from_array`]);
//! methods add stages to it. A loop goes through it, or a model:
//! [`fit_batches`](crate::Model::fit_batches), `validation_data: (&dataset).into()`,
//! [`evaluate_batches`](crate::Model::evaluate_batches), [`predict`](crate::Model::predict).
//!
//! # Example
//! ```
//! use kerust::prelude::*;
//! # let folder = tempfile::tempdir().expect("a folder");
//! # for (class, light) in [("day", 0.9), ("night", 0.1)] {
//! #     std::fs::create_dir(folder.path().join(class)).expect("a folder");
//! #     for i in 0..8 {
//! #         let picture = Tensor::full((8, 8, 3), light).to_image()?;
//! #         picture.save(folder.path().join(format!("{class}/{i}.png"))).expect("a file");
//! #     }
//! # }
//! # let folder = folder.path();
//! // folder/day/0.png, folder/night/0.png, ...
//! let (train, validation) = image_datasets_from_directory(folder, ImageDatasetFromDirectory {
//!     image_size: (16, 16),
//!     batch_size: Some(4),
//!     validation_split: 0.25,
//!     seed: Some(1),
//!     ..Default::default()
//! })?;
//! let train = train.map(|(x, y)| (x / 255.0, y)).cache();
//! let validation = validation.map(|(x, y)| (x / 255.0, y));
//!
//! let mut model = Sequential::new();
//! model.add(Flatten::new().input_shape((16, 16, 3)))?;
//! model.add(Dense::new(2).activation("softmax"))?;
//! model.compile(Compile { loss: "sparse_categorical_crossentropy".into(), ..Compile::default() })?;
//! let history = model.fit_batches(&train, Fit {
//!     epochs: 2,
//!     validation_data: (&validation).into(),
//!     verbose: 0,
//!     ..Fit::default()
//! })?;
//! assert_eq!(history.get("val_loss").map(<[f64]>::len), Some(2));
//! # Ok::<(), kerust::Error>(())
//! ```

mod audio_dataset;
mod batching;
mod cache;
mod combination;
mod csv;
mod dataset;
mod element;
mod element_file;
mod folder;
mod image_dataset;
mod iteration;
mod labels;
mod listing;
mod mapping;
mod npy;
mod npz;
mod picture_file;
mod pipeline;
mod resizing;
mod selection;
mod shuffling;
mod sources;
mod spec;
mod split;
mod stage;
mod table;
mod text_dataset;
mod timeseries_dataset;
mod wav;
mod workers;

pub use audio_dataset::{
    AudioDatasetFromDirectory, audio_dataset_from_directory, audio_datasets_from_directory,
};
pub use batching::Batch;
pub use csv::{BadLines, ReadCsv, parse_csv, read_csv, read_csv_with};
pub use dataset::Dataset;
pub use element::{DatasetElement, FromElement, IntoElement};
pub use image_dataset::{
    ImageDatasetFromDirectory, image_dataset_from_directory, image_datasets_from_directory,
};
pub use iteration::{ElementIter, PairIter};
pub use labels::{LabelMode, Labels, Subset};
pub use npy::{load_npy, save_npy};
pub(crate) use npz::NpzArchive;
pub use npz::{Npz, SaveNpz, load_npz, save_npz, save_npz_with};
pub use picture_file::ColorMode;
pub(crate) use picture_file::{decode, decode_gray};
pub use shuffling::Shuffle;
pub use spec::{Cardinality, ElementSpec, TensorSpec};
pub use split::{Samples, SplitDataset, SplitSize, split_dataset};
pub use table::{Column, ColumnType, Table};
pub use text_dataset::{
    TextDataset, TextDatasetFromDirectory, TextIter, text_dataset_from_directory,
    text_datasets_from_directory,
};
pub use timeseries_dataset::{TimeseriesDatasetFromArray, timeseries_dataset_from_array};
