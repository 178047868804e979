//! `LearningRateScheduler`.

use std::fmt;

use super::{Callback, Logs, Memory, Training};
use crate::Result;

type Schedule = Box<dyn FnMut(usize, f32) -> f32 + Send>;

/// Sets the learning rate before each epoch: `schedule` gets the epoch, counted from 0, and the
/// learning rate so far. Adds `learning_rate` to the results.
///
/// Keras: `keras.callbacks.LearningRateScheduler`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// let sgd = SGD::new().learning_rate(0.1);
/// model.compile(Compile { optimizer: sgd.into(), loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let halves = LearningRateScheduler::new(|epoch, rate| if epoch < 2 { rate } else { rate / 2.0 });
/// let fit = Fit { epochs: 4, callbacks: vec![halves.into()], verbose: 0, ..Fit::default() };
/// let history = model.fit(&x, &y, fit)?;
/// let rates = history.get("learning_rate").unwrap_or_default();
/// assert_eq!(rates, [0.1f32, 0.1, 0.05, 0.025].map(f64::from));
/// # Ok::<(), kerust::Error>(())
/// ```
pub struct LearningRateScheduler {
    schedule: Schedule,
    verbose: usize,
    /// The epoch that it was called for last.
    epoch: Option<usize>,
}

impl LearningRateScheduler {
    /// Calls `schedule` with the epoch and the learning rate.
    pub fn new(schedule: impl FnMut(usize, f32) -> f32 + Send + 'static) -> Self {
        LearningRateScheduler {
            schedule: Box::new(schedule),
            verbose: 0,
            epoch: None,
        }
    }

    /// 1 prints the learning rate; 0 unless set.
    #[must_use]
    pub fn verbose(mut self, verbose: usize) -> Self {
        self.verbose = verbose;
        self
    }
}

impl fmt::Debug for LearningRateScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LearningRateScheduler")
            .field("verbose", &self.verbose)
            .finish_non_exhaustive()
    }
}

impl Callback for LearningRateScheduler {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.epoch = None;
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        // An epoch that is taken up in its middle has its learning rate.
        if self.epoch.replace(epoch) == Some(epoch) {
            return Ok(());
        }
        let rate = (self.schedule)(epoch, training.learning_rate());
        training
            .set_learning_rate(rate)
            .map_err(|e| e.at("LearningRateScheduler"))?;
        if self.verbose > 0 {
            let epoch = epoch + 1;
            println!("\nEpoch {epoch}: LearningRateScheduler setting learning rate to {rate}.");
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        logs.set("learning_rate", training.learning_rate().into());
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::of(&[("epoch", self.epoch.map(|epoch| epoch as f64))])
    }

    fn remember(&mut self, memory: &Memory) -> Result<()> {
        self.epoch = memory.numbers.get("epoch").map(|epoch| epoch as usize);
        Ok(())
    }
}
