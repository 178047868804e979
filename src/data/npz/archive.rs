//! An open `.npz` file, whose arrays are read one by one.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::{ENDING, damaged};
use crate::data::npy;
use crate::models::file;
use crate::{Error, Result, Tensor};

/// What arrays may take in memory, whatever the size of their file.
const ROOM: u64 = 1 << 30;
/// How many times as large as a larger file its arrays may be.
const LARGEST_RATIO: u64 = 100;

/// A `.npz` file that may come from a stranger.
pub(crate) struct NpzArchive {
    archive: ZipArchive<BufReader<File>>,
    /// The bytes of the file.
    length: u64,
    /// What arrays may still take in memory.
    left: u64,
}

impl NpzArchive {
    pub(crate) fn open(path: &Path) -> Result<NpzArchive> {
        let (file, length) = file::open(path)?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
        if archive.has_duplicate_names() {
            return Err(damaged("two arrays have the same name"));
        }
        Ok(NpzArchive {
            archive,
            length,
            left: ROOM.max(length.saturating_mul(LARGEST_RATIO)),
        })
    }

    /// The number of arrays.
    pub(super) fn len(&self) -> usize {
        self.archive.len()
    }

    /// The name of one of the arrays, and its numbers.
    pub(super) fn numbers_at(&mut self, index: usize) -> Result<(String, Tensor)> {
        let mut member = self.archive.by_index(index).map_err(damaged)?;
        let full = member.name().map_err(damaged)?.into_owned();
        let at = |error: Error| error.at(format!("`{full}`"));
        let name = full.strip_suffix(ENDING).ok_or_else(no_array).map_err(at)?;
        let there = member.compressed_size().min(self.length);
        let array = numbers(&mut member, there, &mut self.left).map_err(at)?;
        Ok((name.to_owned(), array))
    }

    /// The numbers of the array called `name`.
    pub(crate) fn numbers(&mut self, name: &str) -> Result<Tensor> {
        let length = self.length;
        self.array(name, |member, left| {
            let there = member.compressed_size().min(length);
            numbers(member, there, left)
        })
    }

    /// The pickle of the objects in the array called `name`. Nothing of it was looked at.
    pub(crate) fn pickle(&mut self, name: &str) -> Result<Vec<u8>> {
        self.array(name, |member, left| {
            npy::header_of_objects(member)?;
            let mut pickle = Vec::new();
            // Reading to the end compares the checksum.
            let mut limited = member.take(left.saturating_add(1));
            limited.read_to_end(&mut pickle).map_err(npy::damaged)?;
            take_off(left, pickle.len() as u64)?;
            Ok(pickle)
        })
    }

    /// What `read` makes of the array called `name`, and of what arrays may still take in memory.
    fn array<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ZipFile<'_, BufReader<File>>, &mut u64) -> Result<T>,
    ) -> Result<T> {
        let full = format!("{name}{ENDING}");
        let member = self.archive.by_name(&full);
        let mut member = member.map_err(|error| match error {
            ZipError::FileNotFound => damaged(format!("there is no `{full}` in it")),
            error => damaged(error).at(format!("`{full}`")),
        })?;
        read(&mut member, &mut self.left).map_err(|error| error.at(format!("`{full}`")))
    }
}

/// Reads one array, of which `there` bytes surely are in the file, and takes its size off `left`.
fn numbers(source: &mut impl Read, there: u64, left: &mut u64) -> Result<Tensor> {
    let header = npy::header(source)?;
    take_off(left, header.bytes_in_memory())?;
    let array = npy::numbers(source, &header, there)?;
    // The checksum is compared at the end.
    match source.read(&mut [0]) {
        Ok(0) => Ok(array),
        Ok(_) => Err(damaged("more follows behind the array")),
        Err(error) => Err(damaged(error)),
    }
}

fn take_off(left: &mut u64, bytes: u64) -> Result<()> {
    *left = left.checked_sub(bytes).ok_or_else(|| {
        Error::data("it unpacks to much more than files of its size should")
            .remedy("save large arrays of few different numbers with `np.save`, one by one")
    })?;
    Ok(())
}

fn no_array() -> Error {
    Error::data("it is no array: its name does not end in `.npy`")
        .remedy("make the file with `np.savez(path, x=x, y=y)`")
}
