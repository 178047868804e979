//! Bringing labels into the form that a loss compares with.

use crate::{Error, Result, Shape, Tensor};

/// Labels as class indices below `classes`; a trailing axis of size 1 does not matter.
pub(crate) fn class_indices(y_true: &Tensor, y_pred: &Shape) -> Result<Vec<usize>> {
    let classes = y_pred.last();
    let expected = Shape::from(&y_pred[..y_pred.rank().saturating_sub(1)]);
    let shape = y_true.shape();
    let fits = *shape == expected || *shape == expected.with_appended(1);
    if !fits || y_pred.rank() == 0 {
        let error = Error::shape(format!(
            "labels of shape {shape} do not fit predictions of shape {y_pred}: expected {expected} \
             or {}",
            expected.with_appended(1)
        ));
        return Err(error.remedy(if shape == y_pred {
            "one-hot labels go with `categorical_crossentropy` and `categorical_accuracy`"
        } else if y_pred.rank() > 2 && shape.rank() <= 2 {
            "add `Flatten` before the last layer, so that each sample gets one row of scores"
        } else {
            "give one whole number for each sample"
        }));
    }
    let labels = y_true.as_floats();
    for (i, &label) in labels.iter().enumerate() {
        if label < 0.0 || label >= classes as f32 || label.fract() != 0.0 {
            return Err(Error::data(format!(
                "label {label} at position {i} is not a class: the model has {classes} outputs, so \
                 labels are whole numbers from 0 to {}",
                classes.saturating_sub(1)
            ))
            .remedy(
                "check the labels, or give the last layer as many units as there are classes",
            ));
        }
    }
    Ok(labels.iter().map(|label| *label as usize).collect())
}

/// Labels as numbers in the shape of the predictions; a trailing axis of size 1 does not matter.
pub(crate) fn same_shape_values(y_true: &Tensor, y_pred: &Shape) -> Result<Vec<f32>> {
    require_same_shape(y_true.shape(), y_pred)?;
    Ok(y_true.to_vec())
}

/// Fails unless labels of `shape` can be compared with predictions number by number.
pub(crate) fn require_same_shape(shape: &Shape, y_pred: &Shape) -> Result<()> {
    let fits =
        shape == y_pred || shape.with_appended(1) == *y_pred || *shape == y_pred.with_appended(1);
    if fits {
        return Ok(());
    }
    let error = Error::shape(format!(
        "labels of shape {shape} do not fit predictions of shape {y_pred}: the two must be equal"
    ));
    Err(
        if y_pred.last() > 1 && shape.elements() == y_pred.elements() / y_pred.last() {
            error.remedy(
                "whole-number labels go with `sparse_categorical_crossentropy` and \
                 `sparse_categorical_accuracy`",
            )
        } else if shape.rank() == y_pred.rank() && shape.len() > 1 {
            error.remedy(format!(
                "give the last layer {} units, or change the labels",
                shape.last()
            ))
        } else {
            error
        },
    )
}
