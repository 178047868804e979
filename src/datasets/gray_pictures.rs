//! What MNIST and Fashion-MNIST have in common: gray pictures of 28x28 pixels in ten classes.

use std::path::{Path, PathBuf};

use super::dataset::Dataset;
use super::{Split, idx, stand_in};
use crate::{Error, Result, Tensor};

/// Pixels on each side.
pub(super) const SIDE: usize = 28;
const CLASSES: u8 = 10;

/// The files of pictures and labels to train on, and of those to test with.
const IDX: [(&str, &str); 2] = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
];

/// The four idx files in `folder`, compressed (`.gz`) or not.
pub(super) fn load_idx(dataset: &Dataset, folder: &Path) -> Result<Split> {
    let [train, test] = IDX.map(|(pictures, labels)| {
        let (pictures, labels) = (find(folder, pictures)?, find(folder, labels)?);
        let (sizes, pixels) = idx::read(&pictures, 3)?;
        let (count, numbers) = idx::read(&labels, 1)?;
        if sizes[1..] != [SIDE, SIDE] {
            return Err(Error::data(format!(
                "`{}` holds pictures of {}x{} pixels, expected {SIDE}x{SIDE}",
                pictures.display(),
                sizes[1],
                sizes[2]
            )));
        }
        let x = Tensor::from_vec(pixels, sizes)?;
        let y = Tensor::from_vec(numbers, count)?;
        check(&x, &y, &labels)?;
        Ok((x, y))
    });
    let split = (train?, test?);
    stand_in::announce(dataset, folder);
    Ok(split)
}

/// The file with this name or with `.gz` behind it.
fn find(folder: &Path, name: &str) -> Result<PathBuf> {
    let zipped = folder.join(format!("{name}.gz"));
    let plain = folder.join(name);
    match (zipped.is_file(), plain.is_file()) {
        (true, _) => Ok(zipped),
        (false, true) => Ok(plain),
        (false, false) => {
            let missing = format!("`{name}.gz` is not in `{}`", folder.display());
            let names = IDX.map(|(pictures, labels)| format!("`{pictures}.gz`, `{labels}.gz`"));
            Err(Error::data(missing).remedy(format!("the folder must hold {}", names.join(", "))))
        }
    }
}

/// Whether pictures and labels belong together; `path` is where they are from.
pub(super) fn check(x: &Tensor, y: &Tensor, path: &Path) -> Result<()> {
    let wrong = |message: String| {
        Err(Error::data(format!("`{}` {message}", path.display()))
            .remedy("copy or download it again"))
    };
    let count = y.len();
    if y.ndim() != 1 || x.shape() != (count, SIDE, SIDE) {
        return wrong(format!(
            "holds labels of shape {} for pictures of shape {}, expected one for each picture of \
             {SIDE}x{SIDE} pixels",
            y.shape(),
            x.shape()
        ));
    }
    let labels: Vec<i64> = y.to_vec();
    let allowed = 0..i64::from(CLASSES);
    match labels.iter().position(|label| !allowed.contains(label)) {
        None => Ok(()),
        Some(index) => wrong(format!(
            "is damaged: picture {index} has the label {}, expected 0 to {}",
            labels[index],
            CLASSES - 1
        )),
    }
}
