//! Which class was taken for which.

use crate::{Error, Result, Shape, Tensor};

/// How often each class was predicted as each: an int64 tensor of shape
/// `(num_classes, num_classes)`, a row for each true class, a column for each predicted one.
/// Both arguments are class numbers, of the same shape; a trailing axis of size 1 does not matter.
///
/// Keras (TensorFlow): `tf.math.confusion_matrix`.
///
/// # Errors
/// When there are more labels than predictions or the other way round, or one is not a class.
///
/// # Example
/// ```
/// use kerust::metrics::confusion_matrix;
/// use kerust::prelude::*;
/// let y_true = Tensor::from_vec(vec![0, 1, 1, 1], 4)?;
/// let probabilities = Tensor::from_vec(vec![0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7], (4, 2))?;
/// let matrix = confusion_matrix(&y_true, &probabilities.argmax(-1)?, 2)?;
/// assert_eq!(matrix.to_vec::<usize>(), [1, 0, 1, 2]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn confusion_matrix(y_true: &Tensor, y_pred: &Tensor, num_classes: usize) -> Result<Tensor> {
    check_classes(num_classes)?;
    if y_true.size() != y_pred.size() {
        let error = Error::shape(format!(
            "labels of shape {} do not fit predicted classes of shape {}: the two must be equal",
            y_true.shape(),
            y_pred.shape()
        ));
        return Err(if y_pred.size() == y_true.size() * num_classes {
            error.remedy("scores become classes with `y_pred.argmax(-1)?`")
        } else {
            error
        });
    }
    let mut counts = vec![0i64; num_classes * num_classes];
    let (labels, predicted) = (y_true.to_vec::<f64>(), y_pred.to_vec::<f64>());
    for (i, (label, prediction)) in labels.iter().zip(&predicted).enumerate() {
        let class = |what: &str, number: f64| {
            if number >= 0.0 && number < num_classes as f64 && number.fract() == 0.0 {
                return Ok(number as usize);
            }
            Err(Error::data(format!(
                "{what} {number} at position {i} is not a class: with {num_classes} classes they are \
                 whole numbers from 0 to {}",
                num_classes - 1
            )))
        };
        counts[class("label", *label)? * num_classes + class("prediction", *prediction)?] += 1;
    }
    Tensor::from_vec(counts, Shape::from((num_classes, num_classes)))
}

/// Fails unless a square of so many classes fits into memory.
pub(super) fn check_classes(num_classes: usize) -> Result<()> {
    const MOST: usize = 10_000;
    if (1..=MOST).contains(&num_classes) {
        Ok(())
    } else {
        let expected = format!("a number from 1 to {MOST}");
        Err(Error::argument("num_classes", &expected, num_classes))
    }
}
