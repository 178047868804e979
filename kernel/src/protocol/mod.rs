//! The Jupyter messaging protocol, version 5.5: messages, their wire form, connection files.

pub mod connection;
pub mod message;
pub mod requests;
pub mod wire;

/// The protocol version that every header states.
pub const PROTOCOL_VERSION: &str = "5.5";
