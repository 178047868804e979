//! The official binary layout: records of a label and 32x32 pixels, one color plane after another.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::datasets::archive::Member;
use crate::datasets::color_planes::{PICTURE, SIDE, to_pixels};
use crate::{Error, Result, Tensor};

/// Bytes of one record: the label and the picture.
const RECORD: usize = 1 + PICTURE;
/// The folder in the official archive.
pub(super) const FOLDER: &str = "cifar-10-batches-bin";

const BATCH_BYTES: u64 = 10_000 * RECORD as u64;

/// What the official archive holds.
pub(super) const MEMBERS: [Member; 7] = [
    batch("cifar-10-batches-bin/data_batch_1.bin"),
    batch("cifar-10-batches-bin/data_batch_2.bin"),
    batch("cifar-10-batches-bin/data_batch_3.bin"),
    batch("cifar-10-batches-bin/data_batch_4.bin"),
    batch("cifar-10-batches-bin/data_batch_5.bin"),
    batch("cifar-10-batches-bin/test_batch.bin"),
    Member {
        path: "cifar-10-batches-bin/batches.meta.txt",
        bytes: (1, 1000),
    },
];

const fn batch(path: &'static str) -> Member {
    Member {
        path,
        bytes: (BATCH_BYTES, BATCH_BYTES),
    }
}

/// The files of a data set.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) train: Vec<PathBuf>,
    pub(super) test: Vec<PathBuf>,
}

impl Files {
    /// The files in `folder`, or in the official folder below it.
    pub(super) fn find(folder: &Path) -> Result<Files> {
        let below = folder.join(FOLDER);
        let mut train = numbered_batches(folder)?;
        let mut found_in = folder.to_owned();
        if train.is_empty() && below.is_dir() {
            train = numbered_batches(&below)?;
            found_in = below;
        }
        if train.is_empty() {
            return Err(no_batches(&found_in));
        }
        let test = found_in.join("test_batch.bin");
        if !test.is_file() {
            return Err(missing(&found_in, "test_batch.bin"));
        }
        Ok(Files {
            folder: found_in,
            train,
            test: vec![test],
        })
    }
}

/// `data_batch_1.bin`, `data_batch_2.bin`, .. in the order of their numbers.
fn numbered_batches(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).map_err(|error| {
            Error::io(format!("cannot read the folder `{}`", folder.display()), error).remedy(
            "give a folder that holds `data_batch_1.bin` and `test_batch.bin`; an archive must be \
             unpacked first",
        )
        })?;
    let mut batches: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name
                .to_str()?
                .strip_prefix("data_batch_")?
                .strip_suffix(".bin")?;
            Some((number.parse().ok()?, entry.path()))
        })
        .collect();
    batches.sort();
    Ok(batches.into_iter().map(|(_, path)| path).collect())
}

fn no_batches(folder: &Path) -> Error {
    if folder.join("data_batch_1").is_file() {
        return Error::data(format!(
            "`{}` holds the Python version of CIFAR-10, expected the binary version",
            folder.display()
        ))
        .remedy(format!("unpack {} instead", super::DATASET.files[0].origin));
    }
    missing(folder, "data_batch_1.bin")
}

fn missing(folder: &Path, name: &str) -> Error {
    Error::data(format!("`{name}` is not in `{}`", folder.display())).remedy(format!(
        "the folder must hold at least `data_batch_1.bin` and `test_batch.bin` from {}",
        super::DATASET.files[0].origin
    ))
}

/// The pictures (n, 32, 32, 3) and labels (n, 1) of the files, one after another.
pub(super) fn read(paths: &[PathBuf]) -> Result<(Tensor, Tensor)> {
    let counts = paths
        .iter()
        .map(|path| records_in(path))
        .collect::<Result<Vec<usize>>>()?;
    let count = counts.iter().sum();
    let mut pictures = vec![0; count * PICTURE];
    let mut labels = vec![0; count];
    let mut pictures_left = &mut pictures[..];
    let mut labels_left = &mut labels[..];
    let mut raw = Vec::new();
    for (path, &records) in paths.iter().zip(&counts) {
        let (these_pictures, rest) = pictures_left.split_at_mut(records * PICTURE);
        pictures_left = rest;
        let (these_labels, rest) = labels_left.split_at_mut(records);
        labels_left = rest;
        read_bytes(path, records, &mut raw)?;
        check_labels(path, &raw)?;
        to_pixels(&raw, RECORD, these_pictures);
        for (label, record) in these_labels.iter_mut().zip(raw.chunks_exact(RECORD)) {
            *label = record[0];
        }
    }
    Ok((
        Tensor::from_vec(pictures, (count, SIDE, SIDE, 3))?,
        Tensor::from_vec(labels, (count, 1))?,
    ))
}

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("cannot read `{}`", path.display()), error)
}

/// How many records a file has.
fn records_in(path: &Path) -> Result<usize> {
    let bytes = fs::metadata(path)
        .map_err(|error| cannot_read(path, error))?
        .len() as usize;
    if bytes == 0 || !bytes.is_multiple_of(RECORD) {
        return Err(Error::data(format!(
            "`{}` is truncated or damaged: it has {bytes} bytes, expected a multiple of {RECORD} \
             (a label and 32x32x3 pixels for each picture)",
            path.display()
        ))
        .remedy("copy or download it again"));
    }
    Ok(bytes / RECORD)
}

fn read_bytes(path: &Path, records: usize, raw: &mut Vec<u8>) -> Result<()> {
    raw.resize(records * RECORD, 0);
    File::open(path)
        .and_then(|mut file| file.read_exact(raw))
        .map_err(|error| cannot_read(path, error))
}

fn check_labels(path: &Path, raw: &[u8]) -> Result<()> {
    let wrong = raw
        .chunks_exact(RECORD)
        .enumerate()
        .find(|(_, record)| record[0] > 9);
    match wrong {
        None => Ok(()),
        Some((index, record)) => Err(Error::data(format!(
            "`{}` is damaged: picture {index} (at byte {}) has the label {}, expected 0 to 9",
            path.display(),
            index * RECORD,
            record[0]
        ))
        .remedy("copy or download it again")),
    }
}
