//! `.npy`: what NumPy wrote, byte by byte, and what nobody should.

use std::io::Read;
use std::path::Path;

use kerust::ErrorKind;
use kerust::data::{load_npy, save_npy};
use kerust::prelude::*;
use serde_json::Value;

use super::scratch;
use crate::fuzz::cut;
use crate::golden::{count, file, list, text};

/// NumPy's own files by their names, each with what is in it.
fn files_of_numpy() -> Vec<(String, Vec<u8>, Tensor)> {
    let cases = std::fs::read(file("files/arrays.json")).expect("the cases are there");
    let cases: Value = serde_json::from_slice(&cases).expect("the cases are JSON");
    let archive = std::fs::File::open(file("files/arrays.npz")).expect("the arrays are there");
    let mut archive = zip::ZipArchive::new(archive).expect("an archive");
    let mut bytes_of = |name: &str| {
        let mut bytes = Vec::new();
        let mut member = archive.by_name(&format!("{name}.npy")).expect("a member");
        member.read_to_end(&mut bytes).expect("it is whole");
        bytes
    };
    let cases = list(&cases).iter().map(|case| {
        let name = text(&case["name"]);
        (name.to_owned(), bytes_of(name), expected(case))
    });
    cases.collect()
}

/// The tensor that a case says an array is.
pub(super) fn expected(case: &Value) -> Tensor {
    let shape: Vec<usize> = list(&case["shape"]).iter().map(count).collect();
    let values = list(&case["values"]);
    let name = text(&case["name"]);
    let tensor = if case["whole"] == false {
        let floats = values.iter().map(|v| v.as_f64().expect("a number") as f32);
        Tensor::from_vec(floats.collect(), shape)
    } else {
        let whole = values.iter().map(|v| v.as_i64().expect("a whole number"));
        let whole: Vec<i64> = whole.collect();
        match ["b1", "u1", "bytes"].iter().any(|t| name.starts_with(t)) {
            true => Tensor::from_vec(whole.iter().map(|&v| v as u8).collect(), shape),
            false => Tensor::from_vec(whole, shape),
        }
    };
    tensor.expect("the sizes agree")
}

#[test]
fn every_type_order_and_version_of_numpy_is_read() -> Result<()> {
    let (_folder, path) = scratch("x.npy");
    let files = files_of_numpy();
    assert!(files.len() > 40);
    for (name, bytes, expected) in files {
        std::fs::write(&path, bytes).expect("a file");
        let array = load_npy(&path)?;
        assert_eq!(array.dtype(), expected.dtype(), "{name}");
        assert_eq!(array, expected, "{name}");
        let sign = |x: &Tensor| {
            x.to_vec::<f32>()
                .iter()
                .map(|v| v.is_sign_negative())
                .collect()
        };
        let signs: [Vec<bool>; 2] = [sign(&array), sign(&expected)];
        assert_eq!(signs[0], signs[1], "{name}");
    }
    Ok(())
}

#[test]
fn files_are_numpys_byte_by_byte() -> Result<()> {
    let (_folder, path) = scratch("x.npy");
    let own = [
        "f4_little_C",
        "u1_little_C",
        "i8_little_C",
        "four_axes",
        "row",
        "bytes",
        "scalar",
        "nothing",
    ];
    for (name, bytes, array) in files_of_numpy() {
        if own.contains(&name.as_str()) {
            save_npy(&path, &array)?;
            assert_eq!(std::fs::read(&path).expect("a file"), bytes, "{name}");
        }
    }
    Ok(())
}

/// A file of version 1 with this header.
pub(super) fn npy(header: &str, numbers: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(numbers);
    bytes
}

/// A header of a type and a shape.
pub(super) fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
}

#[track_caller]
fn refused(path: &Path, bytes: &[u8], part: &str) {
    std::fs::write(path, bytes).expect("a file");
    let error = load_npy(path).expect_err(part);
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    let error = error.to_string();
    assert!(error.contains(part), "{part} in {error}");
    assert!(
        error.starts_with("`load_npy`: `") && error.contains("help: "),
        "{error}"
    );
}

#[test]
fn what_is_no_array_of_numbers_is_refused() {
    let (_folder, path) = scratch("x.npy");
    let file = |descr: &str, shape: &str| npy(&header(descr, shape), &[0; 64]);
    for (bytes, part) in [
        (vec![], "ends within its header"),
        (b"\x93NUMPY".to_vec(), "ends within its header"),
        (
            b"PK\x03\x04 and so on".to_vec(),
            "does not start as a `.npy` file does",
        ),
        (b"\x93NUMPY\x09\0\0\0".to_vec(), "its version is 9"),
        (
            b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec(),
            "its header has 4294967295 bytes",
        ),
        (npy("", &[]), "its header is"),
        (npy("{}", &[]), "its header is"),
        (npy(&"[".repeat(60_000), &[]), "its header is"),
        (npy(&"{'descr':".repeat(5000), &[]), "fields"),
        (file("'<f4'", "(2"), "its header is"),
        (file("'<f4'", "(-2,)"), "its header is"),
        (file("'<f4'", "(2.0,)"), "its header is"),
        (file("'<f4'", "(2 3)"), "its header is"),
        (file("'<f4'", "(99999999999999999999,)"), "its header is"),
        (
            file("'<f4'", "(9223372036854775807,)"),
            "does not fit into memory",
        ),
        (
            file("'<f4'", "(4294967296, 4294967296)"),
            "does not fit into memory",
        ),
        (
            file("'<f4'", "(0, 4294967296, 4294967296)"),
            "does not fit into memory",
        ),
        (
            file("'<f4'", &format!("({})", "1, ".repeat(65))),
            "its header is",
        ),
        (
            file("'<f4'", "(1099511627776,)"),
            "expected 4398046511184 bytes",
        ),
        (file("'<f4'", "(17,)"), "there are"),
        (file("'<f4'", "(15,)"), "4 bytes follow behind the array"),
        (file("'<f4'", "(4, 4), 'shape': (4, 4)"), "its header is"),
        (file("'<f4'", "(4, 4), 'more': 1"), "its header is"),
        (file("'|O'", "(8,)"), "pickled"),
        (file("'<U4'", "(4,)"), "texts"),
        (file("'|S16'", "(4,)"), "texts"),
        (file("'<c8'", "(8,)"), "elements of type `<c8`"),
        (file("'<M8[ns]'", "(8,)"), "elements of type"),
        (
            file("[('a', '<f4'), ('b', '<f4')]", "(8,)"),
            "several fields",
        ),
        (
            npy(&header("'<u8'", "(1,)"), &[0xff; 8]),
            "too large for int64",
        ),
        (
            npy(&header("'<f8'", "(1,)"), &1e39f64.to_le_bytes()),
            "too large for float32",
        ),
    ] {
        refused(&path, &bytes, part);
    }
    std::fs::write(
        &path,
        npy(&header("'<f8'", "(1L,)"), &f64::INFINITY.to_le_bytes()),
    )
    .expect("a file");
    assert_eq!(
        load_npy(&path).expect("infinity is one").to_vec::<f32>(),
        [f32::INFINITY]
    );
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let (_folder, path) = scratch("x.npy");
    for (name, bytes, _) in files_of_numpy() {
        std::fs::write(&path, bytes).expect("a file");
        cut(&path, |length| {
            assert!(load_npy(&path).is_err(), "{name} cut to {length}");
        });
    }
}

#[test]
fn paths_that_are_none_are_told() {
    let (folder, path) = scratch("nowhere.npy");
    let missing = load_npy(&path).expect_err("no file").to_string();
    assert!(missing.contains("cannot read"), "{missing}");
    let error = load_npy(folder.path()).expect_err("a folder");
    assert_eq!(error.kind(), ErrorKind::Argument);
    let nowhere = folder.path().join("no/folder/x.npy");
    let error = save_npy(nowhere, &Tensor::arange(3)).expect_err("no folder");
    assert!(error.to_string().contains("create_dir_all"), "{error}");
    let deep = Tensor::zeros(vec![1; 65]);
    let error = save_npy(&path, &deep).expect_err("too many axes");
    assert!(error.to_string().contains("at most 64 axes"), "{error}");
    assert!(!path.exists());
}
