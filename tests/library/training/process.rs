//! What belongs to the whole process: the random seed and the memory.

use kerust::prelude::*;

use super::{bits, column, compile, quiet, random_model, two_sides};
use crate::{formula, own_process};

#[test]
fn the_same_seed_gives_the_same_run_bit_for_bit() {
    own_process::run(
        "training::process::the_same_seed_gives_the_same_run_bit_for_bit",
        || {
            let run = |seed| -> Result<_> {
                set_random_seed(seed);
                let (x, y) = two_sides(200)?;
                let mut model = random_model()?;
                let fit = Fit {
                    validation_split: 0.2,
                    ..quiet(3)
                };
                let history = model.fit(&x, &y, fit)?;
                let names: Vec<String> = history.metrics().iter().map(|n| n.to_string()).collect();
                let columns: Vec<Vec<f64>> =
                    names.iter().map(|name| column(&history, name)).collect();
                Ok((
                    names,
                    columns,
                    bits(&model.get_weights()),
                    bits(&[model.predict(&x)?]),
                ))
            };
            let run = |seed| run(seed).expect("training works");
            let first = run(7);
            assert_eq!(first.0, ["accuracy", "loss", "val_accuracy", "val_loss"]);
            assert_eq!(first, run(7));
            let other = run(8);
            assert_ne!(first.1, other.1);
            assert_ne!(first.2, other.2);
        },
    );
}

/// The memory of this process in KiB, where the system tells.
fn resident_kib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn memory_stays_flat() {
    own_process::run("training::process::memory_stays_flat", || {
        let run = || -> Result<()> {
            let (x, y) = formula::pictures(0, 256);
            let x = &x / 255.0;
            let mut model = formula::tutorial_model()?;
            let compile = compile("adam", "sparse_categorical_crossentropy", &["accuracy"]);
            model.compile(compile)?;
            model.fit(&x, &y, quiet(2))?;
            let Some(after_two) = resident_kib() else {
                own_process::say("the system does not tell the memory of a process: not checked");
                return Ok(());
            };
            model.fit(
                &x,
                &y,
                Fit {
                    initial_epoch: 2,
                    ..quiet(10)
                },
            )?;
            let after_ten = resident_kib().unwrap_or(f64::INFINITY);
            // Keeping one activation of the convolution for each step would add 230 MB.
            let bound = after_two * 1.1 + 20_000.0;
            assert!(
                after_ten < bound,
                "{after_two} KiB after 2 epochs, {after_ten} after 10"
            );
            Ok(())
        };
        run().expect("training works");
    });
}
