//! `LambdaCallback`.

use std::fmt;

use super::{Callback, Logs, Training};
use crate::Result;

type Plain = Box<dyn FnMut() + Send>;
type Counted = Box<dyn FnMut(usize) + Send>;
type WithLogs = Box<dyn FnMut(usize, &Logs) + Send>;

/// Calls closures. What is to change the run is a [`Callback`] of its own.
///
/// Keras: `keras.callbacks.LambdaCallback`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::ones((4, 1)));
/// let tell = LambdaCallback::new().on_epoch_end(|epoch, logs| {
///     println!("epoch {epoch}: {:?}", logs.get("loss"));
/// });
/// model.fit(&x, &y, Fit { callbacks: vec![tell.into()], verbose: 0, ..Fit::default() })?;
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Default)]
pub struct LambdaCallback {
    on_train_begin: Option<Plain>,
    on_train_end: Option<Plain>,
    on_epoch_begin: Option<Counted>,
    on_epoch_end: Option<WithLogs>,
    on_train_batch_begin: Option<Counted>,
    on_train_batch_end: Option<WithLogs>,
}

impl LambdaCallback {
    /// Calls nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `f` before the first epoch.
    #[must_use]
    pub fn on_train_begin(mut self, f: impl FnMut() + Send + 'static) -> Self {
        self.on_train_begin = Some(Box::new(f));
        self
    }

    /// Calls `f` after the last epoch.
    #[must_use]
    pub fn on_train_end(mut self, f: impl FnMut() + Send + 'static) -> Self {
        self.on_train_end = Some(Box::new(f));
        self
    }

    /// Calls `f` with the number of an epoch before it.
    #[must_use]
    pub fn on_epoch_begin(mut self, f: impl FnMut(usize) + Send + 'static) -> Self {
        self.on_epoch_begin = Some(Box::new(f));
        self
    }

    /// Calls `f` with the number and the results of an epoch after it.
    #[must_use]
    pub fn on_epoch_end(mut self, f: impl FnMut(usize, &Logs) + Send + 'static) -> Self {
        self.on_epoch_end = Some(Box::new(f));
        self
    }

    /// Calls `f` with the number of a batch before it.
    #[must_use]
    pub fn on_train_batch_begin(mut self, f: impl FnMut(usize) + Send + 'static) -> Self {
        self.on_train_batch_begin = Some(Box::new(f));
        self
    }

    /// Calls `f` with the number of a batch and the results of the epoch so far after it.
    #[must_use]
    pub fn on_train_batch_end(mut self, f: impl FnMut(usize, &Logs) + Send + 'static) -> Self {
        self.on_train_batch_end = Some(Box::new(f));
        self
    }
}

impl fmt::Debug for LambdaCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaCallback").finish_non_exhaustive()
    }
}

impl Callback for LambdaCallback {
    fn takes_batches(&self) -> bool {
        self.on_train_batch_begin.is_some() || self.on_train_batch_end.is_some()
    }

    fn on_train_begin(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.on_train_begin.iter_mut().for_each(|f| f());
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
        self.on_epoch_begin.iter_mut().for_each(|f| f(epoch));
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        self.on_train_batch_begin.iter_mut().for_each(|f| f(batch));
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        _: &mut Training<'_>,
    ) -> Result<()> {
        let calls = self.on_train_batch_end.iter_mut();
        calls.for_each(|f| f(batch, logs));
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut Training<'_>) -> Result<()> {
        self.on_epoch_end.iter_mut().for_each(|f| f(epoch, logs));
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Training<'_>) -> Result<()> {
        self.on_train_end.iter_mut().for_each(|f| f());
        Ok(())
    }
}
