//! One's own data: files of NumPy and what NumPy makes of kerust's, tables, pictures, texts.

mod csv;
mod npy;
mod npz;
mod numpy;
mod pictures;
mod split;
mod texts;

use std::path::PathBuf;

use kerust::Result;
use tempfile::TempDir;

/// A folder of its own for a test, and a path in it.
fn scratch(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    (folder, path)
}

/// Fails unless `result` is an error that says all of `parts`.
#[track_caller]
fn fails<T>(result: Result<T>, parts: &[&str]) {
    let Err(error) = result else {
        panic!("expected an error: {parts:?}")
    };
    let error = error.to_string();
    for part in parts {
        assert!(error.contains(part), "{part} in {error}");
    }
}
