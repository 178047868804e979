//! Callbacks: what happens between the batches and epochs of a training run.
//!
//! Each is a file with a struct that has Keras's arguments as methods. Watching a result is
//! `monitor.rs`, names of files with `{epoch}` in them are `filename.rs`.

mod backup_and_restore;
mod csv_logger;
mod early_stopping;
mod filename;
mod lambda_callback;
mod learning_rate_scheduler;
mod model_checkpoint;
mod monitor;
mod reduce_lr_on_plateau;
mod save_freq;
mod swap_ema_weights;
mod tensor_board;
mod terminate_on_nan;
mod training;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

pub use backup_and_restore::BackupAndRestore;
pub use csv_logger::CSVLogger;
pub use early_stopping::EarlyStopping;
pub use lambda_callback::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub(crate) use monitor::{Direction, direction};
pub use reduce_lr_on_plateau::ReduceLROnPlateau;
pub use save_freq::SaveFreq;
pub use swap_ema_weights::SwapEMAWeights;
pub use tensor_board::TensorBoard;
pub use terminate_on_nan::TerminateOnNaN;
pub use training::{Logs, Memory, Training};

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

    /// Whether it does something before or after a batch; a callback that says no lets a GPU work
    /// ahead of the host.
    fn takes_batches(&self) -> bool {
        true
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

    /// Before the validation of an epoch.
    ///
    /// # Errors
    /// Ends the run.
    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        Ok(())
    }

    /// After the validation of an epoch, also when the user interrupted it.
    ///
    /// # Errors
    /// Ends the run.
    fn on_test_end(&mut self, training: &mut Training<'_>) -> Result<()> {
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

    /// What it must know for the run to go on in another process; [`BackupAndRestore`] asks.
    fn memory(&self) -> Memory {
        Memory::default()
    }

    /// Goes on from what [`memory`](Self::memory) returned in the process that ended. Called after
    /// `on_train_begin`.
    ///
    /// # Errors
    /// Ends the run.
    fn remember(&mut self, memory: &Memory) -> Result<()> {
        Ok(())
    }

    /// Whether it is called after all others, wherever it stands: one that looks at them.
    fn is_last(&self) -> bool {
        false
    }
}

/// A callback in the arguments of `fit`. Clones are the same callback: one that is kept tells
/// afterwards what it has seen.
#[derive(Clone, Debug)]
pub struct SharedCallback {
    class_name: &'static str,
    callback: Arc<Mutex<dyn Callback>>,
}

impl SharedCallback {
    /// Does something with the callback.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut dyn Callback) -> R) -> R {
        // One that panicked is called again all the same: the run decides what that means.
        f(&mut *self.callback.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same, unless the callback is at work: it is the one that asks.
    pub(crate) fn with_other<R>(&self, f: impl FnOnce(&mut dyn Callback) -> R) -> Option<R> {
        match self.callback.try_lock() {
            Ok(mut callback) => Some(f(&mut *callback)),
            Err(TryLockError::Poisoned(poisoned)) => Some(f(&mut *poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The name of its type.
    pub(crate) fn class_name(&self) -> &'static str {
        self.class_name
    }
}

impl<C: Callback + 'static> From<C> for SharedCallback {
    fn from(callback: C) -> Self {
        // Without the modules, which change from one notebook cell to the next.
        let path = std::any::type_name::<C>();
        let path = path.split('<').next().unwrap_or(path);
        SharedCallback {
            class_name: path.rsplit("::").next().unwrap_or(path),
            callback: Arc::new(Mutex::new(callback)),
        }
    }
}
