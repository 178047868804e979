//! Takes tensors and texts out of HDF5 files.
//!
//! `hdf5-reader` knows the format. Files may come from anywhere: it reads what a path names and no
//! more, follows nothing out of the file, and refuses what would take more memory than is set here.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_reader::error::Error as Hdf5Error;
use hdf5_reader::group::Group;
use hdf5_reader::messages::attribute::AttributeMessage;
use hdf5_reader::{Dataset, Datatype, H5Type, Hdf5File, OpenOptions, RangeRequestStorage};
use hdf5_reader::{StringSize, VarLenKind, dtype_element_size};

use super::super::file;
use crate::{Error, Result, Shape};

/// The largest piece that a file may keep numbers in when they are compressed.
const LARGEST_CHUNK: usize = 1 << 26;
/// The largest description of a group or of a dataset.
const LARGEST_HEADER: usize = 1 << 24;
/// How many bytes the texts of an attribute may have together.
const LARGEST_TEXT: usize = 1 << 26;

/// An HDF5 file, or one inside of another file.
pub(in crate::models::saving) struct Source {
    file: Hdf5File,
    path: PathBuf,
}

impl Source {
    /// Opens the file at `path`.
    pub(in crate::models::saving) fn open(path: &Path) -> Result<Source> {
        let (file, length) = file::open(path)?;
        Source::part(file, path, 0, length)
    }

    /// Opens what begins at byte `start` of a file and is `length` bytes long.
    pub(in crate::models::saving) fn part(
        file: File,
        path: &Path,
        start: u64,
        length: u64,
    ) -> Result<Source> {
        let file = Mutex::new(file);
        let read = move |offset: u64, length: usize| {
            let mut bytes = vec![0; length];
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(start.saturating_add(offset)))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let storage = Arc::new(RangeRequestStorage::new(length, read));
        let file = Hdf5File::from_storage_with_options(storage, options());
        Source::checked(file, path, length)
    }

    /// Opens what stands in `bytes`, which come from the file at `path`.
    pub(in crate::models::saving) fn bytes(bytes: Vec<u8>, path: &Path) -> Result<Source> {
        let length = bytes.len() as u64;
        Source::checked(
            Hdf5File::from_vec_with_options(bytes, options()),
            path,
            length,
        )
    }

    fn checked(
        file: std::result::Result<Hdf5File, Hdf5Error>,
        path: &Path,
        length: u64,
    ) -> Result<Source> {
        let file = file.map_err(|error| damaged(path, &error))?;
        let end = file.superblock().eof_address;
        if end > length {
            let why = format!("it should have {end} bytes, there are {length}");
            return Err(damaged(path, &why));
        }
        let path = path.to_path_buf();
        Ok(Source { file, path })
    }

    fn damaged(&self, why: &dyn std::fmt::Display) -> Error {
        damaged(&self.path, why)
    }

    /// None where nothing was found.
    fn found<T>(&self, result: std::result::Result<T, Hdf5Error>) -> Result<Option<T>> {
        match result {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.damaged(&error)),
        }
    }

    fn group(&self, path: &str) -> Result<Option<Group>> {
        self.found(self.file.group(path))
    }

    /// The names of the groups and of the datasets in a group; none where there is no such group.
    pub(in crate::models::saving) fn names(
        &self,
        group: &str,
    ) -> Result<(Vec<String>, Vec<String>)> {
        match self.group(group)? {
            Some(group) => group.member_names().map_err(|error| self.damaged(&error)),
            None => Ok((Vec::new(), Vec::new())),
        }
    }

    /// The dataset at `path`; none where there is no such dataset.
    pub(in crate::models::saving) fn numbers(&self, path: &str) -> Result<Option<Numbers<'_>>> {
        let Some(dataset) = self.found(self.file.dataset(path))? else {
            return Ok(None);
        };
        let sizes = dataset.shape().iter().map(|&size| usize::try_from(size));
        let sizes: std::result::Result<Vec<usize>, _> = sizes.collect();
        let sizes = sizes.map_err(|error| self.damaged(&error))?;
        Ok(Some(Numbers {
            source: self,
            name: path.to_owned(),
            shape: Shape::from(sizes),
            dataset,
        }))
    }

    /// The texts of an attribute of a group; none where there is no such attribute. One that is too
    /// long for the format is split into some with numbers behind their names.
    pub(in crate::models::saving) fn texts(
        &self,
        group: &str,
        attribute: &str,
    ) -> Result<Option<Vec<String>>> {
        let Some(group) = self.group(group)? else {
            return Ok(None);
        };
        let all = group.raw_attributes();
        let all = all.map_err(|error| self.damaged(&error))?;
        let find = |name: &str| all.iter().find(|found| found.name() == name);
        let mut texts = Vec::new();
        if let Some(whole) = find(attribute) {
            self.add_texts(&group, whole.message(), &mut texts)?;
            return Ok(Some(texts));
        }
        let mut parts = (0..)
            .map_while(|i| find(&format!("{attribute}{i}")))
            .peekable();
        if parts.peek().is_none() {
            return Ok(None);
        }
        for part in parts {
            self.add_texts(&group, part.message(), &mut texts)?;
        }
        Ok(Some(texts))
    }

    fn add_texts(
        &self,
        group: &Group,
        attribute: &AttributeMessage,
        texts: &mut Vec<String>,
    ) -> Result<()> {
        let count = attribute.dataspace.num_elements();
        let count = count.map_err(|error| self.damaged(&error))?;
        let heap = match &attribute.datatype {
            _ if count == 0 => return Ok(()),
            Datatype::String {
                size: StringSize::Fixed(_),
                ..
            } => false,
            Datatype::String {
                size: StringSize::Variable,
                ..
            }
            | Datatype::VarLen {
                kind: VarLenKind::String,
                ..
            } => true,
            other => {
                let why = format!("the attribute `{}` is no text: {other:?}", attribute.name);
                return Err(self.damaged(&why));
            }
        };
        let size = match (&attribute.datatype, heap) {
            (
                Datatype::String {
                    size: StringSize::Fixed(size),
                    ..
                },
                _,
            ) => *size as usize,
            // A length, an address and an index.
            _ => 4 + usize::from(group.offset_size()) + 4,
        };
        let mut left = LARGEST_TEXT;
        let parts = attribute.raw_data.chunks_exact(size.max(1));
        for part in parts.take(usize::try_from(count).unwrap_or(usize::MAX)) {
            let bytes = match heap {
                false => part.to_vec(),
                true => {
                    let read = group.resolve_vlen_reference_bytes(part, 1);
                    read.map_err(|error| self.damaged(&error))?
                }
            };
            let end = bytes
                .iter()
                .rposition(|&byte| byte != 0)
                .map_or(0, |i| i + 1);
            let text = std::str::from_utf8(&bytes[..end]).map_err(|error| {
                let why = format!("the attribute `{}` is no UTF-8: {error}", attribute.name);
                self.damaged(&why)
            })?;
            let Some(rest) = left.checked_sub(bytes.len()) else {
                let why = format!("the attribute `{}` is too long", attribute.name);
                return Err(self.damaged(&why));
            };
            left = rest;
            texts.push(text.to_owned());
        }
        Ok(())
    }
}

/// A dataset in a file: its shape is known, its numbers are not read yet.
pub(in crate::models::saving) struct Numbers<'a> {
    source: &'a Source,
    name: String,
    pub(in crate::models::saving) shape: Shape,
    dataset: Dataset,
}

impl Numbers<'_> {
    /// All numbers. What the caller knows of their shape must have been compared before: this takes
    /// as much memory as the file says.
    pub(in crate::models::saving) fn floats(&self) -> Result<Vec<f32>> {
        if let Datatype::FloatingPoint { size: 4, .. } = self.dataset.dtype() {
            let mut floats = vec![0.0; self.shape.elements()];
            let read = self.dataset.read_into(&mut floats);
            read.map_err(|error| self.source.damaged(&error))?;
            return Ok(floats);
        }
        match self.dataset.dtype() {
            Datatype::FloatingPoint { size: 8, .. } => self.all(|number: f64| number as f32),
            Datatype::FixedPoint {
                size: 4,
                signed: true,
                ..
            } => self.all(|n: i32| n as f32),
            Datatype::FixedPoint {
                size: 8,
                signed: true,
                ..
            } => self.all(|n: i64| n as f32),
            other => {
                let bytes = dtype_element_size(other).unwrap_or(0);
                let what = format!(
                    "expected `{}` in float32, the file has another type of {bytes} bytes",
                    self.name
                );
                Err(Error::data(what).remedy("save the model in float32"))
            }
        }
    }

    fn all<T: H5Type>(&self, to_float: impl Fn(T) -> f32) -> Result<Vec<f32>> {
        let read = self.dataset.read_array();
        let read = read.map_err(|error| self.source.damaged(&error))?;
        Ok(read.into_iter().map(to_float).collect())
    }

    /// The only number, a whole one.
    pub(in crate::models::saving) fn whole(&self) -> Result<i64> {
        let one = self.shape.elements() == 1;
        let number = match self.dataset.dtype() {
            Datatype::FixedPoint {
                size: 4,
                signed: true,
                ..
            } if one => self
                .dataset
                .read_array()
                .map(|all| all.iter().next().map(|n: &i32| i64::from(*n))),
            Datatype::FixedPoint {
                size: 8,
                signed: true,
                ..
            } if one => self
                .dataset
                .read_array()
                .map(|all| all.iter().next().copied()),
            _ => Ok(None),
        };
        let number = number.map_err(|error| self.source.damaged(&error))?;
        number.ok_or_else(|| {
            let why = format!("`{}` is not one whole number", self.name);
            self.source.damaged(&why)
        })
    }
}

fn options() -> OpenOptions {
    OpenOptions::default()
        .with_chunk_cache_bytes(0)
        .with_max_chunk_bytes(LARGEST_CHUNK)
        .with_max_object_header_bytes(LARGEST_HEADER)
}

fn is_missing(error: &Hdf5Error) -> bool {
    match error {
        Hdf5Error::Context { source, .. } => is_missing(source),
        Hdf5Error::GroupNotFound(_) | Hdf5Error::DatasetNotFound(_) => true,
        _ => false,
    }
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::data(format!(
        "`{}` is damaged or no file of Keras: {why}",
        path.display()
    ))
    .remedy("take another copy of it, or save it again")
}
