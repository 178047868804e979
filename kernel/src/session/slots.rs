//! Working directories for sessions, kept from one to the next so that compiled code stays.
//!
//! Under the cache directory lies one folder for each state of the library and compiler, named by
//! a hash of both. In it, each running session claims a slot of its own by a file lock, since
//! evcxr's directory serves one session at a time. A new slot starts with a copy of what another
//! slot has compiled; while another one compiles it for the first time, it waits for that.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::library::Library;

/// Folders of other library states that nobody used for this long are removed.
const KEEP_UNUSED: Duration = Duration::from_secs(14 * 24 * 3600);
/// Marks a slot in which the library is compiled.
const COMPLETE_MARK: &str = "complete";
/// How often a session looks whether another one has compiled the library.
const TURN_INTERVAL: Duration = Duration::from_millis(100);
/// How many library states are kept, the newest ones.
const KEEP_STATES: usize = 4;

/// The folder of a slot, and what is where in it.
#[derive(Clone)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(folder: PathBuf) -> Place {
        Place(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// The directory for evcxr.
    pub(crate) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    /// The directory for evcxr's settings.
    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("settings")
    }

    /// The directory for settings of cargo, which it reads when it runs in `work`.
    pub(crate) fn cargo_settings(&self) -> PathBuf {
        self.0.join(".cargo")
    }

    /// The directory for the stand-ins for cargo and others.
    pub(crate) fn tools(&self) -> PathBuf {
        self.0.join("tools")
    }

    /// The directory where cargo looks at a crate that a cell asks for.
    pub(crate) fn validation(&self) -> PathBuf {
        self.0.join("validation")
    }

    /// The directory for what cargo and rustc have answered.
    pub(crate) fn answers(&self) -> PathBuf {
        self.0.join("answers")
    }

    /// The directory for what compiling cells gave.
    pub(crate) fn results(&self) -> PathBuf {
        self.0.join("results")
    }
}

/// A claimed slot; dropping it lets another session claim it.
pub(crate) struct Slot {
    pub(crate) place: Place,
    cells: PathBuf,
    home: PathBuf,
    _lock: File,
}

impl Slot {
    /// Claims a slot for `library` under `cache`, compiled by the compiler described by `rustc`.
    pub(crate) fn claim(cache: &Path, library: &Library, rustc: &str) -> io::Result<Slot> {
        let cells = cache.join("cells");
        let key = key(library, rustc)?;
        let home = cells.join(&key);
        fs::create_dir_all(&home)?;
        fs::write(home.join("used"), b"")?;
        remove_unused(&cells, &key);
        for number in 0.. {
            let directory = home.join(format!("slot-{number}"));
            fs::create_dir_all(directory.join("work"))?;
            let lock = File::create(directory.join("lock"))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            return Ok(Slot {
                place: Place(directory),
                cells,
                home,
                _lock: lock,
            });
        }
        unreachable!("the numbers do not end");
    }

    /// Whether the library is compiled in this slot.
    pub(crate) fn is_complete(&self) -> bool {
        self.place.folder().join(COMPLETE_MARK).exists()
    }

    /// Notes that the library is compiled in this slot.
    pub(crate) fn set_complete(&self) {
        // Without the mark, other slots only compile more than they need to.
        let _ = fs::write(self.place.folder().join(COMPLETE_MARK), b"");
    }

    /// Waits while another session compiles the library, as long as `go_on` says so, which is asked
    /// again and again. The turn to compile it ends when the result is dropped; there is none when
    /// the library is compiled here, or the wait was given up.
    pub(crate) fn take_turn(&self, go_on: impl FnMut() -> bool) -> io::Result<Option<File>> {
        if self.is_complete() {
            return Ok(None);
        }
        lock_in_turn(&self.home.join("turn"), go_on)
    }

    /// Starts this slot with what the best other slot has compiled: one of the same library, else
    /// the most recently used one, whose dependencies are probably the same.
    pub(crate) fn seed(&self) {
        let target = self.place.work().join("target");
        let begun = target.exists();
        if begun && self.is_complete() {
            return;
        }
        let mut sources = complete_slots(&self.home);
        if begun {
            if sources.is_empty() {
                return;
            }
            // A start that came to no end left it.
            let _ = fs::remove_dir_all(&target);
        }
        if sources.is_empty() {
            let mut homes = subdirectories(&self.cells);
            homes.sort_by_key(|home| last_use(home));
            sources = homes
                .iter()
                .rev()
                .flat_map(|home| complete_slots(home))
                .collect();
        }
        let Some(source) = sources.first() else {
            return;
        };
        // A half-made copy would mislead cargo, so it has another name until it is whole.
        let draft = self.place.work().join("target.draft");
        let _ = fs::remove_dir_all(&draft);
        let made = copy_tree(&source.join("work/target"), &draft)
            .and_then(|()| {
                fs::copy(
                    source.join("work/Cargo.lock"),
                    self.place.work().join("Cargo.lock"),
                )
            })
            .and_then(|_| fs::rename(&draft, &target));
        if made.is_err() {
            // The disk may be full: nothing is better than a part.
            let _ = fs::remove_dir_all(&draft);
        }
    }
}

/// The cache directory: `KERUST_CACHE`, else `kerust` in the platform's cache folder.
pub(crate) fn cache_directory() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("KERUST_CACHE").filter(|path| !path.is_empty()) {
        return std::path::absolute(path);
    }
    crate::folders::cache()
        .map(|cache| cache.join("kerust"))
        .ok_or_else(|| {
            io::Error::other("no cache folder: set `KERUST_CACHE` to a folder that can be written")
        })
}

/// Locks the file `path` as soon as nobody else does, unless `go_on` gives up.
fn lock_in_turn(path: &Path, mut go_on: impl FnMut() -> bool) -> io::Result<Option<File>> {
    let file = File::create(path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if go_on() => std::thread::sleep(TURN_INTERVAL),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn key(library: &Library, rustc: &str) -> io::Result<String> {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(rustc);
    hash.update(library.dependency());
    if let Some(root) = library.root() {
        let mut files = vec![root.join("Cargo.toml"), root.join("Cargo.lock")];
        list_files(&root.join("src"), &mut files)?;
        files.sort();
        let mut content = Vec::new();
        for file in files {
            hash.update(file.to_string_lossy().as_bytes());
            content.clear();
            if let Ok(mut file) = File::open(&file) {
                file.read_to_end(&mut content)?;
            }
            hash.update((content.len() as u64).to_le_bytes());
            hash.update(&content);
        }
    }
    let digest = hash.finalize();
    Ok(digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn list_files(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list_files(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn subdirectories(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn complete_slots(home: &Path) -> Vec<PathBuf> {
    let mut slots = subdirectories(home);
    slots.retain(|slot| slot.join(COMPLETE_MARK).exists());
    slots.sort();
    slots
}

fn last_use(home: &Path) -> SystemTime {
    fs::metadata(home.join("used"))
        .and_then(|metadata| metadata.modified())
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Removes what belongs to library states that were not used for long, or are not among the last
/// few, unless a session uses it.
fn remove_unused(cells: &Path, current: &str) {
    let mut homes = subdirectories(cells);
    homes.retain(|home| !home.ends_with(current));
    homes.sort_by_key(|home| std::cmp::Reverse(last_use(home)));
    for (age_rank, home) in homes.iter().enumerate() {
        let unused = last_use(home).elapsed().is_ok_and(|age| age > KEEP_UNUSED);
        // The current state is one of those that are kept.
        if !unused && age_rank + 1 < KEEP_STATES {
            continue;
        }
        let in_use = subdirectories(home)
            .iter()
            .any(|slot| File::open(slot.join("lock")).is_ok_and(|lock| lock.try_lock().is_err()));
        if !in_use {
            // What cannot be removed now is tried again by the next session.
            let _ = fs::remove_dir_all(home);
        }
    }
}

/// Copies the compiled dependencies of one target directory into another: everything except what
/// belongs to the cells themselves. Links would be quicker, but compilers write over files in
/// place, and would change those of other sessions.
fn copy_tree(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let of_cells = text == "incremental"
            || ["ctx", "libctx", "libcode_"]
                .iter()
                .any(|start| text.starts_with(start));
        if of_cells {
            continue;
        }
        let (from, to) = (entry.path(), target.join(&name));
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            copy_tree(&from, &to)?;
        } else {
            copy_with_time(&from, &to, metadata.modified()?)?;
        }
    }
    Ok(())
}

/// Copies a file and its modification time, by which cargo judges whether it is fresh.
fn copy_with_time(from: &Path, to: &Path, modified: SystemTime) -> io::Result<()> {
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(modified)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn turns_come_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("turn");
        let first = lock_in_turn(&path, || false).unwrap();
        assert!(first.is_some());
        let mut asked = 0;
        let given_up = lock_in_turn(&path, || {
            asked += 1;
            asked < 3
        });
        assert!(given_up.unwrap().is_none());
        assert_eq!(asked, 3);
        let mut first = Some(first);
        let second = lock_in_turn(&path, || {
            first = None;
            true
        });
        assert!(second.unwrap().is_some());
    }
}
