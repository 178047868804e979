//! Losses that compare directions.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::{Rows, record};
use super::targets::{check_same_shape, common_shape};
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::{Config, Result, Shape, Tape, Tensor};

/// Minus the cosine of the angle between label and prediction: -1 where they point in the same
/// direction, 1 where in opposite ones.
///
/// Keras: `keras.losses.CosineSimilarity`, `"cosine_similarity"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{CosineSimilarity, Loss};
/// let y_true = Tensor::from_vec(vec![0.0, 2.0], (1, 2))?;
/// let y_pred = Tensor::from_vec(vec![3.0, 4.0], (1, 2))?;
/// let loss = CosineSimilarity::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? + 0.8).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CosineSimilarity {
    #[serde(flatten)]
    base: LossBase,
    axis: isize,
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self {
            base: LossBase::new("cosine_similarity"),
            axis: -1,
        }
    }
}

impl CosineSimilarity {
    loss_setters!();

    /// Along which axis the vectors lie; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Loss for CosineSimilarity {
    loss_identity!("CosineSimilarity", config: |loss| Config::of_unusual(loss, &["axis"]));

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = Rows::along(&common_shape(y_true, y_pred)?, &[self.axis])?;
        record(
            tape,
            y_true,
            y_pred,
            rows,
            Kernel::new("cosine_similarity", []),
            |targets, predictions, slopes| {
                let (of_target, of_prediction) = (scale(targets), scale(predictions));
                let products = targets.iter().zip(predictions);
                let cosine: f64 = products
                    .map(|(t, p)| f64::from(t * p) * of_target * of_prediction)
                    .sum();
                // A vector that is too short has a scale that does not depend on it.
                let turned = if of_prediction < 1.0 / f64::from(EPSILON) {
                    cosine
                } else {
                    0.0
                };
                for (slope, (t, p)) in slopes.iter_mut().zip(targets.iter().zip(predictions)) {
                    let across = f64::from(*t) * of_target - turned * f64::from(*p) * of_prediction;
                    *slope = (-across * of_prediction) as f32;
                }
                -cosine as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// What makes the vector one of length 1; bounded, as in Keras.
fn scale(vector: &[f32]) -> f64 {
    let squares: f64 = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
    squares.sqrt().recip().min(1.0 / f64::from(EPSILON))
}
