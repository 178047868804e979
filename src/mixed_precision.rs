//! How exactly a GPU computes. The processor always computes in float32.
//!
//! Keras: `keras.mixed_precision`.

pub use crate::device::{enable_tensor_float_32_execution, global_policy, set_global_policy};
