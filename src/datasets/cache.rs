//! Where data sets are kept, and how a folder gets there whole or not at all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::waiting::{MOMENT, until};
use crate::{Error, Result};

/// Half-made folders start with this, so that a later run can clear away what a crash left.
const UNFINISHED: &str = ".unfinished-";
/// The stand-in has its own folder, so that real data are never taken for it or it for them.
pub(super) const STAND_IN: &str = "stand-in";
/// The file that processes lock.
pub(super) const LOCK: &str = ".lock";

/// The folder for everything that kerust keeps: `KERUST_HOME`, else the platform's data folder
/// (`$XDG_DATA_HOME/kerust` or `~/.local/share/kerust` on Linux, `~/Library/Application
/// Support/kerust` on macOS, `%LOCALAPPDATA%\kerust` on Windows).
///
/// Keras: `KERAS_HOME`, else `~/.keras`.
///
/// # Errors
/// When neither `KERUST_HOME` nor a home folder is known.
///
/// # Example
/// ```
/// use kerust::datasets::cache;
/// assert!(cache::folder("cifar10")?.starts_with(cache::home()?));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn home() -> Result<PathBuf> {
    if let Some(home) = folder_in("KERUST_HOME") {
        return expanded(home);
    }
    platform_data().map(|data| data.join("kerust"))
}

/// The folder where Keras keeps data sets: `$KERAS_HOME/datasets` or `~/.keras/datasets`.
pub(super) fn keras_folder() -> Option<PathBuf> {
    let home = match folder_in("KERAS_HOME") {
        Some(home) => expanded(home).ok()?,
        None => user_home().ok()?.join(".keras"),
    };
    Some(home.join("datasets"))
}

/// With the home folder in the place of `~`.
fn expanded(path: PathBuf) -> Result<PathBuf> {
    Ok(match path.strip_prefix("~") {
        Ok(below) => user_home()?.join(below),
        Err(_) => path,
    })
}

/// The folder of one data set: `<home>/datasets/<name>`. It need not exist.
///
/// # Errors
/// As [`home`].
///
/// # Example
/// ```
/// assert!(kerust::datasets::cache::folder("cifar10")?.ends_with("datasets/cifar10"));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn folder(name: &str) -> Result<PathBuf> {
    Ok(home()?.join("datasets").join(name))
}

/// The folder that an environment variable names; an empty value counts as none.
fn folder_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn user_home() -> Result<PathBuf> {
    folder_in(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).ok_or_else(|| {
        Error::new(
            crate::ErrorKind::Io,
            "no folder for data sets: neither `KERUST_HOME` nor a home folder is set",
        )
        .remedy("set the environment variable `KERUST_HOME` to a folder that can be written")
    })
}

fn platform_data() -> Result<PathBuf> {
    if cfg!(windows) {
        match folder_in("LOCALAPPDATA") {
            Some(data) => Ok(data),
            None => Ok(user_home()?.join("AppData").join("Local")),
        }
    } else if cfg!(target_os = "macos") {
        Ok(user_home()?.join("Library").join("Application Support"))
    } else {
        // The XDG rules say that a relative path counts as unset.
        match folder_in("XDG_DATA_HOME").filter(|data| data.is_absolute()) {
            Some(data) => Ok(data),
            None => Ok(user_home()?.join(".local").join("share")),
        }
    }
}

/// Keeps other processes out of a data set's folder until it is dropped.
pub(crate) struct Guard {
    /// The system lets go of the lock when the file closes.
    _file: Option<File>,
}

/// Waits until no other process prepares the data set in `folder`, then keeps others out.
///
/// # Errors
/// When the folder cannot be made or written, or the user interrupts.
pub(crate) fn lock(folder: &Path) -> Result<Guard> {
    let cannot = |error: std::io::Error| {
        Error::io(format!("cannot write in `{}`", folder.display()), error)
            .remedy("set the environment variable `KERUST_HOME` to a folder that can be written")
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    let file = lock_file(folder, true).map_err(cannot)?;
    wait_for(folder, || file.try_lock())?.map_err(cannot)?;
    clear_unfinished(folder);
    Ok(Guard { _file: Some(file) })
}

/// Keeps the data set in `folder` from being replaced while it is read.
///
/// A folder that cannot be written cannot be replaced either, so no lock is needed there.
///
/// # Errors
/// When the user interrupts.
pub(crate) fn lock_for_reading(folder: &Path) -> Result<Guard> {
    let Ok(file) = lock_file(folder, false) else {
        return Ok(Guard { _file: None });
    };
    let locked = wait_for(folder, || file.try_lock_shared())?.is_ok();
    Ok(Guard {
        _file: locked.then_some(file),
    })
}

/// Tries to lock until another process lets go of the lock. Waiting in the system could not be
/// interrupted.
///
/// # Errors
/// When the user interrupts; what else fails is within.
fn wait_for(
    folder: &Path,
    mut try_lock: impl FnMut() -> std::result::Result<(), TryLockError>,
) -> Result<std::io::Result<()>> {
    let what = format!(
        "waiting for another process that is preparing `{}`",
        folder.display()
    );
    let mut is_said = false;
    until(
        || Error::interrupted(&what),
        || match try_lock() {
            Ok(()) => Some(Ok(())),
            Err(TryLockError::Error(error)) => Some(Err(error)),
            Err(TryLockError::WouldBlock) => {
                if !is_said {
                    eprintln!("{what}");
                    is_said = true;
                }
                std::thread::sleep(MOMENT);
                None
            }
        },
    )
}

fn lock_file(folder: &Path, create: bool) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(create)
        .create(create)
        .truncate(false)
        .open(folder.join(LOCK))
}

fn clear_unfinished(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // What cannot be removed does no harm: nothing looks for it.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Makes the folder `<parent>/<name>` by letting `fill` write into a new folder beside it and
/// renaming that when it is complete and on the disk. A folder that was there before is replaced.
///
/// # Errors
/// Those of `fill`, and of the file system; the folder is then as it was before.
pub(crate) fn install(
    parent: &Path,
    name: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let target = parent.join(name);
    let cannot = |error: std::io::Error| {
        Error::io(
            format!("cannot make the folder `{}`", target.display()),
            error,
        )
    };
    let scratch = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(parent)
        .map_err(cannot)?;
    // A folder inside of the temporary one, which only its owner may read.
    let fresh = scratch.path().join("fresh");
    fs::create_dir(&fresh).map_err(cannot)?;
    fill(&fresh)?;
    sync_folder(&fresh).map_err(cannot)?;
    let old = scratch.path().join("old");
    let replaced = match fs::rename(&target, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(cannot(error)),
    };
    if let Err(error) = fs::rename(&fresh, &target) {
        if replaced {
            // Best effort: the first error is the one to report.
            let _ = fs::rename(&old, &target);
        }
        return Err(cannot(error));
    }
    sync_folder(parent).map_err(cannot)?;
    Ok(target)
}

/// Makes the names in a folder survive a power cut. Windows does that by itself.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// `path` as people write it: `~` for the home folder.
pub(crate) fn readable(path: &Path) -> String {
    match std::env::home_dir().and_then(|home| path.strip_prefix(home).ok().map(Path::to_path_buf))
    {
        Some(inside) => format!("~/{}", inside.display()),
        None => path.display().to_string(),
    }
}
