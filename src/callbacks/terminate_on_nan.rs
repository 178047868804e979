//! `TerminateOnNaN`.

use super::Callback;

/// Ends a run without an error when the loss or a gradient has become NaN or infinite; the progress
/// and the history say at which step. The weights are those before it; without this callback, or
/// with [`raise_error`](Self::raise_error), `fit` returns an error then.
///
/// Keras: `keras.callbacks.TerminateOnNaN`.
///
/// # Example
/// ```
/// use kerust::models::Ending;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((4, 2)), Tensor::full((4, 1), f32::NAN));
/// let callbacks = vec![TerminateOnNaN::new().into()];
/// let history = model.fit(&x, &y, Fit { epochs: 9, callbacks, verbose: 0, ..Fit::default() })?;
/// assert!(matches!(history.ending, Ending::Diverged(_)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
}

impl TerminateOnNaN {
    /// Ends the run without an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the run ends with an error, before `on_train_end` of the callbacks: what
    /// [`BackupAndRestore`](super::BackupAndRestore) keeps stays; false unless set.
    #[must_use]
    pub fn raise_error(mut self, raise_error: bool) -> Self {
        self.raise_error = raise_error;
        self
    }
}

impl Callback for TerminateOnNaN {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_not_finite(&mut self, batch: usize) -> bool {
        if !self.raise_error {
            println!("Batch {batch}: Invalid loss, terminating training");
        }
        !self.raise_error
    }
}
