//! `TerminateOnNaN`.

use super::Callback;

/// Ends a run without an error when the loss or a gradient has become NaN or infinite. The weights
/// are those before that step; without this callback, `fit` returns an error then.
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
/// assert!(matches!(history.ending, Ending::Stopped(_)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TerminateOnNaN {
    _private: (),
}

impl TerminateOnNaN {
    /// There is nothing to set.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Callback for TerminateOnNaN {
    fn on_not_finite(&mut self, batch: usize) -> bool {
        println!("Batch {batch}: Invalid loss, terminating training");
        true
    }
}
