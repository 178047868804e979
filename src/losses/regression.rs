//! Losses for numbers: each is the mean over the last axis of a function of the label and the
//! prediction.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::values_of_known_pairs;
use super::targets::check_same_shape;
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::{Config, Result, Shape, Tape, Tensor};

/// The mean of `(y_true - y_pred)²`.
///
/// Keras: `keras.losses.MeanSquaredError`, `"mse"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let (y_true, y_pred) = (Tensor::zeros((2, 1)), Tensor::full((2, 1), 3.0));
/// let loss = MeanSquaredError::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 9.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeanSquaredError {
    base: LossBase,
}

impl Default for MeanSquaredError {
    fn default() -> Self {
        Self {
            base: LossBase::new("mean_squared_error"),
        }
    }
}

impl MeanSquaredError {
    loss_setters!();
}

impl Loss for MeanSquaredError {
    loss_identity!("MeanSquaredError");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("mean_squared_error", []),
            |target, prediction| squared(prediction - target),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The mean of `|y_true - y_pred|`.
///
/// Keras: `keras.losses.MeanAbsoluteError`, `"mae"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let (y_true, y_pred) = (Tensor::zeros((2, 1)), Tensor::full((2, 1), -3.0));
/// let loss = MeanAbsoluteError::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 3.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeanAbsoluteError {
    base: LossBase,
}

impl Default for MeanAbsoluteError {
    fn default() -> Self {
        Self {
            base: LossBase::new("mean_absolute_error"),
        }
    }
}

impl MeanAbsoluteError {
    loss_setters!();
}

impl Loss for MeanAbsoluteError {
    loss_identity!("MeanAbsoluteError");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("mean_absolute_error", []),
            |target, prediction| absolute(prediction - target, 1.0),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The mean of `100 |y_true - y_pred| / |y_true|`.
///
/// Keras: `keras.losses.MeanAbsolutePercentageError`, `"mape"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, MeanAbsolutePercentageError};
/// let (y_true, y_pred) = (Tensor::full((2, 1), 4.0), Tensor::full((2, 1), 3.0));
/// let loss = MeanAbsolutePercentageError::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 25.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeanAbsolutePercentageError {
    base: LossBase,
}

impl Default for MeanAbsolutePercentageError {
    fn default() -> Self {
        Self {
            base: LossBase::new("mean_absolute_percentage_error"),
        }
    }
}

impl MeanAbsolutePercentageError {
    loss_setters!();
}

impl Loss for MeanAbsolutePercentageError {
    loss_identity!("MeanAbsolutePercentageError");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("mean_absolute_percentage_error", []),
            |target, prediction| absolute(prediction - target, 100.0 / target.abs().max(EPSILON)),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The mean of `(log(y_true + 1) - log(y_pred + 1))²`; numbers below 0 count as 0.
///
/// Keras: `keras.losses.MeanSquaredLogarithmicError`, `"msle"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, MeanSquaredLogarithmicError};
/// let (y_true, y_pred) = (Tensor::zeros((2, 1)), Tensor::ones((2, 1)));
/// let loss = MeanSquaredLogarithmicError::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 2f64.ln().powi(2)).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeanSquaredLogarithmicError {
    base: LossBase,
}

impl Default for MeanSquaredLogarithmicError {
    fn default() -> Self {
        Self {
            base: LossBase::new("mean_squared_logarithmic_error"),
        }
    }
}

impl MeanSquaredLogarithmicError {
    loss_setters!();
}

impl Loss for MeanSquaredLogarithmicError {
    loss_identity!("MeanSquaredLogarithmicError");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("mean_squared_logarithmic_error", []),
            |target, prediction| {
                let inside = prediction.max(EPSILON) + 1.0;
                let (value, slope) = squared(inside.ln() - (target.max(EPSILON) + 1.0).ln());
                (
                    value,
                    if prediction > EPSILON {
                        slope / inside
                    } else {
                        0.0
                    },
                )
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The mean of `(y_true - y_pred)² / 2` where the two are no farther apart than `delta`, and of
/// `delta |y_true - y_pred| - delta² / 2` elsewhere: outliers count less.
///
/// Keras: `keras.losses.Huber`, `"huber"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let y_true = Tensor::zeros((1, 2));
/// let y_pred = Tensor::from_vec(vec![1.0, 4.0], (1, 2))?;
/// let loss = Huber::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, (0.5 + 3.5) / 2.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Huber {
    #[serde(flatten)]
    base: LossBase,
    delta: f32,
}

impl Default for Huber {
    fn default() -> Self {
        Self {
            base: LossBase::new("huber_loss"),
            delta: 1.0,
        }
    }
}

impl Huber {
    loss_setters!();

    /// From which distance on the loss grows evenly; 1 unless set.
    #[must_use]
    pub fn delta(mut self, delta: f32) -> Self {
        self.delta = delta;
        self
    }
}

impl Loss for Huber {
    loss_identity!("Huber", config: |loss| Config::of_unusual(loss, &["delta"]));

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let delta = self.delta;
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("huber_loss", [delta]),
            move |target, prediction| huber(delta, prediction - target),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The mean of `log(cosh(y_pred - y_true))`: about half the square where it is small, the
/// distance less `log 2` where it is large.
///
/// Keras: `keras.losses.LogCosh`, `"log_cosh"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{LogCosh, Loss};
/// let (y_true, y_pred) = (Tensor::zeros((2, 1)), Tensor::ones((2, 1)));
/// let loss = LogCosh::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 1f64.cosh().ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogCosh {
    base: LossBase,
}

impl Default for LogCosh {
    fn default() -> Self {
        Self {
            base: LossBase::new("log_cosh"),
        }
    }
}

impl LogCosh {
    loss_setters!();
}

impl Loss for LogCosh {
    loss_identity!("LogCosh");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("log_cosh", []),
            |target, prediction| {
                let distance = prediction - target;
                let size = distance.abs();
                let value = size + (-2.0 * size).exp().ln_1p() - std::f32::consts::LN_2;
                (value, distance.tanh())
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

fn squared(distance: f32) -> (f32, f32) {
    (distance * distance, 2.0 * distance)
}

fn absolute(distance: f32, factor: f32) -> (f32, f32) {
    let slope = if distance == 0.0 {
        0.0
    } else {
        distance.signum()
    };
    (distance.abs() * factor, slope * factor)
}

fn huber(delta: f32, distance: f32) -> (f32, f32) {
    if distance.abs() <= delta {
        (0.5 * distance * distance, distance)
    } else {
        let (value, slope) = absolute(distance, delta);
        (value - 0.5 * delta * delta, slope)
    }
}
