//! Writing `.npz` files, as `numpy.savez` does.

use std::io::{self, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::write_pickle::Pickler;

/// One array: how NumPy calls its type, its shape, and its bytes.
pub(super) struct Array {
    name: &'static str,
    descr: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    pub(super) fn of_bytes(name: &'static str, bytes: Vec<u8>, shape: &[usize]) -> Array {
        Array {
            name,
            descr: "|u1",
            shape: shape.to_vec(),
            bytes,
        }
    }

    pub(super) fn of_integers(name: &'static str, values: &[i64]) -> Array {
        Array {
            name,
            descr: "<i8",
            shape: vec![values.len()],
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    pub(super) fn of_floats(name: &'static str, values: &[f64], shape: &[usize]) -> Array {
        Array {
            name,
            descr: "<f8",
            shape: shape.to_vec(),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    /// An array of objects, which are lists of integers.
    pub(super) fn of_lists(name: &'static str, lists: &[Vec<i64>]) -> Array {
        let mut pickler = Pickler::new(3);
        pickler.array_of_lists(lists);
        Array {
            name,
            descr: "|O",
            shape: vec![lists.len()],
            bytes: pickler.finish(),
        }
    }

    /// The head of the `.npy` format, version 1.0.
    fn head(&self) -> Vec<u8> {
        let sizes: String = self.shape.iter().map(|size| format!("{size}, ")).collect();
        let shape = match self.shape.len() {
            1 => sizes.trim_end(),
            _ => sizes.trim_end_matches(", "),
        };
        let mut text = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({shape}), }}",
            self.descr
        );
        // The numbers begin at a multiple of 64 bytes.
        let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
        text += &" ".repeat(length - 1 - text.len());
        text.push('\n');
        let mut head = b"\x93NUMPY\x01\x00".to_vec();
        head.extend((length as u16).to_le_bytes());
        head.extend(text.as_bytes());
        head
    }
}

/// Writes the arrays, each into a member of its own.
pub(super) fn write(out: impl Write + Seek, arrays: &[Array]) -> io::Result<()> {
    let mut archive = ZipWriter::new(out);
    // A date that is always the same: the same seed gives the same file.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for array in arrays {
        archive.start_file(format!("{}.npy", array.name), options)?;
        archive.write_all(&array.head())?;
        archive.write_all(&array.bytes)?;
    }
    archive.finish()?.flush()
}
