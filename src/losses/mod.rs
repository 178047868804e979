//! Losses: how wrong predictions are, as one number to make small.
//!
//! A loss has a value at each position of a sample: most are the mean over the last axis. Formulas,
//! names and defaults are Keras's. Adding one: a struct in a family file, a line in [`LOSSES`], a
//! case in `tests/golden`. For a loss of your own in a notebook see [`Loss`].

mod crossentropy;
mod focal;
mod hinge;
mod overlap;
mod probabilistic;
mod reduction;
mod regression;
mod rows;
mod similarity;
mod targets;

use std::fmt::Debug;

use serde_json::{Value, json};

pub use crossentropy::{
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy,
};
pub use focal::{Alpha, BinaryFocalCrossentropy, CategoricalFocalCrossentropy};
pub use hinge::{CategoricalHinge, Hinge, SquaredHinge};
pub use overlap::{Axes, Dice, Tversky};
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
pub(crate) use targets::{class_indices, common_shape, require_same_shape};

use crate::{Error, Result, Setting, Shape, Tape, Tensor};

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

    /// Name and arguments, as Keras's `get_config` has them.
    fn get_config(&self) -> Value {
        json!({"name": self.name()})
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Loss>;
}

impl Clone for Box<dyn Loss> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Defines a loss of Keras: its name, its arguments with their defaults, and, after `pair`, its
/// value and slope as a function of label and prediction. Without `pair`, an `impl Loss` follows.
macro_rules! loss {
    (
        $(#[$doc:meta])*
        $class:ident, $name:literal { $($arguments:tt)* }
    ) => {
        $crate::arguments::configured! {
            $(#[$doc])*
            $class, $name.to_string(),
            required {}
            arguments {
                $($arguments)*
                /// How the values become one number: `"sum_over_batch_size"` unless set, else
                /// `"sum"` or `"mean_with_sample_weight"`.
                [into] reduction: $crate::Setting<$crate::losses::Reduction> =
                    $crate::losses::Reduction::SumOverBatchSize.into(),
            }
            state {}
        }
    };
    (
        $(#[$doc:meta])*
        $class:ident, $name:literal { $($arguments:tt)* }
        pair |$this:ident, $target:ident, $prediction:ident| $pair:expr
    ) => {
        $crate::losses::loss! { $(#[$doc])* $class, $name { $($arguments)* } }

        impl $crate::losses::Loss for $class {
            $crate::losses::described!();

            fn values(
                &self,
                tape: &mut $crate::Tape,
                y_true: &$crate::Tensor,
                y_pred: &$crate::Tensor,
            ) -> $crate::Result<$crate::Tensor> {
                $crate::losses::Loss::check_arguments(self)?;
                let $this = self.clone();
                $crate::losses::values_of_pairs(tape, y_true, y_pred, move |$target, $prediction| {
                    let _ = &$this;
                    $pair
                })
            }

            fn check(&self, y_true: &$crate::Tensor, sample: &$crate::Shape) -> $crate::Result<()> {
                $crate::losses::targets::check_same_shape(y_true, sample)
            }
        }
    };
}
use loss;

/// What every `impl Loss` of a class that `loss!` defines says alike.
macro_rules! described {
    () => {
        fn name(&self) -> &str {
            &self.name
        }

        fn class_name(&self) -> &str {
            Self::CLASS_NAME
        }

        fn reduction(&self) -> $crate::Result<$crate::losses::Reduction> {
            self.reduction.get().copied()
        }

        fn get_config(&self) -> serde_json::Value {
            self.arguments().into()
        }

        fn boxed_clone(&self) -> Box<dyn $crate::losses::Loss> {
            Box::new(self.clone())
        }
    };
}
use described;

/// A class of losses.
#[derive(Clone, Copy, Debug)]
pub struct LossEntry {
    /// Its name in Keras.
    pub class_name: &'static str,
    /// The other names that Keras knows it by; the first one is the usual one.
    pub names: &'static [&'static str],
    /// Makes one from the arguments that Keras's `get_config` names; from `{}` with the defaults.
    pub from_config: fn(&Value) -> Result<Box<dyn Loss>>,
}

macro_rules! entries {
    ($($class:ident $names:expr),* $(,)?) => {
        &[$(LossEntry {
            class_name: $class::CLASS_NAME,
            names: &$names,
            from_config: |config| Ok(Box::new($class::from_config(config)?)),
        }),*]
    };
}

/// Every loss.
pub const LOSSES: &[LossEntry] = entries![
    MeanSquaredError["mean_squared_error", "mse", "MSE"],
    MeanAbsoluteError["mean_absolute_error", "mae", "MAE"],
    MeanAbsolutePercentageError["mean_absolute_percentage_error", "mape", "MAPE"],
    MeanSquaredLogarithmicError["mean_squared_logarithmic_error", "msle", "MSLE"],
    Huber["huber", "huber_loss"],
    LogCosh["log_cosh", "logcosh"],
    CosineSimilarity["cosine_similarity"],
    KLDivergence["kl_divergence", "kld", "KLD"],
    Poisson["poisson"],
    Hinge["hinge"],
    SquaredHinge["squared_hinge"],
    CategoricalHinge["categorical_hinge"],
    BinaryCrossentropy["binary_crossentropy", "bce", "BCE"],
    BinaryFocalCrossentropy["binary_focal_crossentropy"],
    CategoricalCrossentropy["categorical_crossentropy", "cce"],
    CategoricalFocalCrossentropy["categorical_focal_crossentropy"],
    SparseCategoricalCrossentropy["sparse_categorical_crossentropy", "scce"],
    CategoricalGeneralizedCrossEntropy["categorical_generalized_cross_entropy"],
    Dice["dice"],
    Tversky["tversky"],
];

/// The loss of a class or name of Keras with the arguments in `config`.
///
/// Keras: `keras.losses.get({"class_name": .., "config": ..})`.
///
/// # Errors
/// When there is no such loss, or an argument makes no sense.
///
/// # Example
/// ```
/// use kerust::losses::from_config;
/// let config = kerust::losses::Huber::new().delta(0.5);
/// let config = kerust::losses::Loss::get_config(&config);
/// assert_eq!(from_config("Huber", &config)?.get_config(), config);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn from_config(class_name: &str, config: &Value) -> Result<Box<dyn Loss>> {
    let entry = LOSSES
        .iter()
        .find(|entry| entry.class_name == class_name || entry.names.contains(&class_name));
    let Some(entry) = entry else {
        let known: Vec<&str> = LOSSES.iter().map(|entry| entry.names[0]).collect();
        return Err(Error::unknown_name("loss", class_name, &known));
    };
    (entry.from_config)(config)
}

impl From<&str> for Setting<Box<dyn Loss>> {
    fn from(name: &str) -> Self {
        Setting::looked_up(from_config(name, &json!({})))
    }
}

impl<L: Loss + 'static> From<L> for Setting<Box<dyn Loss>> {
    fn from(loss: L) -> Self {
        Setting::value(Box::new(loss))
    }
}
