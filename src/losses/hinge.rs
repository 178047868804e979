//! Losses that are zero once predictions are right by a margin.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::{Rows, record, values_of_known_pairs};
use super::targets::{check_same_shape, common_shape};
use super::{Loss, LossBase, loss_identity, loss_setters};
use crate::{Result, Shape, Tape, Tensor};

/// The mean of `max(1 - y_true y_pred, 0)`, with labels -1 and 1. Labels 0 and 1 are taken as
/// -1 and 1.
///
/// Keras: `keras.losses.Hinge`, `"hinge"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Hinge, Loss};
/// let y_true = Tensor::from_vec(vec![0, 1], (1, 2))?;
/// let y_pred = Tensor::from_vec(vec![-2.0, 0.5], (1, 2))?;
/// let loss = Hinge::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 0.25);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hinge {
    base: LossBase,
}

impl Default for Hinge {
    fn default() -> Self {
        Self {
            base: LossBase::new("hinge"),
        }
    }
}

impl Hinge {
    loss_setters!();
}

/// The mean of `max(1 - y_true y_pred, 0)²`, with labels -1 and 1. Labels 0 and 1 are taken as
/// -1 and 1.
///
/// Keras: `keras.losses.SquaredHinge`, `"squared_hinge"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, SquaredHinge};
/// let y_true = Tensor::from_vec(vec![-1, 1], (1, 2))?;
/// let y_pred = Tensor::from_vec(vec![-2.0, 0.5], (1, 2))?;
/// let loss = SquaredHinge::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 0.125);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SquaredHinge {
    base: LossBase,
}

impl Default for SquaredHinge {
    fn default() -> Self {
        Self {
            base: LossBase::new("squared_hinge"),
        }
    }
}

impl SquaredHinge {
    loss_setters!();
}

/// `max(neg - pos + 1, 0)`, where `pos` is the score of the true class and `neg` the largest of
/// the others; labels are one-hot.
///
/// Keras: `keras.losses.CategoricalHinge`, `"categorical_hinge"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{CategoricalHinge, Loss};
/// let y_true = Tensor::from_vec(vec![0, 1, 0], (1, 3))?;
/// let y_pred = Tensor::from_vec(vec![0.5, 2.0, 1.5], (1, 3))?;
/// let loss = CategoricalHinge::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert_eq!(loss.item(0)?, 0.5);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoricalHinge {
    base: LossBase,
}

impl Default for CategoricalHinge {
    fn default() -> Self {
        Self {
            base: LossBase::new("categorical_hinge"),
        }
    }
}

impl CategoricalHinge {
    loss_setters!();
}

impl Loss for Hinge {
    loss_identity!("Hinge");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let sides = sides(y_true);
        values_of_known_pairs(
            tape,
            &sides,
            y_pred,
            Kernel::new("hinge", []),
            |target, prediction| {
                let missing = missing(target, prediction);
                (missing, if missing > 0.0 { -target } else { 0.0 })
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

impl Loss for SquaredHinge {
    loss_identity!("SquaredHinge");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let sides = sides(y_true);
        values_of_known_pairs(
            tape,
            &sides,
            y_pred,
            Kernel::new("squared_hinge", []),
            |target, prediction| {
                let missing = missing(target, prediction);
                (missing * missing, -2.0 * target * missing)
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// How far the prediction is from being right by a margin of 1; NaN stays NaN.
fn missing(target: f32, prediction: f32) -> f32 {
    let missing = 1.0 - target * prediction;
    if missing < 0.0 { 0.0 } else { missing }
}

/// Labels 0 and 1 as -1 and 1; others as they are.
fn sides(y_true: &Tensor) -> Tensor {
    let labels = y_true.as_floats();
    if labels.iter().all(|label| *label == 0.0 || *label == 1.0) {
        y_true.map(|label| 2.0 * label - 1.0)
    } else {
        y_true.clone()
    }
}

impl Loss for CategoricalHinge {
    loss_identity!("CategoricalHinge");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = Rows::along(&common_shape(y_true, y_pred)?, &[-1])?;
        let kernel = Kernel::new("categorical_hinge", []);
        record(
            tape,
            y_true,
            y_pred,
            rows,
            kernel,
            |targets, predictions, slopes| {
                let (mut right, mut wrong, mut highest) = (0.0, f32::NEG_INFINITY, 0);
                for (i, (target, prediction)) in targets.iter().zip(predictions).enumerate() {
                    right += target * prediction;
                    let other = (1.0 - target) * prediction;
                    if other > wrong || other.is_nan() {
                        (wrong, highest) = (other, i);
                    }
                }
                let missing = wrong - right + 1.0;
                if missing <= 0.0 {
                    return 0.0;
                }
                for (slope, target) in slopes.iter_mut().zip(targets) {
                    *slope = -target;
                }
                if let Some(slope) = slopes.get_mut(highest) {
                    *slope += 1.0 - targets[highest];
                }
                missing
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}
