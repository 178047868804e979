//! Damaged files: an error that says so, never a panic, and never a model that is half loaded.

use std::path::Path;

use kerust::ErrorKind;
use kerust::prelude::*;

use super::{bits, data, fit, model, scratch};
use crate::fuzz::mutator::damaged;

/// A small file with everything in it, and the weights that it holds.
fn saved(path: &Path) -> Result<(Vec<u8>, Vec<u32>)> {
    let (x, y) = data()?;
    let mut trained = model("adam")?;
    trained.fit(&x, &y, fit(1))?;
    trained.save_weights(path)?;
    Ok((std::fs::read(path).expect("a file"), bits(&trained)))
}

/// Loads a damaged file into a model of its own. Returns the error, which must leave it as it was,
/// or the weights.
#[track_caller]
fn try_load(path: &Path, bytes: &[u8], what: &str) -> std::result::Result<Vec<u32>, ErrorKind> {
    std::fs::write(path, bytes).expect("a file");
    let mut victim = model("adam").expect("a model");
    let before = bits(&victim);
    match victim.load_weights(path) {
        Ok(()) => Ok(bits(&victim)),
        Err(error) => {
            assert_eq!(bits(&victim), before, "{what}");
            assert_eq!(victim.summary().optimizer_params, 0, "{what}");
            Err(error.kind())
        }
    }
}

/// The same, where weights must be exactly those that were saved.
#[track_caller]
fn load_damaged(path: &Path, bytes: &[u8], whole: &[u32], what: &str) -> Option<ErrorKind> {
    let loaded = try_load(path, bytes, what);
    if let Ok(weights) = &loaded {
        assert_eq!(weights, whole, "{what}");
    }
    loaded.err()
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (bytes, whole) = saved(&path)?;
    for length in 0..bytes.len() {
        let what = format!("cut to {length}");
        let kind = load_damaged(&path, &bytes[..length], &whole, &what);
        assert_eq!(kind, Some(ErrorKind::Data), "{what}");
    }
    let longer = [&bytes[..], &[0]].concat();
    let kind = load_damaged(&path, &longer, &whole, "longer");
    assert_eq!(kind, Some(ErrorKind::Data));
    assert_eq!(load_damaged(&path, &bytes, &whole, "whole"), None);
    Ok(())
}

#[test]
fn a_wrong_bit_anywhere_is_harmless() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (bytes, whole) = saved(&path)?;
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight")) as usize;
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        let what = format!("a bit of byte {position}");
        let kind = load_damaged(&path, &damaged, &whole, &what);
        if position >= 8 + header {
            assert_eq!(kind, Some(ErrorKind::Data), "the checksum misses {what}");
        }
    }
    Ok(())
}

#[test]
fn random_damage_is_harmless() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (bytes, whole) = saved(&path)?;
    for (round, damaged) in damaged(&bytes, 2000).enumerate() {
        let what = format!("round {round}");
        // The first of six rounds has one wound.
        if round % 6 == 0 {
            load_damaged(&path, &damaged, &whole, &what);
        } else {
            // Several may hit both a number and the checksum.
            let _ = try_load(&path, &damaged, &what);
        }
    }
    Ok(())
}

#[test]
fn headers_that_lie_are_refused() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (_, whole) = saved(&path)?;
    let file = |length: u64, header: &str| {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes
    };
    let of = |header: &str| file(header.len() as u64, header);
    let tensor = |shape: &str, end: &str| {
        of(&format!(
            r#"{{"dense/kernel":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#
        ))
    };
    let huge = u64::MAX.to_string();
    let lies = [
        file(u64::MAX, "{}"),
        file(100_000_001, "{}"),
        file(3, "{}"),
        file(0, ""),
        of(""),
        of("[]"),
        of("null"),
        of("\u{0}\u{0}"),
        of(&"[".repeat(100_000)),
        of(&r#"{"a":"#.repeat(10_000)),
        of(r#"{"__metadata__":{"kerust":"no JSON"}}"#),
        of(r#"{"__metadata__":{"kerust":"{\"optimizer\":[1]}"}}"#),
        of(r#"{"__metadata__":[]}"#),
        tensor("[3,4]", "48"),
        tensor("[3,4]", &huge),
        tensor(&format!("[{huge}]"), &huge),
        tensor(&format!("[{huge},{huge}]"), "0"),
        tensor("[0]", "0"),
        tensor("[-1]", "0"),
        tensor("[1e400]", "0"),
    ];
    for (number, bytes) in lies.iter().enumerate() {
        let kind = load_damaged(&path, bytes, &whole, &format!("lie {number}"));
        let expected = [ErrorKind::Data, ErrorKind::Shape];
        assert!(kind.is_some_and(|k| expected.contains(&k)), "lie {number}");
    }
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_pipe_is_not_waited_for() -> Result<()> {
    let (_folder, path) = scratch("pipe.safetensors");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    let mut model = model("adam")?;
    let error = model.load_weights(&path).expect_err("a pipe");
    assert_eq!(error.kind(), ErrorKind::Argument);
    Ok(())
}
