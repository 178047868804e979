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
///
/// Where the loader looks for shared libraries is not among them, for cargo compiles nothing again
/// for it either: people name the folders of their GPU's libraries there, which only cells load. A
/// build script that looks at it says so; see [`watched_variables`].
pub(super) fn conditions(directory: &Path) -> String {
    let mut hash = Parts::default();
    for path in settings(directory) {
        hash.add(&fs::read(path).unwrap_or_default());
    }
    add_environment(&mut hash, |name| {
        name.starts_with("CARGO")
            || name.starts_with("RUST")
            || name.starts_with("__CARGO")
            || matches!(name, "PATH" | "CC")
    });
    hash.finish()
}

/// The environment variables that build scripts of crates look at, whose output is in `target`, and
/// their values here; cargo runs such a script again when one has changed.
pub(super) fn watched_variables(target: &Path) -> BTreeMap<String, Option<String>> {
    let subfolders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    // For the host and for what is built for: `debug/build` and `TARGET/debug/build`.
    let profiles = std::iter::once(target.to_owned()).chain(subfolders(target));
    profiles
        .flat_map(|profile| subfolders(&profile.join("debug/build")))
        .filter_map(|script| fs::read_to_string(script.join("output")).ok())
        .flat_map(|output| output.lines().filter_map(watched).collect::<Vec<_>>())
        .map(|name| {
            let value = variable(&name);
            (name, value)
        })
        .collect()
}

/// The value of a variable of the environment here.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The variable that a line of a build script's output asks cargo to watch.
fn watched(line: &str) -> Option<String> {
    let instruction = line.strip_prefix("cargo:")?;
    let instruction = instruction.strip_prefix(':').unwrap_or(instruction);
    let name = instruction.strip_prefix("rerun-if-env-changed=")?;
    Some(name.to_owned()).filter(|name| !name.is_empty() && !name.contains(['=', '\0']))
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

    use super::{Input, conditions, includes_others, watched_variables};

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
    fn what_build_scripts_look_at_is_known() {
        let folder = tempfile::tempdir().unwrap();
        for (place, output) in [
            (
                "debug/build/a-1",
                "cargo:rerun-if-env-changed=PATH\ncargo:rerun-if-changed=x\n",
            ),
            (
                "some-target/debug/build/b-2",
                "cargo::rerun-if-env-changed=KERUST_NOBODY_SETS_THIS\n",
            ),
            (
                "debug/build/c-3",
                "cargo:rerun-if-env-changed=\ncargo:rerun-if-env-changed=A=B\nwords",
            ),
        ] {
            fs::create_dir_all(folder.path().join(place)).unwrap();
            fs::write(folder.path().join(place).join("output"), output).unwrap();
        }
        let watched = watched_variables(folder.path());
        assert_eq!(watched.len(), 2);
        assert_eq!(watched["PATH"], std::env::var("PATH").ok());
        assert_eq!(watched["KERUST_NOBODY_SETS_THIS"], None);
        assert!(watched_variables(&folder.path().join("missing")).is_empty());
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
