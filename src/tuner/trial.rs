//! `Trial`: one set of values, and what came out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{HyperParameters, Objective};
use crate::{Error, Result};

/// How a trial stands.
///
/// Keras Tuner: `keras_tuner.engine.trial.TrialStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TrialStatus {
    /// It has begun. When no search is going on, it was interrupted; the next search repeats it.
    Running,
    /// It has a score.
    Completed,
    /// It had an error, and will be tried again.
    Invalid,
    /// It had an error each time.
    Failed,
}

impl TrialStatus {
    pub(crate) fn words(self) -> &'static str {
        match self {
            TrialStatus::Running => "running",
            TrialStatus::Completed => "completed",
            TrialStatus::Invalid => "to be repeated",
            TrialStatus::Failed => "failed",
        }
    }
}

impl fmt::Display for TrialStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// One set of values of the hyperparameters, and what came out.
///
/// Keras Tuner: `keras_tuner.engine.trial.Trial`, whose `summary()` is what a notebook shows of it.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// let mut tuner = RandomSearch::default().max_trials(4).directory(folder.path());
/// tuner.search_with(|trial| {
///     let x: f64 = trial.hyperparameters.float("x", -1.0, 1.0).get()?;
///     Ok(x * x)
/// })?;
/// let best = tuner.get_best_trials(1)?.remove(0);
/// println!("{best}");
/// assert!(best.to_string().contains("Hyperparameters:\nx: "));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, counted from 1.
    pub trial_id: usize,
    /// Its values.
    pub hyperparameters: HyperParameters,
    /// How it stands.
    pub status: TrialStatus,
    /// The value of the objective, once it is completed.
    pub score: Option<f64>,
    /// The epoch, counted from 0, that the score is from; `None` for a trial of one's own.
    pub best_step: Option<usize>,
    /// All results of that epoch; a result that is no number is left out.
    pub metrics: BTreeMap<String, f64>,
    /// Why it failed.
    pub message: Option<String>,
    /// The epochs that it was trained for, those before [`initial_epoch`](Self::initial_epoch)
    /// included.
    pub epochs: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How often it was begun.
    pub(super) attempts: usize,
    /// Its place in a `Hyperband` search.
    pub(super) rung: Option<Rung>,
    /// The shapes of the samples that its model takes.
    pub(super) input_shapes: Vec<Vec<usize>>,
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// The place of a trial in `Hyperband`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rung {
    pub(super) iteration: usize,
    pub(super) bracket: usize,
    pub(super) round: usize,
    /// From which epoch to which.
    pub(super) initial_epoch: usize,
    pub(super) epochs: usize,
    /// The trial whose training it goes on with.
    pub(super) past: Option<usize>,
}

impl Trial {
    pub(super) fn new(trial_id: usize, hyperparameters: HyperParameters, folder: &Path) -> Trial {
        Trial {
            trial_id,
            hyperparameters,
            status: TrialStatus::Running,
            score: None,
            best_step: None,
            metrics: BTreeMap::new(),
            message: None,
            epochs: 0,
            seconds: 0.0,
            attempts: 0,
            rung: None,
            input_shapes: Vec::new(),
            folder: folder.to_path_buf(),
        }
    }

    /// A folder of its own, for files that it wants to keep.
    ///
    /// Keras Tuner: `tuner.get_trial_dir(trial.trial_id)`.
    pub fn directory(&self) -> &Path {
        &self.folder
    }

    /// The epoch that `Hyperband` lets the trial begin with; 0 elsewhere.
    ///
    /// Keras Tuner: `hp["tuner/initial_epoch"]`.
    pub fn initial_epoch(&self) -> usize {
        self.rung.map_or(0, |rung| rung.initial_epoch)
    }

    /// The epoch that `Hyperband` lets the trial end before; none elsewhere.
    ///
    /// Keras Tuner: `hp["tuner/epochs"]`.
    pub fn last_epoch(&self) -> Option<usize> {
        self.rung.map(|rung| rung.epochs)
    }

    /// The number of the trial whose training this one goes on with, in `Hyperband`.
    ///
    /// Keras Tuner: `hp["tuner/trial_id"]`.
    pub fn continues(&self) -> Option<usize> {
        self.rung.and_then(|rung| rung.past)
    }

    /// The score of a completed trial.
    pub(super) fn completed(&self) -> Option<f64> {
        self.score.filter(|_| self.status == TrialStatus::Completed)
    }

    /// Fails unless what was read of a file makes sense.
    pub(super) fn check(&self, trial_id: usize) -> Result<()> {
        if self.trial_id != trial_id {
            let what = format!("it says that it is trial {}", self.trial_id);
            return Err(Error::data(what));
        }
        if self.status == TrialStatus::Completed && self.score.is_none() {
            return Err(Error::data("it is completed without a score"));
        }
        self.hyperparameters.check()
    }
}

/// The completed trials, from the best one on; those with equal scores stay in order.
pub(super) fn by_score<'a>(trials: &'a [Trial], objective: &Objective) -> Vec<&'a Trial> {
    let scored = trials.iter().filter_map(|t| Some((t.completed()?, t)));
    let mut scored: Vec<(f64, &Trial)> = scored.collect();
    scored.sort_by(|(a, _), (b, _)| objective.cost(*a).total_cmp(&objective.cost(*b)));
    scored.into_iter().map(|(_, trial)| trial).collect()
}
