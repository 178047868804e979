//! What a data set is made of. Everything that is done with one follows from its description.

use std::path::Path;

use super::archive::Member;
use super::stand_in::StandIn;
use crate::Result;

/// The description of a data set: its files, their official origins and hashes, and what can stand
/// in for it.
///
/// # Example
/// ```
/// use kerust::datasets::mnist::DATASET;
/// assert_eq!(DATASET.name, "mnist");
/// assert_eq!(DATASET.download_bytes(), 11_490_434);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// The name of the module, and of the folder in the cache.
    pub name: &'static str,
    /// The name as people write it.
    pub title: &'static str,
    /// What is in it, in a few words.
    pub what: &'static str,
    /// What is downloaded. The first file holds the samples; the data set is there when that is.
    pub files: &'static [DataFile],
    /// What is unpacked of the first file, where that is an archive. Other files are read as they
    /// are.
    pub unpacked: Option<Unpacked>,
    /// The folder below Keras's `datasets` where Keras keeps the files; empty for that folder
    /// itself.
    pub keras_folder: &'static str,
    /// What Keras downloads instead, where that is an archive in another format.
    pub converted: Option<Converted>,
    /// What can be made in its place.
    pub stand_in: StandIn,
}

/// A file of a data set, as its official origin has it.
#[derive(Clone, Copy, Debug)]
pub struct DataFile {
    /// Its name in the cache, for people who bring it by hand too.
    pub name: &'static str,
    /// Its official address.
    pub origin: &'static str,
    /// Its hash: 64 hexadecimal digits of SHA-256, or 32 of MD5.
    pub hash: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// The names under which versions of Keras keep it.
    pub keras_names: &'static [&'static str],
}

/// What is unpacked of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Unpacked {
    /// The folder in the archive, which is the folder in the cache too.
    pub folder: &'static str,
    /// The files that the archive must hold, with that folder in front.
    pub members: &'static [Member],
}

/// An archive of the same samples in another format.
#[derive(Clone, Copy, Debug)]
pub struct Converted {
    /// The archive; it is taken from Keras, and never downloaded.
    pub file: DataFile,
    /// What is unpacked of it.
    pub unpacked: Unpacked,
    /// Makes the files of the data set, in the second folder, from the unpacked ones in the first.
    pub convert: fn(&Path, &Path) -> Result<()>,
}

/// How many samples a stand-in has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Samples to train on.
    pub train: usize,
    /// Samples to test with.
    pub test: usize,
}

impl Size {
    /// Both together.
    pub(super) fn total(self) -> usize {
        self.train + self.test
    }
}

impl Dataset {
    /// How many bytes are downloaded.
    pub fn download_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The names of the files that are read in the end.
    pub(super) fn readable_names(&self) -> Vec<&'static str> {
        match &self.unpacked {
            Some(unpacked) => unpacked.members.iter().map(Member::file_name).collect(),
            None => self.files.iter().map(|file| file.name).collect(),
        }
    }

    /// Writes a stand-in into `folder`, in the official format, marked by the file `STAND-IN.txt`.
    ///
    /// The same arguments give the same files.
    ///
    /// # Errors
    /// When a number of `size` is 0 or above a million, when `folder` holds files of the data set
    /// that are not marked as a stand-in, when it cannot be written, or when the user interrupts.
    ///
    /// # Example
    /// ```
    /// use kerust::datasets::{Size, mnist, stand_in};
    /// let folder = tempfile::tempdir().unwrap();
    /// mnist::DATASET.write_stand_in(folder.path(), Size { train: 20, test: 10 }, 7)?;
    /// assert!(stand_in::is_stand_in(folder.path()));
    /// let (_, (_, y_test)) = mnist::load_from(folder.path())?;
    /// assert_eq!(y_test.shape(), (10,));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn write_stand_in(&self, folder: impl AsRef<Path>, size: Size, seed: u64) -> Result<()> {
        super::stand_in::write(self, folder.as_ref(), size, seed, &mut |_, _| {})
    }
}
