//! Damaged files of Keras's kinds: an error that says so, never a panic, a hang, or a model that is
//! half loaded.

use std::path::Path;

use kerust::ErrorKind;
use kerust::models::load_model;
use kerust::prelude::*;

use super::{bits, data, fit, model, scratch};
use crate::fuzz::cut;
use crate::fuzz::mutator::damaged;
use crate::golden::file;

/// A small model that has been trained.
fn trained() -> Result<Sequential> {
    let (x, y) = data()?;
    let mut trained = model("adam")?;
    trained.fit(&x, &y, fit(1))?;
    Ok(trained)
}

/// Loads a damaged file into a model of its own, which an error must leave as it was.
#[track_caller]
fn try_weights(path: &Path, bytes: &[u8], what: &str) -> Option<ErrorKind> {
    std::fs::write(path, bytes).expect("a file");
    let mut victim = model("adam").expect("a model");
    let before = bits(&victim);
    let error = victim.load_weights(path).err()?;
    assert_eq!(bits(&victim), before, "{what}");
    assert_eq!(victim.summary().optimizer_params, 0, "{what}");
    Some(error.kind())
}

#[test]
fn weights_that_are_cut_anywhere_are_refused() -> Result<()> {
    let (_folder, path) = scratch("model.weights.h5");
    trained()?.save_weights(&path)?;
    let bytes = std::fs::read(&path).expect("a file");
    for length in 0..bytes.len() {
        let what = format!("cut to {length}");
        let kind = try_weights(&path, &bytes[..length], &what);
        assert_eq!(kind, Some(ErrorKind::Data), "{what}");
    }
    assert_eq!(try_weights(&path, &bytes, "whole"), None);
    Ok(())
}

#[test]
fn damaged_weights_are_harmless() -> Result<()> {
    let (_folder, path) = scratch("model.weights.h5");
    trained()?.save_weights(&path)?;
    let bytes = std::fs::read(&path).expect("a file");
    for (round, bytes) in damaged(&bytes, 3000).enumerate() {
        let _ = try_weights(&path, &bytes, &format!("round {round}"));
    }
    Ok(())
}

#[test]
fn damaged_weights_of_keras_are_harmless() -> Result<()> {
    let (_folder, path) = scratch("model.weights.h5");
    let bytes = std::fs::read(file("files/short.weights.h5")).expect("a file");
    let mut victim = Sequential::new();
    victim.add(Bidirectional::new(LSTM::new(2)).input_shape((4, 2)))?;
    victim.add(Dense::new(1))?;
    for bytes in damaged(&bytes, 3000) {
        std::fs::write(&path, bytes).expect("a file");
        let _ = victim.load_weights(&path);
    }
    // Whatever of them is cut away: all of Keras's file, too, is needed.
    std::fs::write(&path, bytes).expect("a file");
    cut(&path, |length| {
        let error = victim.load_weights(&path).expect_err("it is cut");
        assert_eq!(error.kind(), ErrorKind::Data, "{length}: {error}");
    });
    Ok(())
}

#[test]
fn damaged_models_of_the_older_format_are_harmless() {
    let (_folder, path) = scratch("model.h5");
    let bytes = std::fs::read(file("files/normalized.h5")).expect("a file");
    for bytes in damaged(&bytes, 1500) {
        std::fs::write(&path, bytes).expect("a file");
        let _ = load_model(&path);
    }
    for length in 0..bytes.len() {
        std::fs::write(&path, &bytes[..length]).expect("a file");
        load_model(&path).expect_err("it is cut");
    }
}

#[test]
fn a_model_of_the_older_format_of_absurd_size_is_refused() {
    let (_folder, path) = scratch("model.h5");
    let bytes = std::fs::read(file("files/normalized.h5")).expect("a file");
    // What is said twice is what is said last.
    let (plain, absurd) = (
        b"\"kernel_regularizer\": null",
        b"\"units\": 1000000000000    ",
    );
    let mut bytes = bytes;
    let mut places = bytes.windows(plain.len()).enumerate();
    // That of the last layer.
    let place = places.rfind(|(_, part)| part == plain);
    let place = place.expect("there is a layer with a kernel").0;
    bytes[place..place + absurd.len()].copy_from_slice(absurd);
    std::fs::write(&path, bytes).expect("a file");
    let error = load_model(&path).expect_err("it is absurd").to_string();
    assert!(
        error.contains("much larger than the weights in it"),
        "{error}"
    );
}

#[test]
fn models_that_are_cut_anywhere_are_refused() -> Result<()> {
    let (_folder, path) = scratch("model.keras");
    trained()?.save(&path)?;
    let bytes = std::fs::read(&path).expect("a file");
    for length in 0..bytes.len() {
        std::fs::write(&path, &bytes[..length]).expect("a file");
        let error = load_model(&path).expect_err("it is cut");
        assert_eq!(error.kind(), ErrorKind::Data, "{length}: {error}");
        if length % 53 == 0 {
            assert!(try_weights(&path, &bytes[..length], "cut").is_some());
        }
    }
    Ok(())
}

#[test]
fn damaged_models_are_harmless() -> Result<()> {
    let (_folder, path) = scratch("model.keras");
    trained()?.save(&path)?;
    for original in [path.clone(), file("files/embedding.keras")] {
        let bytes = std::fs::read(original).expect("a file");
        for bytes in damaged(&bytes, 1500) {
            std::fs::write(&path, bytes).expect("a file");
            let _ = load_model(&path);
        }
    }
    Ok(())
}

#[test]
fn a_wrong_bit_in_the_weights_of_a_model_is_found() -> Result<()> {
    let (_folder, path) = scratch("model.keras");
    trained()?.save(&path)?;
    let bytes = std::fs::read(&path).expect("a file");
    let mut positions = bytes.windows(8).enumerate();
    let start = positions.find(|(_, part)| part.starts_with(b"\x89HDF"));
    let start = start.expect("the weights are stored").0;
    // What follows the weights lists the archive.
    let mut positions = bytes.windows(4).enumerate().skip(start);
    let end = positions.find(|(_, part)| part.starts_with(b"PK\x01\x02"));
    let end = end.expect("the list is there").0;
    for position in (start..end).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        std::fs::write(&path, damaged).expect("a file");
        let error = load_model(&path).expect_err("the checksum misses it");
        assert_eq!(error.kind(), ErrorKind::Data, "{position}");
    }
    Ok(())
}
