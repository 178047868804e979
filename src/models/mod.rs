//! Models: layers and how they are connected, trained and asked.
//!
//! [`Model`] is a graph of layers and, once compiled, what trains it; [`Sequential`] is one whose
//! layers stand one after the other. A layer of your own is a model, too: [`Model::from_layer`]; and a
//! training step of your own goes into [`Model::fit_with_train_step`].

mod arrays;
mod batches;
mod compile;
mod config;
mod dataset_feed;
mod diagram;
mod evaluate;
mod export;
mod fit;
mod functional;
mod graph;
mod history;
mod model;
mod names;
mod nested;
mod node;
mod on_batch;
mod open_sizes;
mod pending;
mod predict;
mod progression;
mod saving;
mod sequential;
mod summary;
mod train_step;
mod training_data;
mod validation;

pub use arrays::{Arrays, Inputs};
pub use compile::{Compile, Losses, Measures};
pub use config::model_from_json;
pub(crate) use config::{is_model, layer_from_config};
pub use diagram::{Diagram, DiagramNode};
pub use evaluate::Evaluate;
pub use fit::Fit;
pub use functional::{KerasTensor, SharedLayer, Symbols};
pub use history::{Ending, History};
pub use model::Model;
pub use names::clear_session;
pub(crate) use names::{automatic_name, counted};
pub use on_batch::BatchWeights;
pub use predict::Predict;
pub(crate) use progression::Progression;
pub use saving::{
    Checkpoint, LoadModel, Moment, SaveWeights, SavedWeight, load_model, load_model_with,
    saved_weights,
};
pub(crate) use saving::{
    check_model_path, check_weights_path, file, is_for_weights, layer_config, write_whole,
};
pub use sequential::Sequential;
pub use summary::{Summary, SummaryRow};
pub use training_data::Batches;
pub use validation::ValidationData;
