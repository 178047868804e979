//! On what the answers and the work of cargo and rustc depend: files and settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::session::sealed::Parts;

/// A file or folder as it was when somebody looked at it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(crate) struct Input {
    path: PathBuf,
    /// Its size and when it was written; nothing if it was not there.
    state: Option<(u64, i64, i64)>,
}

impl Input {
    pub(crate) fn at(path: &Path) -> Input {
        let state = fs::metadata(path)
            .ok()
            .map(|metadata| (metadata.len(), metadata.mtime(), metadata.mtime_nsec()));
        Input {
            path: path.to_owned(),
            state,
        }
    }

    pub(crate) fn is_unchanged(&self) -> bool {
        Input::at(&self.path) == *self
    }
}

/// The files that set how cargo works in `directory`: the package's own, and the settings there
/// and above, where it also looks for a workspace that the package belongs to.
fn settings(directory: &Path) -> Vec<PathBuf> {
    let mut files = vec![directory.join("Cargo.lock")];
    for folder in directory.ancestors() {
        files.push(folder.join("Cargo.toml"));
        files.extend(settings_in(&folder.join(".cargo")));
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    files.extend(home.iter().flat_map(|home| settings_in(home)));
    files
}

fn settings_in(folder: &Path) -> [PathBuf; 2] {
    ["config.toml", "config"].map(|name| folder.join(name))
}

/// Whether cargo's settings for `directory` take in further files.
pub(super) fn includes_others(directory: &Path) -> bool {
    settings(directory)
        .iter()
        .filter(|path| !path.ends_with("Cargo.toml") && !path.ends_with("Cargo.lock"))
        .filter_map(|path| fs::read(path).ok())
        .any(|text| text.windows(7).any(|word| word == b"include"))
}

/// The settings for cargo in `directory` and its environment, as a hash.
pub(super) fn conditions(directory: &Path) -> String {
    let mut hash = Parts::default();
    for path in settings(directory) {
        hash.add(&fs::read(path).unwrap_or_default());
    }
    add_environment(&mut hash, |name| {
        name.starts_with("CARGO")
            || name.starts_with("RUST")
            || name.starts_with("__CARGO")
            || matches!(
                name,
                "PATH" | "CC" | "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH"
            )
    });
    hash.finish()
}

/// Adds the variables whose names matter.
pub(super) fn add_environment(hash: &mut Parts, matters: impl Fn(&str) -> bool) {
    // rust-analyzer's name for a copy of Cargo.lock, in a new folder every time.
    let copy = "CARGO_RESOLVER_LOCKFILE_PATH";
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os()
        .filter(|(name, _)| name != copy && name.to_str().is_some_and(&matters))
        .collect();
    for (name, value) in &environment {
        hash.add(name.as_encoded_bytes());
        hash.add(value.as_encoded_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::{Input, conditions, includes_others};

    #[test]
    fn a_file_that_comes_goes_or_changes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let missing = Input::at(&path);
        assert!(missing.is_unchanged());
        fs::write(&path, "one").unwrap();
        assert!(!missing.is_unchanged());
        let there = Input::at(&path);
        assert!(there.is_unchanged());
        fs::write(&path, "four").unwrap();
        assert!(!there.is_unchanged());
        fs::remove_file(&path).unwrap();
        assert!(!there.is_unchanged() && missing.is_unchanged());
    }

    #[test]
    fn settings_count_wherever_cargo_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("slot/work");
        fs::create_dir_all(work.join(".cargo")).unwrap();
        fs::create_dir_all(folder.path().join(".cargo")).unwrap();
        let mut seen = vec![conditions(&work)];
        for name in [
            "slot/work/Cargo.toml",
            "slot/work/Cargo.lock",
            "slot/work/.cargo/config.toml",
            ".cargo/config",
            "Cargo.toml",
        ] {
            fs::write(folder.path().join(name), "a").unwrap();
            let now = conditions(&work);
            assert!(!seen.contains(&now), "{name}");
            assert_eq!(conditions(&work), now);
            seen.push(now);
        }
        assert!(!includes_others(&work));
        fs::write(work.join(".cargo/config.toml"), "include = \"more.toml\"").unwrap();
        assert!(includes_others(&work));
    }
}
