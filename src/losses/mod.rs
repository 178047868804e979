//! Losses: how wrong predictions are, as one number to make small.
//!
//! A loss has a value at each position of a sample: most are the mean over the last axis. Formulas,
//! names and defaults are Keras's. Adding one: a struct in a family file, a line in [`LOSSES`], a
//! case in `tests/golden`. For a loss of your own in a notebook see [`Loss`].

mod base;
mod circle;
mod crossentropy;
mod ctc;
mod focal;
mod gpu;
mod hinge;
mod overlap;
mod probabilistic;
mod reduction;
mod regression;
mod rows;
mod similarity;
mod table;
mod targets;

use std::fmt::Debug;

use base::{LossBase, loss_identity, loss_setters};
pub use circle::Circle;
pub use crossentropy::{
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy,
};
pub use ctc::CTC;
pub use focal::{Alpha, BinaryFocalCrossentropy, CategoricalFocalCrossentropy};
pub use hinge::{CategoricalHinge, Hinge, SquaredHinge};
pub use overlap::{Dice, Tversky};
pub use probabilistic::{CategoricalGeneralizedCrossEntropy, KLDivergence, Poisson};
pub use reduction::Reduction;
pub(crate) use reduction::weights_for;
pub use regression::{
    Huber, LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError,
};
pub(crate) use rows::values_along;
pub use rows::{values_of_pairs, values_of_rows};
pub use similarity::CosineSimilarity;
pub use table::{LOSSES, LossEntry, from_config};
pub(crate) use targets::{class_indices, common_shape, require_same_shape};

use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// Keras keeps probabilities this far from 0 and 1 (`keras.config.epsilon()`).
const EPSILON: f32 = 1e-7;

/// A measure of how wrong predictions are.
///
/// A loss of your own is a struct with three methods: a name, the values, and a copy. The values
/// come from operations that the tape records: the functions of [`ops`](crate::ops), the values of
/// other losses, or, with a formula and its derivative, [`values_of_pairs`] and [`values_of_rows`].
///
/// Keras: `keras.losses.Loss`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, values_of_pairs};
///
/// /// Too low costs more than too high.
/// #[derive(Clone, Debug)]
/// struct Quantile(f32);
///
/// impl Loss for Quantile {
///     fn name(&self) -> &str {
///         "quantile"
///     }
///
///     fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
///         let quantile = self.0;
///         values_of_pairs(tape, y_true, y_pred, move |target, prediction| {
///             let slope = if prediction < target { -quantile } else { 1.0 - quantile };
///             (slope * (prediction - target), slope)
///         })
///     }
///
///     fn boxed_clone(&self) -> Box<dyn Loss> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(2))?;
/// model.compile(Compile { loss: Quantile(0.9).into(), ..Compile::default() })?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub trait Loss: Debug + Send {
    /// The name in Keras: `mean_squared_error`.
    fn name(&self) -> &str;

    /// The class in Keras, for which [`from_config`] asks: `MeanSquaredError`.
    fn class_name(&self) -> &str {
        self.name()
    }

    /// Fails when an argument makes no sense: asked by `compile`.
    ///
    /// # Errors
    /// Names the argument.
    fn check_arguments(&self) -> Result<()> {
        self.reduction().map(drop)
    }

    /// The loss at each position, recorded on the tape: for most losses the mean over the last
    /// axis, so of the shape of `y_pred` without that axis.
    ///
    /// Keras: a loss with `reduction=None`.
    ///
    /// # Errors
    /// When the shapes do not fit or a label is out of range.
    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>;

    /// Which of `values` count, as 1 and 0 in their shape; all unless the loss says otherwise.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn mask(&self, y_true: &Tensor, values: &Tensor) -> Result<Option<Tensor>> {
        let _ = (y_true, values);
        Ok(None)
    }

    /// How the values become one number.
    ///
    /// # Errors
    /// When it was set to a name that does not exist.
    fn reduction(&self) -> Result<Reduction> {
        Ok(Reduction::SumOverBatchSize)
    }

    /// The loss of a batch, of shape `()`, recorded on the tape: the mean of the values, unless
    /// [`reduction`](Self::reduction) says otherwise.
    ///
    /// # Errors
    /// When the shapes do not fit or a label is out of range.
    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.call_weighted(tape, y_true, y_pred, None)
    }

    /// As [`call`](Self::call), each value multiplied by a weight before they are added. A weight
    /// for each sample, of shape `(batch,)`, holds for all values of the sample.
    ///
    /// # Errors
    /// When the shapes do not fit or a label is out of range.
    fn call_weighted(
        &self,
        tape: &mut Tape,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Tensor> {
        let reduction = self.reduction()?;
        let values = self.values(tape, y_true, y_pred)?;
        // Masked steps of a sequence do not count.
        let of_steps = || y_pred.mask().filter(|mask| mask.shape() == values.shape());
        let mask = self.mask(y_true, &values)?.or_else(|| of_steps().cloned());
        reduction::reduce(tape, &values, mask.as_ref(), sample_weight, reduction)
    }

    /// Fails when `y_true` cannot be compared with predictions of shape `sample` for each sample:
    /// asked once for the whole data before training starts. Takes everything unless the loss says
    /// otherwise.
    ///
    /// # Errors
    /// Says which label or which shape is wrong.
    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        let _ = (y_true, sample);
        Ok(())
    }

    /// The arguments, as Keras writes them down.
    ///
    /// Keras: `loss.get_config()`.
    ///
    /// # Errors
    /// When the loss does not say them.
    fn get_config(&self) -> Result<Config> {
        let what = format!("`{}` does not say its configuration", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Loss>;
}

impl Clone for Box<dyn Loss> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
