//! `.npy`: one NumPy array in a file.
//!
//! `header.rs` is what stands in front of the numbers, `numbers.rs` turns them into a tensor's.

mod header;
mod numbers;

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use self::header::Header;
use crate::models::file::{self, Manner};
use crate::{Error, Result, Tensor};

/// NumPy has no arrays of more axes.
const MOST_AXES: usize = 64;

/// The array in a `.npy` file, which NumPy wrote with `np.save` or [`save_npy`]. A leading `~`
/// stands for the home folder.
///
/// Booleans and bytes become uint8, other whole numbers int64, and float16, float32 and float64
/// the nearest float32. Files may come from strangers: pickled objects in them are refused.
///
/// NumPy: `np.load(path)`.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds something else than numbers that fit into
/// the type of a tensor.
///
/// # Example
/// ```
/// use kerust::data::{load_npy, save_npy};
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("x.npy");
/// save_npy(&path, &Tensor::arange(3))?;
/// assert_eq!(load_npy(&path)?, Tensor::arange(3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_npy(path: impl AsRef<Path>) -> Result<Tensor> {
    let place = format!("`load_npy`: `{}`", path.as_ref().display());
    load(&file::expanded(path.as_ref())).map_err(|e| e.at(place))
}

fn load(path: &Path) -> Result<Tensor> {
    let (file, length) = file::open(path)?;
    let mut source = BufReader::new(file);
    let header = header(&mut source)?;
    check_length(&header, length)?;
    numbers(&mut source, &header, length)
}

/// Fails unless the numbers of `header` end where a file of `length` bytes ends.
fn check_length(header: &Header, length: u64) -> Result<()> {
    let expected = header.length.checked_add(header.bytes()?);
    let expected = expected.ok_or_else(|| header.too_large())?;
    if length < expected {
        return Err(damaged(format!(
            "expected {expected} bytes for an array of shape {}, there are {length}",
            header.shape
        )));
    }
    if length > expected {
        return Err(Error::data(format!(
            "{} bytes follow behind the array",
            length - expected
        ))
        .remedy("save several arrays with `np.savez(path, x=x, y=y)`, and read `load_npz`"));
    }
    Ok(())
}

/// Reads what stands in front of the numbers.
pub(super) fn header(source: &mut impl Read) -> Result<Header> {
    Header::read(source)
}

/// Reads the header of an array of Python objects, which a pickle of them follows.
pub(super) fn header_of_objects(source: &mut impl Read) -> Result<()> {
    header::of_objects(source)
}

/// Reads the numbers that follow a header; `there` is how many bytes surely do.
pub(super) fn numbers(source: &mut impl Read, header: &Header, there: u64) -> Result<Tensor> {
    numbers::read(source, header, there)
}

/// Writes `array` to a `.npy` file, which NumPy reads. A file that is there is replaced, in one
/// step: it is whole at every moment. A leading `~` stands for the home folder.
///
/// NumPy: `np.save(path, array)`; unlike it, nothing is appended to a path without `.npy`.
///
/// # Errors
/// When the file cannot be written.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("probabilities.npy");
/// kerust::data::save_npy(&path, &Tensor::zeros((10, 3)))?;
/// assert_eq!(kerust::data::load_npy(&path)?.shape(), (10, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn save_npy(path: impl AsRef<Path>, array: &Tensor) -> Result<()> {
    let place = format!("`save_npy`: `{}`", path.as_ref().display());
    save(&file::expanded(path.as_ref()), array).map_err(|e| e.at(place))
}

fn save(path: &Path, array: &Tensor) -> Result<()> {
    check_axes(array)?;
    let manner = Manner {
        overwrite: true,
        durable: true,
    };
    file::write(path, &manner, |out: &mut io::BufWriter<&File>| {
        write(out, array).map_err(|error| file::cannot_write(path, &error))
    })
}

/// Fails when NumPy has no array of so many axes.
pub(super) fn check_axes(array: &Tensor) -> Result<()> {
    if array.ndim() <= MOST_AXES {
        return Ok(());
    }
    let expected = format!("at most {MOST_AXES} axes, as NumPy has");
    Err(Error::argument("array", &expected, array.ndim()).remedy("reshape it"))
}

/// Writes a whole `.npy` file.
pub(super) fn write(out: &mut impl Write, array: &Tensor) -> io::Result<()> {
    out.write_all(&header::bytes(array))?;
    numbers::write(out, array)
}

/// The length of a whole `.npy` file.
pub(super) fn length(array: &Tensor) -> u64 {
    let numbers = array.size().saturating_mul(numbers::size(array.dtype()));
    (header::bytes(array).len() as u64).saturating_add(numbers as u64)
}

/// An error about a file that is not whole.
pub(super) fn damaged(why: impl std::fmt::Display) -> Error {
    Error::data(format!("damaged, or no array of NumPy: {why}"))
        .remedy("take another copy of it, or save the array again with `np.save`")
}
