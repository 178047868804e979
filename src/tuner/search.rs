//! A search: trial after trial, each written down before and after it is run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::oracles::{Known, Oracle};
use super::project::{Header, Lock, MOST_TRIALS, Project, merged_space};
use super::settings::Settings;
use super::trial::{Trial, TrialStatus};
use super::{HyperParameters, Objective};
use crate::display::{SearchProgress, TrialRow};
use crate::{Error, ErrorKind, Result, notebook, random};

/// What came out of a trial.
#[derive(Debug)]
pub(super) enum Outcome {
    Completed(Results),
    /// It had an error; the search goes on.
    Failed(Error),
    /// The user interrupted it.
    Interrupted,
}

/// What a completed trial has found.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) score: f64,
    pub(super) best_step: Option<usize>,
    pub(super) metrics: BTreeMap<String, f64>,
    pub(super) epochs: usize,
}

/// What is shown of the search, by it and by the training of its trials.
#[derive(Clone, Debug)]
pub(super) struct Watch(Arc<Mutex<SearchProgress>>);

impl Watch {
    pub(super) fn lock(&self) -> MutexGuard<'_, SearchProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A search that nobody else does meanwhile.
pub(super) struct Search<'a> {
    settings: &'a Settings,
    oracle: &'a dyn Oracle,
    project: Project,
    _lock: Lock,
    header: Header,
    space: HyperParameters,
    trials: Vec<Trial>,
}

/// A trial whose process has died so often is not begun again.
const MOST_DEATHS: usize = 5;

impl<'a> Search<'a> {
    /// Takes up the search in a project, or begins it; `space` holds what is known before it.
    pub(super) fn open(
        settings: &'a Settings,
        oracle: &'a dyn Oracle,
        objective: Objective,
        space: HyperParameters,
        begin_anew: bool,
    ) -> Result<Search<'a>> {
        oracle.check()?;
        settings.check()?;
        let project = settings.project()?;
        let lock = project.lock()?;
        if begin_anew {
            project.clear()?;
        }
        let arguments = oracle.arguments()?;
        let name = oracle.class_name();
        let (header, trials) = match project.read()? {
            Some(stored) => {
                let mut header = stored.header;
                check_same_search(&header, oracle, &project)?;
                if header.objective != objective {
                    if stored.trials.iter().any(|trial| trial.score.is_some()) {
                        let (before, now) = (&header.objective, &objective);
                        return Err(another(&project, &format!("for {before}, not {now}")));
                    }
                    header.objective = objective;
                }
                (header, stored.trials)
            }
            None => {
                let seed = settings.seed.unwrap_or_else(random::fresh_seed);
                (Header::new(name, arguments, objective, seed), Vec::new())
            }
        };
        project.write_header(&header)?;
        let space = match settings.tune_new_entries && settings.allow_new_entries {
            true => merged_space(space, &trials),
            false => space,
        };
        Ok(Search {
            settings,
            oracle,
            project,
            _lock: lock,
            header,
            space,
            trials,
        })
    }

    pub(super) fn project(&self) -> Project {
        self.project.clone()
    }

    pub(super) fn objective(&self) -> Objective {
        self.header.objective.clone()
    }

    pub(super) fn seed(&self) -> u64 {
        self.header.seed
    }

    /// Runs trials until there are enough.
    pub(super) fn go(
        mut self,
        verbose: usize,
        run_trial: &mut dyn FnMut(&mut Trial, &Watch) -> Result<Outcome>,
    ) -> Result<()> {
        let total = match (self.settings.max_trials, self.oracle.trials()) {
            (Some(most), Some(total)) => Some(total.min(most)),
            (most, total) => most.or(total),
        };
        let rows = self.trials.iter().map(TrialRow::of).collect();
        let progress = SearchProgress::new(verbose, &self.header.objective, total, rows);
        let watch = Watch(Arc::new(Mutex::new(progress)));
        let mut failed_in_a_row = 0;
        loop {
            if notebook::interrupted() {
                watch.lock().interrupted(None);
                return Ok(());
            }
            let Some(index) = self.next()? else {
                break;
            };
            let trial = &mut self.trials[index];
            watch.lock().begin_trial(TrialRow::of(trial));
            let begun = Instant::now();
            let outcome = run_trial(trial, &watch);
            trial.seconds = begun.elapsed().as_secs_f64();
            if matches!(outcome, Err(_) | Ok(Outcome::Interrupted)) {
                // It is no fault of the trial's.
                trial.attempts -= 1;
                self.project.write_trial(trial)?;
                outcome?;
                watch.lock().interrupted(Some(TrialRow::of(trial)));
                return Ok(());
            }
            let outcome = outcome?;
            self.end(index, outcome)?;
            let trial = &self.trials[index];
            watch.lock().end_trial(TrialRow::of(trial));
            match trial.status {
                TrialStatus::Failed => failed_in_a_row += 1,
                TrialStatus::Completed => failed_in_a_row = 0,
                TrialStatus::Running | TrialStatus::Invalid => {}
            }
            if failed_in_a_row >= self.settings.max_consecutive_failed_trials {
                return Err(too_many_failures(failed_in_a_row, trial));
            }
        }
        watch.lock().finish();
        Ok(())
    }

    /// The trial to run: one that is not done yet, or a new one; none when there are enough.
    fn next(&mut self) -> Result<Option<usize>> {
        for trial in &mut self.trials {
            if trial.status == TrialStatus::Running && trial.attempts >= MOST_DEATHS {
                trial.status = TrialStatus::Failed;
                let message = format!("its process ended {} times before it did", trial.attempts);
                trial.message = Some(message);
                self.project.write_trial(trial)?;
            }
        }
        let is_open = |t: &Trial| matches!(t.status, TrialStatus::Running | TrialStatus::Invalid);
        let index = match self.trials.iter().position(is_open) {
            Some(index) => index,
            None if self
                .settings
                .max_trials
                .is_some_and(|most| self.trials.len() >= most) =>
            {
                return Ok(None);
            }
            None if self.trials.len() >= MOST_TRIALS => {
                let what = format!("a search has at most {MOST_TRIALS} trials");
                return Err(Error::state(what));
            }
            None => {
                let known = Known {
                    space: &self.space,
                    trials: &self.trials,
                    objective: &self.header.objective,
                    seed: self.header.seed,
                };
                let Some(proposal) = self.oracle.propose(&known)? else {
                    return Ok(None);
                };
                let trial_id = self.trials.last().map_or(1, |last| last.trial_id + 1);
                let values = self.space.with_values(&proposal.values);
                let folder = self.project.trial_folder(trial_id);
                let mut trial = Trial::new(trial_id, values, &folder);
                trial.rung = proposal.rung;
                self.trials.push(trial);
                self.trials.len() - 1
            }
        };
        let trial = &mut self.trials[index];
        trial.status = TrialStatus::Running;
        trial.attempts += 1;
        self.project.write_trial(trial)?;
        Ok(Some(index))
    }

    /// Writes down what came out of a trial.
    fn end(&mut self, index: usize, outcome: Outcome) -> Result<()> {
        let trial = &mut self.trials[index];
        match outcome {
            Outcome::Completed(results) => {
                trial.status = TrialStatus::Completed;
                trial.score = Some(results.score);
                trial.best_step = results.best_step;
                trial.metrics = results.metrics;
                trial.epochs = results.epochs;
                trial.message = None;
            }
            Outcome::Failed(error) => {
                trial.message = Some(error.to_string());
                trial.status = match trial.attempts > self.settings.max_retries_per_trial {
                    true => TrialStatus::Failed,
                    false => TrialStatus::Invalid,
                };
            }
            Outcome::Interrupted => {}
        }
        let values = trial.hyperparameters.active().clone();
        trial.hyperparameters = trial.hyperparameters.with_values(&values);
        self.project.write_trial(trial)?;
        let found = trial.hyperparameters.space();
        if !self.settings.allow_new_entries
            && let Some(new) = found.iter().find(|hp| !self.space.space().contains(hp))
        {
            let what = format!("hyperparameter `{}` is not among those given", new.name());
            return Err(Error::state(what)
                .remedy("add it to `hyperparameters`, or use `allow_new_entries(true)`"));
        }
        if self.settings.tune_new_entries {
            self.space.merge(found);
        }
        Ok(())
    }
}

fn too_many_failures(count: usize, trial: &Trial) -> Error {
    let message = trial.message.as_deref().unwrap_or("no reason is known");
    let trials = match count {
        1 => "a trial has failed".to_string(),
        count => format!("{count} trials in a row have failed"),
    };
    Error::new(
        ErrorKind::State,
        format!("{trials}; trial {}: {message}", trial.trial_id),
    )
}

/// Fails unless the search in a project is of the same kind.
pub(super) fn check_same_search(
    header: &Header,
    oracle: &dyn Oracle,
    project: &Project,
) -> Result<()> {
    let name = oracle.class_name();
    if header.oracle != name {
        let what = format!("a {}, not a {name}", header.oracle);
        return Err(another(project, &what));
    }
    let arguments = oracle.arguments()?;
    if header.arguments != arguments {
        let (before, now) = (&header.arguments, &arguments);
        return Err(another(project, &format!("with {before}, not {now}")));
    }
    Ok(())
}

fn another(project: &Project, what: &str) -> Error {
    let folder = project.folder().display();
    Error::state(format!("the search in `{folder}` is {what}"))
        .remedy("choose another `project_name`, or begin anew with `overwrite(true)`")
}
