//! Files that are cut off, damaged, or made to do harm: each is refused, nothing panics, hangs or
//! eats the memory.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use kerust::Result;
use kerust::datasets::{
    boston_housing, california_housing, cifar100, fashion_mnist, imdb, mnist, reuters,
};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::golden::file;

/// Loads what lies in the folder.
type Load = fn(&Path) -> Result<()>;

const LOADERS: [(&str, Load); 8] = [
    ("mnist.npz", |folder| {
        mnist::load_from(folder.join("mnist.npz")).map(|_| ())
    }),
    ("imdb.npz", |folder| {
        imdb::load_from(folder, imdb::LoadData::default()).map(|_| ())
    }),
    ("imdb_word_index.json", |folder| {
        imdb::get_word_index_from(folder).map(|_| ())
    }),
    ("reuters.npz", |folder| {
        reuters::load_from(folder, reuters::LoadData::default()).map(|_| ())
    }),
    ("boston_housing.npz", |folder| {
        boston_housing::load_from(folder, boston_housing::LoadData::default()).map(|_| ())
    }),
    ("california_housing.npz", |folder| {
        california_housing::load_from(folder, california_housing::LoadData::default()).map(|_| ())
    }),
    ("train", |folder| {
        cifar100::load_from(folder, cifar100::LoadData::default()).map(|_| ())
    }),
    ("train-images-idx3-ubyte.gz", |folder| {
        fashion_mnist::load_from(folder).map(|_| ())
    }),
];

/// A copy of all the small files, to be damaged.
fn copied() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for from in [file("datasets"), file("datasets/cifar-100-python")] {
        for entry in fs::read_dir(from).unwrap().flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

#[test]
fn whatever_is_cut_off_is_refused_and_named() {
    let folder = copied();
    for (name, load) in LOADERS {
        let path = folder.path().join(name);
        let sound = fs::read(&path).unwrap();
        load(folder.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let step = (sound.len() / 40).max(1);
        for length in (0..sound.len()).step_by(step).chain([sound.len() - 1]) {
            fs::write(&path, &sound[..length]).unwrap();
            let error = load(folder.path()).expect_err(&format!("{name}, {length} bytes"));
            assert!(error.to_string().contains(name), "{error}");
        }
        fs::remove_file(&path).unwrap();
        let error = load(folder.path()).expect_err(name).to_string();
        assert!(error.contains(name), "{error}");
        fs::write(&path, &sound).unwrap();
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = copied();
    for (name, load) in LOADERS {
        let path = folder.path().join(name);
        let sound = fs::read(&path).unwrap();
        // All of what describes the content, and some of the content.
        let places = (0..sound.len().min(500)).chain((500..sound.len()).step_by(97));
        let mut refused = 0;
        for place in places {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = sound.clone();
                damaged[place] ^= change;
                fs::write(&path, damaged).unwrap();
                refused += usize::from(load(folder.path()).is_err());
            }
        }
        assert!(refused > 0, "{name}");
        fs::write(&path, &sound).unwrap();
    }
}

/// Puts other arrays in the place of those in an `.npz` file, by name.
fn replace(path: &Path, others: &[(&str, Vec<u8>)]) {
    let bytes = fs::read(path).unwrap();
    let mut old = ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut new = ZipWriter::new(fs::File::create(path).unwrap());
    for index in 0..old.len() {
        let mut member = old.by_index(index).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        let other = others
            .iter()
            .find(|(other, _)| name == format!("{other}.npy"));
        new.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        new.write_all(other.map_or(&content, |(_, bytes)| bytes))
            .unwrap();
    }
    new.finish().unwrap();
}

/// An array of NumPy with any description and content.
fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((head.len() as u16).to_le_bytes());
    npy.extend(head.as_bytes());
    npy.extend(content);
    npy
}

/// What loading reuters says when its texts are this pickle.
fn of_pickle(pickle: &[u8]) -> String {
    let folder = copied();
    let path: PathBuf = folder.path().join("reuters.npz");
    replace(&path, &[("x", npy("|O", "(1,)", pickle))]);
    let loaded = reuters::load_from(&path, reuters::LoadData::default());
    loaded.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_pickle_that_would_run_a_program_is_refused() {
    // pickle.dumps of an object whose __reduce__ gives (os.system, ("touch /tmp/owned",))
    let evil = b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\
        \x93\x94\x8c\x10touch /tmp/owned\x94\x85\x94R\x94.";
    let text = of_pickle(evil);
    assert!(text.contains("it wants to call `posix.system`"), "{text}");
    let text = of_pickle(b"\x80\x02cbuiltins\neval\n(U\x011tR.");
    assert!(text.contains("it wants to call `builtins.eval`"), "{text}");
    // A class that is written out instead of looked up, and protocol 0.
    for evil in [
        &b"\x80\x02(U\x02lsios\nsystem\n."[..],
        b"cos\nsystem\n(S'ls'\ntR.",
    ] {
        let text = of_pickle(evil);
        assert!(text.contains("reuters.npz"), "{text}");
    }
}

#[test]
fn a_pickle_that_asks_for_more_than_it_has_is_refused() {
    let array =
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R\
        (K\x01K\x01\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R\x89";
    let with = |rest: &[u8]| [array, rest].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("it is cut off", b"\x80\x02T\xff\xff\xff\x7f".to_vec()),
        ("it is cut off", b"\x80\x02B\xff\xff\xff\xff".to_vec()),
        ("its stack is empty", b"\x80\x02.".to_vec()),
        ("its stack is empty", b"\x80\x02](a.".to_vec()),
        ("it has no mark", b"\x80\x02]e.".to_vec()),
        (
            "it refers to something that it does not have",
            b"\x80\x02h\x07.".to_vec(),
        ),
        ("protocol 9", b"\x80\x09.".to_vec()),
        (
            "it puts too much onto its stack",
            [&b"\x80\x02"[..], &[b'N'; 100_000]].concat(),
        ),
        (
            "it puts too much onto its stack",
            [&b"\x80\x02"[..], &[b'('; 100_000]].concat(),
        ),
        (
            "it has more than",
            [&b"\x80\x02]"[..], &b")a".repeat(2_200_000)].concat(),
        ),
        ("expected an array", b"\x80\x02K\x01.".to_vec()),
        ("expected a list of integers", with(b"](Ne\x74b.")),
        ("expected 1 lists", with(b"](]]e\x74b.")),
        // A list that holds itself.
        ("expected a list of integers", with(b"]q\x01(h\x01e\x74b.")),
        (
            "an integer of 200 bytes",
            [&b"\x80\x02\x8a\xc8"[..], &[1; 200], b"."].concat(),
        ),
    ];
    for (expected, pickle) in cases {
        let text = of_pickle(&pickle);
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_small_pickle_cannot_become_large() {
    // A list of a thousand numbers, and a million references to it.
    let mut pickle =
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R\
        (K\x01J\x40\x42\x0f\x00\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R\x89](]q\x01("
            .to_vec();
    pickle.extend(b"K\x01".repeat(1000));
    pickle.extend(b"ee");
    for _ in 0..999 {
        pickle.push(b'(');
        pickle.extend(b"h\x01".repeat(1000));
        pickle.push(b'e');
    }
    pickle.push(b'(');
    pickle.extend(b"h\x01".repeat(999));
    pickle.extend(b"e\x74b.");
    let text = of_pickle(&pickle);
    assert!(text.contains("it repeats its lists without end"), "{text}");
}

#[test]
fn arrays_that_are_not_what_they_say_are_refused() {
    let many = vec![0; 100];
    let cases = [
        (
            "(4000000000, 4000000000) does not fit into memory",
            npy("<f8", "(4000000000, 4000000000)", &many),
        ),
        (
            "it unpacks to much more than files of its size should",
            npy("<f8", "(268435457,)", &many),
        ),
        ("it ends within its numbers", npy("<f8", "(13,)", &many)),
        ("more follows behind the array", npy("<f8", "(12,)", &many)),
        (
            "it holds elements of type `<c16`",
            npy("<c16", "(5,)", &many),
        ),
        ("it holds Python objects", npy("|O", "(5,)", &many)),
        ("its header is", npy("<f8", "[5]", &many)),
        ("its header is", npy("<f8", "(-5,)", &many)),
        ("expected 13 columns", npy("<f4", "(5, 5)", &many)),
        (
            "it does not start as a `.npy` file does",
            b"not an array".to_vec(),
        ),
        ("it ends within its header", b"\x93NUM".to_vec()),
        (
            "its header has 4294967295 bytes",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
        ),
    ];
    for (expected, array) in cases {
        let folder = copied();
        let path = folder.path().join("boston_housing.npz");
        replace(&path, &[("x", array)]);
        let loaded = boston_housing::load_from(&path, boston_housing::LoadData::default());
        let text = loaded.map(|_| ()).unwrap_err().to_string();
        assert!(
            text.contains(expected) && text.contains("boston_housing.npz"),
            "{text}"
        );
        assert!(text.ends_with("copy or download it again"), "{text}");
    }
}

#[test]
fn arrays_of_another_kind_or_missing_ones_are_named() {
    let folder = copied();
    let path = folder.path().join("reuters.npz");
    let load = || {
        let loaded = reuters::load_from(&path, reuters::LoadData::default());
        loaded.map(|_| ()).unwrap_err().to_string()
    };
    replace(&path, &[("x", npy("<i8", "(1,)", &[0; 8]))]);
    let text = load();
    assert!(
        text.contains("`x.npy`: expected Python objects, it holds elements of type `<i8`"),
        "{text}"
    );
    let mut archive = ZipWriter::new(fs::File::create(&path).unwrap());
    archive
        .start_file("x.txt", SimpleFileOptions::default())
        .unwrap();
    archive.finish().unwrap();
    let text = load();
    assert!(
        text.contains("there is no `x.npy` in it") && text.contains("reuters.npz"),
        "{text}"
    );
}

#[test]
fn labels_and_words_out_of_range_are_refused() {
    let folder = copied();
    let path = folder.path().join("mnist.npz");
    replace(&path, &[("y_test", npy("|u1", "(4,)", &[1, 2, 10, 3]))]);
    let text = mnist::load_from(&path).map(|_| ()).unwrap_err().to_string();
    assert!(
        text.contains("picture 2 has the label 10, expected 0 to 9"),
        "{text}"
    );
    replace(&path, &[("y_test", npy("|u1", "(3,)", &[1, 2, 3]))]);
    let text = mnist::load_from(&path).map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("labels of shape (3,)"), "{text}");

    let path = folder.path().join("reuters.npz");
    let labels: Vec<u8> = (0..57i64).flat_map(|label| label.to_le_bytes()).collect();
    replace(&path, &[("y", npy("<i8", "(57,)", &labels))]);
    let text = reuters::load_from(&path, reuters::LoadData::default())
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(text.contains("a label is 46, expected 0 to 45"), "{text}");
}

#[test]
fn idx_files_that_are_not_what_they_say_are_refused() {
    let folder = copied();
    let path = folder.path().join("t10k-labels-idx1-ubyte");
    fs::remove_file(path.with_extension("gz")).unwrap();
    for (expected, bytes) in [
        (
            "it is no idx file of bytes with 1 axes",
            b"\0\0\x08\x03\0\0\0\x01".to_vec(),
        ),
        ("it is no idx file", b"\0\0\x0d\x01\0\0\0\x03abc".to_vec()),
        ("more than", b"\0\0\x08\x01\xff\xff\xff\xff".to_vec()),
        (
            "holds 3 bytes, and has 2",
            b"\0\0\x08\x01\0\0\0\x03\x01\x02".to_vec(),
        ),
        (
            "holds 3 bytes, and has more",
            b"\0\0\x08\x01\0\0\0\x03\x01\x02\x03\x04".to_vec(),
        ),
        (
            "labels of shape (2,)",
            b"\0\0\x08\x01\0\0\0\x02\x01\x02".to_vec(),
        ),
    ] {
        fs::write(&path, bytes).unwrap();
        let text = fashion_mnist::load_from(folder.path())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            text.contains(expected) && text.contains("t10k-labels"),
            "{text}"
        );
    }
    fs::write(&path, b"\0\0\x08\x01\0\0\0\x03\x01\x02\x03").unwrap();
    fashion_mnist::load_from(folder.path()).unwrap();
}

#[test]
fn arguments_out_of_range_are_named() {
    let folder = file("datasets");
    let cases: [(&str, Result<()>); 5] = [
        (
            "argument `test_split`: expected a part from 0 to below 1, got 1",
            boston_housing::load_from(
                &folder,
                boston_housing::LoadData {
                    test_split: 1.0,
                    seed: 0,
                },
            )
            .map(|_| ()),
        ),
        (
            "argument `test_split`",
            reuters::load_from(
                &folder,
                reuters::LoadData {
                    test_split: f64::NAN,
                    ..Default::default()
                },
            )
            .map(|_| ()),
        ),
        (
            "unknown version `smal`",
            california_housing::load_from(
                &folder,
                california_housing::LoadData {
                    version: "smal".into(),
                    ..Default::default()
                },
            )
            .map(|_| ()),
        ),
        (
            "unknown label_mode `course`",
            cifar100::load_from(
                &folder,
                cifar100::LoadData {
                    label_mode: "course".into(),
                },
            )
            .map(|_| ()),
        ),
        (
            "argument `maxlen`: expected a length that some text is shorter than, got 2",
            imdb::load_from(
                &folder,
                imdb::LoadData {
                    maxlen: Some(2),
                    ..Default::default()
                },
            )
            .map(|_| ()),
        ),
    ];
    for (expected, loaded) in cases {
        let text = loaded.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
}
