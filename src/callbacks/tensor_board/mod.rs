//! `TensorBoard`.

mod events;

use std::path::{Path, PathBuf};
use std::time::Instant;

use self::events::EventFile;
use super::{Callback, Logs, Memory, SaveFreq, Training};
use crate::{Error, Result, Setting};

/// Writes the results for TensorBoard: `tensorboard --logdir logs` shows their curves.
///
/// There are `epoch_loss` and the like in `log_dir/train` and, from the validation, in
/// `log_dir/validation`; `epoch_learning_rate`; with `update_freq` in batches also `batch_loss` and
/// the like.
///
/// Keras: `keras.callbacks.TensorBoard`, without graphs, histograms and profiles.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let callbacks = vec![TensorBoard::new(folder.path()).into()];
/// model.fit(&x, &y, Fit { callbacks, verbose: 0, ..Fit::default() })?;
/// assert!(folder.path().join("train").is_dir());
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    log_dir: PathBuf,
    update_freq: Setting<SaveFreq>,
    write_steps_per_second: bool,
    train: Option<EventFile>,
    validation: Option<EventFile>,
    batches: u64,
    batch_begun: Instant,
    epoch_begun: Instant,
    steps_before: u64,
}

impl Default for TensorBoard {
    fn default() -> Self {
        Self::new("logs")
    }
}

impl TensorBoard {
    /// Writes to the folder `log_dir`, once an epoch.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        TensorBoard {
            log_dir: log_dir.as_ref().to_path_buf(),
            update_freq: SaveFreq::Epoch.into(),
            write_steps_per_second: false,
            train: None,
            validation: None,
            batches: 0,
            batch_begun: Instant::now(),
            epoch_begun: Instant::now(),
            steps_before: 0,
        }
    }

    /// `"epoch"`, or after how many batches their results are written; `"epoch"` unless set.
    #[must_use]
    pub fn update_freq(mut self, update_freq: impl Into<Setting<SaveFreq>>) -> Self {
        self.update_freq = update_freq.into();
        self
    }

    /// Whether the pace is written as well; false unless set.
    #[must_use]
    pub fn write_steps_per_second(mut self, write_steps_per_second: bool) -> Self {
        self.write_steps_per_second = write_steps_per_second;
        self
    }

    fn write(&mut self, part: Part, step: u64, scalars: &[(String, f64)]) -> Result<()> {
        if scalars.is_empty() {
            return Ok(());
        }
        let (name, file) = match part {
            Part::Train => ("train", &mut self.train),
            Part::Validation => ("validation", &mut self.validation),
        };
        let folder = self.log_dir.join(name);
        let written = match file {
            Some(file) => file.scalars(step, scalars),
            None => EventFile::create(&folder).and_then(|created| {
                let created = file.insert(created);
                created.scalars(step, scalars)
            }),
        };
        written.map_err(|error| {
            let what = format!("cannot write events to `{}`", folder.display());
            Error::io(what, error).at("TensorBoard")
        })
    }
}

/// Which of the two curves a scalar belongs to.
#[derive(Clone, Copy)]
enum Part {
    Train,
    Validation,
}

impl Callback for TensorBoard {
    fn takes_batches(&self) -> bool {
        matches!(self.update_freq.get(), Ok(SaveFreq::Batches(_)))
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.update_freq.get().map_err(|e| e.at("TensorBoard"))?;
        self.batches = 0;
        Ok(())
    }

    fn on_epoch_begin(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.epoch_begun = Instant::now();
        self.steps_before = training.iterations();
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        self.batches += 1;
        self.batch_begun = Instant::now();
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &Logs, _: &mut Training<'_>) -> Result<()> {
        let SaveFreq::Batches(every) = *self.update_freq.get()? else {
            return Ok(());
        };
        if !self.batches.is_multiple_of(every as u64) {
            return Ok(());
        }
        let mut scalars = prefixed("batch_", logs.as_slice());
        if self.write_steps_per_second {
            let pace = 1.0 / self.batch_begun.elapsed().as_secs_f64();
            scalars.push(("batch_steps_per_second".to_string(), pace));
        }
        self.write(Part::Train, self.batches, &scalars)
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let all = logs.as_slice().iter().cloned();
        let (validation, mut train): (Vec<_>, Vec<_>) =
            all.partition(|(name, _)| name.starts_with("val_"));
        if logs.get("learning_rate").is_none() {
            train.push(("learning_rate".to_string(), training.learning_rate().into()));
        }
        if self.write_steps_per_second {
            let steps = (training.iterations() - self.steps_before) as f64;
            let pace = steps / self.epoch_begun.elapsed().as_secs_f64();
            train.push(("steps_per_second".to_string(), pace));
        }
        self.write(Part::Train, epoch as u64, &prefixed("epoch_", &train))?;
        let named = validation.iter().map(|(name, value)| {
            let name = name.strip_prefix("val_").unwrap_or(name);
            (name.to_string(), *value)
        });
        let named: Vec<(String, f64)> = named.collect();
        self.write(Part::Validation, epoch as u64, &prefixed("epoch_", &named))?;
        let against_steps: Vec<(String, f64)> = named
            .iter()
            .map(|(name, value)| (format!("evaluation_{name}_vs_iterations"), *value))
            .collect();
        self.write(Part::Validation, training.iterations(), &against_steps)
    }

    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.train = None;
        self.validation = None;
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::of(&[("batches", Some(self.batches as f64))])
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        self.batches = memory.count("batches") as u64;
        Ok(())
    }
}

fn prefixed(prefix: &str, scalars: &[(String, f64)]) -> Vec<(String, f64)> {
    let scalars = scalars.iter();
    scalars
        .map(|(name, value)| (format!("{prefix}{name}"), *value))
        .collect()
}
