//! Losses for numbers.

use super::{Loss, record, require_same_shape, same_shape_values};
use crate::{Result, Shape, Tape, Tensor};

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
#[derive(Clone, Debug, Default)]
pub struct MeanSquaredError;

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
#[derive(Clone, Debug, Default)]
pub struct MeanAbsoluteError;

impl MeanSquaredError {
    /// The loss has no arguments.
    pub fn new() -> Self {
        Self
    }
}

impl MeanAbsoluteError {
    /// The loss has no arguments.
    pub fn new() -> Self {
        Self
    }
}

impl Loss for MeanSquaredError {
    fn name(&self) -> &'static str {
        "mean_squared_error"
    }

    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        mean_of(tape, y_true, y_pred, |distance| {
            (distance * distance, 2.0 * distance)
        })
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        require_same_shape(y_true.shape(), &sample.with_batch(y_true.len()))
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

impl Loss for MeanAbsoluteError {
    fn name(&self) -> &'static str {
        "mean_absolute_error"
    }

    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        mean_of(tape, y_true, y_pred, |distance| {
            (
                distance.abs(),
                if distance == 0.0 {
                    0.0
                } else {
                    distance.signum()
                },
            )
        })
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        require_same_shape(y_true.shape(), &sample.with_batch(y_true.len()))
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

/// The mean over all numbers of a function of `y_pred - y_true` that also gives its slope.
fn mean_of(
    tape: &mut Tape,
    y_true: &Tensor,
    y_pred: &Tensor,
    of_distance: fn(f32) -> (f32, f32),
) -> Result<Tensor> {
    let targets = same_shape_values(y_true, y_pred.shape())?;
    record(tape, y_pred, move |predictions, gradient| {
        let share = 1.0 / predictions.len() as f32;
        let mut sum = 0.0;
        for (i, (prediction, target)) in predictions.iter().zip(&targets).enumerate() {
            let (value, slope) = of_distance(prediction - target);
            sum += f64::from(value);
            if let Some(gradient) = gradient.get_mut(i) {
                *gradient = slope * share;
            }
        }
        sum / predictions.len() as f64
    })
}
