//! `kerust run`: executes a notebook from the first cell to the last.

pub mod client;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The notebook, which stays as it is.
    pub notebook: PathBuf,
    /// Where the executed notebook goes.
    pub output: Option<PathBuf>,
    /// Where the page goes.
    pub html: Option<PathBuf>,
    /// The longest time for one cell.
    pub timeout: Option<Duration>,
    /// Whether to go on after a cell that failed.
    pub allow_errors: bool,
}

/// Runs a notebook; returns whether every cell succeeded.
///
/// # Errors
/// If the notebook cannot be read, the kernel cannot be started, or the result cannot be written.
pub fn run(options: &RunOptions) -> io::Result<bool> {
    Err(io::Error::other(format!("{options:?}")))
}
