//! Showing things: in kerust's kernel, in stock evcxr, in a terminal, in a file.
//!
//! Everything that can be shown is a [`Bundle`] in the end; `output` decides at run time where it
//! goes. Types that a cell may end with have two inherent methods: `evcxr_display` shows the value
//! of a cell, which kernels call by themselves, and `show` shows it at once.

mod bundle;
mod cell;
mod dataset;
mod epochs;
mod error;
mod history;
pub(crate) mod html;
mod image;
pub(crate) mod layer;
mod numbers;
mod output;
mod progress;
mod rows;
mod search;
mod sequences;
mod summary;
mod table;
mod tensor;
mod trials;
mod width;

pub use bundle::Bundle;
pub use html::escape;
pub(crate) use numbers::{duration, grouped, metric};
pub use output::{Destination, Live, clear_output, show, show_result};
pub use progress::Progress;
pub(crate) use search::SearchProgress;
pub(crate) use trials::{TrialRow, Trials};
pub(crate) use width::terminal_width;
