//! Bytes from strangers: so many kinds of damage to whole files of every kind, the same in every
//! run. No reader may panic, take long, or take much memory. `tests/fuzz` looks for more.

use std::path::Path;
use std::time::{Duration, Instant};

use kerust::Result;

use crate::own_process::{self, peak, say};

// Public there, for the fuzz targets.
#[allow(unreachable_pub)]
#[path = "../fuzz/src/mutator.rs"]
pub(crate) mod mutator;
#[allow(unreachable_pub)]
#[path = "../fuzz/src/readers.rs"]
mod readers;
#[allow(unreachable_pub)]
#[path = "../fuzz/src/seeds.rs"]
mod seeds;

/// How often each whole file is damaged.
const ROUNDS: usize = 1000;
/// How long a reader may look at a small file, in the dev profile on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much memory all of this may take, in KiB.
const MEMORY: u64 = 256 << 10;

/// Keeps the bytes that a reader could not take.
struct Witness<'a> {
    reader: &'a str,
    bytes: &'a [u8],
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = format!("fuzz-{}", self.reader);
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            // The panic says more than this would.
            let _ = std::fs::write(&path, self.bytes);
            eprintln!("the bytes are in {}", path.display());
        }
    }
}

/// Makes a file shorter by a byte each time, which costs far less than writing it anew, and calls
/// `look` with the length that is left.
pub(crate) fn cut(path: &Path, mut look: impl FnMut(usize)) {
    let file = std::fs::File::options().write(true).open(path);
    let file = file.expect("a file");
    for length in (0..file.metadata().expect("a length").len()).rev() {
        file.set_len(length).expect("it can be cut");
        look(length as usize);
    }
}

fn try_bytes(reader: &str, read: fn(&[u8]), bytes: &[u8]) {
    let _witness = Witness { reader, bytes };
    let begun = Instant::now();
    read(bytes);
    let seconds = begun.elapsed();
    assert!(seconds < PATIENCE, "{reader} took {seconds:?}");
}

#[test]
fn damaged_files_do_no_harm() {
    own_process::run("fuzz::damaged_files_do_no_harm", || {
        try_all().expect("the whole files can be made");
    });
}

fn try_all() -> Result<()> {
    let mut before = 0;
    for (reader, read) in readers::READERS {
        let seeds = seeds::seeds(reader)?;
        let begun = Instant::now();
        for seed in &seeds {
            // What whole files take does not count.
            try_bytes(reader, read, seed);
        }
        before = before.max(peak());
        let mut count = 0;
        for seed in &seeds {
            for bytes in mutator::damaged(seed, ROUNDS) {
                try_bytes(reader, read, &bytes);
                count += 1;
            }
        }
        let (seconds, after) = (begun.elapsed().as_secs_f64(), peak());
        say(&format!(
            "{reader}: {count} damaged files in {seconds:.1} s, at most {after} KiB"
        ));
        assert!(
            after < before + MEMORY,
            "{reader}: {before} KiB, then {after} KiB"
        );
        before = after;
    }
    Ok(())
}

/// The lines of a file of `tests/fuzz`.
fn lines(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(name);
    let text = std::fs::read_to_string(path).expect("a file");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_reader_has_a_fuzz_target() {
    let named = |line: &String| {
        Some(
            line.trim()
                .strip_prefix("(\"")?
                .split_once("\", ")?
                .0
                .to_owned(),
        )
    };
    // What the kernel reads is compiled with it alone.
    let of_kernel = lines("src/kernel_readers.rs");
    let of_kernel: Vec<String> = of_kernel.iter().filter_map(named).collect();
    let readers = readers::READERS.iter().map(|(name, _)| (*name).to_owned());
    let readers: Vec<String> = readers.chain(of_kernel.iter().cloned()).collect();
    assert!(of_kernel.contains(&"message".to_owned()));

    let manifest = lines("Cargo.toml");
    let named = |line: &String| {
        Some(
            line.strip_prefix("name = \"")?
                .trim_end_matches('"')
                .to_owned(),
        )
    };
    let targets: Vec<String> = manifest.iter().filter_map(named).collect();
    assert_eq!(targets[..2], ["kerust-fuzz", "seeds"]);
    assert_eq!(targets[2..], readers, "the list of `[[bin]]`");
    let features = |line: &&String| line.starts_with("required-features");
    assert_eq!(manifest.iter().filter(features).count(), of_kernel.len());

    let readme = lines("README.md").join("\n");
    for name in &readers {
        let target = lines(&format!("fuzz_targets/{name}.rs")).join("\n");
        assert!(target.contains("readers::"), "{name}");
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/fuzz_targets");
    let files = std::fs::read_dir(folder).expect("a folder").count();
    assert_eq!(files, readers.len(), "a file for each");
}
