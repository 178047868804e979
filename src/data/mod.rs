//! Data that does not fit into one tensor, or not into the memory: read, changed and put in order
//! while a model trains.
//!
//! A [`Dataset`] is a pipeline, as `tf.data.Dataset` is. It begins with tensors, a generator, or a
//! folder of pictures; methods add stages to it; a loop or a model goes through it.

mod batching;
mod cache;
mod combination;
mod dataset;
mod element;
mod element_file;
mod folder;
mod image_dataset;
mod iteration;
mod labels;
mod listing;
mod mapping;
mod numpy_shuffle;
mod pictures;
mod selection;
mod shuffling;
mod sources;
mod spec;
mod stage;
mod text_dataset;
mod timeseries_dataset;
mod workers;

pub use batching::Batch;
pub use dataset::Dataset;
pub use element::{DatasetElement, FromElement, IntoElement};
pub use image_dataset::{
    ImageDatasetFromDirectory, image_dataset_from_directory, image_datasets_from_directory,
};
pub use iteration::{ElementIter, PairIter};
pub use labels::{LabelMode, Labels, Subset};
pub use pictures::ColorMode;
pub use shuffling::Shuffle;
pub use spec::{Cardinality, ElementSpec, TensorSpec};
pub use text_dataset::{
    TextDataset, TextDatasetFromDirectory, TextIter, text_dataset_from_directory,
    text_datasets_from_directory,
};
pub use timeseries_dataset::{TimeseriesDatasetFromArray, timeseries_dataset_from_array};
