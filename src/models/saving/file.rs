//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Half-written files start with this.
const UNFINISHED: &str = ".unfinished-";

/// How a file is written.
pub(crate) struct Manner {
    /// Whether a file that is there is replaced.
    pub(crate) overwrite: bool,
    /// Whether it must survive a power cut, which takes time.
    pub(crate) durable: bool,
}

/// Lets `fill` write a new file beside `path`, and puts it in its place when it is complete. A file
/// that was there before is whole at every moment.
pub(crate) fn write(
    path: &Path,
    manner: &Manner,
    fill: impl FnOnce(&mut BufWriter<&File>) -> Result<()>,
) -> Result<()> {
    let cannot = |error: io::Error| cannot_write(path, &error);
    // What a link points to is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return Err(Error::argument(
            "filepath",
            "the path of a file",
            format!("`{}`, which is none", path.display()),
        ));
    }
    if before.is_some() && !manner.overwrite {
        return Err(exists(path));
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut scratch = tempfile::Builder::new();
    scratch.prefix(UNFINISHED);
    #[cfg(unix)]
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    // What the user's mask leaves of them, as for any new file.
    scratch.permissions(everyone);
    let scratch = scratch.tempfile_in(folder).map_err(cannot)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, scratch.as_file());
    fill(&mut buffered)?;
    buffered.flush().map_err(cannot)?;
    drop(buffered);
    if let Some(before) = before {
        let permissions = before.permissions();
        scratch
            .as_file()
            .set_permissions(permissions)
            .map_err(cannot)?;
    }
    if manner.durable {
        scratch.as_file().sync_all().map_err(cannot)?;
    }
    if manner.overwrite {
        scratch.persist(&target).map_err(|e| cannot(e.error))?;
    } else {
        let placed = scratch.persist_noclobber(&target);
        placed.map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => exists(path),
            _ => cannot(e.error),
        })?;
    }
    if manner.durable && cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(cannot)?;
    }
    Ok(())
}

/// Puts `bytes` into the file at `path`, in one step.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let manner = Manner {
        overwrite: true,
        durable: true,
    };
    write(path, &manner, |out| {
        out.write_all(bytes)
            .map_err(|error| cannot_write(path, &error))
    })
}

/// Fails when there is a file at `path` that may not be replaced.
pub(super) fn check_free(path: &Path, manner: &Manner) -> Result<()> {
    match manner.overwrite || !path.exists() {
        true => Ok(()),
        false => Err(exists(path)),
    }
}

fn exists(path: &Path) -> Error {
    let given = format!("`{}`, which exists", path.display());
    Error::argument("filepath", "a path where no file is yet", given)
        .remedy("choose another name, or allow `overwrite`")
}

pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    let failed = Error::io(format!("cannot write `{}`", path.display()), error);
    match error.kind() {
        io::ErrorKind::NotFound => {
            failed.remedy("make its folder first, with `std::fs::create_dir_all(..)?`")
        }
        io::ErrorKind::PermissionDenied => failed.remedy("choose a folder that can be written"),
        io::ErrorKind::StorageFull => failed.remedy("free some space, or choose another disk"),
        _ => failed,
    }
}

/// Opens a file for reading. Returns its length, too.
pub(crate) fn open(path: &Path) -> Result<(File, u64)> {
    let cannot = |error: io::Error| {
        let failed = Error::io(format!("cannot read `{}`", path.display()), &error);
        match std::env::current_dir() {
            Ok(here) if error.kind() == io::ErrorKind::NotFound && path.is_relative() => failed
                .remedy(format!(
                    "relative paths start at the current folder, `{}`",
                    here.display()
                )),
            _ => failed,
        }
    };
    // Asked first: opening a pipe would wait until somebody writes into it.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(Error::argument(
            "filepath",
            "the path of a file",
            format!("`{}`, which is none", path.display()),
        ));
    }
    let file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    Ok((file, length))
}

/// `path` with the home folder in the place of a leading `~`, as a shell reads it.
pub(crate) fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_path_buf(),
    }
}
