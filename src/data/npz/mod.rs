//! `.npz`: several NumPy arrays in a file, each under its name. It is a zip archive of `.npy` files.

mod archive;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) use archive::NpzArchive;

use super::npy;
use crate::models::file::{self, Manner};
use crate::{Error, Result, Tensor};

/// Members from this size on need the larger form of the archive.
const LARGE: u64 = u32::MAX as u64;
const ENDING: &str = ".npy";

/// The arrays of a `.npz` file by their names, in the order of the file.
///
/// NumPy: what `np.load(path)` returns for such files.
///
/// # Example
/// ```
/// use kerust::data::{load_npz, save_npz};
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("numbers.npz");
/// save_npz(&path, [("x", &Tensor::zeros((2, 3))), ("y", &Tensor::arange(2))])?;
///
/// let arrays = load_npz(&path)?;
/// let (x, y) = (arrays.get("x")?, arrays.get("y")?);
/// assert_eq!(x.shape(), (2, 3));
/// assert_eq!(y, &Tensor::arange(2));
/// assert_eq!(arrays.names(), ["x", "y"]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Npz {
    arrays: Vec<(String, Tensor)>,
}

impl Npz {
    /// The array called `name`.
    ///
    /// NumPy: `arrays[name]`.
    ///
    /// # Errors
    /// When there is none; the message says which there are.
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        let found = self.arrays.iter().find(|(known, _)| known == name);
        found
            .map(|(_, array)| array)
            .ok_or_else(|| Error::unknown_name("array", name, &self.names()))
    }

    /// The names, in the order of the file.
    ///
    /// NumPy: `arrays.files`.
    pub fn names(&self) -> Vec<&str> {
        self.arrays.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The number of arrays.
    pub fn len(&self) -> usize {
        self.arrays.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.arrays.is_empty()
    }

    /// Names and arrays, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.arrays
            .iter()
            .map(|(name, array)| (name.as_str(), array))
    }
}

impl IntoIterator for Npz {
    type Item = (String, Tensor);
    type IntoIter = std::vec::IntoIter<(String, Tensor)>;

    /// Names and arrays, to keep.
    fn into_iter(self) -> Self::IntoIter {
        self.arrays.into_iter()
    }
}

/// The arrays in a `.npz` file, which NumPy wrote with `np.savez` or `np.savez_compressed`, or
/// [`save_npz`]. Types are those of [`load_npy`](super::load_npy). A leading `~` stands for the home
/// folder.
///
/// Files may come from strangers: small files that unpack to more than a gigabyte are refused, and
/// so are pickled objects.
///
/// NumPy: `np.load(path)`.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds something else than arrays of numbers.
///
/// # Example
/// ```
/// use kerust::data::{load_npz, save_npz};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("numbers.npz");
/// save_npz(&path, [("x", &Tensor::arange(3)), ("y", &Tensor::ones((2, 2)))])?;
/// for (name, array) in load_npz(&path)? {
///     println!("{name}: {}", array.shape());
/// }
/// assert_eq!(load_npz(&path)?.get("x")?, &Tensor::arange(3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_npz(path: impl AsRef<Path>) -> Result<Npz> {
    let place = format!("`load_npz`: `{}`", path.as_ref().display());
    load(&file::expanded(path.as_ref())).map_err(|e| e.at(place))
}

fn load(path: &Path) -> Result<Npz> {
    let mut archive = NpzArchive::open(path)?;
    let mut npz = Npz::default();
    for index in 0..archive.len() {
        npz.arrays.push(archive.numbers_at(index)?);
    }
    Ok(npz)
}

fn damaged(why: impl std::fmt::Display) -> Error {
    Error::data(format!("damaged, or no `.npz` file: {why}"))
        .remedy("take another copy of it, or save the arrays again with `np.savez`")
}

/// The arguments of [`save_npz_with`], with NumPy's default.
#[derive(Clone, Debug, Default)]
pub struct SaveNpz {
    /// Whether the file is made small, which takes time; false unless set.
    ///
    /// NumPy: `np.savez_compressed`.
    pub compressed: bool,
}

/// Writes arrays to a `.npz` file under their names, which NumPy reads. A file that is there is
/// replaced, in one step: it is whole at every moment. A leading `~` stands for the home folder.
///
/// NumPy: `np.savez(path, x=x, y=y)`.
///
/// # Errors
/// When two names are the same, one cannot be that of a file, or the file cannot be written.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("data.npz");
/// let (x, y) = (Tensor::zeros((2, 3)), Tensor::arange(2));
/// kerust::data::save_npz(&path, [("x", &x), ("y", &y)])?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn save_npz<'a, N: Into<String>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, &'a Tensor)>,
) -> Result<()> {
    save_npz_with(path, arrays, SaveNpz::default())
}

/// As [`save_npz`], with the choice to make the file small.
///
/// NumPy: `np.savez_compressed(path, x=x, y=y)`.
///
/// # Errors
/// As [`save_npz`].
///
/// # Example
/// ```
/// use kerust::data::{SaveNpz, load_npz, save_npz_with};
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("zeros.npz");
/// let zeros = Tensor::zeros((1000, 10));
/// save_npz_with(&path, [("zeros", &zeros)], SaveNpz { compressed: true })?;
/// assert_eq!(load_npz(&path)?.get("zeros")?, &zeros);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn save_npz_with<'a, N: Into<String>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (N, &'a Tensor)>,
    arguments: SaveNpz,
) -> Result<()> {
    let arrays: Vec<(String, &Tensor)> = arrays
        .into_iter()
        .map(|(name, array)| (name.into(), array))
        .collect();
    let place = format!("`save_npz`: `{}`", path.as_ref().display());
    save(&file::expanded(path.as_ref()), &arrays, &arguments).map_err(|e| e.at(place))
}

fn save(path: &Path, arrays: &[(String, &Tensor)], arguments: &SaveNpz) -> Result<()> {
    for (i, (name, array)) in arrays.iter().enumerate() {
        check_name(name, &arrays[..i])?;
        npy::check_axes(array).map_err(|e| e.at(format!("`{name}`")))?;
    }
    let method = match arguments.compressed {
        true => CompressionMethod::Deflated,
        false => CompressionMethod::Stored,
    };
    let options = SimpleFileOptions::default().compression_method(method);
    let manner = Manner {
        overwrite: true,
        durable: true,
    };
    file::write(path, &manner, |out: &mut BufWriter<&File>| {
        let write = || -> io::Result<()> {
            let mut archive = ZipWriter::new(out);
            for (name, array) in arrays {
                // Compression may make a file longer, if only a little.
                let large = npy::length(array) >= LARGE - LARGE / 100;
                archive.start_file(format!("{name}{ENDING}"), options.large_file(large))?;
                npy::write(&mut archive, array)?;
            }
            archive.finish()?;
            Ok(())
        };
        write().map_err(|error| file::cannot_write(path, &error))
    })
}

fn check_name(name: &str, before: &[(String, &Tensor)]) -> Result<()> {
    if before.iter().any(|(known, _)| known == name) {
        let given = format!("two `{name}`");
        return Err(Error::argument("arrays", "a name for each array", given)
            .remedy("give each array a name of its own"));
    }
    if name.is_empty() || name.contains(['\0', '\\']) || name.len() > 1000 {
        return Err(Error::argument(
            "arrays",
            "names as Python variables have them",
            format!("{name:?}"),
        ));
    }
    Ok(())
}
