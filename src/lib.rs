//! Keras for Rust notebooks.
