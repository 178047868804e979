//! An interrupt of the notebook ends a search; what was found is kept.

use std::io::PipeWriter;
use std::sync::Mutex;

use kerust::callbacks::Callback;
use kerust::notebook;
use kerust::prelude::*;
use kerust::tuner::TrialStatus;

use super::{build, folder, quiet, two_sides};
use crate::own_process;
use crate::training::interrupted::{attach, press};

static KERNEL: Mutex<Option<PipeWriter>> = Mutex::new(None);

fn command(command: u8, interrupted: bool) {
    let mut kernel = KERNEL.lock().expect("the only test that uses it");
    press(kernel.as_mut().expect("attached"), command, interrupted);
}

/// Presses the stop button in the fifth epoch that is begun.
#[derive(Debug)]
struct Impatient(usize);

impl Callback for Impatient {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.0 += 1;
        if self.0 == 5 {
            command(b'i', true);
        }
        Ok(())
    }
}

#[test]
fn an_interrupted_search_keeps_what_it_found_and_goes_on() {
    let name = "tuner::interrupted::an_interrupted_search_keeps_what_it_found_and_goes_on";
    own_process::run(name, || {
        let run = || -> Result<()> {
            *KERNEL.lock().expect("the only test that uses it") = Some(attach());
            let folder = folder();
            let (x, y) = two_sides(60)?;
            let mut tuner = RandomSearch::new(build)
                .objective("val_loss")
                .max_trials(4)
                .directory(folder.path());
            let fit = Fit {
                callbacks: vec![Impatient(0).into()],
                ..quiet(3)
            };
            tuner.search(&x, &y, fit)?;
            let trials = tuner.results_summary()?.trials;
            let stands: Vec<TrialStatus> = trials.iter().map(|trial| trial.status).collect();
            assert_eq!(stands, [TrialStatus::Completed, TrialStatus::Running]);
            assert_eq!(tuner.get_best_models(9)?.len(), 1);
            // As long as the cell is to stop, nothing more happens.
            tuner.search(&x, &y, quiet(3))?;
            assert_eq!(tuner.results_summary()?.trials.len(), 2);

            command(b'r', false);
            assert!(!notebook::interrupted());
            tuner.search(&x, &y, quiet(3))?;
            let trials = tuner.get_best_trials(9)?;
            assert_eq!(trials.len(), 4);

            // A trial of one's own that is interrupted is not a failed one.
            let own = RandomSearch::default().directory(folder.path());
            let mut own = own.project_name("own").max_trials(3);
            let mut begun = 0;
            own.search_with(|trial| {
                begun += 1;
                let x: f64 = trial.hyperparameters.float("x", 0.0, 1.0).get()?;
                if begun == 2 {
                    command(b'i', true);
                    return Err(Error::interrupted("the trial"));
                }
                Ok(x)
            })?;
            let own = own.results_summary()?.trials;
            let stands: Vec<TrialStatus> = own.iter().map(|trial| trial.status).collect();
            assert_eq!(stands, [TrialStatus::Completed, TrialStatus::Running]);
            Ok(())
        };
        run().expect("searching works");
    });
}
