//! Bringing labels into the form that a loss compares with.

use crate::{Error, Result, Shape, Tensor};

/// Fails unless there is something to measure.
pub(super) fn measurable(y_pred: &Tensor) -> Result<()> {
    if y_pred.is_empty() {
        return Err(Error::shape(format!(
            "expected predictions to measure, got shape {}",
            y_pred.shape()
        )));
    }
    Ok(())
}

/// Labels as class indices below `classes`; a trailing axis of size 1 does not matter.
pub(crate) fn class_indices(y_true: &Tensor, y_pred: &Shape) -> Result<Vec<usize>> {
    check_classes(y_true, y_pred, -1, None)?;
    Ok(y_true.to_vec())
}

/// Fails unless `y_true` holds, for each row of predictions along `axis`, the number of a class, or
/// `ignored`. An axis of size 1 in the place of the classes does not matter.
pub(crate) fn check_classes(
    y_true: &Tensor,
    y_pred: &Shape,
    axis: isize,
    ignored: Option<f32>,
) -> Result<()> {
    let axis = if y_pred.rank() == 0 {
        0
    } else {
        y_pred.axis(axis)?
    };
    let mut expected = y_pred.to_vec();
    let classes = if expected.is_empty() {
        1
    } else {
        expected.remove(axis)
    };
    let mut with_axis = expected.clone();
    with_axis.insert(axis, 1);
    let (expected, with_axis) = (Shape::from(expected), Shape::from(with_axis));
    let shape = y_true.shape();
    let fits = *shape == expected || *shape == with_axis;
    if !fits || y_pred.rank() == 0 {
        let error = Error::shape(format!(
            "labels of shape {shape} do not fit predictions of shape {y_pred}: expected {expected} \
             or {with_axis}"
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
        let known = label >= 0.0 && label < classes as f32 && label.fract() == 0.0;
        if !known && Some(label) != ignored {
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
    Ok(())
}

/// The shape in which labels and predictions are compared: where one of them has a trailing axis of
/// size 1 that the other lacks, without it, unless they are vectors otherwise.
///
/// Keras: `squeeze_or_expand_to_same_rank`.
pub(crate) fn common_shape(y_true: &Tensor, y_pred: &Tensor) -> Result<Shape> {
    let (labels, predictions) = (y_true.shape(), y_pred.shape());
    require_same_shape(labels, predictions)?;
    let (longer, shorter) = if labels.rank() > predictions.rank() {
        (labels, predictions)
    } else {
        (predictions, labels)
    };
    Ok(if shorter.rank() == 1 { longer } else { shorter }.clone())
}

/// What every loss asks of labels unless it says otherwise: the shape of the predictions.
pub(super) fn check_same_shape(y_true: &Tensor, sample: &Shape) -> Result<()> {
    require_same_shape(y_true.shape(), &sample.with_batch(y_true.len()))
}

/// Fails when labels are no probabilities.
pub(super) fn check_probabilities(y_true: &Tensor) -> Result<()> {
    let values = y_true.as_floats();
    match values.iter().position(|v| !(0.0..=1.0).contains(v)) {
        Some(i) => Err(Error::data(format!(
            "label {} at position {i} is not a probability: labels are from 0 to 1",
            values[i]
        ))
        .remedy("class numbers go with `sparse_categorical_crossentropy`")),
        None => Ok(()),
    }
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
