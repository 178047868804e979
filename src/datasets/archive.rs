//! Unpacking an archive without trusting it.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use tar::{Archive, Entry};

use crate::{Error, Result};

/// More entries than any data set here has.
const MOST_ENTRIES: usize = 1000;
/// What an archive may hold beside the expected files: headers, padding, a readme.
const SLACK: u64 = 4 << 20;

/// A file that an archive must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where it is in the archive, with `/` between folders.
    pub path: &'static str,
    /// The least and the most bytes that it may have.
    pub bytes: (u64, u64),
}

impl Member {
    /// The name alone, under which it is written.
    pub(super) fn file_name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// Writes the `members` of a `.tar.gz` into `folder`, each under its file name alone.
///
/// Only the members are written. Other plain files are skipped; links, devices and paths that
/// leave the archive are refused, and so is an archive that holds more than its members and a
/// little, before that much is unpacked.
///
/// # Errors
/// When the archive is truncated, corrupted, holds something that it should not or lacks a member.
/// Files that were written before stay in `folder`.
///
/// # Example
/// ```
/// use kerust::datasets::archive::{Member, unpack_tar_gz};
/// let folder = tempfile::tempdir().unwrap();
/// let archive = folder.path().join("pictures.tar.gz");
/// std::fs::write(&archive, "not an archive").unwrap();
/// let member = Member { path: "pictures/one.bin", bytes: (0, 10) };
/// let error = unpack_tar_gz(&archive, &[member], folder.path(), &mut |_, _| {}).unwrap_err();
/// assert!(error.to_string().contains("truncated or corrupted"));
/// ```
pub fn unpack_tar_gz(
    archive: &Path,
    members: &[Member],
    folder: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<()> {
    unpack(archive, members, folder, progress)
        .map_err(|error| error.at(format!("archive `{}`", archive.display())))
}

fn unpack(
    archive: &Path,
    members: &[Member],
    folder: &Path,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<()> {
    let file = File::open(archive).map_err(|error| Error::io("cannot open it", error))?;
    let expected: u64 = members.iter().map(|member| member.bytes.1).sum();
    let unzipped = GzDecoder::new(BufReader::new(file));
    // One byte more than allowed, to tell a full archive from one that goes on.
    let mut tar = Archive::new(unzipped.take(expected + SLACK + 1));
    let mut found = vec![false; members.len()];
    let mut written = 0;
    progress(0, Some(expected));
    for (count, entry) in tar.entries().map_err(damaged)?.enumerate() {
        let mut entry = entry.map_err(damaged)?;
        if count >= MOST_ENTRIES {
            return Err(refused(format!("it has more than {MOST_ENTRIES} entries")));
        }
        let Some(name) = plain_name(&entry)? else {
            continue;
        };
        let Some(index) = members.iter().position(|member| member.path == name) else {
            continue;
        };
        let member = members[index];
        if std::mem::replace(&mut found[index], true) {
            return Err(refused(format!("it holds `{name}` twice")));
        }
        let (least, most) = member.bytes;
        if !(least..=most).contains(&entry.size()) {
            return Err(damage(format!(
                "`{name}` has {} bytes in it, expected {}",
                entry.size(),
                if least == most {
                    least.to_string()
                } else {
                    format!("{least} to {most}")
                },
            )));
        }
        written += write_member(&mut entry, &folder.join(member.file_name()))?;
        progress(written, Some(expected));
    }
    // Reading on to the end checks the checksum that closes the archive.
    let mut rest = tar.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(damaged)?;
    if rest.limit() == 0 {
        return Err(refused(format!(
            "it unpacks to more than {} bytes",
            expected + SLACK
        )));
    }
    match members.iter().zip(&found).find(|(_, found)| !**found) {
        Some((missing, _)) => Err(damage(format!("`{}` is not in it", missing.path))),
        None => {
            progress(written, Some(written));
            Ok(())
        }
    }
}

/// The path of a plain file, or nothing for a folder.
fn plain_name<R: Read>(entry: &Entry<'_, R>) -> Result<Option<String>> {
    let bytes = entry.path_bytes();
    let name = String::from_utf8_lossy(&bytes);
    let path = Path::new(name.as_ref());
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside || name.contains('\\') {
        return Err(refused(format!("the path `{name}` leaves the archive")));
    }
    let kind = entry.header().entry_type();
    if kind.is_dir() || kind.is_pax_global_extensions() {
        return Ok(None);
    }
    if !kind.is_file() {
        return Err(refused(format!(
            "`{name}` is neither a plain file nor a folder"
        )));
    }
    Ok(Some(name.trim_start_matches("./").to_owned()))
}

fn write_member(entry: &mut impl Read, to: &Path) -> Result<u64> {
    let cannot = |error: std::io::Error| {
        Error::io(format!("cannot write `{}`", to.display()), error)
            .remedy("free disk space, or set `KERUST_HOME` to a folder on another disk")
    };
    let mut file = BufWriter::new(File::create(to).map_err(cannot)?);
    let mut written = 0;
    let mut buffer = vec![0; 1 << 16];
    // Not `io::copy`, which would not tell a bad archive from a full disk.
    loop {
        let count = entry.read(&mut buffer).map_err(damaged)?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count]).map_err(cannot)?;
        written += count as u64;
    }
    let file = file
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    file.sync_all().map_err(cannot)?;
    Ok(written)
}

/// The size of a file in bytes, for messages.
pub(crate) fn file_bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

fn damaged(error: std::io::Error) -> Error {
    damage(format!("it is truncated or corrupted ({error})"))
}

fn damage(message: String) -> Error {
    Error::data(message).remedy("delete it and download it again")
}

fn refused(message: String) -> Error {
    Error::data(format!("{message}; it was not unpacked further"))
        .remedy("this is not the official archive; delete it and download it again")
}
