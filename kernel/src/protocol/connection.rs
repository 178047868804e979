//! Connection files: where a kernel's five sockets are and which key signs its messages.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A connection file's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionInfo {
    /// `tcp` or `ipc`.
    pub transport: String,
    /// The address to bind, or the path prefix of the socket files for `ipc`.
    pub ip: String,
    /// Port (or number) of the shell channel.
    pub shell_port: u32,
    /// Port (or number) of the output channel.
    pub iopub_port: u32,
    /// Port (or number) of the stdin channel.
    pub stdin_port: u32,
    /// Port (or number) of the control channel.
    pub control_port: u32,
    /// Port (or number) of the heartbeat channel.
    pub hb_port: u32,
    /// The key that signs messages; empty for none.
    #[serde(default)]
    pub key: String,
    /// The signature scheme; `hmac-sha256` is the only one.
    #[serde(default = "default_scheme")]
    pub signature_scheme: String,
}

fn default_scheme() -> String {
    "hmac-sha256".to_owned()
}

impl ConnectionInfo {
    /// Reads a connection file.
    ///
    /// # Errors
    /// If the file cannot be read, is not a connection file, or asks for something unknown.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let info: ConnectionInfo = serde_json::from_str(&text).map_err(io::Error::other)?;
        if info.signature_scheme != default_scheme() {
            return Err(io::Error::other(format!(
                "unknown signature scheme `{}`; only `hmac-sha256` is supported",
                info.signature_scheme
            )));
        }
        if !matches!(info.transport.as_str(), "tcp" | "ipc") {
            return Err(io::Error::other(format!(
                "unknown transport `{}`; `tcp` and `ipc` are supported",
                info.transport
            )));
        }
        Ok(info)
    }

    /// A connection over socket files named `prefix-1` to `prefix-5`, with a fresh key.
    pub fn ipc(prefix: &Path) -> Self {
        ConnectionInfo {
            transport: "ipc".to_owned(),
            ip: prefix.to_string_lossy().into_owned(),
            shell_port: 1,
            iopub_port: 2,
            stdin_port: 3,
            control_port: 4,
            hb_port: 5,
            key: uuid::Uuid::new_v4().to_string(),
            signature_scheme: default_scheme(),
        }
    }

    /// The ZeroMQ endpoint of the socket with the given port or number.
    pub fn endpoint(&self, port: u32) -> String {
        if self.transport == "ipc" {
            format!("ipc://{}-{port}", self.ip)
        } else {
            format!("{}://{}:{port}", self.transport, self.ip)
        }
    }
}
