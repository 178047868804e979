//! Losses that compare distributions and counts.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::values_of_known_pairs;
use super::rows::{Rows, record};
use super::targets::{check_classes, check_same_shape, common_shape};
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The sum over the last axis of `y_true log(y_true / y_pred)`; probabilities below 1e-7 count
/// as that.
///
/// Keras: `keras.losses.KLDivergence`, `"kl_divergence"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{KLDivergence, Loss};
/// let y_true = Tensor::from_vec(vec![0.5, 0.5], (1, 2))?;
/// let y_pred = Tensor::from_vec(vec![0.25, 0.75], (1, 2))?;
/// let loss = KLDivergence::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 0.5 * (4f64 / 3.0).ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KLDivergence {
    base: LossBase,
}

impl Default for KLDivergence {
    fn default() -> Self {
        Self {
            base: LossBase::new("kl_divergence"),
        }
    }
}

impl KLDivergence {
    loss_setters!();
}

/// The mean of `y_pred - y_true log(y_pred)`: for counts.
///
/// Keras: `keras.losses.Poisson`, `"poisson"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{Loss, Poisson};
/// let (y_true, y_pred) = (Tensor::full((2, 1), 3.0), Tensor::full((2, 1), 2.0));
/// let loss = Poisson::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - (2.0 - 3.0 * 2f64.ln())).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Poisson {
    base: LossBase,
}

impl Default for Poisson {
    fn default() -> Self {
        Self {
            base: LossBase::new("poisson"),
        }
    }
}

impl Poisson {
    loss_setters!();
}

impl Loss for Poisson {
    loss_identity!("Poisson");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        values_of_known_pairs(
            tape,
            y_true,
            y_pred,
            Kernel::new("poisson", []),
            |target, prediction| {
                let inside = prediction + EPSILON;
                (prediction - target * inside.ln(), 1.0 - target / inside)
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// `(1 - p^q) / q`, where `p` is the probability of the true class: between the cross-entropy
/// and the absolute error, so that wrong labels do less harm. Labels are whole numbers.
///
/// Keras: `keras.losses.CategoricalGeneralizedCrossEntropy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{CategoricalGeneralizedCrossEntropy, Loss};
/// let y_pred = Tensor::from_vec(vec![0.25, 0.75], (1, 2))?;
/// let loss = CategoricalGeneralizedCrossEntropy::new();
/// let loss = loss.call(&mut Tape::off(), &Tensor::zeros(1), &y_pred)?;
/// assert_eq!(loss.item(0)?, 1.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CategoricalGeneralizedCrossEntropy {
    #[serde(flatten)]
    base: LossBase,
    q: f32,
}

impl Default for CategoricalGeneralizedCrossEntropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("categorical_generalized_cross_entropy"),
            q: 0.5,
        }
    }
}

impl CategoricalGeneralizedCrossEntropy {
    loss_setters!();

    /// Nearer to 0 as the cross-entropy, nearer to 1 as the absolute error; 1/2 unless set.
    #[must_use]
    pub fn q(mut self, q: f32) -> Self {
        self.q = q;
        self
    }
}

impl Loss for KLDivergence {
    loss_identity!("KLDivergence");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = Rows::along(&common_shape(y_true, y_pred)?, &[-1])?;
        let kernel = Kernel::new("kl_divergence", []);
        record(
            tape,
            y_true,
            y_pred,
            rows,
            kernel,
            |targets, predictions, slopes| {
                let mut sum = 0.0;
                for (i, (target, prediction)) in targets.iter().zip(predictions).enumerate() {
                    let (target, inside) =
                        (target.clamp(EPSILON, 1.0), prediction.clamp(EPSILON, 1.0));
                    sum += f64::from(target * (target / inside).ln());
                    if let Some(slope) = slopes.get_mut(i).filter(|_| inside == *prediction) {
                        *slope = -target / inside;
                    }
                }
                sum as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

impl Loss for CategoricalGeneralizedCrossEntropy {
    loss_identity!("CategoricalGeneralizedCrossEntropy");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        if self.q > 0.0 && self.q < 1.0 {
            Ok(())
        } else {
            Err(Error::argument("q", "a number between 0 and 1", self.q))
        }
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        check_classes(y_true, y_pred.shape(), -1, None)?;
        let (q, rows) = (self.q, Rows::along(y_pred.shape(), &[-1])?);
        record(
            tape,
            y_true,
            y_pred,
            rows,
            Kernel::new("generalized_crossentropy", [q]),
            move |label, predictions, slopes| {
                let class = label[0] as usize;
                let p = predictions[class];
                if let Some(slope) = slopes.get_mut(class) {
                    *slope = -p.powf(q - 1.0);
                }
                (1.0 - p.powf(q)) / q
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_classes(y_true, &sample.with_batch(y_true.len()), -1, None)
    }
}
