//! The version for Python, which Keras downloads: the same pictures, pickled.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::datasets::archive::Member;
use crate::datasets::color_planes::PICTURE;
use crate::datasets::dataset::{Converted, DataFile, Unpacked};
use crate::datasets::pickle::Pickle;
use crate::{Error, Result};

/// The archive of Keras, and how its files become those of the binary version.
pub(super) const CONVERTED: Converted = Converted {
    file: DataFile {
        name: "cifar-10-python.tar.gz",
        origin: "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        hash: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        bytes: 170_498_071,
        keras_names: &[
            "cifar-10-batches-py-target_archive",
            "cifar-10-batches-py.tar.gz",
        ],
    },
    unpacked: Unpacked {
        folder: "cifar-10-batches-py",
        members: &[
            batch("cifar-10-batches-py/data_batch_1"),
            batch("cifar-10-batches-py/data_batch_2"),
            batch("cifar-10-batches-py/data_batch_3"),
            batch("cifar-10-batches-py/data_batch_4"),
            batch("cifar-10-batches-py/data_batch_5"),
            batch("cifar-10-batches-py/test_batch"),
        ],
    },
    convert: to_binary,
};

const fn batch(path: &'static str) -> Member {
    Member {
        path,
        bytes: (1, 40_000_000),
    }
}

/// Writes the files of the binary version into `to`.
fn to_binary(from: &Path, to: &Path) -> Result<()> {
    for name in CONVERTED.unpacked.members.iter().map(Member::file_name) {
        let path = from.join(name);
        let bytes = fs::read(&path)
            .map_err(|error| Error::io(format!("cannot read `{}`", path.display()), error))?;
        write_records(&bytes, &to.join(format!("{name}.bin")))
            .map_err(|error| error.at(format!("file `{}`", path.display())))?;
    }
    Ok(())
}

/// Writes the pictures of a pickled batch as records of a label and a picture.
fn write_records(bytes: &[u8], to: &Path) -> Result<()> {
    let pickle = Pickle::read(bytes)?;
    let (shape, planes) = pickle.byte_array("data")?;
    let labels = pickle.integers("labels")?;
    if *shape != [labels.len(), PICTURE] {
        return Err(Error::data(format!(
            "{} labels for pictures of shape {shape:?}, expected (n, {PICTURE})",
            labels.len()
        )));
    }
    let cannot =
        |error: std::io::Error| Error::io(format!("cannot write `{}`", to.display()), error);
    let mut file = BufWriter::new(File::create(to).map_err(cannot)?);
    for (label, picture) in labels.iter().zip(planes.chunks(PICTURE)) {
        let label = u8::try_from(*label)
            .map_err(|_| Error::data(format!("a label is {label}, expected 0 to 9")))?;
        file.write_all(&[label])
            .and_then(|()| file.write_all(picture))
            .map_err(cannot)?;
    }
    let file = file
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    file.sync_all().map_err(cannot)
}
