//! The kernel's own log: standard error, as it was before evcxr's messages were caught there.

use std::fs::File;
use std::io::Write;
use std::sync::OnceLock;

static TARGET: OnceLock<File> = OnceLock::new();

/// Sends notes to `file` from now on.
pub(crate) fn set_target(file: File) {
    // A second target cannot come: the standard error is caught once.
    let _ = TARGET.set(file);
}

/// Writes one line to the log.
pub(crate) fn note(text: &str) {
    let line = format!("kerust: {text}\n");
    match TARGET.get() {
        // A log that cannot be written has nowhere to complain.
        Some(mut file) => drop(file.write_all(line.as_bytes())),
        None => eprint!("{line}"),
    }
}
