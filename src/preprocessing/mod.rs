//! Functions that prepare data, from `keras.utils`; the layers that do are in
//! [`layers`](crate::layers).

mod categories;
pub mod image;
mod norms;
mod sequences;
pub mod text;

pub use categories::to_categorical;
pub use norms::normalize;
pub use sequences::{PadSequences, Side, pad_sequences};
