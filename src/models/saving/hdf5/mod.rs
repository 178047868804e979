//! HDF5, the format of Keras's weights: `read.rs` takes tensors out of a file, `write.rs` makes one.
//!
//! Files of strangers are read with the crate `hdf5-reader`: pure Rust without a system library, with
//! limits for headers, chunks and reads, and checks for trees and links that go in circles, which
//! make other readers take 2 to the power of 64 steps. Crates that write hold the whole file in
//! memory, several times; the little that weights need of the format (groups, contiguous numbers,
//! texts) is written here by hand, in one stream.

mod read;
mod write;

pub(super) use read::Source;
pub(super) use write::{Dataset, Group, write};
