//! Models: layers in order, trained and asked.

mod history;
mod summary;

pub use history::{Ending, History};
pub use summary::{Summary, SummaryRow};
