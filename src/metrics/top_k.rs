//! Whether the true class is among the most probable ones.

use serde::{Deserialize, Serialize};

use super::mean::Running;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{class_indices, require_same_shape};
use crate::{Config, Error, Result, Tensor};

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TopKCategoricalAccuracy {
    #[serde(flatten)]
    base: MetricBase,
    k: usize,
    #[serde(skip)]
    state: Running,
}

impl Default for TopKCategoricalAccuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("top_k_categorical_accuracy"),
            k: 5,
            state: Running::default(),
        }
    }
}

impl TopKCategoricalAccuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// How many predictions are looked at; 5 unless set.
    #[must_use]
    pub fn k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }
}

impl Metric for TopKCategoricalAccuracy {
    metric_identity!("TopKCategoricalAccuracy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = {
            require_same_shape(y_true.shape(), y_pred.shape())?;
            among_largest(&y_true.argmax(-1)?.to_vec(), y_pred, self.k)
        };
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SparseTopKCategoricalAccuracy {
    #[serde(flatten)]
    base: MetricBase,
    k: usize,
    from_sorted_ids: bool,
    #[serde(skip)]
    state: Running,
}

impl Default for SparseTopKCategoricalAccuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("sparse_top_k_categorical_accuracy"),
            k: 5,
            from_sorted_ids: false,
            state: Running::default(),
        }
    }
}

impl SparseTopKCategoricalAccuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// How many predictions are looked at; 5 unless set.
    #[must_use]
    pub fn k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }

    /// Whether predictions are class numbers, the most probable first, instead of a number for
    /// each class; false unless set.
    #[must_use]
    pub fn from_sorted_ids(mut self, from_sorted_ids: bool) -> Self {
        self.from_sorted_ids = from_sorted_ids;
        self
    }
}

impl Metric for SparseTopKCategoricalAccuracy {
    metric_identity!("SparseTopKCategoricalAccuracy", config: |metric| Config::of_unusual(metric, &["from_sorted_ids"]));

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = if self.from_sorted_ids {
            among_first(y_true, y_pred, self.k)
        } else {
            among_largest(&class_indices(y_true, y_pred.shape())?, y_pred, self.k)
        };
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
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
