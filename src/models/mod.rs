//! Models: layers in order, trained and asked.
//!
//! [`Sequential`] is what users hold: a network of layers and, once compiled, what trains it.
//! `fit`, `evaluate` and `predict` only know the `Network` trait, so that other kinds of models
//! are trained by the same code.

mod batches;
mod compile;
mod evaluate;
mod fit;
mod history;
mod names;
mod network;
mod predict;
mod saving;
mod sequential;
mod summary;

pub use compile::Compile;
pub use evaluate::Evaluate;
pub use fit::Fit;
pub use history::{Ending, History};
pub(crate) use names::automatic_name;
pub use names::clear_session;
pub use predict::Predict;
pub use saving::{Checkpoint, Moment, SaveWeights};
pub use sequential::Sequential;
pub use summary::{Summary, SummaryRow};
