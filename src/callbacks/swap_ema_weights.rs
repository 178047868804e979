//! `SwapEMAWeights`.

use super::{Callback, Logs, Training};
use crate::Result;

/// Measures the validation with the moving averages of the weights, which an optimizer with
/// `use_ema` keeps, and trains on with the weights themselves.
///
/// Keras: `keras.callbacks.SwapEMAWeights`. Here the run also ends with the averages when it ends
/// early, and validation is that of `fit`: `evaluate` and `predict` take no callbacks.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// let optimizer = SGD::new().use_ema(true);
/// model.compile(Compile { optimizer: optimizer.into(), loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((8, 2)), Tensor::ones((8, 1)));
/// let callbacks = vec![SwapEMAWeights::new().into()];
/// let fit = Fit { validation_split: 0.5, callbacks, verbose: 0, ..Fit::default() };
/// assert!(model.fit(&x, &y, fit)?.get("val_loss").is_some());
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SwapEMAWeights {
    swap_on_epoch: bool,
    /// Whether the model has the averages.
    swapped: bool,
}

impl SwapEMAWeights {
    /// For the validation alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the model has the averages between epochs, too, so that callbacks which stand behind
    /// this one, such as `ModelCheckpoint`, see them; false unless set.
    #[must_use]
    pub fn swap_on_epoch(mut self, swap_on_epoch: bool) -> Self {
        self.swap_on_epoch = swap_on_epoch;
        self
    }

    fn swap(&mut self, to_averages: bool, training: &mut Training<'_>) -> Result<()> {
        if self.swapped != to_averages {
            training.swap_averages()?;
            self.swapped = to_averages;
        }
        Ok(())
    }
}

impl Callback for SwapEMAWeights {
    fn takes_batches(&self) -> bool {
        false
    }

    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.swapped = false;
        training
            .check_averages()
            .map_err(|e| e.at("SwapEMAWeights"))
    }

    fn on_epoch_begin(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
        self.swap(false, training)
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, training: &mut Training<'_>) -> Result<()> {
        self.swap(self.swap_on_epoch, training)
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.swap(true, training)
    }

    fn on_test_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        self.swap(false, training)
    }
}
