//! Losses for classes: `-log` of the probability of the true one.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::{Rows, mean_of_pairs, record};
use super::targets::{check_classes, check_probabilities, check_same_shape, common_shape};
use super::{EPSILON, Loss, LossBase, loss_identity, loss_setters};
use crate::ops::{log_sum_exp, sigmoid, softmax_row, softplus};
use crate::{Activation, Config, Error, Result, Shape, Tape, Tensor};

/// For two classes: `-log` of the probability of the true one. Predictions are the probabilities
/// of class 1, labels 0 or 1.
///
/// Keras: `keras.losses.BinaryCrossentropy`, `"binary_crossentropy"` (log loss).
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let y_true = Tensor::from_vec(vec![1.0, 0.0], (2, 1))?;
/// let y_pred = Tensor::from_vec(vec![0.5, 0.5], (2, 1))?;
/// let loss = BinaryCrossentropy::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BinaryCrossentropy {
    #[serde(flatten)]
    base: LossBase,
    from_logits: bool,
    label_smoothing: f32,
    axis: isize,
}

impl Default for BinaryCrossentropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("binary_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
        }
    }
}

impl BinaryCrossentropy {
    loss_setters!();

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

/// For several classes with one-hot labels: `-log` of the probability of the true one.
///
/// Keras: `keras.losses.CategoricalCrossentropy`, `"categorical_crossentropy"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let y_true = Tensor::from_vec(vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0], (2, 3))?;
/// let y_pred = Tensor::from_vec(vec![0.05, 0.95, 0.0, 0.1, 0.8, 0.1], (2, 3))?;
/// let loss = CategoricalCrossentropy::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 1.17694).abs() < 1e-4);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CategoricalCrossentropy {
    #[serde(flatten)]
    base: LossBase,
    from_logits: bool,
    label_smoothing: f32,
    axis: isize,
}

impl Default for CategoricalCrossentropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("categorical_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
        }
    }
}

impl CategoricalCrossentropy {
    loss_setters!();

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

/// For several classes with whole-number labels: `-log` of the probability of the true one.
///
/// Keras: `keras.losses.SparseCategoricalCrossentropy`, `"sparse_categorical_crossentropy"`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let y_true = Tensor::from_vec(vec![1, 2], 2)?;
/// let y_pred = Tensor::from_vec(vec![0.05, 0.95, 0.0, 0.1, 0.8, 0.1], (2, 3))?;
/// let loss = SparseCategoricalCrossentropy::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? - 1.17694).abs() < 1e-4);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SparseCategoricalCrossentropy {
    #[serde(flatten)]
    base: LossBase,
    from_logits: bool,
    ignore_class: Option<isize>,
    axis: isize,
}

impl Default for SparseCategoricalCrossentropy {
    fn default() -> Self {
        Self {
            base: LossBase::new("sparse_categorical_crossentropy"),
            from_logits: false,
            ignore_class: None,
            axis: -1,
        }
    }
}

impl SparseCategoricalCrossentropy {
    loss_setters!();

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// A label that does not count, such as -1 or 255 for pixels without a class; none unless
    /// set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// The axis of the classes; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

pub(super) fn check_smoothing(label_smoothing: f32) -> Result<()> {
    if (0.0..=1.0).contains(&label_smoothing) {
        Ok(())
    } else {
        Err(Error::argument(
            "label_smoothing",
            "a number from 0 to 1",
            label_smoothing,
        ))
    }
}

impl Loss for BinaryCrossentropy {
    loss_identity!("BinaryCrossentropy");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        check_smoothing(self.label_smoothing)
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let rows = Rows::along(&common_shape(y_true, y_pred)?, &[self.axis])?;
        let (keep, spread) = (1.0 - self.label_smoothing, 0.5 * self.label_smoothing);
        match logits(y_pred, self.from_logits, Activation::Sigmoid) {
            Some(logits) => {
                let of_pair = move |target: f32, x: f32| {
                    let target = target * keep + spread;
                    (softplus(x) - x * target, sigmoid(x) - target)
                };
                let kernel = Kernel::new("binary_crossentropy_of_logits", [keep, spread]);
                record(tape, y_true, logits, rows, kernel, mean_of_pairs(of_pair))
            }
            None => {
                let of_pair = move |target: f32, p: f32| binary(target * keep + spread, p);
                let kernel = Kernel::new("binary_crossentropy", [keep, spread]);
                record(tape, y_true, y_pred, rows, kernel, mean_of_pairs(of_pair))
            }
        }
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)?;
        check_probabilities(y_true)
    }
}

/// The cross-entropy of two classes and its slope in the probability.
pub(super) fn binary(target: f32, prediction: f32) -> (f32, f32) {
    let p = prediction.clamp(EPSILON, 1.0 - EPSILON);
    let slope = (1.0 - target) / (1.0 - p) - target / p;
    (
        -(target * p.ln() + (1.0 - target) * (1.0 - p).ln()),
        if p == prediction { slope } else { 0.0 },
    )
}

/// The scores to compute from: the predictions, or what they remember to be made of.
fn logits(y_pred: &Tensor, from_logits: bool, made_by: Activation) -> Option<&Tensor> {
    if from_logits {
        Some(y_pred)
    } else {
        y_pred.logits(made_by)
    }
}

impl Loss for CategoricalCrossentropy {
    loss_identity!("CategoricalCrossentropy");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        check_smoothing(self.label_smoothing)
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let shape = common_shape(y_true, y_pred)?;
        // Keras spreads by the last axis, whichever the axis of the classes.
        let targets = Targets::Distribution {
            keep: 1.0 - self.label_smoothing,
            spread: self.label_smoothing / shape.last() as f32,
        };
        let rows = Rows::along(&shape, &[self.axis])?;
        let from_logits = self.from_logits;
        categorical(
            tape,
            y_true,
            y_pred,
            shape.axis(self.axis)?,
            rows,
            from_logits,
            targets,
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)?;
        check_probabilities(y_true)
    }
}

impl SparseCategoricalCrossentropy {
    fn ignored(&self) -> Option<f32> {
        self.ignore_class.map(|class| class as f32)
    }
}

impl Loss for SparseCategoricalCrossentropy {
    loss_identity!("SparseCategoricalCrossentropy", config: |loss| Config::of_unusual(loss, &["axis"]));

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let shape = y_pred.shape();
        check_classes(y_true, shape, self.axis, self.ignored())?;
        let targets = Targets::Class {
            ignored: self.ignored(),
        };
        let rows = Rows::along(shape, &[self.axis])?;
        let from_logits = self.from_logits;
        categorical(
            tape,
            y_true,
            y_pred,
            shape.axis(self.axis)?,
            rows,
            from_logits,
            targets,
        )
    }

    fn mask(&self, y_true: &Tensor, values: &Tensor) -> Result<Option<Tensor>> {
        self.ignored()
            .map(|ignored| {
                let counts = y_true.map(|label| f32::from(label != ignored));
                counts.reshape(values.shape())
            })
            .transpose()
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_classes(
            y_true,
            &sample.with_batch(y_true.len()),
            self.axis,
            self.ignored(),
        )
    }
}

/// What a row of labels says about a row of predictions.
#[derive(Clone, Copy)]
enum Targets {
    /// The number of the true class; nothing when it is `ignored`.
    Class { ignored: Option<f32> },
    /// A share for each class, times `keep` plus `spread`.
    Distribution { keep: f32, spread: f32 },
}

impl Targets {
    /// As the kernels are told.
    fn numbers(self) -> [f32; 4] {
        match self {
            Targets::Class { ignored } => {
                let is_ignored = f32::from(ignored.is_some());
                [0.0, is_ignored, ignored.unwrap_or_default(), 1.0]
            }
            Targets::Distribution { keep, spread } => [keep, spread, 0.0, 0.0],
        }
    }

    /// Calls `visit(class, share)` for every class that has a share.
    #[inline(always)]
    fn each(self, labels: &[f32], mut visit: impl FnMut(usize, f32)) {
        match self {
            Targets::Class { ignored } => {
                if Some(labels[0]) != ignored {
                    visit(labels[0] as usize, 1.0);
                }
            }
            Targets::Distribution { keep, spread } => {
                for (class, label) in labels.iter().enumerate() {
                    let share = label * keep + spread;
                    if share != 0.0 {
                        visit(class, share);
                    }
                }
            }
        }
    }
}

fn categorical(
    tape: &mut Tape,
    y_true: &Tensor,
    y_pred: &Tensor,
    axis: usize,
    rows: Rows,
    from_logits: bool,
    targets: Targets,
) -> Result<Tensor> {
    // Softmax takes the last axis; what it made says nothing about another one.
    let last = axis + 1 == y_pred.ndim();
    let scores = match logits(y_pred, from_logits, Activation::Softmax) {
        Some(scores) if last || from_logits => scores,
        _ => {
            return record(
                tape,
                y_true,
                y_pred,
                rows,
                Kernel::new("crossentropy_of_probabilities", targets.numbers()),
                move |labels, predictions, slopes| {
                    of_probabilities(targets, labels, predictions, slopes)
                },
            );
        }
    };
    let kernel = Kernel::new("crossentropy_of_logits", targets.numbers());
    record(
        tape,
        y_true,
        scores,
        rows,
        kernel,
        move |labels, scores, slopes| {
            let log_sum = log_sum_exp(scores);
            let (mut loss, mut total) = (0.0, 0.0);
            targets.each(labels, |class, share| {
                loss += share * (log_sum - scores[class]);
                total += share;
            });
            if !slopes.is_empty() {
                softmax_row(scores, slopes);
                slopes.iter_mut().for_each(|slope| *slope *= total);
                targets.each(labels, |class, share| slopes[class] -= share);
            }
            loss
        },
    )
}

/// The cross-entropy of a row of probabilities, which need not sum to one.
fn of_probabilities(
    targets: Targets,
    labels: &[f32],
    predictions: &[f32],
    slopes: &mut [f32],
) -> f32 {
    let sum: f32 = predictions.iter().sum();
    let (mut loss, mut inside) = (0.0, 0.0);
    targets.each(labels, |class, share| {
        let p = predictions[class] / sum;
        let clipped = p.clamp(EPSILON, 1.0 - EPSILON);
        loss -= share * clipped.ln();
        if p == clipped {
            inside += share;
            if let Some(slope) = slopes.get_mut(class) {
                *slope -= share / predictions[class];
            }
        }
    });
    slopes.iter_mut().for_each(|slope| *slope += inside / sum);
    loss
}
