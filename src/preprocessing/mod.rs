//! Functions that prepare data, from `keras.utils`; the layers that do are in
//! [`layers`](crate::layers).

mod categories;
mod norms;
mod sequences;

pub use categories::to_categorical;
pub use norms::normalize;
pub use sequences::{PadSequences, Side, pad_sequences};
