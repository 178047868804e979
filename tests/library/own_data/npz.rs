//! `.npz`: several arrays in an archive, whole, small and hostile ones.

use std::io::{Cursor, Write as _};
use std::path::Path;

use kerust::data::{SaveNpz, load_npz, save_npz, save_npz_with};
use kerust::prelude::*;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::npy::{expected, header, npy};
use super::scratch;
use crate::fuzz::cut;
use crate::golden::{file, list, text};

#[test]
fn all_arrays_of_an_archive_are_there_in_order() -> Result<()> {
    let cases = std::fs::read(file("files/arrays.json")).expect("the cases are there");
    let cases: Value = serde_json::from_slice(&cases).expect("the cases are JSON");
    let arrays = load_npz(file("files/arrays.npz"))?;
    let names: Vec<&str> = list(&cases)
        .iter()
        .map(|case| text(&case["name"]))
        .collect();
    assert_eq!(arrays.names(), names);
    for case in list(&cases) {
        assert_eq!(arrays.get(text(&case["name"]))?, &expected(case), "{case}");
    }
    let error = arrays
        .get("f4_little")
        .expect_err("no such array")
        .to_string();
    assert!(error.contains("did you mean `f4_little_"), "{error}");
    Ok(())
}

#[test]
fn arrays_come_back() -> Result<()> {
    let (_folder, path) = scratch("x.npz");
    let x = Tensor::random_normal((50, 3, 4), 0.0, 1.0);
    let (y, z) = (
        Tensor::arange(50),
        Tensor::from_vec(vec![7u8; 30_000], 30_000)?,
    );
    for compressed in [false, true] {
        let arrays = [("x", &x), ("ein Name, 名前", &y), ("a/b", &z)];
        save_npz_with(&path, arrays, SaveNpz { compressed })?;
        let length = std::fs::metadata(&path).expect("a file").len();
        assert_eq!(length < 10_000, compressed, "{length}");
        let again = load_npz(&path)?;
        assert_eq!(again.len(), 3);
        for (name, array) in arrays {
            assert_eq!(again.get(name)?, array);
        }
    }
    save_npz(&path, Vec::<(String, &Tensor)>::new())?;
    assert!(load_npz(&path)?.is_empty());
    for names in [["x", "x"], ["x", ""], ["x", "a\\b"]] {
        let before = std::fs::read(&path).expect("a file");
        assert!(save_npz(&path, names.map(|name| (name, &x))).is_err());
        assert_eq!(
            std::fs::read(&path).expect("a file"),
            before,
            "the file stays"
        );
    }
    Ok(())
}

/// An archive of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in members {
        archive.start_file(*name, options).expect("a member");
        archive.write_all(bytes).expect("memory is there");
    }
    archive.finish().expect("memory is there").into_inner()
}

#[track_caller]
fn refused(path: &Path, bytes: &[u8], part: &str) {
    std::fs::write(path, bytes).expect("a file");
    let error = load_npz(path).expect_err(part).to_string();
    assert!(error.contains(part), "{part} in {error}");
    assert!(
        error.starts_with("`load_npz`: `") && error.contains("help: "),
        "{error}"
    );
}

#[test]
fn archives_that_lie_are_refused() {
    let (_folder, path) = scratch("x.npz");
    let one = npy(&header("'<f4'", "(4,)"), &[0; 16]);
    let short = npy(&header("'<f4'", "(5,)"), &[0; 16]);
    let long = npy(&header("'<f4'", "(3,)"), &[0; 16]);
    let huge = npy(&header("'<f4'", "(268435457,)"), &[0; 16]);
    let bytes = npy(&header("'|i1'", "(134217729,)"), &[0; 16]);
    let half = npy(&header("'<f4'", "(134217729,)"), &[0; 16]);
    for (members, part) in [
        (
            vec![("x.npy", &short[..])],
            "`x.npy`: damaged, or no array of NumPy: it ends within its numbers",
        ),
        (vec![("x.npy", &long)], "more follows behind the array"),
        (
            vec![("x.npy", &one), ("readme.txt", b"")],
            "`readme.txt`: it is no array",
        ),
        (vec![("x.npy", b"")], "ends within its header"),
        (vec![("x.npy", &huge)], "unpacks to much more"),
        // Numbers take more room in memory than in the file.
        (vec![("x.npy", &bytes)], "unpacks to much more"),
        (
            vec![("x.npy", &one), ("y.npy", &half), ("z.npy", &half)],
            "`y.npy`",
        ),
    ] {
        refused(&path, &archive(&members), part);
    }
    refused(&path, b"", "damaged, or no `.npz` file");
    refused(&path, &one, "damaged, or no `.npz` file");
    // A wrong bit in the numbers.
    let numbers: Vec<u8> = (0..=255).collect();
    let x = Tensor::from_vec(numbers, 256).expect("256 bytes");
    save_npz(&path, [("x", &x)]).expect("a file");
    let mut wrong = std::fs::read(&path).expect("a file");
    let place = wrong
        .windows(3)
        .position(|w| w == [100, 101, 102])
        .expect("numbers");
    wrong[place] ^= 1;
    refused(&path, &wrong, "checksum");
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let (_folder, path) = scratch("x.npz");
    let cut_and_load = || {
        cut(&path, |length| {
            let error = load_npz(&path).expect_err("it is cut").to_string();
            assert!(error.contains("damaged"), "{length}: {error}");
        });
    };
    let (x, y) = (Tensor::ones((2, 3)), Tensor::arange(4));
    for compressed in [false, true] {
        save_npz_with(&path, [("x", &x), ("y", &y)], SaveNpz { compressed }).expect("a file");
        cut_and_load();
    }
    std::fs::copy(file("files/arrays.npz"), &path).expect("NumPy's own");
    cut_and_load();
}
