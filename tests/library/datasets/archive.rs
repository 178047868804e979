//! Archives that are sound, damaged or hostile.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use kerust::datasets::archive::{Member, unpack_tar_gz};
use tar::{Builder, EntryType, Header};

const MEMBERS: [Member; 2] = [
    Member {
        path: "set/one.bin",
        bytes: (1000, 1000),
    },
    Member {
        path: "set/names.txt",
        bytes: (1, 100),
    },
];

type Tar = Builder<Vec<u8>>;
/// Adds what must be refused.
type Hostile = fn(&mut Tar);

fn add(tar: &mut Tar, kind: EntryType, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    // Written by hand: the `tar` crate refuses to make the hostile ones.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

fn members(tar: &mut Tar) {
    add(tar, EntryType::Directory, "set/", b"");
    add(tar, EntryType::Regular, "set/readme.html", b"skipped");
    add(tar, EntryType::Regular, "set/one.bin", &[7; 1000]);
    add(tar, EntryType::Regular, "set/names.txt", b"cat\n");
}

fn zip(tar: Tar) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(&tar.into_inner().unwrap()).unwrap();
    zip.finish().unwrap()
}

/// Unpacks the bytes into `<folder>/out`; gives the error as text.
fn unpack(folder: &Path, bytes: &[u8]) -> Result<PathBuf, String> {
    let archive = folder.join("set.tar.gz");
    fs::write(&archive, bytes).unwrap();
    let out = folder.join("out");
    fs::create_dir_all(&out).unwrap();
    match unpack_tar_gz(&archive, &MEMBERS, &out, &mut |_, _| {}) {
        Ok(()) => Ok(out),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn only_the_members_are_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = Tar::new(Vec::new());
    members(&mut tar);
    let out = unpack(folder.path(), &zip(tar)).unwrap();
    assert_eq!(fs::read(out.join("one.bin")).unwrap(), [7; 1000]);
    assert_eq!(fs::read(out.join("names.txt")).unwrap(), b"cat\n");
    assert_eq!(fs::read_dir(out).unwrap().count(), 2);
}

#[test]
fn hostile_archives_are_refused() {
    let hostile: [(&str, Hostile); 6] = [
        ("leaves the archive", |tar| {
            add(tar, EntryType::Regular, "../escaped.bin", b"x")
        }),
        ("leaves the archive", |tar| {
            add(tar, EntryType::Regular, "set/../../escaped.bin", b"x")
        }),
        ("leaves the archive", |tar| {
            add(tar, EntryType::Regular, "/tmp/kerust-escaped.bin", b"x")
        }),
        ("neither a plain file nor a folder", |tar| {
            add(tar, EntryType::Symlink, "set/one.bin", b"")
        }),
        ("neither a plain file nor a folder", |tar| {
            add(tar, EntryType::Link, "set/other.bin", b"")
        }),
        ("twice", |tar| {
            add(tar, EntryType::Regular, "set/names.txt", b"dog\n")
        }),
    ];
    for (expected, add_hostile) in hostile {
        let folder = tempfile::tempdir().unwrap();
        let mut tar = Tar::new(Vec::new());
        if expected == "twice" {
            members(&mut tar);
        }
        add_hostile(&mut tar);
        let error = unpack(folder.path(), &zip(tar)).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("set.tar.gz"), "{error}");
        assert!(!folder.path().join("escaped.bin").exists());
    }
    assert!(!Path::new("/tmp/kerust-escaped.bin").exists());
}

#[test]
fn bombs_are_not_unpacked() {
    // Many megabytes of zeros in a few kilobytes: as an extra file, and as many small ones.
    let folder = tempfile::tempdir().unwrap();
    let mut tar = Tar::new(Vec::new());
    members(&mut tar);
    add(&mut tar, EntryType::Regular, "set/bomb", &vec![0; 20 << 20]);
    let error = unpack(folder.path(), &zip(tar)).unwrap_err();
    assert!(
        error.contains("unpacks to more than") || error.contains("corrupted"),
        "{error}"
    );

    let mut tar = Tar::new(Vec::new());
    for _ in 0..2000 {
        add(&mut tar, EntryType::Regular, "set/small", b"");
    }
    let error = unpack(folder.path(), &zip(tar)).unwrap_err();
    assert!(error.contains("more than 1000 entries"), "{error}");

    let mut tar = Tar::new(Vec::new());
    add(&mut tar, EntryType::Regular, "set/one.bin", &[0; 5000]);
    let error = unpack(folder.path(), &zip(tar)).unwrap_err();
    assert!(
        error.contains("`set/one.bin` has 5000 bytes in it, expected 1000"),
        "{error}"
    );
}

#[test]
fn damaged_archives_are_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = Tar::new(Vec::new());
    members(&mut tar);
    let sound = zip(tar);

    for length in [0, 5, sound.len() / 2, sound.len() - 4] {
        let error = unpack(folder.path(), &sound[..length]).unwrap_err();
        let fits = error.contains("truncated or corrupted") || error.contains("is not in it");
        assert!(
            fits && error.contains("download it again"),
            "{length}: {error}"
        );
    }
    let mut flipped = sound.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0x10;
    let error = unpack(folder.path(), &flipped).unwrap_err();
    assert!(error.contains("truncated or corrupted"), "{error}");

    let mut tar = Tar::new(Vec::new());
    add(&mut tar, EntryType::Regular, "set/one.bin", &[7; 1000]);
    let error = unpack(folder.path(), &zip(tar)).unwrap_err();
    assert!(error.contains("`set/names.txt` is not in it"), "{error}");
}
