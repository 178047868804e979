//! Activation functions with arguments, or with weights, as layers.

mod elu;
mod leaky_relu;
mod prelu;
mod relu;
mod softmax;

pub use elu::ELU;
pub use leaky_relu::LeakyReLU;
pub use prelu::PReLU;
pub use relu::ReLU;
pub use softmax::Softmax;

use super::LayerEntry;
use crate::{Error, Result};

/// Fails with the argument's name unless `value` is a number from 0 on.
fn require_not_negative(name: &str, value: f32) -> Result<()> {
    if value.is_nan() || value < 0.0 {
        return Err(Error::argument(name, "a number from 0 on", value));
    }
    Ok(())
}

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    relu::ENTRY,
    leaky_relu::ENTRY,
    prelu::ENTRY,
    elu::ENTRY,
    softmax::ENTRY,
];
