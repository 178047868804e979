//! Keras for Rust notebooks: a Keras tutorial, cell by cell, in Rust.
//!
//! ```
//! use kerust::prelude::*;
//!
//! let mut model = Sequential::new();
//! model.add(Dense::new(16).activation("relu").input_shape(4))?;
//! model.add(Dense::new(3).activation("softmax"))?;
//! model.compile(Compile {
//!     optimizer: "adam".into(),
//!     loss: "sparse_categorical_crossentropy".into(),
//!     metrics: vec!["accuracy".into()],
//!     ..Compile::default()
//! })?;
//! let (x, y) = (Tensor::random_uniform((30, 4), 0.0, 1.0), Tensor::from_vec(vec![1; 30], 30)?);
//! let history = model.fit(&x, &y, Fit { epochs: 3, verbose: 0, ..Fit::default() })?;
//! println!("{:?}", history.get("accuracy"));
//! # Ok::<(), kerust::Error>(())
//! ```
//!
//! # The map
//!
//! Names are where a Keras user looks for them.
//!
//! * [`layers`], [`activations`], [`initializers`], [`regularizers`], [`constraints`]: what models
//!   are made of.
//! * [`models`]: [`Sequential`], and `compile`, `fit`, `evaluate`, `predict`,
//!   `save_weights`, `load_weights`.
//! * [`callbacks`]: what happens between batches and epochs: stopping early, checkpoints, logs.
//! * [`applications`]: known architectures, without pretrained weights.
//! * [`losses`], [`optimizers`], [`metrics`]: what trains and measures them.
//! * [`data`]: one's own data: tables, arrays of NumPy, folders of pictures, and
//!   [`Dataset`](data::Dataset), data that is read, changed and put in order while a model trains.
//! * [`preprocessing`]: one-hot labels, normalized rows, sequences of one length, pictures, texts.
//! * [`datasets`]: data sets by name, from their official origins.
//! * [`tuner`]: searches for the best hyperparameters.
//! * [`tensor`]: [`Tensor`], the one array type, on dfdx's storage; [`device`]: where it lives.
//! * [`ops`]: the differentiable operations that layers are made of, on dfdx's tape.
//! * [`display`] and [`plot`]: tables, bars, pictures and charts in a notebook, a terminal or a file.
//! * [`notebook`]: the conversation with kerust's own Jupyter kernel.
//!
//! Everything that a notebook needs is in [`prelude`]. The [`guide`] tells how to begin, and what to
//! do when something goes wrong.
//!
//! # What to expect
//!
//! Types are owned and can be kept in notebook variables; they have no type parameters, so cells
//! compile fast. What can fail returns [`Result`]; only operators (`&a + &b`) panic, when shapes do
//! not broadcast. An [`Error`] says where, what was expected, what was given and what to do.

pub mod activations;
pub mod applications;
mod axes;
pub mod callbacks;
mod config;
pub mod constraints;
pub mod data;
pub mod datasets;
pub mod device;
pub mod display;
mod error;
pub mod guide;
pub mod initializers;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod mixed_precision;
pub mod models;
pub mod notebook;
pub mod ops;
pub mod optimizers;
pub mod plot;
pub mod preprocessing;
mod protobuf;
mod random;
mod random_state;
pub mod regularizers;
mod setting;
pub mod tensor;
pub mod tuner;

pub use activations::Activation;
pub use axes::Axes;
pub use config::Config;
pub use device::Device;
#[doc(hidden)]
pub use device::{GpuSetup, gpu_setup};
pub use error::{Error, ErrorKind, Result};
pub use models::{Model, Sequential};
pub use random::set_random_seed;
pub use setting::Setting;
pub use tensor::{DType, Element, Shape, Tape, Tensor};

/// Exactly the names that a notebook needs.
pub mod prelude {
    pub use crate::Activation;
    pub use crate::callbacks::{
        BackupAndRestore, CSVLogger, Callback, EarlyStopping, LambdaCallback,
        LearningRateScheduler, Logs, ModelCheckpoint, ReduceLROnPlateau, SwapEMAWeights,
        TensorBoard, TerminateOnNaN, Training,
    };
    pub use crate::constraints::Constraint;
    pub use crate::data;
    pub use crate::data::{
        AudioDatasetFromDirectory, Batch, Dataset, DatasetElement, ImageDatasetFromDirectory,
        Shuffle, TextDataset, TextDatasetFromDirectory, TimeseriesDatasetFromArray,
        audio_dataset_from_directory, audio_datasets_from_directory, image_dataset_from_directory,
        image_datasets_from_directory, text_dataset_from_directory, text_datasets_from_directory,
        timeseries_dataset_from_array,
    };
    pub use crate::initializers::Initializer;
    pub use crate::layers::aliases::*;
    pub use crate::layers::{
        ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise,
        SpatialDropout1D, SpatialDropout2D, SpatialDropout3D,
    };
    pub use crate::layers::{
        AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D, AveragePooling1D,
        AveragePooling2D, AveragePooling3D, Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose,
        Conv3D, Conv3DTranspose, Cropping1D, Cropping2D, Cropping3D, Dense, DepthwiseConv1D,
        DepthwiseConv2D, EinsumDense, GlobalAveragePooling1D, GlobalAveragePooling2D,
        GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D, Input,
        Layer, MaxPooling1D, MaxPooling2D, MaxPooling3D, Padding, SeparableConv1D, SeparableConv2D,
        UpSampling1D, UpSampling2D, UpSampling3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D,
    };
    pub use crate::layers::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
    pub use crate::layers::{
        AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention,
    };
    pub use crate::layers::{
        AugMix, AutoContrast, CategoryEncoding, CenterCrop,
        ContrastLimitedAdaptiveHistogramEqualization, CutMix, Discretization, Equalization,
        HashedCrossing, Hashing, ImageAugmentation, IntegerLookup, MelSpectrogram, MixUp,
        Normalization, Pipeline, RandAugment, RandomBrightness, RandomColorDegeneration,
        RandomColorJitter, RandomContrast, RandomCrop, RandomElasticTransform, RandomErasing,
        RandomFlip, RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert,
        RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation, RandomSharpness,
        RandomShear, RandomTranslation, RandomZoom, Resizing, STFTSpectrogram, Solarization,
        StringLookup, TextVectorization,
    };
    pub use crate::layers::{
        BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization,
        RenormClipping, SpectralNormalization, UnitNormalization,
    };
    pub use crate::layers::{
        Bidirectional, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, Embedding, GRU, GRUCell, LSTM, LSTMCell,
        Masking, MergeMode, RNN, RNNCell, ReversibleEmbedding, SimpleRNN, SimpleRNNCell,
        StackedRNNCells, TimeDistributed,
    };
    pub use crate::layers::{ELU, LeakyReLU, PReLU, ReLU, Softmax};
    pub use crate::layers::{Flatten, Permute, RepeatVector, Reshape};
    pub use crate::layers::{Identity, Lambda, Rescaling};
    pub use crate::losses::{
        BinaryCrossentropy, CategoricalCrossentropy, Huber, MeanAbsoluteError, MeanSquaredError,
        SparseCategoricalCrossentropy,
    };
    pub use crate::metrics::{
        AUC, Accuracy, BinaryAccuracy, CategoricalAccuracy, F1Score, MeanIoU, Precision, R2Score,
        Recall, RootMeanSquaredError, SparseCategoricalAccuracy, TopKCategoricalAccuracy,
        confusion_matrix,
    };
    pub use crate::models::{
        BatchWeights, Compile, Evaluate, Fit, History, Model, Predict, SaveWeights, Sequential,
        Summary, clear_session, load_model,
    };
    pub use crate::optimizers::schedules::{
        CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, LearningRateSchedule,
        PiecewiseConstantDecay, PolynomialDecay,
    };
    pub use crate::optimizers::{
        Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, LossScaleOptimizer,
        Muon, Nadam, Optimizer, RMSprop, SGD, ScheduleFreeAdamW,
    };
    pub use crate::plot::{self, Figure};
    pub use crate::preprocessing::image::{array_to_img, img_to_array, load_img, save_img};
    pub use crate::preprocessing::{normalize, pad_sequences, to_categorical};
    pub use crate::regularizers::Regularizer;
    pub use crate::tuner::{
        BayesianOptimization, GridSearch, HyperParameters, Hyperband, Objective, RandomSearch,
        Trial,
    };
    pub use crate::{DType, Device, Error, Result, Shape, Tape, Tensor, set_random_seed};
}
