//! Losses for classes.

use super::{Loss, class_indices, record, require_same_shape, same_shape_values};
use crate::ops::{log_sum_exp, sigmoid, softmax_row, softplus};
use crate::{Activation, Error, Result, Shape, Tape, Tensor};

/// Keras keeps probabilities this far from 0 and 1 (`keras.config.epsilon()`).
const EPSILON: f32 = 1e-7;

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
#[derive(Clone, Debug, Default)]
pub struct BinaryCrossentropy {
    from_logits: bool,
    label_smoothing: f32,
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
#[derive(Clone, Debug, Default)]
pub struct CategoricalCrossentropy {
    from_logits: bool,
    label_smoothing: f32,
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
#[derive(Clone, Debug, Default)]
pub struct SparseCategoricalCrossentropy {
    from_logits: bool,
}

impl BinaryCrossentropy {
    /// With Keras's defaults: predictions are probabilities, labels are not smoothed.
    pub fn new() -> Self {
        Self::default()
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
}

impl CategoricalCrossentropy {
    /// With Keras's defaults: predictions are probabilities, labels are not smoothed.
    pub fn new() -> Self {
        Self::default()
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
}

impl SparseCategoricalCrossentropy {
    /// With Keras's default: predictions are probabilities.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }
}

fn check_smoothing(label_smoothing: f32) -> Result<()> {
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
    fn name(&self) -> &'static str {
        "binary_crossentropy"
    }

    fn check_arguments(&self) -> Result<()> {
        check_smoothing(self.label_smoothing)
    }

    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let mut targets = same_shape_values(y_true, y_pred.shape())?;
        let smoothing = self.label_smoothing;
        targets
            .iter_mut()
            .for_each(|t| *t = *t * (1.0 - smoothing) + 0.5 * smoothing);
        if self.from_logits {
            return binary_from_logits(tape, y_pred, targets);
        }
        if let Some(logits) = y_pred.logits(Activation::Sigmoid) {
            return binary_from_logits(tape, logits, targets);
        }
        record(tape, y_pred, move |predictions, gradient| {
            let share = 1.0 / predictions.len() as f32;
            let mut sum = 0.0;
            for (i, (&prediction, target)) in predictions.iter().zip(&targets).enumerate() {
                let p = prediction.clamp(EPSILON, 1.0 - EPSILON);
                sum -= f64::from(target * p.ln() + (1.0 - target) * (1.0 - p).ln());
                if let Some(gradient) = gradient.get_mut(i) {
                    let slope = (1.0 - target) / (1.0 - p) - target / p;
                    *gradient = if p == prediction { slope * share } else { 0.0 };
                }
            }
            sum / predictions.len() as f64
        })
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        require_same_shape(y_true.shape(), &sample.with_batch(y_true.len()))?;
        check_probabilities(&y_true.as_floats())
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

fn check_probabilities(values: &[f32]) -> Result<()> {
    match values.iter().position(|v| !(0.0..=1.0).contains(v)) {
        Some(i) => Err(Error::data(format!(
            "label {} at position {i} is not a probability: labels are from 0 to 1",
            values[i]
        ))
        .remedy("class numbers go with `sparse_categorical_crossentropy`")),
        None => Ok(()),
    }
}

fn binary_from_logits(tape: &mut Tape, logits: &Tensor, targets: Vec<f32>) -> Result<Tensor> {
    record(tape, logits, move |logits, gradient| {
        let share = 1.0 / logits.len() as f32;
        let mut sum = 0.0;
        for (i, (&x, target)) in logits.iter().zip(&targets).enumerate() {
            sum += f64::from(softplus(x) - x * target);
            if let Some(gradient) = gradient.get_mut(i) {
                *gradient = (sigmoid(x) - target) * share;
            }
        }
        sum / logits.len() as f64
    })
}

impl Loss for CategoricalCrossentropy {
    fn name(&self) -> &'static str {
        "categorical_crossentropy"
    }

    fn check_arguments(&self) -> Result<()> {
        check_smoothing(self.label_smoothing)
    }

    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        let mut targets = same_shape_values(y_true, y_pred.shape())?;
        let spread = self.label_smoothing / y_pred.shape().last() as f32;
        targets
            .iter_mut()
            .for_each(|t| *t = *t * (1.0 - self.label_smoothing) + spread);
        categorical(
            tape,
            y_pred,
            self.from_logits,
            Targets::Distributions(targets),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        require_same_shape(y_true.shape(), &sample.with_batch(y_true.len()))?;
        check_probabilities(&y_true.as_floats())
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

impl Loss for SparseCategoricalCrossentropy {
    fn name(&self) -> &'static str {
        "sparse_categorical_crossentropy"
    }

    fn call(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let classes = class_indices(y_true, y_pred.shape())?;
        categorical(tape, y_pred, self.from_logits, Targets::Classes(classes))
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        class_indices(y_true, &sample.with_batch(y_true.len())).map(drop)
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

/// What each row of predictions should have been.
enum Targets {
    Classes(Vec<usize>),
    Distributions(Vec<f32>),
}

impl Targets {
    /// Calls `visit(class, share)` for every class that has a share in row `row`.
    fn each(&self, row: usize, classes: usize, mut visit: impl FnMut(usize, f32)) {
        match self {
            Targets::Classes(labels) => visit(labels[row], 1.0),
            Targets::Distributions(shares) => {
                for (class, &share) in shares[row * classes..(row + 1) * classes]
                    .iter()
                    .enumerate()
                {
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
    y_pred: &Tensor,
    from_logits: bool,
    targets: Targets,
) -> Result<Tensor> {
    let classes = y_pred.shape().last();
    let logits = if from_logits {
        Some(y_pred)
    } else {
        y_pred.logits(Activation::Softmax)
    };
    match logits {
        Some(logits) => record(tape, logits, move |scores, gradient| {
            mean_over_rows(scores, gradient, classes, |row, scores, gradient| {
                let log_sum = log_sum_exp(scores);
                let (mut loss, mut total) = (0.0, 0.0);
                targets.each(row, classes, |class, share| {
                    loss += share * (log_sum - scores[class]);
                    total += share;
                });
                if !gradient.is_empty() {
                    softmax_row(scores, gradient);
                    gradient.iter_mut().for_each(|g| *g *= total);
                    targets.each(row, classes, |class, share| gradient[class] -= share);
                }
                loss
            })
        }),
        None => record(tape, y_pred, move |predictions, gradient| {
            mean_over_rows(
                predictions,
                gradient,
                classes,
                |row, predictions, gradient| {
                    let sum: f32 = predictions.iter().sum();
                    let (mut loss, mut inside) = (0.0, 0.0);
                    targets.each(row, classes, |class, share| {
                        let p = predictions[class] / sum;
                        let clipped = p.clamp(EPSILON, 1.0 - EPSILON);
                        loss -= share * clipped.ln();
                        if p == clipped {
                            inside += share;
                            if let Some(gradient) = gradient.get_mut(class) {
                                *gradient -= share / predictions[class];
                            }
                        }
                    });
                    gradient.iter_mut().for_each(|g| *g += inside / sum);
                    loss
                },
            )
        }),
    }
}

/// The mean of `of_row(row, predictions, gradient)`; gradients are divided by the number of rows.
fn mean_over_rows(
    predictions: &[f32],
    gradient: &mut [f32],
    classes: usize,
    of_row: impl Fn(usize, &[f32], &mut [f32]) -> f32,
) -> f64 {
    let rows = predictions.len() / classes;
    let mut sum = 0.0;
    for (row, predictions) in predictions.chunks_exact(classes).enumerate() {
        let own = if gradient.is_empty() {
            0..0
        } else {
            row * classes..(row + 1) * classes
        };
        let gradient = &mut gradient[own];
        sum += f64::from(of_row(row, predictions, gradient));
        gradient.iter_mut().for_each(|g| *g /= rows as f32);
    }
    sum / rows as f64
}
