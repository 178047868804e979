//! The safetensors format: a header in JSON, then the numbers of all tensors.
//!
//! What is known of the file besides (which model, how far trained) is JSON in the header's
//! `__metadata__`, under [`KEY`]. It holds a checksum of all numbers, which the format lacks. Files
//! of other programs have none of that and are read as well.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Crc;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::{Deserialize, Serialize};

use super::checkpoint::Moment;
use super::file;
use crate::{Error, Result, Shape, Tensor};

const KEY: &str = "kerust";
/// The largest header that the format allows.
const LARGEST_HEADER: u64 = 100_000_000;
/// How many bytes are converted at once: a multiple of every number's size.
const PIECE: usize = 1 << 16;

/// What kerust writes into a file besides tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    /// The version of kerust, set by `write`.
    pub(super) version: String,
    /// The CRC-32 of all numbers as they stand in the file, set by `write`.
    pub(super) checksum: u32,
    /// The model's name.
    pub(super) model: String,
    /// How far it was trained, in an automatic checkpoint.
    #[serde(default)]
    pub(super) moment: Option<Moment>,
    /// The optimizer whose memory is in the file, and how many steps it had made.
    #[serde(default)]
    pub(super) optimizer: Option<(String, u64)>,
    /// What a training run needs to go on, in a backup: JSON.
    #[serde(default)]
    pub(super) run: Option<String>,
}

/// Writes float tensors in the order given. Their names must differ.
pub(super) fn write(
    path: &Path,
    out: &mut impl Write,
    tensors: &[(String, &Tensor)],
    mut about: About,
) -> Result<()> {
    let mut checksum = Crc::new();
    for (_, tensor) in tensors {
        in_pieces(tensor.floats()?, |bytes| {
            checksum.update(bytes);
            Ok(())
        })
        .map_err(|error| file::cannot_write(path, &error))?;
    }
    about.version = env!("CARGO_PKG_VERSION").to_owned();
    about.checksum = checksum.sum();
    let header = header(tensors, &about)?;
    let mut write = || {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        for (_, tensor) in tensors {
            let floats = tensor.floats().map_err(io::Error::other)?;
            in_pieces(floats, |bytes| out.write_all(bytes))?;
        }
        Ok(())
    };
    write().map_err(|error: io::Error| file::cannot_write(path, &error))
}

fn header(tensors: &[(String, &Tensor)], about: &About) -> Result<Vec<u8>> {
    let cannot = |error: &dyn std::fmt::Display| Error::data(format!("cannot be saved: {error}"));
    let mut begin = 0;
    let infos = tensors.iter().map(|(name, tensor)| {
        let end = begin + tensor.size() * size_of::<f32>();
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: tensor.shape().to_vec(),
            data_offsets: (begin, end),
        };
        begin = end;
        (name.clone(), info)
    });
    let about = serde_json::to_string(about).map_err(|e| cannot(&e))?;
    let about = HashMap::from([(KEY.to_owned(), about)]);
    let metadata = Metadata::new(Some(about), infos.collect()).map_err(|e| cannot(&e))?;
    let mut header = serde_json::to_vec(&metadata).map_err(|e| cannot(&e))?;
    // The format asks for numbers that start at a multiple of 8.
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

/// Gives `take` all of `floats` as little-endian bytes.
pub(super) fn in_pieces(
    floats: &[f32],
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = [0; PIECE];
    for piece in floats.chunks(PIECE / size_of::<f32>()) {
        for (word, float) in bytes.chunks_exact_mut(size_of::<f32>()).zip(piece) {
            word.copy_from_slice(&float.to_le_bytes());
        }
        take(&bytes[..size_of_val(piece)])?;
    }
    Ok(())
}

/// A tensor in a file.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) shape: Shape,
    /// The type of its numbers.
    pub(super) dtype: Dtype,
    bytes: usize,
}

/// A file whose header has been read and makes sense.
pub(super) struct Container {
    /// None in a file of another program.
    pub(super) about: Option<About>,
    /// In the order of their numbers.
    pub(super) tensors: Vec<Entry>,
    path: PathBuf,
    numbers: BufReader<File>,
}

impl Container {
    /// Reads the header of a file, and checks that the rest has the length that it says.
    pub(super) fn open(path: &Path) -> Result<Container> {
        let (file, length) = file::open(path)?;
        let mut source = BufReader::with_capacity(PIECE, file);
        let mut size = [0; 8];
        source
            .read_exact(&mut size)
            .map_err(|_| damaged(path, "it is shorter than the shortest file of the format"))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER || size > length - 8 {
            let why = format!("its header would have {size} bytes, the file has {length}");
            return Err(damaged(path, why));
        }
        let mut header = vec![0; size as usize];
        source
            .read_exact(&mut header)
            .map_err(|error| cannot_read(path, &error))?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| damaged(path, error))?;
        let expected = size + 8 + metadata.data_len() as u64;
        if expected != length {
            let why = format!("its header speaks of {expected} bytes, the file has {length}");
            return Err(damaged(path, why));
        }
        let about = metadata.metadata().as_ref().and_then(|all| all.get(KEY));
        let about = about
            .map(|text| serde_json::from_str(text))
            .transpose()
            .map_err(|error| damaged(path, error))?;
        let entry = |name: String| {
            let info = metadata.info(&name)?;
            Some(Entry {
                shape: Shape::from(info.shape.clone()),
                dtype: info.dtype,
                bytes: info.data_offsets.1 - info.data_offsets.0,
                name,
            })
        };
        Ok(Container {
            about,
            tensors: metadata
                .offset_keys()
                .into_iter()
                .filter_map(entry)
                .collect(),
            path: path.to_path_buf(),
            numbers: source,
        })
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&Entry> {
        self.tensors.iter().find(|entry| entry.name == name)
    }

    /// Reads the tensors called `wanted`, which must be float32, and checks all numbers of the file.
    pub(super) fn read(mut self, wanted: &[String]) -> Result<HashMap<String, Tensor>> {
        let mut checksum = Crc::new();
        let mut read = HashMap::new();
        let wanted: HashSet<&String> = wanted.iter().collect();
        let mut piece = vec![0; PIECE];
        for entry in &self.tensors {
            let is_wanted = wanted.contains(&entry.name);
            let capacity = if is_wanted { entry.shape.elements() } else { 0 };
            let mut floats: Vec<f32> = Vec::with_capacity(capacity);
            let mut rest = entry.bytes;
            while rest > 0 {
                let bytes = &mut piece[..rest.min(PIECE)];
                rest -= bytes.len();
                self.numbers
                    .read_exact(bytes)
                    .map_err(|error| cannot_read(&self.path, &error))?;
                checksum.update(bytes);
                if is_wanted {
                    let words = bytes.chunks_exact(size_of::<f32>());
                    floats.extend(words.map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]])));
                }
            }
            if is_wanted {
                let tensor = Tensor::from_vec(floats, entry.shape.clone())?;
                read.insert(entry.name.clone(), tensor);
            }
        }
        match self.about {
            Some(about) if about.checksum != checksum.sum() => {
                Err(damaged(&self.path, "its numbers do not match its checksum"))
            }
            _ => Ok(read),
        }
    }
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::io(format!("cannot read `{}`", path.display()), error)
}

fn damaged(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::data(format!(
        "`{}` is damaged or no safetensors file: {why}",
        path.display()
    ))
    .remedy("take another copy of it, or save the weights again")
}
