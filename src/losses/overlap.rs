//! Losses that compare areas, for masks of pictures.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::{Rows, record};
use super::targets::{check_same_shape, common_shape};
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::{Axes, Result, Shape, Tape, Tensor};

/// One minus twice the overlap of `y_true` and `y_pred`, divided by the sum of their areas.
///
/// Keras: `keras.losses.Dice`, `"dice"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Dice, Loss};
/// let y_true = Tensor::from_vec(vec![1, 1, 0, 0], (1, 2, 2, 1))?;
/// let y_pred = Tensor::from_vec(vec![0.5, 1.0, 0.5, 0.0], (1, 2, 2, 1))?;
/// let loss = Dice::new().axis([1, 2, 3]).call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 0.25).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dice {
    #[serde(flatten)]
    base: LossBase,
    axis: Option<Axes>,
}

impl Default for Dice {
    fn default() -> Self {
        Self {
            base: LossBase::new("dice"),
            axis: None,
        }
    }
}

impl Dice {
    loss_setters!();

    /// The axes of an area; all of the batch together unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = Some(axis.into());
        self
    }
}

/// One minus the overlap of `y_true` and `y_pred`, divided by itself plus `alpha` times what
/// was missed plus `beta` times what was predicted in vain.
///
/// Keras: `keras.losses.Tversky`, `"tversky"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, Tversky};
/// let y_true = Tensor::from_vec(vec![1, 1, 0, 0], (1, 4))?;
/// let y_pred = Tensor::from_vec(vec![0.5, 1.0, 0.5, 0.0], (1, 4))?;
/// let loss = Tversky::new().alpha(1.0).beta(0.0);
/// let loss = loss.call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 0.25).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tversky {
    #[serde(flatten)]
    base: LossBase,
    alpha: f32,
    beta: f32,
    axis: Option<Axes>,
}

impl Default for Tversky {
    fn default() -> Self {
        Self {
            base: LossBase::new("tversky"),
            alpha: 0.5,
            beta: 0.5,
            axis: None,
        }
    }
}

impl Tversky {
    loss_setters!();

    /// How much it weighs what is missed; 1/2 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// How much it weighs what is predicted in vain; 1/2 unless set.
    #[must_use]
    pub fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
    }

    /// The axes of an area; all of the batch together unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = Some(axis.into());
        self
    }
}

impl Loss for Dice {
    loss_identity!("Dice");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = areas_of(&common_shape(y_true, y_pred)?, self.axis.as_ref())?;
        record(
            tape,
            y_true,
            y_pred,
            rows,
            // The same with a half of each.
            Kernel::new("tversky", [0.5, 0.5, 0.5 * EPSILON]),
            |targets, predictions, slopes| {
                let (overlap, of_targets, of_predictions) = areas(targets, predictions);
                let total = of_targets + of_predictions + f64::from(EPSILON);
                let share = 2.0 * overlap / total;
                for (slope, target) in slopes.iter_mut().zip(targets) {
                    *slope = ((share - 2.0 * f64::from(*target)) / total) as f32;
                }
                (1.0 - share) as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

impl Loss for Tversky {
    loss_identity!("Tversky");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = areas_of(&common_shape(y_true, y_pred)?, self.axis.as_ref())?;
        let (alpha, beta) = (f64::from(self.alpha), f64::from(self.beta));
        record(
            tape,
            y_true,
            y_pred,
            rows,
            Kernel::new("tversky", [self.alpha, self.beta, EPSILON]),
            move |targets, predictions, slopes| {
                let (overlap, of_targets, of_predictions) = areas(targets, predictions);
                let (missed, in_vain) = (of_targets - overlap, of_predictions - overlap);
                let total = overlap + alpha * missed + beta * in_vain + f64::from(EPSILON);
                let share = overlap / total;
                for (slope, target) in slopes.iter_mut().zip(targets) {
                    let target = f64::from(*target);
                    let growth = target - alpha * target + beta * (1.0 - target);
                    *slope = ((share * growth - target) / total) as f32;
                }
                (1.0 - share) as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The areas of a batch, each a row.
fn areas_of(shape: &Shape, axes: Option<&Axes>) -> Result<Rows> {
    match axes {
        Some(axes) => Rows::along(shape, axes.as_slice()),
        None => Ok(Rows::whole(shape)),
    }
}

/// The overlap, the area of the labels and that of the predictions.
fn areas(targets: &[f32], predictions: &[f32]) -> (f64, f64, f64) {
    let sum = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>();
    let products = targets.iter().zip(predictions);
    let overlap = products.map(|(t, p)| f64::from(*t) * f64::from(*p)).sum();
    (overlap, sum(targets), sum(predictions))
}
