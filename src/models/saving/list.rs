//! What is in a file of weights.

use std::path::Path;

use super::container::Container;
use super::file::expanded;
use super::format::{Format, WEIGHTS};
use super::hdf5::Source;
use crate::data::load_npz;
use crate::{Error, Result, Shape, Tensor};

/// Groups inside of each other, and tensors, in a file that makes sense.
const DEEPEST: usize = 32;
const MOST: usize = 1 << 20;

/// A tensor in a file of weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedWeight {
    /// What it is called in the file: `dense/kernel`, or `layers/dense/vars/0` in Keras's.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
}

/// The tensors in a file of weights (`.safetensors`, `.weights.h5`, `.npz`), without their numbers.
///
/// Keras: `keras.saving.KerasFileEditor(filepath).summary()`.
///
/// # Errors
/// When the file cannot be read or is damaged.
///
/// # Example
/// ```
/// use kerust::models::saved_weights;
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("line.safetensors");
/// let mut model = Sequential::new();
/// model.add(Dense::new(3).input_shape(2))?;
/// model.save_weights(&path)?;
/// let weights = saved_weights(&path)?;
/// assert_eq!((weights[0].name.as_str(), &weights[0].shape), ("dense/kernel", &Shape::from((2, 3))));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn saved_weights(filepath: impl AsRef<Path>) -> Result<Vec<SavedWeight>> {
    let path = expanded(filepath.as_ref());
    let list = || match Format::of(filepath.as_ref(), WEIGHTS)? {
        Format::Weights => {
            let (source, mut found) = (Source::open(&path)?, Vec::new());
            walk(&source, "", 0, &mut found)?;
            Ok(found)
        }
        Format::Npz => {
            let arrays = load_npz(&path)?.into_iter();
            let weight = |(name, array): (String, Tensor)| SavedWeight {
                name,
                shape: array.shape().clone(),
            };
            Ok(arrays.map(weight).collect())
        }
        _ => {
            let tensors = Container::open(&path)?.tensors.into_iter();
            Ok(tensors
                .map(|entry| SavedWeight {
                    name: entry.name,
                    shape: entry.shape,
                })
                .collect())
        }
    };
    list().map_err(|e: Error| e.at("`saved_weights`"))
}

/// Adds the datasets in a group and in those inside of it.
fn walk(source: &Source, group: &str, depth: usize, found: &mut Vec<SavedWeight>) -> Result<()> {
    let (groups, datasets) = source.names(group)?;
    if depth > DEEPEST || found.len() + datasets.len() > MOST {
        return Err(Error::data(
            "the file has more groups inside of each other than make sense",
        ));
    }
    let inside = |name: &str| match group {
        "" => name.to_owned(),
        group => format!("{group}/{name}"),
    };
    for name in datasets {
        let name = inside(&name);
        if let Some(numbers) = source.numbers(&name)? {
            found.push(SavedWeight {
                name,
                shape: numbers.shape,
            });
        }
    }
    for name in groups {
        walk(source, &inside(&name), depth + 1, found)?;
    }
    Ok(())
}
