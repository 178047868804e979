//! `BackupAndRestore`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::model_checkpoint::make_folder_of;
use super::{Callback, Logs, Memory, SaveFreq, Training};
use crate::models::History;
use crate::{Error, Result, Setting, Tensor};

/// Keeps a training run on the disk, so that it goes on where it was when its process died.
///
/// Run the same program again: `fit` finds the backup and continues, with the weights, what the
/// optimizer remembers, the order of the samples, the history, and what the other callbacks know
/// (how long [`EarlyStopping`](super::EarlyStopping) has waited). The result is that of a run that
/// was never interrupted. All of it is one file in `backup_dir`, which is replaced in one step.
///
/// With `save_freq` in batches, a run goes on within an epoch; its weights are then the same, too,
/// while the loss and the metrics that are shown for that one epoch are those of its other batches.
/// A callback of yours that has a state gives it to the backup by [`Callback::memory`].
/// On a [`Dataset`](crate::data::Dataset) whose epochs are whole passes, the batches are the same as
/// without the interruption; of an iterator, the run goes on with what it gives.
///
/// Keras: `keras.callbacks.BackupAndRestore`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let backup = BackupAndRestore::new(folder.path().join("backup"));
/// let fit = Fit { epochs: 3, callbacks: vec![backup.into()], verbose: 0, ..Fit::default() };
/// let history = model.fit(&x, &y, fit)?;
/// assert_eq!(history.epoch, [0, 1, 2]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BackupAndRestore {
    backup_dir: PathBuf,
    save_freq: Setting<SaveFreq>,
    double_checkpoint: bool,
    delete_checkpoint: bool,
    batches_seen: usize,
    /// A backup that is due at the last batch of an epoch waits for its end.
    is_due: bool,
}

/// The file in the folder.
const FILE: &str = "latest.safetensors";
/// The one before, with `double_checkpoint`.
const FILE_BEFORE: &str = "previous.safetensors";

impl BackupAndRestore {
    /// Keeps the run in the folder `backup_dir`, which no other run uses, after each epoch.
    pub fn new(backup_dir: impl AsRef<Path>) -> Self {
        BackupAndRestore {
            backup_dir: backup_dir.as_ref().to_path_buf(),
            save_freq: SaveFreq::Epoch.into(),
            double_checkpoint: false,
            delete_checkpoint: true,
            batches_seen: 0,
            is_due: false,
        }
    }

    /// `"epoch"`, or a number of batches; `"epoch"` unless set.
    #[must_use]
    pub fn save_freq(mut self, save_freq: impl Into<Setting<SaveFreq>>) -> Self {
        self.save_freq = save_freq.into();
        self
    }

    /// Whether the backup before the latest one is kept as well, in case the disk damages that; false
    /// unless set.
    #[must_use]
    pub fn double_checkpoint(mut self, double_checkpoint: bool) -> Self {
        self.double_checkpoint = double_checkpoint;
        self
    }

    /// Whether the backup is deleted when the run has ended; true unless set. When it is kept, the
    /// same run does not begin anew, but has its result at once.
    #[must_use]
    pub fn delete_checkpoint(mut self, delete_checkpoint: bool) -> Self {
        self.delete_checkpoint = delete_checkpoint;
        self
    }

    fn file(&self) -> PathBuf {
        self.backup_dir.join(FILE)
    }

    fn file_before(&self) -> PathBuf {
        self.backup_dir.join(FILE_BEFORE)
    }

    /// Writes the run as it is after `batch` batches of `epoch`.
    fn save(
        &self,
        epoch: usize,
        batch: usize,
        history: &History,
        training: &Training<'_>,
    ) -> Result<()> {
        let progression = &training.progression;
        let mut tensors: Vec<Tensor> = Vec::new();
        let mut callbacks = Vec::new();
        for callback in training.callbacks {
            let Some(memory) = callback.with_other(|callback| callback.memory()) else {
                continue;
            };
            callbacks.push(StoredMemory {
                class_name: callback.class_name().to_string(),
                numbers: bits(memory.numbers.as_slice()),
                tensors: memory.tensors.len(),
            });
            tensors.extend(memory.tensors);
        }
        let run = Run {
            epoch,
            batch,
            seed: progression.seed,
            stopped: progression.stopped.clone(),
            learning_rate: training.learning_rate().to_bits(),
            batches_seen: self.batches_seen,
            epochs: history.epoch.clone(),
            seconds: history.seconds.iter().map(|s| s.to_bits()).collect(),
            columns: history
                .metrics()
                .iter()
                .map(|name| {
                    let values = history.get(name).unwrap_or_default();
                    (
                        name.to_string(),
                        values.iter().map(|v| v.to_bits()).collect(),
                    )
                })
                .collect(),
            callbacks,
        };
        let run = serde_json::to_string(&run)
            .map_err(|error| Error::data(format!("the run cannot be written down: {error}")))?;
        let file = self.file();
        make_folder_of(&file)?;
        if self.double_checkpoint && file.exists() {
            // Until the new one is there, this one is what a run goes on from.
            std::fs::rename(&file, self.file_before())
                .map_err(|error| Error::io(format!("cannot rename `{}`", file.display()), error))?;
        }
        training.model().save_backup(&file, run, &tensors)
    }

    /// Goes on from the latest backup, or from the one before where that is lost or damaged.
    fn restore(&mut self, training: &mut Training<'_>) -> Result<()> {
        let (file, before) = (self.file(), self.file_before());
        if !file.exists() {
            return match before.exists() {
                true => self.restore_from(&before, training),
                false => Ok(()),
            };
        }
        match self.restore_from(&file, training) {
            // Where both are no use, the latest one says why.
            Err(error) if before.exists() => match self.restore_from(&before, training) {
                Ok(()) => {
                    println!("Going on from the backup before the latest one: {error}");
                    Ok(())
                }
                Err(_) => Err(error),
            },
            result => result,
        }
    }

    fn restore_from(&mut self, file: &Path, training: &mut Training<'_>) -> Result<()> {
        let (run, tensors) = training.model.load_backup(file)?;
        let run: Run = serde_json::from_str(&run).map_err(|error| {
            Error::data(format!("`{}` is damaged: {error}", file.display()))
                .remedy("delete the file to begin anew")
        })?;
        self.batches_seen = run.batches_seen;
        let rate = f32::from_bits(run.learning_rate);
        if rate != training.learning_rate() {
            training.set_learning_rate(rate)?;
        }
        let progression = &mut *training.progression;
        progression.epoch = run.epoch;
        progression.batch = run.batch;
        progression.seed = run.seed;
        progression.stopped = run.stopped;
        let mut history = History::default();
        for (i, (epoch, seconds)) in run.epochs.iter().zip(&run.seconds).enumerate() {
            let values = run
                .columns
                .iter()
                .filter_map(|(name, values)| Some((name.clone(), f64::from_bits(*values.get(i)?))));
            let values: Vec<(String, f64)> = values.collect();
            history.push(*epoch, f64::from_bits(*seconds), &values);
        }
        progression.history = history;
        restore_callbacks(&run.callbacks, tensors, training)
    }
}

/// Gives each callback its memory back: the second `EarlyStopping` that of the second one.
fn restore_callbacks(
    stored: &[StoredMemory],
    tensors: Vec<Tensor>,
    training: &Training<'_>,
) -> Result<()> {
    let mut memories: HashMap<&str, Vec<Memory>> = HashMap::new();
    let mut tensors = tensors.into_iter();
    for memory in stored {
        let numbers = memory.numbers.iter();
        let numbers = numbers.map(|(name, bits)| (name.clone(), f64::from_bits(*bits)));
        let of_class = memories.entry(memory.class_name.as_str()).or_default();
        of_class.push(Memory {
            numbers: Logs::new(numbers.collect()),
            tensors: tensors.by_ref().take(memory.tensors).collect(),
        });
    }
    let mut found: HashMap<&str, usize> = HashMap::new();
    for shared in training.callbacks {
        let before = found.entry(shared.class_name()).or_default();
        let of_class = memories.get(shared.class_name());
        let Some(memory) = of_class.and_then(|all| all.get(*before)) else {
            continue;
        };
        let remembered = shared.with_other(|callback| callback.remember(memory));
        if let Some(result) = remembered {
            *before += 1;
            result.map_err(|e| e.at(shared.class_name()))?;
        }
    }
    Ok(())
}

/// What a run needs to go on, besides weights and the optimizer's memory. Numbers are kept by their
/// bits: JSON has no NaN, and rounds.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    epoch: usize,
    batch: usize,
    seed: u64,
    stopped: Option<String>,
    learning_rate: u32,
    batches_seen: usize,
    epochs: Vec<usize>,
    seconds: Vec<u64>,
    columns: Vec<(String, Vec<u64>)>,
    callbacks: Vec<StoredMemory>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredMemory {
    class_name: String,
    numbers: Vec<(String, u64)>,
    tensors: usize,
}

fn bits(numbers: &[(String, f64)]) -> Vec<(String, u64)> {
    let numbers = numbers.iter();
    numbers
        .map(|(name, value)| (name.clone(), value.to_bits()))
        .collect()
}

fn place(error: Error) -> Error {
    error.at("BackupAndRestore")
}

impl Callback for BackupAndRestore {
    fn takes_batches(&self) -> bool {
        matches!(self.save_freq.get(), Ok(SaveFreq::Batches(_)))
    }

    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.save_freq.get().map_err(place)?;
        if self.backup_dir.as_os_str().is_empty() {
            return Err(place(Error::argument(
                "backup_dir",
                "the path of a folder",
                "none",
            )));
        }
        self.batches_seen = 0;
        self.is_due = false;
        self.restore(training).map_err(place)
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        _: &Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let SaveFreq::Batches(batches) = *self.save_freq.get()? else {
            return Ok(());
        };
        self.batches_seen += 1;
        if self.batches_seen < batches {
            return Ok(());
        }
        self.batches_seen = 0;
        if training.steps() == Some(batch + 1) {
            self.is_due = true;
            return Ok(());
        }
        let progression = &training.progression;
        let (epoch, history) = (progression.epoch, progression.history.clone());
        self.save(epoch, batch + 1, &history, training)
            .map_err(place)
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        if *self.save_freq.get()? == SaveFreq::Epoch || std::mem::take(&mut self.is_due) {
            let mut recorded = training.progression.clone();
            recorded.record(logs.as_slice());
            self.save(epoch + 1, 0, &recorded.history, training)
                .map_err(place)?;
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        if !self.delete_checkpoint || training.is_interrupted() {
            return Ok(());
        }
        for file in [self.file(), self.file_before()] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let what = format!("cannot delete `{}`", file.display());
                    return Err(place(Error::io(what, error)));
                }
                _ => {}
            }
        }
        // The folder goes as well, unless somebody keeps something else in it.
        let _ = std::fs::remove_dir(&self.backup_dir);
        Ok(())
    }

    fn is_last(&self) -> bool {
        true
    }
}
