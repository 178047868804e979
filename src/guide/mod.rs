//! The user's guide: how things are done, from the first model to the last trouble.
//!
//! 1. [`getting_started`]: from nothing to a model that has learned something.
//! 2. [`notebooks`]: the kernel, what a cell may end with, what to do when Rust says no.
//! 3. [`programs`]: the library alone, in an ordinary Rust program.
//! 4. [`data`]: data sets by name, and your own.
//! 5. [`saving`]: models and weights as files, and to and from Keras.
//! 6. [`devices`]: processors, threads and memory.
//! 7. [`troubleshooting`]: what goes wrong, and the way out.
//!
//! These pages tell how; the reference of each type tells what its arguments are.

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("notebooks.md")]
pub mod notebooks {}

#[doc = include_str!("programs.md")]
pub mod programs {}

#[doc = include_str!("data.md")]
pub mod data {}

#[doc = include_str!("saving.md")]
pub mod saving {}

#[doc = include_str!("devices.md")]
pub mod devices {}

#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}
