//! Whether the true class is among the most probable ones.

use super::mean_metric;
use crate::losses::{class_indices, require_same_shape};
use crate::{Error, Result, Tensor};

mean_metric! {
    /// How often the class that the one-hot label marks is among the `k` largest predictions.
    ///
    /// Keras: `keras.metrics.TopKCategoricalAccuracy`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::Metric;
    /// let mut accuracy = TopKCategoricalAccuracy::new().k(2);
    /// let y_true = Tensor::from_vec(vec![0, 0, 1, 0, 0, 1], (2, 3))?;
    /// let y_pred = Tensor::from_vec(vec![0.1, 0.5, 0.4, 0.3, 0.6, 0.1], (2, 3))?;
    /// accuracy.update(&y_true, &y_pred, None)?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    TopKCategoricalAccuracy, "top_k_categorical_accuracy" {
        /// How many predictions are looked at; 5 unless set.
        k: usize = 5,
    }
    |this, y_true, y_pred| {
        require_same_shape(y_true.shape(), y_pred.shape())?;
        among_largest(&y_true.argmax(-1)?.to_vec(), y_pred, this.k)
    }
}

mean_metric! {
    /// How often the class that the label names is among the `k` largest predictions.
    ///
    /// Keras: `keras.metrics.SparseTopKCategoricalAccuracy`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, SparseTopKCategoricalAccuracy};
    /// let mut accuracy = SparseTopKCategoricalAccuracy::new().k(2);
    /// let y_pred = Tensor::from_vec(vec![0.1, 0.5, 0.4, 0.3, 0.6, 0.1], (2, 3))?;
    /// accuracy.update(&Tensor::from_vec(vec![2, 2], 2)?, &y_pred, None)?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SparseTopKCategoricalAccuracy, "sparse_top_k_categorical_accuracy" {
        /// How many predictions are looked at; 5 unless set.
        k: usize = 5,
        /// Whether predictions are class numbers, the most probable first, instead of a number for
        /// each class; false unless set.
        [quiet] from_sorted_ids: bool = false,
    }
    |this, y_true, y_pred| if this.from_sorted_ids {
        among_first(y_true, y_pred, this.k)
    } else {
        among_largest(&class_indices(y_true, y_pred.shape())?, y_pred, this.k)
    }
}

/// 1 for each row in which fewer than `k` predictions are larger than that of its class.
fn among_largest(classes: &[usize], y_pred: &Tensor, k: usize) -> Result<Tensor> {
    let predictions = y_pred.as_floats();
    let rows = predictions.chunks_exact(y_pred.shape().last().max(1));
    let values = rows.zip(classes).map(|(row, class)| {
        let own = row[*class];
        let larger = row.iter().filter(|p| **p > own).count();
        f32::from(larger < k && own.is_finite())
    });
    Tensor::from_vec(values.collect(), row_shape(y_pred))
}

/// 1 for each row whose first `k` class numbers contain the label.
fn among_first(y_true: &Tensor, y_pred: &Tensor, k: usize) -> Result<Tensor> {
    let shape = row_shape(y_pred);
    if y_pred.ndim() == 0 || y_true.size() != shape.iter().product::<usize>() {
        return Err(Error::shape(format!(
            "labels of shape {} do not fit sorted class numbers of shape {}: expected one label \
             for each row",
            y_true.shape(),
            y_pred.shape()
        )));
    }
    let (labels, ids) = (y_true.as_floats(), y_pred.as_floats());
    let rows = ids.chunks_exact(y_pred.shape().last().max(1));
    let values = rows
        .zip(labels.iter())
        .map(|(row, label)| f32::from(row.iter().take(k).any(|id| id == label)));
    Tensor::from_vec(values.collect(), shape)
}

fn row_shape(y_pred: &Tensor) -> Vec<usize> {
    let dims = y_pred.shape().dims();
    dims[..dims.len().saturating_sub(1)].to_vec()
}
