//! The arrays of a data set's `.npz` file: numbers, and lists of numbers that Python pickled.

use std::path::{Path, PathBuf};

use super::pickle::Pickle;
use crate::data::NpzArchive;
use crate::{Error, ErrorKind, Result, Tensor};

/// An open `.npz` file.
pub(super) struct Npz {
    path: PathBuf,
    archive: NpzArchive,
}

impl Npz {
    /// Opens `path`, or the file `name` in the folder `path`; gives the folder, too.
    pub(super) fn open_in(path: &Path, name: &str) -> Result<(PathBuf, Npz)> {
        let (folder, path) = super::file_in(path, name);
        let archive = NpzArchive::open(&path).map_err(|error| in_file(error, &path))?;
        Ok((folder, Npz { path, archive }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An array of numbers, with the types of [`load_npy`](crate::data::load_npy).
    pub(super) fn tensor(&mut self, name: &str) -> Result<Tensor> {
        let array = self.archive.numbers(name);
        array.map_err(|error| in_file(error, &self.path))
    }

    /// An array of objects, all of which are lists of whole numbers from 0.
    pub(super) fn lists(&mut self, name: &str) -> Result<Vec<Vec<i64>>> {
        let lists = self.archive.pickle(name).and_then(|bytes| {
            let pickle = Pickle::read(&bytes).and_then(|pickle| pickle.array_of_lists());
            pickle.map_err(|error| error.at(format!("`{name}`")))
        });
        lists.map_err(|error| in_file(error, &self.path))
    }
}

/// Names the file of which the content is wrong. Other errors do so already.
fn in_file(error: Error, path: &Path) -> Error {
    match error.kind() {
        ErrorKind::Data => error
            .at(format!("`{}`", path.display()))
            .remedy("copy or download it again"),
        _ => error,
    }
}
