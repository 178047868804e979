//! How well areas overlap, for one-hot labels.

use serde::{Deserialize, Serialize};

use super::iou::{Confusion, Form, overlap};
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::models::automatic_name;
use crate::{Result, Tensor};

/// As [`IoU`](super::IoU), for one-hot labels and scores.
///
/// Keras: `keras.metrics.OneHotIoU`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{Metric, OneHotIoU};
/// let mut iou = OneHotIoU::new(2, [1]);
/// let y_true = Tensor::from_vec(vec![1, 0, 0, 1], (2, 2))?;
/// iou.update(&y_true, &Tensor::from_vec(vec![0.2, 0.8, 0.1, 0.9], (2, 2))?, None)?;
/// assert!((iou.result() - 0.5).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneHotIoU {
    #[serde(flatten)]
    base: MetricBase,
    num_classes: usize,
    target_class_ids: Vec<usize>,
    ignore_class: Option<isize>,
    sparse_y_pred: bool,
    axis: isize,
    #[serde(skip)]
    state: Confusion,
}

impl OneHotIoU {
    /// With Keras's defaults for all other arguments.
    pub fn new(num_classes: usize, target_class_ids: impl Into<Vec<usize>>) -> Self {
        Self {
            base: MetricBase::whole(&automatic_name("OneHotIoU")),
            num_classes,
            target_class_ids: target_class_ids.into(),
            ignore_class: None,
            sparse_y_pred: false,
            axis: -1,
            state: Confusion::default(),
        }
    }

    metric_setters!();

    /// A class that does not count; none unless set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// Whether predictions are class numbers instead of scores; false unless set.
    #[must_use]
    pub fn sparse_y_pred(mut self, sparse_y_pred: bool) -> Self {
        self.sparse_y_pred = sparse_y_pred;
        self
    }

    /// The axis of one-hot labels and scores; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

overlap! {
    OneHotIoU,
    |this| Form {
        num_classes: this.num_classes,
        ignore_class: this.ignore_class,
        sparse_y_true: false,
        sparse_y_pred: this.sparse_y_pred,
        axis: this.axis,
    },
    this.target_class_ids.iter().copied()
}

/// As [`MeanIoU`](super::MeanIoU), for one-hot labels and scores.
///
/// Keras: `keras.metrics.OneHotMeanIoU`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{Metric, OneHotMeanIoU};
/// let mut iou = OneHotMeanIoU::new(2);
/// let y_true = Tensor::from_vec(vec![1, 0, 0, 1], (2, 2))?;
/// iou.update(&y_true, &Tensor::from_vec(vec![0.2, 0.8, 0.1, 0.9], (2, 2))?, None)?;
/// assert!((iou.result() - 0.25).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneHotMeanIoU {
    #[serde(flatten)]
    base: MetricBase,
    num_classes: usize,
    ignore_class: Option<isize>,
    sparse_y_pred: bool,
    axis: isize,
    #[serde(skip)]
    state: Confusion,
}

impl OneHotMeanIoU {
    /// With Keras's defaults for all other arguments.
    pub fn new(num_classes: usize) -> Self {
        Self {
            base: MetricBase::whole(&automatic_name("OneHotMeanIoU")),
            num_classes,
            ignore_class: None,
            sparse_y_pred: false,
            axis: -1,
            state: Confusion::default(),
        }
    }

    metric_setters!();

    /// A class that does not count; none unless set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// Whether predictions are class numbers instead of scores; false unless set.
    #[must_use]
    pub fn sparse_y_pred(mut self, sparse_y_pred: bool) -> Self {
        self.sparse_y_pred = sparse_y_pred;
        self
    }

    /// The axis of one-hot labels and scores; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

overlap! {
    OneHotMeanIoU,
    |this| Form {
        num_classes: this.num_classes,
        ignore_class: this.ignore_class,
        sparse_y_true: false,
        sparse_y_pred: this.sparse_y_pred,
        axis: this.axis,
    },
    0..this.num_classes
}
