//! Models: layers and how they are connected, trained and asked.
//!
//! [`Model`] is a graph of layers and, once compiled, what trains it; [`Sequential`] is one whose
//! layers stand one after the other.

mod arrays;
mod batches;
mod compile;
mod config;
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
mod open_sizes;
mod predict;
mod saving;
mod sequential;
mod summary;

pub use arrays::Arrays;
pub use compile::{Compile, Losses, Measures};
pub use config::model_from_json;
pub(crate) use config::{is_model, layer_from_config};
pub use evaluate::Evaluate;
pub(crate) use fit::Progression;
pub use fit::{Fit, ValidationData};
pub use functional::{KerasTensor, SharedLayer, Symbols};
pub use history::{Ending, History};
pub use model::Model;
pub use names::clear_session;
pub(crate) use names::{automatic_name, counted};
pub use predict::Predict;
pub use saving::{
    Checkpoint, LoadModel, Moment, SaveWeights, SavedWeight, load_model, load_model_with,
    saved_weights,
};
pub(crate) use saving::{check_model_path, check_weights_path, file, write_whole};
pub use sequential::Sequential;
pub use summary::{Summary, SummaryRow};
