//! `ModelCheckpoint`.

use std::path::Path;

use super::monitor::{Monitor, monitor_setters};
use super::{Callback, Logs, Memory, SaveFreq, Training, filename};
use crate::models::{check_model_path, check_weights_path, is_for_weights};
use crate::{Error, Result, Setting};

/// Saves the model after epochs or batches: a file is whole at every moment. The ending says what is
/// saved: `.keras` is the whole model, as [`Model::save`](crate::Model::save) does it; `.weights.h5`
/// and `.safetensors` are the weights and what the optimizer remembers, as
/// [`Model::save_weights`](crate::Model::save_weights) does it.
///
/// The name of the file may hold `{epoch}`, counted from 1, and any result, with Python's formats:
/// `"{epoch:02d}-{val_loss:.2f}.safetensors"`. Folders that are missing are made.
///
/// Keras: `keras.callbacks.ModelCheckpoint`; there, weights need `save_weights_only` as well.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("best.keras");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let best = ModelCheckpoint::new(&path).monitor("loss").save_best_only(true);
/// model.fit(&x, &y, Fit { callbacks: vec![best.into()], verbose: 0, ..Fit::default() })?;
/// let best = kerust::models::load_model(&path)?;
/// assert_eq!(best.get_weights(), model.get_weights());
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    filepath: String,
    monitor: Monitor,
    verbose: usize,
    save_best_only: bool,
    save_weights_only: Option<bool>,
    save_freq: Setting<SaveFreq>,
    epoch: usize,
    batches_seen: usize,
}

impl ModelCheckpoint {
    /// Saves to `filepath` after each epoch.
    pub fn new(filepath: impl AsRef<Path>) -> Self {
        ModelCheckpoint {
            filepath: filepath.as_ref().to_string_lossy().into_owned(),
            monitor: Monitor::new(0.0),
            verbose: 0,
            save_best_only: false,
            save_weights_only: None,
            save_freq: SaveFreq::Epoch.into(),
            epoch: 0,
            batches_seen: 0,
        }
    }

    monitor_setters!();

    /// Whether only what is better than all before is saved; false unless set.
    #[must_use]
    pub fn save_best_only(mut self, save_best_only: bool) -> Self {
        self.save_best_only = save_best_only;
        self
    }

    /// Whether the weights alone are saved (`.weights.h5`, `.safetensors`), or the whole model
    /// (`.keras`); as the ending says unless set. With another ending there is an error.
    #[must_use]
    pub fn save_weights_only(mut self, save_weights_only: bool) -> Self {
        self.save_weights_only = Some(save_weights_only);
        self
    }

    /// `"epoch"`, or a number of batches; `"epoch"` unless set.
    #[must_use]
    pub fn save_freq(mut self, save_freq: impl Into<Setting<SaveFreq>>) -> Self {
        self.save_freq = save_freq.into();
        self
    }

    /// What a result must be better than to be saved, with `save_best_only`; anything unless set.
    #[must_use]
    pub fn initial_value_threshold(mut self, initial_value_threshold: f64) -> Self {
        self.monitor.best = Some(initial_value_threshold);
        self
    }

    fn say(&self, message: String) {
        if self.verbose > 0 {
            println!("\nEpoch {}: {message}", self.epoch + 1);
        }
    }

    /// Whether this moment is worth a file.
    fn is_worth_it(&mut self, logs: &Logs, filepath: &str) -> bool {
        if !self.save_best_only {
            self.say(format!("saving model to {filepath}"));
            return true;
        }
        let Some(current) = self.monitor.value(logs, "ModelCheckpoint") else {
            // As Keras does: rather one file too many.
            return true;
        };
        let best = self.monitor.best;
        let (name, before) = (
            &self.monitor.name,
            best.map_or("None".to_string(), |best| format!("{best:.5}")),
        );
        if !self.monitor.is_improvement(current, best) {
            self.say(format!("{name} did not improve from {before}"));
            return false;
        }
        self.say(format!(
            "{name} improved from {before} to {current:.5}, saving model to {filepath}"
        ));
        self.monitor.best = Some(current);
        true
    }

    fn save(&mut self, batch: Option<usize>, logs: &Logs, training: &Training<'_>) -> Result<()> {
        let place = |error: Error| error.at("ModelCheckpoint");
        let filepath =
            filename::fill(&self.filepath, self.epoch + 1, batch, logs).map_err(place)?;
        if !self.is_worth_it(logs, &filepath) {
            return Ok(());
        }
        make_folder_of(Path::new(&filepath)).map_err(place)?;
        let model = training.model();
        let saved = match is_for_weights(Path::new(&filepath)).map_err(place)? {
            true => model.save_weights(&filepath),
            false => model.save(&filepath),
        };
        saved.map_err(place)?;
        self.say(format!("finished saving model to {filepath}"));
        Ok(())
    }
}

/// Makes the folder that a file is to stand in.
pub(super) fn make_folder_of(path: &Path) -> Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), |folder| {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::io(
                format!("cannot make the folder `{}`", folder.display()),
                error,
            )
        })
    })
}

impl Callback for ModelCheckpoint {
    fn takes_batches(&self) -> bool {
        matches!(self.save_freq.get(), Ok(SaveFreq::Batches(_)))
    }

    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        let mut check = || {
            self.save_freq.get()?;
            filename::check(&self.filepath)?;
            let path = Path::new(&self.filepath);
            match self.save_weights_only {
                Some(true) => check_weights_path(path)?,
                Some(false) => check_model_path(path)?,
                None => {}
            }
            if !is_for_weights(path)? {
                // Not only after an epoch, which may have taken hours.
                training.model().describe()?;
            }
            if self.save_best_only {
                self.monitor.begin()?;
            }
            Ok(())
        };
        check().map_err(|e: Error| e.at("ModelCheckpoint"))
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        if let SaveFreq::Batches(batches) = self.save_freq.get()? {
            self.batches_seen += 1;
            if self.batches_seen >= *batches {
                self.batches_seen = 0;
                self.save(Some(batch + 1), logs, training)?;
            }
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        match self.save_freq.get()? {
            SaveFreq::Epoch => self.save(None, logs, training),
            SaveFreq::Batches(_) => Ok(()),
        }
    }

    fn memory(&self) -> Memory {
        Memory::of(&[
            ("best", self.monitor.best),
            ("batches_seen", Some(self.batches_seen as f64)),
        ])
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        self.monitor.best = memory.numbers.get("best").or(self.monitor.best);
        self.batches_seen = memory.count("batches_seen");
        Ok(())
    }
}
