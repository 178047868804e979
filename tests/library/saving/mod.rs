//! Saving: what `save_weights` writes comes back bit by bit, and nothing else ever gets into a
//! model.

mod checkpoint;
mod damage;
mod hostile;
mod keras_damage;
pub(crate) mod keras_files;
mod keras_weights;
mod mismatch;
mod npz_weights;
mod round_trip;
mod text_layers;

use std::path::{Path, PathBuf};

use kerust::layers::LAYERS;
use kerust::prelude::*;
use tempfile::TempDir;

/// A folder of its own for a test, and a path in it.
fn scratch(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    (folder, path)
}

/// Dense layers, with batch normalization between them.
fn model(optimizer: &str) -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(4).activation("relu").input_shape(3))?;
    model.add(BatchNormalization::new())?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(Compile {
        optimizer: optimizer.into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec![],
        ..Compile::default()
    })?;
    Ok(model)
}

fn data() -> Result<(Tensor, Tensor)> {
    let x = Tensor::random_normal((64, 3), 0.0, 1.0);
    let y = Tensor::from_vec((0..64).map(|i| i % 2).collect(), 64)?;
    Ok((x, y))
}

/// Goes through the data in the same order every time.
fn fit(epochs: usize) -> Fit {
    Fit {
        epochs,
        shuffle: false,
        verbose: 0,
        ..Fit::default()
    }
}

fn bits(model: &Sequential) -> Vec<u32> {
    let weights = model.get_weights();
    let floats = weights.iter().flat_map(|weight| weight.to_vec::<f32>());
    floats.map(f32::to_bits).collect()
}

/// Fails unless the weights of every layer come back from a file of this name.
fn comes_back_in_every_layer(name: &str) -> Result<()> {
    let (_folder, path) = scratch(name);
    for entry in LAYERS.iter() {
        let make = || -> Result<Sequential> {
            let (layer, sample) = crate::contract::example(entry);
            let mut model = Sequential::new();
            model.add(Input::new(sample))?;
            model.add(layer)?;
            Ok(model)
        };
        let first = make()?;
        first.save_weights(&path)?;
        let mut second = make()?;
        second.load_weights(&path)?;
        assert_eq!(bits(&second), bits(&first), "{entry:?}");
    }
    Ok(())
}

/// The names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
