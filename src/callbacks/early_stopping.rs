//! `EarlyStopping`.

use super::monitor::{Monitor, monitor_setters};
use super::{Callback, Logs, Memory, Training};
use crate::{Result, Tensor};

/// Ends a run when a result has stopped getting better.
///
/// Keras: `keras.callbacks.EarlyStopping`.
///
/// # Example
/// ```
/// use kerust::models::Ending;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// // Without steps of any size, nothing gets better.
/// let still = SGD::new().learning_rate(0.0);
/// model.compile(Compile { optimizer: still.into(), loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let stopping = EarlyStopping::new().monitor("loss").patience(3).restore_best_weights(true);
/// let fit = Fit { epochs: 50, callbacks: vec![stopping.into()], verbose: 0, ..Fit::default() };
/// let history = model.fit(&x, &y, fit)?;
/// assert_eq!(history.epoch, [0, 1, 2, 3]);
/// assert!(matches!(history.ending, Ending::Stopped(_)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    verbose: usize,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    wait: usize,
    stopped_epoch: Option<usize>,
    best_epoch: usize,
    best_weights: Option<Vec<Tensor>>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping {
            monitor: Monitor::new(0.0),
            patience: 0,
            verbose: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            wait: 0,
            stopped_epoch: None,
            best_epoch: 0,
            best_weights: None,
        }
    }
}

impl EarlyStopping {
    /// Watches `val_loss` and has no patience.
    pub fn new() -> Self {
        Self::default()
    }

    monitor_setters!();

    /// By how much a result must be better to count; 0 unless set.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// After how many epochs without a better result the run ends; 0 unless set.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// What a result must be better than for the run to go on; anything unless set.
    #[must_use]
    pub fn baseline(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Whether the model ends with the weights of its best epoch, also when no epoch was better
    /// than the baseline; with those of the last step unless set.
    #[must_use]
    pub fn restore_best_weights(mut self, restore_best_weights: bool) -> Self {
        self.restore_best_weights = restore_best_weights;
        self
    }

    /// The first epoch, counted from 0, that is watched; 0 unless set.
    #[must_use]
    pub fn start_from_epoch(mut self, start_from_epoch: usize) -> Self {
        self.start_from_epoch = start_from_epoch;
        self
    }
}

impl Callback for EarlyStopping {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.monitor.begin()?;
        self.monitor.best = None;
        self.wait = 0;
        self.stopped_epoch = None;
        self.best_epoch = 0;
        self.best_weights = None;
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        let current = self.monitor.value(logs, "EarlyStopping");
        let Some(current) = current.filter(|_| epoch >= self.start_from_epoch) else {
            return Ok(());
        };
        if self.restore_best_weights && self.best_weights.is_none() {
            self.best_weights = Some(training.model().get_weights());
            self.best_epoch = epoch;
        }
        self.wait += 1;
        if self.monitor.is_improvement(current, self.monitor.best) {
            self.monitor.best = Some(current);
            self.best_epoch = epoch;
            if self.restore_best_weights {
                self.best_weights = Some(training.model().get_weights());
            }
            // The wait is over only if it beats the baseline as well.
            if self.monitor.is_improvement(current, self.baseline) {
                self.wait = 0;
            }
            return Ok(());
        }
        if self.wait >= self.patience && epoch > 0 {
            self.stopped_epoch = Some(epoch);
            let epochs = match self.wait {
                1 => "1 epoch".to_string(),
                wait => format!("{wait} epochs"),
            };
            let name = &self.monitor.name;
            training.stop(&format!("`{name}` has not got better for {epochs}"));
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        if let Some(epoch) = self.stopped_epoch.filter(|_| self.verbose > 0) {
            println!("Epoch {}: early stopping", epoch + 1);
        }
        let weights = self.best_weights.take();
        // A run that is interrupted ends with the weights of its last step.
        if let Some(weights) = weights.filter(|_| !training.is_interrupted()) {
            if self.verbose > 0 {
                let epoch = self.best_epoch + 1;
                println!("Restoring model weights from the end of the best epoch: {epoch}.");
            }
            training.set_weights(&weights)?;
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        let numbers = [
            ("best", self.monitor.best),
            ("wait", Some(self.wait as f64)),
            ("best_epoch", Some(self.best_epoch as f64)),
            (
                "stopped_epoch",
                self.stopped_epoch.map(|epoch| epoch as f64),
            ),
        ];
        Memory {
            tensors: self.best_weights.clone().unwrap_or_default(),
            ..Memory::of(&numbers)
        }
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        let numbers = &memory.numbers;
        self.monitor.best = numbers.get("best");
        self.wait = memory.count("wait");
        self.best_epoch = memory.count("best_epoch");
        self.stopped_epoch = numbers.get("stopped_epoch").map(|epoch| epoch as usize);
        let weights = &memory.tensors;
        self.best_weights = (!weights.is_empty()).then(|| weights.clone());
        Ok(())
    }
}
