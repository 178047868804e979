//! What all ways to search have in common: objective, number of trials, where it is written down.

use std::path::PathBuf;

use super::project::Project;
use super::{HyperParameters, Objective};
use crate::{Error, Result, Setting};

/// The arguments of `keras_tuner.Tuner` and `keras_tuner.Oracle`, with their defaults.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) objective: Option<Setting<Objective>>,
    pub(super) max_trials: Option<usize>,
    pub(super) executions_per_trial: usize,
    pub(super) seed: Option<u64>,
    pub(super) directory: PathBuf,
    pub(super) project_name: String,
    pub(super) overwrite: bool,
    pub(super) hyperparameters: Option<HyperParameters>,
    pub(super) tune_new_entries: bool,
    pub(super) allow_new_entries: bool,
    pub(super) max_retries_per_trial: usize,
    pub(super) max_consecutive_failed_trials: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            objective: None,
            max_trials: None,
            executions_per_trial: 1,
            seed: None,
            directory: PathBuf::from("."),
            project_name: "untitled_project".to_string(),
            overwrite: false,
            hyperparameters: None,
            tune_new_entries: true,
            allow_new_entries: true,
            max_retries_per_trial: 0,
            max_consecutive_failed_trials: 3,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [
            ("max_trials", self.max_trials.unwrap_or(1)),
            ("executions_per_trial", self.executions_per_trial),
            (
                "max_consecutive_failed_trials",
                self.max_consecutive_failed_trials,
            ),
        ] {
            if value == 0 {
                return Err(Error::argument(name, "a positive whole number", value));
            }
        }
        for (name, value) in [
            ("tune_new_entries", self.tune_new_entries),
            ("allow_new_entries", self.allow_new_entries),
        ] {
            if !value && self.hyperparameters.is_none() {
                let error = Error::argument(name, "true without `hyperparameters`", value);
                return Err(error.remedy("say what is tuned with `.hyperparameters(hp)`"));
            }
        }
        Ok(())
    }

    pub(super) fn project(&self) -> Result<Project> {
        Project::new(&self.directory, &self.project_name)
    }
}
