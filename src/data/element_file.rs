//! Elements in a file: after a line that says what it is, each as a block in the safetensors format
//! with its length and checksum in front; a block of length 0 is the end.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Crc;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, View};
use tempfile::NamedTempFile;

use super::element::DatasetElement;
use crate::{DType, Error, Result, Shape, Tensor};

const FIRST_LINE: &[u8] = b"kerust dataset 1\n";
/// Where the inputs, labels and weights of an element stand.
const GROUPS: [&str; 3] = ["x", "y", "sample_weight"];

/// Writes elements into a new file, which is there once it is finished, and not before.
pub(super) struct Writer {
    path: PathBuf,
    scratch: BufWriter<NamedTempFile>,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Writer> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let scratch = tempfile::Builder::new()
            .prefix(".unfinished-")
            .tempfile_in(folder)
            .map_err(|error| {
                cannot_write(path, error).remedy("choose a folder that is there and can be written")
            })?;
        let mut writer = Writer {
            path: path.to_path_buf(),
            scratch: BufWriter::with_capacity(1 << 16, scratch),
        };
        writer.put(FIRST_LINE)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.scratch.write_all(bytes);
        written.map_err(|error| cannot_write(&self.path, error))
    }

    pub(super) fn write(&mut self, element: &DatasetElement) -> Result<()> {
        let block = safetensors::serialize(named(element), None)
            .map_err(|error| cannot_write(&self.path, error))?;
        self.put(&(block.len() as u64).to_le_bytes())?;
        self.put(&checksum(&block).to_le_bytes())?;
        self.put(&block)
    }

    /// Puts the file in its place.
    pub(super) fn finish(mut self) -> Result<()> {
        self.put(&0u64.to_le_bytes())?;
        let cannot = |error: io::Error| cannot_write(&self.path, error);
        let scratch = self.scratch.into_inner();
        let scratch = scratch.map_err(|error| cannot(error.into_error()))?;
        scratch.as_file().sync_all().map_err(cannot)?;
        let placed = scratch.persist(&self.path);
        placed.map(drop).map_err(|error| cannot(error.error))
    }
}

fn cannot_write(path: &Path, error: impl std::fmt::Display) -> Error {
    Error::io(format!("cannot write `{}`", path.display()), error)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = Crc::new();
    checksum.update(bytes);
    checksum.sum()
}

/// The tensors of an element by the names that they have in the file.
fn named(element: &DatasetElement) -> Vec<(String, Numbers<'_>)> {
    let groups = [element.x(), element.y(), element.sample_weight()];
    let named = GROUPS.iter().zip(groups).flat_map(|(group, tensors)| {
        let tensors = tensors.iter().enumerate();
        tensors.map(move |(i, tensor)| (format!("{group}.{i}"), Numbers(tensor)))
    });
    named.collect()
}

/// The numbers of a tensor as the file has them.
struct Numbers<'a>(&'a Tensor);

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        match self.0.dtype() {
            DType::Float32 => Dtype::F32,
            DType::Uint8 => Dtype::U8,
            DType::Int64 => Dtype::I64,
        }
    }

    fn shape(&self) -> &[usize] {
        self.0.shape().dims()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let bytes = match self.0.dtype() {
            DType::Float32 => {
                let floats = self.0.as_floats();
                floats.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
            DType::Uint8 => self.0.to_vec::<u8>(),
            DType::Int64 => {
                let numbers = self.0.to_vec::<i64>();
                numbers.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
        };
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        let size = match self.0.dtype() {
            DType::Float32 => 4,
            DType::Uint8 => 1,
            DType::Int64 => 8,
        };
        self.0.size() * size
    }
}

/// Reads the elements of a file, one at a time.
pub(super) struct Reader {
    path: PathBuf,
    source: BufReader<File>,
    /// How many bytes follow.
    rest: u64,
    is_over: bool,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Reader> {
        let cannot =
            |error: io::Error| Error::io(format!("cannot read `{}`", path.display()), error);
        // Asked first: opening a pipe would wait until somebody writes into it.
        if !path.metadata().map_err(cannot)?.is_file() {
            let given = format!("`{}`, which is none", path.display());
            return Err(Error::argument("path", "the path of a file", given));
        }
        let file = File::open(path).map_err(cannot)?;
        let rest = file.metadata().map_err(cannot)?.len();
        let mut reader = Reader {
            path: path.to_path_buf(),
            source: BufReader::with_capacity(1 << 16, file),
            rest,
            is_over: false,
        };
        if reader.bytes(FIRST_LINE.len() as u64)? != FIRST_LINE {
            return Err(reader.damaged("it does not begin like one"));
        }
        Ok(reader)
    }

    fn damaged(&self, why: impl std::fmt::Display) -> Error {
        let path = self.path.display();
        Error::data(format!("`{path}` is damaged or no cached dataset: {why}"))
            .remedy("delete the file: the next pass makes it anew")
    }

    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        if count > self.rest {
            return Err(self.damaged("it ends too early"));
        }
        self.rest -= count;
        let mut bytes = vec![0; count as usize];
        self.source
            .read_exact(&mut bytes)
            .map_err(|error| Error::io(format!("cannot read `{}`", self.path.display()), error))?;
        Ok(bytes)
    }

    fn read(&mut self) -> Result<Option<DatasetElement>> {
        let mut length = [0; 8];
        length.copy_from_slice(&self.bytes(8)?);
        let length = u64::from_le_bytes(length);
        if length == 0 {
            return Ok(None);
        }
        let expected = self.bytes(4)?;
        let block = self.bytes(length)?;
        if checksum(&block).to_le_bytes() != *expected {
            return Err(self.damaged("its numbers do not match their checksum"));
        }
        let element = element(&block).map_err(|error| self.damaged(error))?;
        Ok(Some(element))
    }
}

impl Iterator for Reader {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read();
        self.is_over = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}

/// The element that a block holds.
fn element(block: &[u8]) -> Result<DatasetElement> {
    let tensors = SafeTensors::deserialize(block).map_err(|e| Error::data(e.to_string()))?;
    let [x, y, weight] = GROUPS.map(|group| {
        let places = (0..).map(|i| tensors.tensor(&format!("{group}.{i}")));
        let there = places.map_while(|view| view.ok());
        there.map(|view| tensor(&view)).collect::<Result<Vec<_>>>()
    });
    let (x, y, weight) = (x?, y?, weight?);
    if x.len() + y.len() + weight.len() != tensors.len() {
        return Err(Error::data("it has tensors that elements do not have"));
    }
    Ok(DatasetElement::new(x, y).with_sample_weight(weight))
}

fn tensor(view: &TensorView<'_>) -> Result<Tensor> {
    let shape = Shape::from(view.shape().to_vec());
    match view.dtype() {
        Dtype::F32 => {
            let words = view.data().chunks_exact(4);
            let floats = words.map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]]));
            Tensor::from_vec(floats.collect(), shape)
        }
        Dtype::U8 => Tensor::from_vec(view.data().to_vec(), shape),
        Dtype::I64 => {
            let words = view.data().chunks_exact(8);
            let numbers =
                words.map(|w| i64::from_le_bytes([w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]]));
            Tensor::from_vec(numbers.collect(), shape)
        }
        other => Err(Error::data(format!(
            "no tensor has numbers of type {other}"
        ))),
    }
}
