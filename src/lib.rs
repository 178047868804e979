//! Keras for Rust notebooks.

pub mod activations;
pub mod datasets;
pub mod device;
pub mod display;
mod error;
pub mod initializers;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod models;
pub mod notebook;
pub mod ops;
pub mod optimizers;
pub mod plot;
mod random;
mod setting;
pub mod tensor;

pub use activations::Activation;
pub use device::Device;
pub use error::{Error, ErrorKind, Result};
pub use models::Sequential;
pub use random::set_random_seed;
pub use setting::Setting;
pub use tensor::{DType, Element, Shape, Tape, Tensor};

/// Exactly the names that a notebook needs.
pub mod prelude {
    pub use crate::Activation;
    pub use crate::initializers::Initializer;
    pub use crate::layers::{
        AveragePooling2D, BatchNormalization, Conv2D, Dense, Dropout, Flatten,
        GlobalAveragePooling2D, GlobalMaxPooling2D, Input, Layer, MaxPooling2D, Padding,
    };
    pub use crate::losses::{
        BinaryCrossentropy, CategoricalCrossentropy, MeanAbsoluteError, MeanSquaredError,
        SparseCategoricalCrossentropy,
    };
    pub use crate::metrics::Accuracy;
    pub use crate::models::{
        Compile, Evaluate, Fit, History, Predict, Sequential, Summary, clear_session,
    };
    pub use crate::optimizers::{Adagrad, Adam, RMSprop, SGD};
    pub use crate::plot::{self, Figure};
    pub use crate::{DType, Device, Error, Result, Shape, Tape, Tensor, set_random_seed};
}
