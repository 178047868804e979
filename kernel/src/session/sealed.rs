//! Files in the cache that show whether they are as they were written.
//!
//! The first line is a hash of the rest. They are written under another name first, so that
//! nobody reads a part; a file that was cut off or changed later reads as if it were not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// Writes `content` to the file at `path`, whose folder is made if it is missing.
///
/// # Errors
/// If the folder or the file cannot be written.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".draft-")
        .tempfile_in(folder)?;
    draft.write_all(hash(content).as_bytes())?;
    draft.write_all(b"\n")?;
    draft.write_all(content)?;
    draft.persist(path)?;
    Ok(())
}

/// The content of the file at `path`, if it is there and whole.
pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
    let mut content = fs::read(path).ok()?;
    let line = content.iter().position(|byte| *byte == b'\n')?;
    let rest = content.split_off(line + 1);
    (hash(&rest).as_bytes() == &content[..line]).then_some(rest)
}

/// Notes that the file at `path` was used now, for [`keep_last_used`].
pub(super) fn note_use(path: &Path) {
    // Without the note, the file only goes earlier than it could.
    if let Ok(file) = File::options().write(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes the files in `folder` that were not used for longest, so that at most `number` of
/// them with at most `bytes` together stay.
pub(super) fn keep_last_used(folder: &Path, number: usize, bytes: u64) {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    files.sort_by_key(|(used, ..)| std::cmp::Reverse(*used));
    let mut total = 0;
    for (rank, (_, size, path)) in files.iter().enumerate() {
        total += size;
        if rank >= number || total > bytes {
            // What cannot be removed now is tried again when the next file is written.
            let _ = fs::remove_file(path);
        }
    }
}

/// A hash of `content`, as text.
pub(super) fn hash(content: &[u8]) -> String {
    let mut parts = Parts::default();
    parts.0.update(content);
    parts.finish()
}

/// A hash of several parts, each with its length, so that no two sequences of parts look the same.
#[derive(Default)]
pub(super) struct Parts(Sha256);

impl Parts {
    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(super) fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::{Parts, keep_last_used, read, write};

    #[test]
    fn only_a_whole_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/file");
        assert_eq!(read(&path), None);
        write(&path, b"two\nlines").unwrap();
        assert_eq!(read(&path).unwrap(), b"two\nlines");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(&path), None, "cut off after {length} bytes");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert_eq!(read(&path), None, "byte {place} is another");
        }
        write(&path, b"").unwrap();
        assert_eq!(read(&path).unwrap(), b"");
    }

    #[test]
    fn the_last_used_files_stay_within_number_and_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let make = |name: &str, age: u64| {
            let path = folder.path().join(name);
            fs::write(&path, [0; 10]).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        };
        let there = || {
            let mut names: Vec<_> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        for (name, age) in [("a", 4), ("b", 1), ("c", 3), ("d", 2)] {
            make(name, age);
        }
        keep_last_used(folder.path(), 4, 40);
        assert_eq!(there(), ["a", "b", "c", "d"]);
        keep_last_used(folder.path(), 3, 40);
        assert_eq!(there(), ["b", "c", "d"]);
        keep_last_used(folder.path(), 3, 25);
        assert_eq!(there(), ["b", "d"]);
    }

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&str]| {
            let mut hash = Parts::default();
            parts.iter().for_each(|part| hash.add(part.as_bytes()));
            hash.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", ""]), of(&["a"]));
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
    }
}
