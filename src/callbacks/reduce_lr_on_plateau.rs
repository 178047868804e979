//! `ReduceLROnPlateau`.

use super::monitor::{Monitor, monitor_setters};
use super::{Callback, Logs, Memory, Training};
use crate::{Error, Result};

/// Makes the steps smaller when a result has stopped getting better. Adds `learning_rate`, as it was
/// in the epoch, to the results.
///
/// Keras: `keras.callbacks.ReduceLROnPlateau`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// // No epoch is better by so much.
/// let slower = ReduceLROnPlateau::new().monitor("loss").factor(0.5).patience(2).min_delta(1e9);
/// let fit = Fit { epochs: 5, callbacks: vec![slower.into()], verbose: 0, ..Fit::default() };
/// let history = model.fit(&x, &y, fit)?;
/// let rates = history.get("learning_rate").unwrap_or_default();
/// assert_eq!(rates[3], rates[0] / 2.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    verbose: usize,
    cooldown: usize,
    min_lr: f64,
    wait: usize,
    cooldown_counter: usize,
}

impl Default for ReduceLROnPlateau {
    fn default() -> Self {
        ReduceLROnPlateau {
            monitor: Monitor::new(1e-4),
            factor: 0.1,
            patience: 10,
            verbose: 0,
            cooldown: 0,
            min_lr: 0.0,
            wait: 0,
            cooldown_counter: 0,
        }
    }
}

impl ReduceLROnPlateau {
    /// Watches `val_loss`; after 10 epochs without a better one, steps are a tenth as large.
    pub fn new() -> Self {
        Self::default()
    }

    monitor_setters!();

    /// What the learning rate is multiplied by; 0.1 unless set.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// After how many epochs without a better result; 10 unless set.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// By how much a result must be better to count; 0.0001 unless set.
    #[must_use]
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// How many epochs after a reduction are not watched; 0 unless set.
    #[must_use]
    pub fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// The learning rate becomes no smaller than this; 0 unless set.
    #[must_use]
    pub fn min_lr(mut self, min_lr: f64) -> Self {
        self.min_lr = min_lr;
        self
    }

    fn reduce(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        let old = training.learning_rate();
        if old <= self.min_lr as f32 {
            return Ok(());
        }
        let new = (f64::from(old) * self.factor).max(self.min_lr);
        training.set_learning_rate(new as f32)?;
        if self.verbose > 0 {
            let epoch = epoch + 1;
            println!("\nEpoch {epoch}: ReduceLROnPlateau reducing learning rate to {new}.");
        }
        self.cooldown_counter = self.cooldown;
        self.wait = 0;
        Ok(())
    }
}

impl Callback for ReduceLROnPlateau {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        if !(0.0..1.0).contains(&self.factor) {
            let expected = "a number of at least 0, below 1";
            return Err(Error::argument("factor", expected, self.factor)
                .remedy("0.1 makes steps a tenth as large")
                .at("ReduceLROnPlateau"));
        }
        self.monitor.begin()?;
        self.monitor.best = None;
        self.wait = 0;
        self.cooldown_counter = 0;
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        logs.set("learning_rate", training.learning_rate().into());
        let Some(current) = self.monitor.value(logs, "ReduceLROnPlateau") else {
            return Ok(());
        };
        if self.cooldown_counter > 0 {
            self.cooldown_counter -= 1;
            self.wait = 0;
        }
        if self.monitor.is_improvement(current, self.monitor.best) {
            self.monitor.best = Some(current);
            self.wait = 0;
        } else if self.cooldown_counter == 0 {
            self.wait += 1;
            if self.wait >= self.patience {
                self.reduce(epoch, training)?;
            }
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::of(&[
            ("best", self.monitor.best),
            ("wait", Some(self.wait as f64)),
            ("cooldown_counter", Some(self.cooldown_counter as f64)),
        ])
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        self.monitor.best = memory.numbers.get("best");
        self.wait = memory.count("wait");
        self.cooldown_counter = memory.count("cooldown_counter");
        Ok(())
    }
}
