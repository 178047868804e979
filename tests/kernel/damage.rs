//! Damaged messages, connection files and notebooks, the same in every run.

use std::time::{Duration, Instant};

// Public there, for the fuzz targets.
#[allow(unreachable_pub)]
#[path = "../fuzz/src/mutator.rs"]
mod mutator;
#[allow(unreachable_pub)]
#[path = "../fuzz/src/kernel_readers.rs"]
mod readers;

const ROUNDS: usize = 3000;
/// In the dev profile on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn damaged_messages_and_files_do_no_harm() {
    for (reader, read) in readers::READERS {
        for seed in readers::seeds(reader) {
            read(&seed);
            for (round, bytes) in mutator::damaged(&seed, ROUNDS).enumerate() {
                let begun = Instant::now();
                let outcome = std::panic::catch_unwind(|| read(&bytes));
                let shown = String::from_utf8_lossy(&bytes);
                assert!(outcome.is_ok(), "{reader} in round {round}: {shown}");
                assert!(
                    begun.elapsed() < PATIENCE,
                    "{reader} in round {round}: {shown}"
                );
            }
        }
    }
}
