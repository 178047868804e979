//! What the cache holds of a data set, whether it is sound, and how it is removed.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::archive::{Member, file_bytes};
use super::cache::{self, STAND_IN};
use super::dataset::{DataFile, Dataset};
use super::hash::{self, Algorithm};
use super::prepare::Source;
use super::stand_in;
use crate::{Error, Result};

/// The hashes of unpacked files, written when the archive was known to be sound.
const HASHES: &str = "SHA256SUMS";

/// What the cache holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing that can be loaded; the folder where it would be.
    Missing(PathBuf),
    /// The real data set, and its folder: kerust's or Keras's.
    Real(PathBuf),
    /// A stand-in, and its folder.
    StandIn(PathBuf),
}

/// What a check of the real data set found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// Every file has its official hash, or the hash that it had when the archive was unpacked.
    Sound(PathBuf),
    /// Every file has its official size; nothing more is known about it.
    Sizes(PathBuf),
    /// There is only a stand-in, which nothing can be said about.
    StandIn(PathBuf),
    /// It is not there.
    Missing(PathBuf),
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::Sound(folder) => write!(f, "sound, in {}", folder.display()),
            Check::Sizes(folder) => write!(
                f,
                "the sizes are right (no hashes are known), in {}",
                folder.display()
            ),
            Check::StandIn(folder) => write!(f, "a STAND-IN, in {}", folder.display()),
            Check::Missing(_) => f.write_str("not here"),
        }
    }
}

impl Dataset {
    /// What the cache holds; the real data set when it holds both.
    ///
    /// # Errors
    /// When no folder for the cache is known.
    ///
    /// # Example
    /// ```
    /// use kerust::datasets::{Status, mnist};
    /// match mnist::DATASET.status()? {
    ///     Status::Real(folder) => println!("real data in {}", folder.display()),
    ///     Status::StandIn(folder) => println!("drawn pictures in {}", folder.display()),
    ///     Status::Missing(folder) => println!("nothing in {}", folder.display()),
    /// }
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn status(&self) -> Result<Status> {
        if let Some(folder) = stand_in_in_use(self)? {
            return Ok(Status::StandIn(folder));
        }
        let own = own_folder(self)?;
        if has_all(self, &own, &self.files[..1]) {
            return Ok(Status::Real(own));
        }
        Ok(match folder_of_keras(self, &self.files[..1])? {
            Some(folder) => Status::Real(folder),
            None => Status::Missing(own),
        })
    }

    /// Whether the real data set in the cache is what it should be.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read; the message says what to do.
    ///
    /// # Example
    /// ```
    /// use kerust::datasets::mnist;
    /// println!("{}", mnist::DATASET.verify()?);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn verify(&self) -> Result<Check> {
        let folder = match self.status()? {
            Status::Missing(folder) => return Ok(Check::Missing(folder)),
            Status::StandIn(folder) => return Ok(Check::StandIn(folder)),
            Status::Real(folder) => folder,
        };
        let _guard = cache::lock_for_reading(&cache::folder(self.name)?)?;
        let Some(unpacked) = &self.unpacked else {
            for file in self.files {
                let path = folder.join(file.name);
                if path.is_file() {
                    check_file(&path, file)?;
                }
            }
            return Ok(Check::Sound(folder));
        };
        check_sizes(&folder, unpacked.members)?;
        Ok(match check_hashes(&folder)? {
            true => Check::Sound(folder),
            false => Check::Sizes(folder),
        })
    }

    /// Removes the data set from kerust's cache: the stand-in, and the real one too unless
    /// `only_stand_in`. What Keras has stays. Gives the bytes that are free now.
    ///
    /// # Errors
    /// When something cannot be removed.
    ///
    /// # Example
    /// ```no_run
    /// let freed = kerust::datasets::cifar10::DATASET.clean(true)?;
    /// println!("{freed} bytes of drawn pictures removed");
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn clean(&self, only_stand_in: bool) -> Result<u64> {
        let home = cache::folder(self.name)?;
        if !home.is_dir() {
            return Ok(0);
        }
        let _guard = cache::lock(&home)?;
        let mut freed = 0;
        let entries = fs::read_dir(&home)
            .map_err(|error| Error::io(format!("cannot read `{}`", home.display()), error))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_stand_in = path.ends_with(STAND_IN) || stand_in::is_stand_in(&path);
            // The lock stays: another process may be waiting at it.
            if path.ends_with(cache::LOCK) || (only_stand_in && !is_stand_in) {
                continue;
            }
            let bytes = bytes_below(&path);
            let removed = match path.is_dir() && !path.is_symlink() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            removed
                .map_err(|error| Error::io(format!("cannot remove `{}`", path.display()), error))?;
            freed += bytes;
        }
        Ok(freed)
    }
}

/// The folder in kerust's cache that holds the real files.
fn own_folder(dataset: &Dataset) -> Result<PathBuf> {
    let home = cache::folder(dataset.name)?;
    Ok(match &dataset.unpacked {
        Some(unpacked) => home.join(unpacked.folder),
        None => home,
    })
}

/// The stand-in, when there is one and no real data set.
pub(super) fn stand_in_in_use(dataset: &Dataset) -> Result<Option<PathBuf>> {
    let own = own_folder(dataset)?;
    if stand_in::is_stand_in(&own) {
        return Ok(Some(own));
    }
    let made = cache::folder(dataset.name)?.join(STAND_IN);
    let in_use = made.is_dir()
        && !has_all(dataset, &own, &dataset.files[..1])
        && folder_of_keras(dataset, &dataset.files[..1])?.is_none();
    Ok(in_use.then_some(made))
}

fn has_all(dataset: &Dataset, folder: &Path, wanted: &[DataFile]) -> bool {
    match dataset.unpacked {
        Some(_) => folder.is_dir() && !stand_in::is_stand_in(folder),
        None => wanted.iter().all(|file| folder.join(file.name).is_file()),
    }
}

/// The folder that holds the wanted files of the real data set, checked.
pub(super) fn real(dataset: &Dataset, wanted: &[DataFile]) -> Result<Option<(PathBuf, Source)>> {
    let own = own_folder(dataset)?;
    if has_all(dataset, &own, wanted) {
        match &dataset.unpacked {
            Some(unpacked) => check_sizes(&own, unpacked.members)?,
            None => {
                for file in wanted {
                    check_file(&own.join(file.name), file)?;
                }
            }
        }
        return Ok(Some((own, Source::Cache)));
    }
    let keras = folder_of_keras(dataset, wanted)?;
    Ok(keras.map(|folder| (folder, Source::Keras)))
}

/// Keras's folder, when it holds all the wanted files with the right hashes, ready to be read.
fn folder_of_keras(dataset: &Dataset, wanted: &[DataFile]) -> Result<Option<PathBuf>> {
    if dataset.unpacked.is_some() {
        return Ok(None);
    }
    for file in wanted {
        if file_of_keras(dataset, file)?.is_none() {
            return Ok(None);
        }
    }
    Ok(cache::keras_folder().map(|folder| folder.join(dataset.keras_folder)))
}

/// A file that Keras has downloaded, when it has the right hash.
pub(super) fn file_of_keras(dataset: &Dataset, file: &DataFile) -> Result<Option<PathBuf>> {
    let Some(folder) = cache::keras_folder() else {
        return Ok(None);
    };
    let folder = folder.join(dataset.keras_folder);
    for name in file.keras_names {
        let path = folder.join(name);
        // One that is half there or cannot be read is left alone, as if it were not there.
        if path.is_file()
            && hash::of_file(&path, Algorithm::of(file.hash)).is_ok_and(|h| h == file.hash)
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether a file is the official one.
pub(super) fn check_file(path: &Path, file: &DataFile) -> Result<()> {
    let algorithm = Algorithm::of(file.hash);
    let found = hash::of_file(path, algorithm)?;
    if found == file.hash {
        return Ok(());
    }
    Err(Error::data(format!(
        "`{}` is truncated or corrupted: its {algorithm} is {found}, expected {} ({} bytes, \
         expected {})",
        path.display(),
        file.hash,
        file_bytes(path),
        file.bytes
    ))
    .remedy(format!(
        "delete it, or replace it with the file from {}",
        file.origin
    )))
}

/// Whether the unpacked files are all there with their official sizes.
pub(super) fn check_sizes(folder: &Path, members: &[Member]) -> Result<()> {
    for member in members {
        let name = member.file_name();
        let file = folder.join(name);
        let remedy = format!(
            "delete the folder `{}`; the data set is then downloaded again",
            folder.display()
        );
        let Ok(about) = fs::metadata(&file) else {
            // Everything works without the names of the classes.
            if name.contains("meta") {
                continue;
            }
            let missing = format!("`{name}` is not in `{}`", folder.display());
            return Err(Error::data(missing).remedy(remedy));
        };
        let (least, most) = member.bytes;
        if !(least..=most).contains(&about.len()) {
            return Err(Error::data(format!(
                "`{}` is truncated or damaged: it has {} bytes, expected {most}",
                file.display(),
                about.len()
            ))
            .remedy(remedy));
        }
    }
    Ok(())
}

/// Writes down the hashes of files that were just unpacked from a sound archive, in the format of
/// `sha256sum`.
pub(super) fn note_hashes(folder: &Path, members: &[Member]) -> Result<()> {
    let mut lines = String::new();
    for name in members.iter().map(Member::file_name) {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let hash = hash::of_file(&path, Algorithm::Sha256)?;
        lines += &format!("{hash}  {name}\n");
    }
    let path = folder.join(HASHES);
    fs::write(&path, lines)
        .map_err(|error| Error::io(format!("cannot write `{}`", path.display()), error))
}

/// Compares the files with the hashes that were noted; false when none were.
fn check_hashes(folder: &Path) -> Result<bool> {
    let Ok(noted) = fs::read_to_string(folder.join(HASHES)) else {
        return Ok(false);
    };
    for (hash, name) in noted.lines().filter_map(|line| line.split_once("  ")) {
        let path = folder.join(name);
        if hash::of_file(&path, Algorithm::Sha256)? != hash {
            return Err(Error::data(format!(
                "`{}` is damaged: it is no longer what was unpacked",
                path.display()
            ))
            .remedy(format!(
                "delete the folder `{}`; the data set is then downloaded again",
                folder.display()
            )));
        }
    }
    Ok(true)
}

/// What a file, or the files in a folder, hold together, in bytes.
fn bytes_below(path: &Path) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) if !path.is_symlink() => entries
            .flatten()
            .map(|entry| bytes_below(&entry.path()))
            .sum(),
        _ => fs::symlink_metadata(path).map_or(0, |about| about.len()),
    }
}
