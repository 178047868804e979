//! Reading the arrays of an `.npz` file: numbers, and lists of numbers that Python pickled.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::pickle::Pickle;
use crate::{Error, Result, Tensor};

/// The most bytes of one array that are read: what 300,000 color pictures of 32x32 pixels take.
const MOST: u64 = 1 << 30;
/// The longest description of an array.
const LONGEST_HEAD: u32 = 1 << 16;

/// An open `.npz` file.
pub(super) struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

/// One array as it lies in the file.
struct Array {
    /// NumPy's name of the type: `<f8`.
    descr: String,
    shape: Vec<usize>,
    /// Whether the first axis varies fastest, as in Fortran.
    by_columns: bool,
    bytes: Vec<u8>,
}

impl Npz {
    /// Opens `path`, or the file `name` in the folder `path`; gives the folder, too.
    pub(super) fn open_in(path: &Path, name: &str) -> Result<(PathBuf, Npz)> {
        let path = match path.is_dir() {
            true => path.join(name),
            false => path.to_owned(),
        };
        let file = File::open(&path)
            .map_err(|error| Error::io(format!("cannot open `{}`", path.display()), error))?;
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| damaged(&path, &format!("it is no `.npz` file ({error})")))?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok((folder, Npz { path, archive }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An array of numbers: bytes stay bytes, integers become int64, floats float32.
    pub(super) fn tensor(&mut self, name: &str) -> Result<Tensor> {
        let array = self.array(name)?;
        let wrong = |why: &str| damaged(&self.path, &format!("`{name}` {why}"));
        let elements = array
            .shape
            .iter()
            .try_fold(1usize, |n, size| n.checked_mul(*size));
        let width = match array.descr.as_str() {
            "|u1" => 1,
            "<i4" | "<f4" => 4,
            "<i8" | "<f8" => 8,
            other => return Err(wrong(&format!("has the type `{other}`, which is not read"))),
        };
        if elements.and_then(|n| n.checked_mul(width)) != Some(array.bytes.len()) {
            return Err(wrong(&format!(
                "says that it is {:?} numbers, and has {} bytes",
                array.shape,
                array.bytes.len()
            )));
        }
        let bytes = match (array.by_columns, array.shape.as_slice()) {
            (false, _) => array.bytes,
            (true, &[rows, columns]) => by_rows(&array.bytes, rows, columns, width),
            (true, _) => return Err(wrong("is stored column by column")),
        };
        match array.descr.as_str() {
            "|u1" => Tensor::from_vec(bytes, array.shape),
            "<i4" => Tensor::from_vec(each(&bytes, i32::from_le_bytes), array.shape),
            "<i8" => Tensor::from_vec(each(&bytes, i64::from_le_bytes), array.shape),
            "<f4" => Tensor::from_vec(each(&bytes, f32::from_le_bytes), array.shape),
            _ => Tensor::from_vec(each(&bytes, f64::from_le_bytes), array.shape),
        }
    }

    /// An array of objects, all of which are lists of whole numbers from 0.
    pub(super) fn lists(&mut self, name: &str) -> Result<Vec<Vec<i64>>> {
        let array = self.array(name)?;
        if array.descr != "|O" {
            let why = format!("`{name}` has the type `{}`, expected objects", array.descr);
            return Err(damaged(&self.path, &why));
        }
        Pickle::read(&array.bytes)
            .and_then(|pickle| pickle.array_of_lists())
            .map_err(|error| damaged(&self.path, &format!("`{name}`: {error}")))
    }

    fn array(&mut self, name: &str) -> Result<Array> {
        let member = format!("{name}.npy");
        let path = &self.path;
        let file = self.archive.by_name(&member).map_err(|error| match error {
            ZipError::FileNotFound => damaged(path, &format!("it has no `{name}`")),
            error => damaged(path, &format!("`{name}`: {error}")),
        })?;
        read_array(file).map_err(|why| damaged(path, &format!("`{name}` {why}")))
    }
}

fn each<T, const WIDTH: usize>(bytes: &[u8], number: fn([u8; WIDTH]) -> T) -> Vec<T> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|bytes| number(*bytes)).collect()
}

/// The bytes of a matrix row by row, from those column by column.
fn by_rows(bytes: &[u8], rows: usize, columns: usize, width: usize) -> Vec<u8> {
    let mut turned = Vec::with_capacity(bytes.len());
    for row in 0..rows {
        for column in 0..columns {
            turned.extend(&bytes[(column * rows + row) * width..][..width]);
        }
    }
    turned
}

fn read_array(mut file: impl Read) -> std::result::Result<Array, String> {
    let cut = |error: std::io::Error| format!("is truncated or corrupted ({error})");
    let mut start = [0; 8];
    file.read_exact(&mut start).map_err(cut)?;
    let [magic @ .., major, _] = start;
    if &magic != b"\x93NUMPY" {
        return Err("is no array of NumPy".to_owned());
    }
    let mut length = [0; 4];
    let digits = if major == 1 { 2 } else { 4 };
    file.read_exact(&mut length[..digits]).map_err(cut)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST_HEAD {
        return Err(format!("has a head of {length} bytes"));
    }
    let mut head = vec![0; length as usize];
    file.read_exact(&mut head).map_err(cut)?;
    let head = String::from_utf8_lossy(&head);
    let unreadable = || format!("has a head that is not understood: {}", head.trim());
    let descr = value_of(&head, "descr").ok_or_else(unreadable)?;
    let descr = descr
        .strip_prefix('\'')
        .and_then(|rest| rest.split('\'').next());
    let order = value_of(&head, "fortran_order").ok_or_else(unreadable)?;
    let shape = value_of(&head, "shape").ok_or_else(unreadable)?;
    let shape = shape
        .strip_prefix('(')
        .and_then(|rest| rest.split(')').next());
    let sizes = shape.ok_or_else(unreadable)?.split(',').map(str::trim);
    let sizes = sizes.filter(|size| !size.is_empty());
    let shape = sizes.map(|size| size.parse().map_err(|_| unreadable()));
    let shape = shape.collect::<std::result::Result<Vec<usize>, _>>()?;
    let mut bytes = Vec::new();
    // Reading to the end compares the checksum.
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(cut)?;
    if bytes.len() as u64 > MOST {
        return Err(format!("has more than {MOST} bytes"));
    }
    Ok(Array {
        descr: descr.ok_or_else(unreadable)?.to_owned(),
        by_columns: shape.len() > 1 && !order.starts_with("False"),
        shape,
        bytes,
    })
}

/// What stands behind a key in the text of a Python dictionary.
fn value_of<'a>(head: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = head.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn damaged(path: &Path, why: &str) -> Error {
    Error::data(format!("`{}` is damaged: {why}", path.display()))
        .remedy("copy or download it again")
}
