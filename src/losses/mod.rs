//! Losses: how wrong predictions are, as one number to make small.
//!
//! A loss is the mean over the samples of a batch. Formulas, names and defaults are Keras's.
//! Adding one: a struct in a family file, a line in [`LOSSES`], a case in `tests/golden`.

mod crossentropy;
mod regression;
mod targets;

use std::fmt::Debug;

pub use crossentropy::{
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy,
};
pub use regression::{MeanAbsoluteError, MeanSquaredError};
pub(crate) use targets::{class_indices, require_same_shape, same_shape_values};

use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Error, Result, Setting, Shape, Tape, Tensor};

/// A measure of how wrong predictions are.
///
/// Keras: `keras.losses.Loss`.
pub trait Loss: Debug + Send {
    /// The name in Keras: `mean_squared_error`.
    fn name(&self) -> &'static str;

    /// Fails when an argument makes no sense: asked by `compile`.
    ///
    /// # Errors
    /// Names the argument.
    fn check_arguments(&self) -> Result<()> {
        Ok(())
    }

    /// The mean loss of a batch, of shape `()`, recorded on the tape.
    ///
    /// # Errors
    /// When the shapes do not fit or a label is out of range.
    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>;

    /// Fails when `y_true` cannot be compared with predictions of shape `sample` for each sample:
    /// asked once for the whole data before training starts.
    ///
    /// # Errors
    /// Says which label or which shape is wrong.
    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()>;

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Loss>;
}

impl Clone for Box<dyn Loss> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

type New = fn() -> Box<dyn Loss>;

/// Every loss by its names in Keras.
pub const LOSSES: &[(&[&str], New)] = &[
    (&["mean_squared_error", "mse", "MSE"], || {
        Box::new(MeanSquaredError::new())
    }),
    (&["mean_absolute_error", "mae", "MAE"], || {
        Box::new(MeanAbsoluteError::new())
    }),
    (&["binary_crossentropy", "bce", "BCE"], || {
        Box::new(BinaryCrossentropy::new())
    }),
    (&["categorical_crossentropy", "cce"], || {
        Box::new(CategoricalCrossentropy::new())
    }),
    (&["sparse_categorical_crossentropy", "scce"], || {
        Box::new(SparseCategoricalCrossentropy::new())
    }),
];

impl From<&str> for Setting<Box<dyn Loss>> {
    fn from(name: &str) -> Self {
        let entry = LOSSES.iter().find(|(names, _)| names.contains(&name));
        Setting::looked_up(entry.map(|(_, new)| new()).ok_or_else(|| {
            let known: Vec<&str> = LOSSES.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("loss", name, &known)
        }))
    }
}

impl<L: Loss + 'static> From<L> for Setting<Box<dyn Loss>> {
    fn from(loss: L) -> Self {
        Setting::value(Box::new(loss))
    }
}

/// Records a loss on `input` that `compute` finds together with its gradient.
///
/// `compute(predictions, gradient)` returns the loss and, when `gradient` is not empty, fills it.
fn record(
    tape: &mut Tape,
    input: &Tensor,
    compute: impl FnOnce(&[f32], &mut [f32]) -> f64 + 'static,
) -> Result<Tensor> {
    if input.is_empty() {
        return Err(Error::shape(format!(
            "expected predictions to measure, got shape {}",
            input.shape()
        )));
    }
    let wants_gradient = tape.is_recording() && input.is_tracked();
    let gradient = vec![0.0; if wants_gradient { input.size() } else { 0 }];
    let op = Measured {
        compute: Some(compute),
        gradient,
    };
    apply(tape, op, &[input], Shape::from(()))
}

struct Measured<F> {
    compute: Option<F>,
    gradient: Vec<f32>,
}

impl<F: FnOnce(&[f32], &mut [f32]) -> f64 + 'static> Op for Measured<F> {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        if let Some(compute) = self.compute.take() {
            output[0] = compute(inputs[0], &mut self.gradient) as f32;
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let factor = at.gradient[0];
        wanted.add_each(|i| self.gradient[i] * factor);
    }
}
