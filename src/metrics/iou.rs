//! How well areas overlap, for masks of pictures: intersection over union.

use serde::{Deserialize, Serialize};

use super::confusion_matrix::check_classes;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::weights_for;
use crate::models::automatic_name;
use crate::{Error, Result, Tensor};

/// Keras adds so much to what it divides by.
const EPSILON: f64 = 1e-7;

/// How often each class was taken for each; empty before the first batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Confusion(Vec<f64>);

/// What labels and predictions are.
pub(super) struct Form {
    pub(super) num_classes: usize,
    pub(super) ignore_class: Option<isize>,
    /// Whether they are class numbers, instead of a number for each class along `axis`.
    pub(super) sparse_y_true: bool,
    pub(super) sparse_y_pred: bool,
    pub(super) axis: isize,
}

impl Form {
    pub(super) fn check(&self, target_class_ids: impl Iterator<Item = usize>) -> Result<()> {
        check_classes(self.num_classes)?;
        let mut ids = target_class_ids.peekable();
        if ids.peek().is_none() {
            let expected = "at least one class";
            return Err(Error::argument("target_class_ids", expected, "none"));
        }
        match ids.find(|id| *id >= self.num_classes) {
            Some(id) => Err(Error::argument(
                "target_class_ids",
                &format!("classes below {}", self.num_classes),
                id,
            )),
            None => Ok(()),
        }
    }
}

impl Confusion {
    pub(super) fn update(
        &mut self,
        form: &Form,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let classes = |tensor: &Tensor, sparse: bool| match sparse {
            true => Ok(tensor.clone()),
            false => tensor.argmax(form.axis),
        };
        let labels = classes(y_true, form.sparse_y_true)?;
        let predicted = classes(y_pred, form.sparse_y_pred)?;
        if labels.size() != predicted.size() {
            return Err(Error::shape(format!(
                "labels of shape {} do not fit predictions of shape {}: expected as many classes",
                y_true.shape(),
                y_pred.shape()
            ))
            .remedy(
                "one-hot labels go with `OneHotIoU` and `OneHotMeanIoU`, scores for each class with \
                 `sparse_y_pred(false)`",
            ));
        }
        let weights = sample_weight
            .map(|w| weights_for(w, labels.shape()))
            .transpose()?;
        let count = form.num_classes;
        if self.0.is_empty() {
            self.0 = vec![0.0; count * count];
        }
        let pairs = labels
            .to_vec::<i64>()
            .into_iter()
            .zip(predicted.to_vec::<i64>());
        for (i, (label, prediction)) in pairs.enumerate() {
            let known = |class: i64| (0..count as i64).contains(&class);
            let ignored = form.ignore_class.is_some_and(|class| class as i64 == label);
            if known(label) && known(prediction) && !ignored {
                // Keras counts in whole numbers.
                let weight = weights.as_ref().map_or(1.0, |w| f64::from(w[i]).trunc());
                self.0[label as usize * count + prediction as usize] += weight;
            }
        }
        Ok(())
    }

    /// The overlap of each class divided by what is one or the other; none for those that do not
    /// occur.
    pub(super) fn shares(&self, ids: impl Iterator<Item = usize>) -> Vec<Option<f64>> {
        let count = self.0.len().isqrt();
        let share = |id: usize| {
            if id >= count {
                return None;
            }
            let row: f64 = self.0[id * count..(id + 1) * count].iter().sum();
            let column: f64 = self.0.iter().skip(id).step_by(count).sum();
            let both = self.0[id * count + id];
            let either = row + column - both;
            (either > 1e-9).then(|| both / (either + EPSILON))
        };
        ids.map(share).collect()
    }

    /// As [`shares`](Self::shares), with NaN for those that do not occur.
    pub(super) fn results(&self, ids: impl Iterator<Item = usize>) -> Vec<f64> {
        let shares = self.shares(ids).into_iter();
        shares.map(|share| share.unwrap_or(f64::NAN)).collect()
    }

    pub(super) fn mean(&self, ids: impl Iterator<Item = usize>) -> f64 {
        let there: Vec<f64> = self.shares(ids).into_iter().flatten().collect();
        there.iter().sum::<f64>() / (there.len() as f64 + EPSILON)
    }
}

/// A metric over the classes `$ids` of `self`.
macro_rules! overlap {
    ($class:ident, |$this:ident| $form:expr, $ids:expr) => {
        impl $class {
            /// The value of each class; NaN for those that do not occur.
            pub fn results(&self) -> Vec<f64> {
                let $this = self;
                self.state.results($ids)
            }
        }

        impl Metric for $class {
            metric_identity!(stringify!($class));

            fn check_arguments(&self) -> Result<()> {
                let $this = self;
                $form.check($ids)
            }

            fn update(
                &mut self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.check_arguments()?;
                let $this = &*self;
                let form = $form;
                self.state.update(&form, y_true, y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                let $this = self;
                self.state.mean($ids)
            }
        }
    };
}
pub(super) use overlap;

/// The overlap of label and prediction divided by what is one or the other: the mean over some
/// classes.
///
/// Keras: `keras.metrics.IoU`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{IoU, Metric};
/// let mut iou = IoU::new(2, [0]);
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
/// iou.update(&y_true, &Tensor::from_vec(vec![0, 1, 0, 1], 4)?, None)?;
/// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IoU {
    #[serde(flatten)]
    base: MetricBase,
    num_classes: usize,
    target_class_ids: Vec<usize>,
    ignore_class: Option<isize>,
    sparse_y_true: bool,
    sparse_y_pred: bool,
    axis: isize,
    #[serde(skip)]
    state: Confusion,
}

impl IoU {
    /// With Keras's defaults for all other arguments.
    pub fn new(num_classes: usize, target_class_ids: impl Into<Vec<usize>>) -> Self {
        Self {
            base: MetricBase::whole(&automatic_name("IoU")),
            num_classes,
            target_class_ids: target_class_ids.into(),
            ignore_class: None,
            sparse_y_true: true,
            sparse_y_pred: true,
            axis: -1,
            state: Confusion::default(),
        }
    }

    metric_setters!();

    /// A label that does not count; none unless set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// Whether labels are class numbers instead of one-hot; true unless set.
    #[must_use]
    pub fn sparse_y_true(mut self, sparse_y_true: bool) -> Self {
        self.sparse_y_true = sparse_y_true;
        self
    }

    /// Whether predictions are class numbers instead of scores; true unless set.
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
    IoU,
    |this| Form {
        num_classes: this.num_classes,
        ignore_class: this.ignore_class,
        sparse_y_true: this.sparse_y_true,
        sparse_y_pred: this.sparse_y_pred,
        axis: this.axis,
    },
    this.target_class_ids.iter().copied()
}

/// As [`IoU`], for two classes and predictions from 0 to 1.
///
/// Keras: `keras.metrics.BinaryIoU`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{BinaryIoU, Metric};
/// let mut iou = BinaryIoU::new().threshold(0.3);
/// let y_true = Tensor::from_vec(vec![0, 1, 0, 1], 4)?;
/// iou.update(&y_true, &Tensor::from_vec(vec![0.1, 0.2, 0.4, 0.7], 4)?, None)?;
/// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BinaryIoU {
    #[serde(flatten)]
    base: MetricBase,
    target_class_ids: Vec<usize>,
    threshold: f32,
    #[serde(skip)]
    state: Confusion,
}

impl Default for BinaryIoU {
    fn default() -> Self {
        Self {
            base: MetricBase::whole(&automatic_name("BinaryIoU")),
            target_class_ids: vec![0, 1],
            threshold: 0.5,
            state: Confusion::default(),
        }
    }
}

impl BinaryIoU {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// The classes that are measured; both unless set.
    #[must_use]
    pub fn target_class_ids(mut self, target_class_ids: impl Into<Vec<usize>>) -> Self {
        self.target_class_ids = target_class_ids.into();
        self
    }

    /// From which prediction on it is class 1; 1/2 unless set.
    #[must_use]
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl BinaryIoU {
    const FORM: Form = Form {
        num_classes: 2,
        ignore_class: None,
        sparse_y_true: true,
        sparse_y_pred: true,
        axis: -1,
    };

    /// The value of each class; NaN for those that do not occur.
    pub fn results(&self) -> Vec<f64> {
        self.state.results(self.target_class_ids.iter().copied())
    }
}

impl Metric for BinaryIoU {
    metric_identity!("BinaryIoU");

    fn check_arguments(&self) -> Result<()> {
        Self::FORM.check(self.target_class_ids.iter().copied())
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        self.check_arguments()?;
        let threshold = self.threshold;
        let classes = y_pred.map(|p| f32::from(p >= threshold));
        self.state
            .update(&Self::FORM, y_true, &classes, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.mean(self.target_class_ids.iter().copied())
    }
}

/// The mean of [`IoU`] over all classes.
///
/// Keras: `keras.metrics.MeanIoU`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut iou = MeanIoU::new(2);
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
/// iou.update(&y_true, &Tensor::from_vec(vec![0, 1, 0, 1], 4)?, None)?;
/// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeanIoU {
    #[serde(flatten)]
    base: MetricBase,
    num_classes: usize,
    ignore_class: Option<isize>,
    sparse_y_true: bool,
    sparse_y_pred: bool,
    axis: isize,
    #[serde(skip)]
    state: Confusion,
}

impl MeanIoU {
    /// With Keras's defaults for all other arguments.
    pub fn new(num_classes: usize) -> Self {
        Self {
            base: MetricBase::whole(&automatic_name("MeanIoU")),
            num_classes,
            ignore_class: None,
            sparse_y_true: true,
            sparse_y_pred: true,
            axis: -1,
            state: Confusion::default(),
        }
    }

    metric_setters!();

    /// A label that does not count; none unless set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// Whether labels are class numbers instead of one-hot; true unless set.
    #[must_use]
    pub fn sparse_y_true(mut self, sparse_y_true: bool) -> Self {
        self.sparse_y_true = sparse_y_true;
        self
    }

    /// Whether predictions are class numbers instead of scores; true unless set.
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
    MeanIoU,
    |this| Form {
        num_classes: this.num_classes,
        ignore_class: this.ignore_class,
        sparse_y_true: this.sparse_y_true,
        sparse_y_pred: this.sparse_y_pred,
        axis: this.axis,
    },
    0..this.num_classes
}
