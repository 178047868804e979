//! Labels and predictions as class numbers, and what the classes are called.

use crate::{Error, Result, Tensor};

/// The class numbers that a tensor holds: as they are, of shape (n,) or (n, 1), or as scores for
/// each class, of shape (n, classes), of which the highest counts.
pub(super) fn classes(tensor: &Tensor, name: &str) -> Result<Vec<usize>> {
    let values = tensor.to_vec::<f64>();
    match *tensor.shape().dims() {
        [_] | [_, 1] => values
            .iter()
            .enumerate()
            .map(|(i, &value)| class(value, i, name))
            .collect(),
        [_, classes] if classes > 1 => Ok(values.chunks(classes).map(highest).collect()),
        _ => Err(Error::shape(format!(
            "argument `{name}`: expected class numbers of shape (n,) or scores of shape (n, \
             classes), got {}",
            tensor.shape()
        ))),
    }
}

/// More classes than this are a mistake: numbers that are no classes.
const MOST: f64 = 100_000.0;

fn class(value: f64, place: usize, name: &str) -> Result<usize> {
    if value.fract() == 0.0 && (0.0..MOST).contains(&value) {
        return Ok(value as usize);
    }
    let error = Error::data(format!(
        "argument `{name}`: {value} at position {place} is not a class number"
    ));
    Err(if (0.0..1.0).contains(&value) {
        error.remedy("probabilities of two classes become class numbers with `p.map(f32::round)`")
    } else {
        error
    })
}

/// The place of the highest score; the first one of equals.
fn highest(scores: &[f64]) -> usize {
    let places = (0..scores.len()).rev();
    let highest = places.max_by(|&a, &b| {
        let number = |i: usize| {
            if scores[i].is_nan() {
                f64::NEG_INFINITY
            } else {
                scores[i]
            }
        };
        number(a).total_cmp(&number(b))
    });
    highest.unwrap_or(0)
}

/// Fails unless there is a prediction for each label.
pub(super) fn require_as_many(labels: usize, predictions: usize) -> Result<()> {
    if labels == predictions {
        return Ok(());
    }
    Err(Error::shape(format!(
        "{labels} labels and {predictions} predictions: each label needs one prediction"
    )))
}

/// The names of so many classes: those that are given, or their numbers.
///
/// # Errors
/// When some are given, but not enough.
pub(super) fn class_names<S: AsRef<str>>(names: &[S], classes: usize) -> Result<Vec<String>> {
    match names.len() {
        0 => Ok((0..classes).map(|class| class.to_string()).collect()),
        given if given >= classes => Ok(names.iter().map(|name| name.as_ref().into()).collect()),
        given => {
            let expected = format!("{classes} names, one for each class, or none");
            Err(Error::argument("class_names", &expected, given))
        }
    }
}

/// How many classes there are, by their numbers.
pub(super) fn count_classes<'a>(numbers: impl IntoIterator<Item = &'a usize>) -> usize {
    let highest = numbers.into_iter().max();
    highest.map_or(0, |highest| highest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_scores_are_classes() -> Result<()> {
        let numbers = Tensor::from_vec(vec![2u8, 0, 1], (3, 1))?;
        assert_eq!(classes(&numbers, "y_true")?, [2, 0, 1]);
        let scores = Tensor::from_vec(vec![0.1, 0.9, 0.5, 0.5, f32::NAN, 0.0], (3, 2))?;
        assert_eq!(classes(&scores, "y_pred")?, [1, 0, 1]);
        for (values, shape) in [
            (vec![-1.0f32], vec![1]),
            (vec![0.5], vec![1]),
            (vec![f32::NAN], vec![1]),
            (vec![1e30], vec![1]),
            (vec![1.0; 8], vec![2, 2, 2]),
            (vec![], vec![4, 0]),
        ] {
            let tensor = Tensor::from_vec(values, shape)?;
            let error = classes(&tensor, "y_pred").expect_err("no classes");
            assert!(error.to_string().contains("`y_pred`"), "{error}");
        }
        Ok(())
    }
}
