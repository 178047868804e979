//! `to_categorical`.

use crate::{Error, Result, Tensor};

/// A row for each label, with 1 in the label's place and 0 elsewhere.
///
/// Keras: `keras.utils.to_categorical`; `num_classes` is `None` for one class more than the largest
/// label.
///
/// # Shapes
/// `(labels,)` or `(labels, 1)` to `(labels, num_classes)`
///
/// # Errors
/// When a label is negative or not below `num_classes`, or there are no labels to count classes by.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y = to_categorical(&Tensor::from_vec(vec![0, 2], 2)?, None)?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn to_categorical(labels: &Tensor, num_classes: impl Into<Option<usize>>) -> Result<Tensor> {
    one_hot(labels, num_classes.into()).map_err(|e| e.at("to_categorical"))
}

fn one_hot(labels: &Tensor, num_classes: Option<usize>) -> Result<Tensor> {
    let values = labels.to_vec::<i64>();
    let classes = match (num_classes, values.iter().max()) {
        (Some(0), _) => {
            return Err(Error::argument("num_classes", "a positive whole number", 0));
        }
        (Some(classes), _) => classes,
        (None, Some(&largest)) => usize::try_from(largest).unwrap_or(0).saturating_add(1),
        (None, None) => {
            return Err(Error::data("there are no labels").remedy("give `num_classes`"));
        }
    };
    let outer = match labels.shape().dims() {
        [outer @ .., 1] if !outer.is_empty() => outer,
        all => all,
    };
    let shape = crate::Shape::from(outer).with_appended(classes);
    let mut places: Vec<f32> = Vec::new();
    if places.try_reserve_exact(shape.elements()).is_err() {
        let error = format!("labels of shape {shape} do not fit into memory");
        return Err(Error::data(error).remedy("check the largest label"));
    }
    places.resize(shape.elements(), 0.0);
    for (label, places) in values.into_iter().zip(places.chunks_exact_mut(classes)) {
        let place = usize::try_from(label)
            .ok()
            .and_then(|label| places.get_mut(label));
        let Some(place) = place else {
            return Err(Error::data(format!(
                "expected labels from 0 to {}, got {label}",
                classes - 1
            )));
        };
        *place = 1.0;
    }
    Tensor::from_vec(places, shape)
}
