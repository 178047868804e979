//! What `fit` saved by itself before the cells' process died.
//!
//! The library writes into a folder of this session, which it learns from an environment variable.
//! When the process dies, the error names what is new there.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use evcxr::Error;
use kerust::datasets::cache;
use kerust::models::Checkpoint;

use crate::events::CellError;

/// Where the library in the cells' process finds the folder's name.
const FOLDER_VARIABLE: &str = "KERUST_CHECKPOINTS";
/// How long the folders of earlier sessions are kept.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How many models are named at most.
const MOST: usize = 3;

/// The folder of all sessions' checkpoints; none without a home folder.
fn root() -> Option<PathBuf> {
    std::path::absolute(cache::home().ok()?.join("checkpoints")).ok()
}

/// The folder of this session; the library makes it when it writes.
fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let make = || {
        let now = jiff::Zoned::now().strftime("%m%d-%H%M%S");
        Some(root()?.join(format!("{now}-{}", std::process::id())))
    };
    FOLDER.get_or_init(make).as_deref()
}

/// Tells the processes that `command` starts where checkpoints belong.
pub(crate) fn give_to(command: &mut Command) {
    match folder() {
        Some(folder) => command.env(FOLDER_VARIABLE, folder),
        None => command.env_remove(FOLDER_VARIABLE),
    };
}

/// Removes what sessions of long ago have left, in the background.
pub(crate) fn remove_old() {
    let Some(root) = root() else {
        return;
    };
    let remove = move || remove_older(&root, SystemTime::now() - KEPT);
    // Without a thread they stay until the next start.
    let _ = std::thread::Builder::new()
        .name("kerust-tidy".to_owned())
        .spawn(remove);
}

/// Removes the folders in `root` in which nothing was written since `limit`.
fn remove_older(root: &Path, limit: SystemTime) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        // Not followed: a link's target is not ours.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let changed = |path: &Path| fs::symlink_metadata(path)?.modified();
        let is_old = |path: &Path| changed(path).is_ok_and(|time| time < limit);
        let path = entry.path();
        let files = fs::read_dir(&path).into_iter().flatten().flatten();
        if is_folder && is_old(&path) && files.into_iter().all(|file| is_old(&file.path())) {
            // What cannot be removed does no harm.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Which checkpoints are those of the running process of the cells.
#[derive(Default)]
pub(crate) struct Checkpoints {
    /// What earlier processes left, with the time at which it was written.
    earlier: HashMap<PathBuf, SystemTime>,
}

impl Checkpoints {
    /// A new process of the cells begins: what is there is of others.
    pub(crate) fn begin(&mut self) {
        self.earlier = files().into_iter().collect();
    }

    /// What to say about the checkpoints of the process that `outcome` shows to be dead. From then
    /// on they are those of an earlier one.
    pub(crate) fn of_dead(
        &mut self,
        outcome: &Result<Result<(), Error>, String>,
    ) -> Option<String> {
        if !matches!(outcome, Ok(Err(Error::SubprocessTerminated(_)))) {
            return None;
        }
        let mut own: Vec<(PathBuf, SystemTime)> = files()
            .into_iter()
            .filter(|(path, time)| self.earlier.get(path) != Some(time))
            .collect();
        self.begin();
        own.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
        let own = own
            .into_iter()
            .filter_map(|(path, _)| Checkpoint::read(path).ok());
        let lines: Vec<String> = own.take(MOST).map(|own| own.to_string()).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Adds to the error of a cell what [`Checkpoints::of_dead`] found.
pub(crate) fn append(result: &mut Result<(), CellError>, saved: Option<String>) {
    if let (Err(error), Some(saved)) = (result, saved) {
        error.traceback.push(saved);
    }
}

/// The checkpoints of this session and when they were written.
fn files() -> Vec<(PathBuf, SystemTime)> {
    let Some(entries) = folder().and_then(|folder| fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_without_anything_new_are_removed() {
        let root = tempfile::tempdir().expect("a folder");
        let now = SystemTime::now();
        let age = |path: &Path, days: u64| {
            let time = now - Duration::from_secs(days * 24 * 60 * 60);
            let file = fs::File::open(path).expect("it is there");
            file.set_modified(time).expect("it is ours");
        };
        let session = |name: &str, folder_age: u64, file_age: u64| {
            let folder = root.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            let file = folder.join("model.safetensors");
            fs::write(&file, "weights").expect("a file");
            age(&file, file_age);
            age(&folder, folder_age);
        };
        session("old", 20, 20);
        session("in use", 20, 1);
        session("new", 1, 1);
        fs::write(root.path().join("file"), "not ours").expect("a file");
        age(&root.path().join("file"), 20);
        remove_older(root.path(), now - KEPT);
        let mut left: Vec<String> = fs::read_dir(root.path())
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["file", "in use", "new"]);
    }
}
