//! A trial that trains a model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::project::{Project, weights_file};
use super::search::{Outcome, Results, Watch};
use super::trial::Trial;
use super::tuner::Build;
use super::{Objective, seed_of};
use crate::callbacks::{Callback, Logs, Training};
use crate::data::Dataset;
use crate::models::{Arrays, Ending, Fit, History, Model};
use crate::{Error, ErrorKind, Result, Shape, Tensor, random};

/// What the models are trained on.
#[derive(Clone, Copy)]
pub(super) enum Samples<'a> {
    Arrays(&'a Arrays, &'a Arrays),
    Batches(&'a Dataset),
}

impl Samples<'_> {
    /// The shapes of the samples, one for each input.
    pub(super) fn shapes(&self) -> Result<Vec<Shape>> {
        let of = |x: &[Tensor]| x.iter().map(|x| x.shape().without_batch()).collect();
        match self {
            Samples::Arrays(x, _) => Ok(of(x.as_slice())),
            Samples::Batches(dataset) => {
                let empty = || Error::argument("batches", "at least one batch", "none");
                Ok(of(dataset.glance()?.ok_or_else(empty)?.x()))
            }
        }
    }

    fn fit(&self, model: &mut Model, fit: Fit) -> Result<History> {
        match *self {
            Samples::Arrays(x, y) => model.fit(x, y, fit),
            Samples::Batches(dataset) => model.fit_batches(dataset, fit),
        }
    }
}

/// How the trials of a search are trained.
pub(super) struct Trainer<'a> {
    pub(super) build: &'a Build,
    pub(super) samples: Samples<'a>,
    /// Of the samples, one for each input.
    pub(super) shapes: Vec<Shape>,
    pub(super) fit: &'a Fit,
    pub(super) objective: Objective,
    pub(super) executions: usize,
    pub(super) project: Project,
    pub(super) seed: u64,
}

impl Trainer<'_> {
    /// Trains the model of a trial, as often as it is asked for. An error here ends the search.
    pub(super) fn run(&self, trial: &mut Trial, watch: &Watch) -> Result<Outcome> {
        let mut best_of_trial = None;
        let mut found = Vec::new();
        let mut epochs = 0;
        for execution in 1..=self.executions {
            let recorder = Recorder {
                objective: self.objective.clone(),
                weights: weights_file(&trial.folder),
                execution: (execution, self.executions),
                watch: watch.clone(),
                record: Arc::new(Mutex::new(Record {
                    best_of_trial,
                    ..Record::default()
                })),
            };
            let record = recorder.record.clone();
            let seed = seed_of(self.seed, trial.trial_id, execution);
            let trained = random::seeded(seed, || self.train(trial, recorder));
            let record = std::mem::take(&mut *lock(&record));
            if let Some(error) = record.fatal {
                return Err(error);
            }
            let history = match trained {
                Ok(history) => history,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    return Ok(Outcome::Interrupted);
                }
                Err(error) => return Ok(Outcome::Failed(error)),
            };
            if history.ending == Ending::Interrupted {
                return Ok(Outcome::Interrupted);
            }
            let Some(best) = record.best else {
                return self.without_score(&record.measured).map(Outcome::Failed);
            };
            best_of_trial = record.best_of_trial;
            epochs = epochs.max(record.epochs);
            found.push(best);
        }
        Ok(Outcome::Completed(self.average(&found, epochs)))
    }

    fn train(&self, trial: &mut Trial, recorder: Recorder) -> Result<History> {
        let mut model = (self.build)(&mut trial.hyperparameters)?;
        model.build_for(&self.shapes)?;
        let sizes = self.shapes.iter().map(|shape| shape.dims().to_vec());
        trial.input_shapes = sizes.collect();
        let mut fit = self.fit.clone();
        if let Some(past) = trial.continues() {
            model.load_weights(weights_file(&self.project.trial_folder(past)))?;
        }
        if let Some(epochs) = trial.last_epoch() {
            fit.initial_epoch = trial.initial_epoch();
            fit.epochs = epochs;
        }
        fit.verbose = 0;
        fit.callbacks.push(recorder.into());
        self.samples.fit(&mut model, fit)
    }

    /// Why no epoch had a score. When the objective is not measured at all, no trial will have one:
    /// that ends the search.
    fn without_score(&self, measured: &[String]) -> Result<Error> {
        let name = self.objective.name();
        if measured.is_empty() {
            let error = Error::argument("epochs", "at least one epoch to train", "none");
            return Err(error);
        }
        if measured.iter().any(|known| known == name) {
            let what = format!("`{name}` is no finite number in any epoch");
            return Ok(Error::new(ErrorKind::NotFinite, what));
        }
        let expected = format!("a result that is measured: {}", measured.join(", "));
        let error = Error::argument("objective", &expected, format!("`{name}`"));
        Err(match name.starts_with("val_") {
            true => error.remedy("`fit` needs `validation_split` or `validation_data` for it"),
            false => error.remedy("name it in the `metrics` of `compile`"),
        })
    }

    /// The results of all executions together.
    fn average(&self, found: &[Best], epochs: usize) -> Results {
        let count = found.len() as f64;
        let mut metrics: BTreeMap<String, f64> = BTreeMap::new();
        for (name, value) in found.iter().flat_map(|best| &best.metrics) {
            *metrics.entry(name.clone()).or_default() += value / count;
        }
        metrics.retain(|_, value| value.is_finite());
        let best = found.iter().reduce(|best, next| {
            let is_better = self.objective.is_better(next.score, best.score);
            if is_better { next } else { best }
        });
        Results {
            score: found.iter().map(|best| best.score / count).sum(),
            best_step: best.map(|best| best.epoch),
            metrics,
            epochs,
        }
    }
}

/// The best epoch of a training.
#[derive(Clone, Debug)]
struct Best {
    score: f64,
    epoch: usize,
    metrics: Vec<(String, f64)>,
}

#[derive(Debug, Default)]
struct Record {
    best: Option<Best>,
    /// The best score of this and the earlier executions, whose weights are on the disk.
    best_of_trial: Option<f64>,
    /// The names of what is measured.
    measured: Vec<String>,
    epochs: usize,
    /// What makes it senseless to go on.
    fatal: Option<Error>,
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches a training: keeps its best epoch, saves the weights then, shows how far it is.
#[derive(Debug)]
struct Recorder {
    objective: Objective,
    weights: PathBuf,
    execution: (usize, usize),
    watch: Watch,
    record: Arc<Mutex<Record>>,
}

impl Recorder {
    fn is_better(&self, score: f64, than: Option<f64>) -> bool {
        than.is_none_or(|than| self.objective.is_better(score, than))
    }
}

impl Callback for Recorder {
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let mut progress = self.watch.lock();
        progress.begin_epoch(self.execution, epoch, training.epochs());
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let mut progress = self.watch.lock();
        if progress.is_due() {
            progress.step(batch + 1, training.steps(), logs.as_slice());
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let mut record = lock(&self.record);
        record.epochs = epoch + 1;
        for (name, _) in logs.as_slice() {
            if !record.measured.contains(name) {
                record.measured.push(name.clone());
            }
        }
        let score = logs.get(self.objective.name());
        let Some(score) = score.filter(|score| score.is_finite()) else {
            return Ok(());
        };
        if self.is_better(score, record.best.as_ref().map(|best| best.score)) {
            record.best = Some(Best {
                score,
                epoch,
                metrics: logs.as_slice().to_vec(),
            });
        }
        if self.is_better(score, record.best_of_trial) {
            record.best_of_trial = Some(score);
            if let Err(error) = training.model().save_weights(&self.weights) {
                record.fatal = Some(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }
}
