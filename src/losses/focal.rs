//! Cross-entropies in which what is already right counts less.

use serde::{Deserialize, Serialize};

use super::crossentropy::{binary, check_smoothing};
use super::gpu::Kernel;
use super::rows::{Rows, mean_of_pairs, record};
use super::targets::{check_probabilities, check_same_shape, common_shape};
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::ops::{sigmoid, softmax_row};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The cross-entropy of two classes times `(1 - p)^gamma`, where `p` is the probability of the
/// true one: for data in which one class is rare.
///
/// Keras: `keras.losses.BinaryFocalCrossentropy`, `"binary_focal_crossentropy"`; [Lin et al.,
/// 2018](https://arxiv.org/abs/1708.02002).
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{BinaryFocalCrossentropy, Loss};
/// let (y_true, y_pred) = (Tensor::ones((2, 1)), Tensor::full((2, 1), 0.5));
/// let loss = BinaryFocalCrossentropy::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 0.25 * 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BinaryFocalCrossentropy {
    #[serde(flatten)]
    base: LossBase,
    apply_class_balancing: bool,
    alpha: f32,
    gamma: f32,
    from_logits: bool,
    label_smoothing: f32,
    axis: isize,
}

impl Default for BinaryFocalCrossentropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("binary_focal_crossentropy"),
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
        }
    }
}

impl BinaryFocalCrossentropy {
    loss_setters!();

    /// Whether class 1 is weighted by `alpha` and class 0 by `1 - alpha`; false unless set.
    #[must_use]
    pub fn apply_class_balancing(mut self, apply_class_balancing: bool) -> Self {
        self.apply_class_balancing = apply_class_balancing;
        self
    }

    /// The weight of class 1; 0.25 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// How much less that counts which is already right; 2 unless set.
    #[must_use]
    pub fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// How far labels are moved towards 1/2, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.label_smoothing = label_smoothing;
        self
    }

    /// The axis over which the mean is taken; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

/// The cross-entropy of several classes times `alpha (1 - p)^gamma`, where `p` is the
/// probability of the true one; labels are one-hot.
///
/// Keras: `keras.losses.CategoricalFocalCrossentropy`, `"categorical_focal_crossentropy"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::{CategoricalFocalCrossentropy, Loss};
/// let y_true = Tensor::from_vec(vec![1, 0], (1, 2))?;
/// let y_pred = Tensor::from_vec(vec![0.5, 0.5], (1, 2))?;
/// let loss = CategoricalFocalCrossentropy::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 0.25 * 0.25 * 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CategoricalFocalCrossentropy {
    #[serde(flatten)]
    base: LossBase,
    alpha: Alpha,
    gamma: f32,
    from_logits: bool,
    label_smoothing: f32,
    axis: isize,
}

impl Default for CategoricalFocalCrossentropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("categorical_focal_crossentropy"),
            alpha: 0.25.into(),
            gamma: 2.0,
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
        }
    }
}

impl CategoricalFocalCrossentropy {
    loss_setters!();

    /// The weight of all classes, or of each; 0.25 unless set.
    #[must_use]
    pub fn alpha(mut self, alpha: impl Into<Alpha>) -> Self {
        self.alpha = alpha.into();
        self
    }

    /// How much less that counts which is already right; 2 unless set.
    #[must_use]
    pub fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// How much of each label is spread over all classes, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.label_smoothing = label_smoothing;
        self
    }

    /// The axis of the classes; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

/// One weight for all classes, or one for each.
///
/// Keras: the argument `alpha` of `CategoricalFocalCrossentropy`.
///
/// # Example
/// ```
/// use kerust::losses::CategoricalFocalCrossentropy;
/// let alike = CategoricalFocalCrossentropy::new().alpha(0.5);
/// let each = CategoricalFocalCrossentropy::new().alpha([0.5, 0.25, 0.25]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or a list of numbers")]
pub enum Alpha {
    /// The same for all classes.
    One(f32),
    /// One for each class.
    Each(Vec<f32>),
}

impl Alpha {
    fn as_slice(&self) -> &[f32] {
        match self {
            Alpha::One(alpha) => std::slice::from_ref(alpha),
            Alpha::Each(alphas) => alphas,
        }
    }

    fn of(&self, class: usize) -> f32 {
        let alphas = self.as_slice();
        alphas[class % alphas.len()]
    }
}

impl From<f32> for Alpha {
    fn from(alpha: f32) -> Self {
        Alpha::One(alpha)
    }
}

impl<const N: usize> From<[f32; N]> for Alpha {
    fn from(alpha: [f32; N]) -> Self {
        Alpha::Each(alpha.to_vec())
    }
}

impl From<Vec<f32>> for Alpha {
    fn from(alpha: Vec<f32>) -> Self {
        Alpha::Each(alpha)
    }
}

/// Fails unless powers of `1 - p` make sense.
fn check_gamma(gamma: f32) -> Result<()> {
    if gamma >= 0.0 {
        Ok(())
    } else {
        Err(Error::argument(
            "gamma",
            "a number that is not negative",
            gamma,
        ))
    }
}

/// `rest^gamma` and its slope in `rest`, for what is missing to certainty.
fn modulation(rest: f32, gamma: f32) -> (f32, f32) {
    // Where nothing is missing, a slope of gamma below 1 would be infinite.
    let slope = if rest > 0.0 {
        gamma * rest.powf(gamma - 1.0)
    } else {
        0.0
    };
    (rest.max(0.0).powf(gamma), slope)
}

impl Loss for BinaryFocalCrossentropy {
    loss_identity!("BinaryFocalCrossentropy");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        check_gamma(self.gamma)?;
        check_smoothing(self.label_smoothing)
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let rows = Rows::along(&common_shape(y_true, y_pred)?, &[self.axis])?;
        let this = self.clone();
        let of_pair = move |target: f32, prediction: f32| this.value(target, prediction);
        let name = match self.from_logits {
            true => "binary_focal_of_logits",
            false => "binary_focal",
        };
        let alpha = match self.apply_class_balancing {
            true => self.alpha,
            false => -1.0,
        };
        let kernel = Kernel::new(name, [self.label_smoothing, self.gamma, alpha]);
        record(tape, y_true, y_pred, rows, kernel, mean_of_pairs(of_pair))
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)?;
        check_probabilities(y_true)
    }
}

impl BinaryFocalCrossentropy {
    /// The value and its slope in the prediction.
    fn value(&self, target: f32, prediction: f32) -> (f32, f32) {
        let target = target * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing;
        let p = if self.from_logits {
            sigmoid(prediction)
        } else {
            prediction
        };
        let (entropy, entropy_slope) = binary(target, p);
        let right = target * p + (1.0 - target) * (1.0 - p);
        let (factor, factor_slope) = modulation(1.0 - right, self.gamma);
        let weight = if self.apply_class_balancing {
            target * self.alpha + (1.0 - target) * (1.0 - self.alpha)
        } else {
            1.0
        };
        let slope = factor * entropy_slope - factor_slope * (2.0 * target - 1.0) * entropy;
        let inner = if self.from_logits { p * (1.0 - p) } else { 1.0 };
        (weight * factor * entropy, weight * slope * inner)
    }
}

impl Loss for CategoricalFocalCrossentropy {
    loss_identity!("CategoricalFocalCrossentropy");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        check_gamma(self.gamma)?;
        if self.alpha.as_slice().is_empty() {
            return Err(Error::argument("alpha", "at least one weight", "none"));
        }
        check_smoothing(self.label_smoothing)
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let shape = common_shape(y_true, y_pred)?;
        let rows = Rows::along(&shape, &[self.axis])?;
        if ![1, rows.width].contains(&self.alpha.as_slice().len()) {
            let expected = format!("one weight, or one for each of {} classes", rows.width);
            return Err(Error::argument(
                "alpha",
                &expected,
                self.alpha.as_slice().len(),
            ));
        }
        let (this, spread) = (self.clone(), self.label_smoothing / shape.last() as f32);
        let name = match self.from_logits {
            true => "categorical_focal_of_logits",
            false => "categorical_focal",
        };
        let numbers = [self.label_smoothing, spread, self.gamma, self.alpha.of(0)];
        let each: &[f32] = match self.alpha.as_slice() {
            [_] => &[],
            each => each,
        };
        record(
            tape,
            y_true,
            y_pred,
            rows,
            Kernel::with_each(name, numbers, each),
            move |targets, predictions, slopes| this.of_row(spread, targets, predictions, slopes),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)?;
        check_probabilities(y_true)
    }
}

impl CategoricalFocalCrossentropy {
    fn of_row(&self, spread: f32, targets: &[f32], predictions: &[f32], slopes: &mut [f32]) -> f32 {
        let mut probabilities = predictions.to_vec();
        if self.from_logits {
            softmax_row(predictions, &mut probabilities);
        }
        let sum: f32 = probabilities.iter().sum();
        let (mut loss, mut inner) = (0.0, 0.0);
        for (class, (target, p)) in targets.iter().zip(&probabilities).enumerate() {
            let target = target * (1.0 - self.label_smoothing) + spread;
            let share = p / sum;
            let clipped = share.clamp(EPSILON, 1.0 - EPSILON);
            let weight = self.alpha.of(class) * target;
            let (factor, factor_slope) = modulation(1.0 - clipped, self.gamma);
            loss -= weight * factor * clipped.ln();
            if let Some(slope) = slopes.get_mut(class).filter(|_| share == clipped) {
                *slope = weight * (factor_slope * clipped.ln() - factor / clipped);
                inner += *slope * share;
            }
        }
        // Through the division by the sum, and through softmax, whose probabilities sum to one.
        for (slope, p) in slopes.iter_mut().zip(&probabilities) {
            *slope = (*slope - inner) / sum * if self.from_logits { *p } else { 1.0 };
        }
        loss
    }
}
