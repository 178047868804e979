//! Callbacks: what happens between the batches and epochs of a training run.

mod training;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

pub use training::{Logs, Training};

use crate::Result;

/// Something that `fit` calls at certain moments.
///
/// Keras: `keras.callbacks.Callback`. Epochs and batches count from 0, as there.
///
/// # Example
/// ```
/// use kerust::callbacks::{Callback, Logs, Training};
/// use kerust::prelude::*;
///
/// /// Ends the run as soon as the loss is small.
/// #[derive(Debug)]
/// struct GoodEnough(f64);
///
/// impl Callback for GoodEnough {
///     fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, training: &mut Training<'_>) -> Result<()> {
///         if logs.get("loss").is_some_and(|loss| loss < self.0) {
///             training.stop("the loss is small enough");
///         }
///         Ok(())
///     }
/// }
///
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let callbacks = vec![GoodEnough(f64::INFINITY).into()];
/// let history = model.fit(&x, &y, Fit { epochs: 9, callbacks, verbose: 0, ..Fit::default() })?;
/// assert_eq!(history.epoch, [0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[allow(unused_variables)]
pub trait Callback: Debug + Send {
    /// Before the first epoch.
    ///
    /// # Errors
    /// Ends the run, as those of the others.
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before an epoch.
    ///
    /// # Errors
    /// Ends the run.
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a batch.
    ///
    /// # Errors
    /// Ends the run.
    fn on_train_batch_begin(&mut self, batch: usize, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After a batch; `logs` holds the loss and the metrics of the epoch so far.
    ///
    /// # Errors
    /// Ends the run.
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        Ok(())
    }

    /// After an epoch; `logs` holds its results, those of the validation too. What is added to it
    /// is part of the history.
    ///
    /// # Errors
    /// Ends the run.
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        Ok(())
    }

    /// When a batch has made the loss or a gradient infinite or NaN. Returns whether the run ends
    /// here without an error; the weights are those before that batch.
    fn on_not_finite(&mut self, batch: usize) -> bool {
        false
    }

    /// After the last epoch, also when the run was stopped or interrupted.
    ///
    /// # Errors
    /// Is that of the run.
    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }
}

/// A callback in the arguments of `fit`. Clones are the same callback: one that is kept tells
/// afterwards what it has seen.
#[derive(Clone, Debug)]
pub struct SharedCallback(Arc<Mutex<dyn Callback>>);

impl SharedCallback {
    /// Does something with the callback.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut dyn Callback) -> R) -> R {
        // One that panicked is called again all the same: the run decides what that means.
        f(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<C: Callback + 'static> From<C> for SharedCallback {
    fn from(callback: C) -> Self {
        SharedCallback(Arc::new(Mutex::new(callback)))
    }
}
