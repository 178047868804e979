//! HDF5, the format of Keras's weights: `read.rs` takes tensors out of a file, `write.rs` makes one.

mod read;
mod write;

pub(super) use read::Source;
pub(super) use write::{Dataset, Group, write};
