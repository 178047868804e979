//! A search whose process is killed in the middle of trials, and started again.

use std::path::Path;

use kerust::callbacks::Callback;
use kerust::prelude::*;

use super::{build, folder, quiet, two_sides};
use crate::own_process;

const TEST: &str = "tuner::killed::a_search_that_is_killed_goes_on_with_the_same_result";
/// The folder, the kind of the search, and the epoch in which the process dies.
const ARGUMENTS: &str = "KERUST_TEST_KILLED_SEARCH";

/// Kills its process, as `kill -9` does, in an epoch, counted over all trials of this process.
#[derive(Debug)]
struct Killer {
    at: usize,
    begun: usize,
}

impl Callback for Killer {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.begun += 1;
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        if (self.begun, batch) == (self.at, 1) {
            // SAFETY: a signal to this process, which needs no memory to be in order.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
        Ok(())
    }
}

/// One life of the process: searches as far as it comes, and writes down what came out.
fn live(folder: &Path, kind: &str, at: usize) -> Result<()> {
    set_random_seed(7);
    let (x, y) = two_sides(64)?;
    // Whatever is drawn besides must make no difference.
    set_random_seed(at as u64);
    let fit = Fit {
        callbacks: vec![Killer { at, begun: 0 }.into()],
        ..quiet(3)
    };
    let result = match kind {
        "RandomSearch" => {
            let tuner = RandomSearch::new(build)
                .objective("val_accuracy")
                .max_trials(4);
            let mut tuner = tuner.executions_per_trial(2).seed(5).directory(folder);
            tuner.search(&x, &y, fit)?;
            found(&tuner)?
        }
        "GridSearch" => {
            let tuner = GridSearch::new(build).objective("val_loss").max_trials(5);
            let mut tuner = tuner.seed(5).directory(folder);
            tuner.search(&x, &y, fit)?;
            found(&tuner)?
        }
        "Hyperband" => {
            let tuner = Hyperband::new(build)
                .objective("val_loss")
                .max_epochs(4)
                .factor(2);
            let mut tuner = tuner.seed(5).directory(folder);
            tuner.search(&x, &y, fit)?;
            found(&tuner)?
        }
        _ => {
            let tuner = BayesianOptimization::new(build).objective("val_loss");
            let tuner = tuner.max_trials(5).num_initial_points(2);
            let mut tuner = tuner.seed(5).directory(folder);
            tuner.search(&x, &y, fit)?;
            found(&tuner)?
        }
    };
    std::fs::write(folder.join("result"), result).expect("written");
    Ok(())
}

/// All that a search has found, but for times.
fn found(tuner: &kerust::tuner::Tuner) -> Result<String> {
    let mut result = String::new();
    for trial in tuner.get_best_trials(99)? {
        let values = trial.hyperparameters.to_string();
        result += &format!(
            "{} {:?} {:?} {:?} {values}",
            trial.trial_id, trial.score, trial.best_step, trial.metrics
        );
    }
    for weight in tuner.get_best_models(1)?[0].get_weights() {
        let bits: Vec<u32> = weight
            .to_vec::<f32>()
            .into_iter()
            .map(f32::to_bits)
            .collect();
        result += &format!("{bits:?}\n");
    }
    Ok(result)
}

/// Starts a process; whether it lived to the end.
fn start(folder: &Path, kind: &str, at: usize) -> bool {
    let arguments = format!("{}|{kind}|{at}", folder.display());
    own_process::lives(TEST, ARGUMENTS, &arguments)
}

#[test]
fn a_search_that_is_killed_goes_on_with_the_same_result() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        let parts: Vec<&str> = arguments.split('|').collect();
        let at = parts[2].parse().expect("a number");
        return live(Path::new(parts[0]), parts[1], at).expect("searching works");
    }
    const NEVER: usize = 1000;
    for kind in [
        "RandomSearch",
        "GridSearch",
        "Hyperband",
        "BayesianOptimization",
    ] {
        let (whole, killed) = (folder(), folder());
        assert!(start(whole.path(), kind, NEVER));
        for at in [2, 5, 4] {
            assert!(!start(killed.path(), kind, at), "{kind} dies in epoch {at}");
        }
        assert!(start(killed.path(), kind, NEVER));
        let read = |folder: &Path| std::fs::read_to_string(folder.join("result")).expect("written");
        assert_eq!(read(whole.path()), read(killed.path()), "{kind}");
    }
}
