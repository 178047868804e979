//! The link to kerust's own Jupyter kernel: rich messages between the lines of a cell's output.
//!
//! The kernel reads the standard output of the process that runs the cells. A message travels in
//! that same stream, so it keeps its place between the printed lines:
//! `ESC _ kerust;<length of the payload in bytes>;<payload> ESC \`, where the payload is the JSON
//! `{"msg_type": .., "content": ..}`.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

static ATTACHED: AtomicBool = AtomicBool::new(false);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Says that kerust's kernel reads the standard output from now on.
pub fn attach() {
    ATTACHED.store(true, Ordering::Relaxed);
}

/// Whether kerust's kernel reads the standard output.
pub fn is_attached() -> bool {
    ATTACHED.load(Ordering::Relaxed)
}

/// Whether the user has asked the running cell to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Sends one Jupyter message, such as `display_data`, in its place between the printed text.
pub fn emit(msg_type: &str, content: Value) {
    let payload = json!({ "msg_type": msg_type, "content": content }).to_string();
    let frame = format!("\x1b_kerust;{};{payload}\x1b\\", payload.len());
    let mut stdout = std::io::stdout().lock();
    // A kernel that has gone away is no reason to stop the training.
    let _ = stdout
        .write_all(frame.as_bytes())
        .and_then(|()| stdout.flush());
}
