//! Keras for Rust notebooks.

pub mod notebook;
