//! Keras for Rust notebooks.

pub mod datasets;
pub mod device;
mod error;
pub mod models;
mod random;
pub mod tensor;

pub use device::Device;
pub use error::{Error, ErrorKind, Result};
pub use random::set_random_seed;
pub use tensor::{DType, Element, Shape, Tape, Tensor};

/// Exactly the names that a notebook needs.
pub mod prelude {
    pub use crate::{DType, Device, Error, Result, Shape, Tensor, set_random_seed};
}
