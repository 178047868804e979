//! How many predictions are right.

use super::{Mean, Metric};
use crate::losses::{class_indices, require_same_shape, same_shape_values};
use crate::{Result, Tensor};

/// The share of right predictions.
///
/// Keras: `"accuracy"`, which becomes `BinaryAccuracy`, `CategoricalAccuracy` or
/// `SparseCategoricalAccuracy` by the shapes it meets.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut accuracy = Accuracy::new("accuracy");
/// let y_pred = Tensor::from_vec(vec![0.9, 0.1, 0.2, 0.8], (2, 2))?;
/// accuracy.update(&Tensor::from_vec(vec![0u8, 0], (2, 1))?, &y_pred)?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    name: String,
    kind: Option<Kind>,
    mean: Mean,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Binary,
    Categorical,
    SparseCategorical,
}

impl Accuracy {
    /// Finds out by the shapes what to compare.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            kind: None,
            mean: Mean::default(),
        }
    }

    /// Predictions above 1/2 against labels 0 and 1.
    pub fn binary(name: &str) -> Self {
        Self {
            kind: Some(Kind::Binary),
            ..Self::new(name)
        }
    }

    /// The largest prediction against one-hot labels.
    pub fn categorical(name: &str) -> Self {
        Self {
            kind: Some(Kind::Categorical),
            ..Self::new(name)
        }
    }

    /// The largest prediction against whole-number labels.
    pub fn sparse_categorical(name: &str) -> Self {
        Self {
            kind: Some(Kind::SparseCategorical),
            ..Self::new(name)
        }
    }
}

impl Metric for Accuracy {
    fn name(&self) -> &str {
        &self.name
    }

    fn update(&mut self, y_true: &Tensor, y_pred: &Tensor) -> Result<()> {
        let outputs = y_pred.shape().last();
        let kind = self.kind.unwrap_or(if outputs == 1 {
            Kind::Binary
        } else if y_true.ndim() < y_pred.ndim() || y_true.shape().last() == 1 {
            Kind::SparseCategorical
        } else {
            Kind::Categorical
        });
        let (right, compared) = match kind {
            Kind::Binary => {
                let targets = same_shape_values(y_true, y_pred.shape())?;
                let pairs = targets.iter().zip(y_pred.floats()?);
                (
                    pairs.filter(|(t, p)| **t == f32::from(**p > 0.5)).count(),
                    targets.len(),
                )
            }
            Kind::Categorical => {
                require_same_shape(y_true.shape(), y_pred.shape())?;
                let targets = y_true.argmax(-1)?.to_vec::<usize>();
                (count_equal(&targets, y_pred)?, targets.len())
            }
            Kind::SparseCategorical => {
                let targets = class_indices(y_true, y_pred.shape())?;
                (count_equal(&targets, y_pred)?, targets.len())
            }
        };
        if compared > 0 {
            self.mean
                .add(right as f64 / compared as f64, compared as f64);
        }
        Ok(())
    }

    fn result(&self) -> f64 {
        self.mean.value()
    }

    fn reset(&mut self) {
        self.mean = Mean::default();
    }

    fn boxed_clone(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }
}

fn count_equal(targets: &[usize], y_pred: &Tensor) -> Result<usize> {
    let predicted = y_pred.argmax(-1)?.to_vec::<usize>();
    Ok(targets
        .iter()
        .zip(&predicted)
        .filter(|(target, predicted)| target == predicted)
        .count())
}
