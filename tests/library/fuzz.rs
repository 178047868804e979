//! Bytes from strangers: so many kinds of damage to whole files of every kind, the same in every
//! run. No reader may panic, take long, or take much memory. `tests/fuzz` looks for more.

use std::path::Path;
use std::time::{Duration, Instant};

use kerust::Result;

use crate::own_process::{self, say};

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

fn try_bytes(reader: &str, read: fn(&[u8]), bytes: &[u8]) {
    let _witness = Witness { reader, bytes };
    let begun = Instant::now();
    read(bytes);
    let seconds = begun.elapsed();
    assert!(seconds < PATIENCE, "{reader} took {seconds:?}");
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
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
