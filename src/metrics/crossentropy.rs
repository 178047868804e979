//! Means of cross-entropies.

use serde::{Deserialize, Serialize};

use super::mean::Running;
use super::of_losses::update_with;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses;
use crate::{Result, Tensor};

/// The mean of the cross-entropy of two classes.
///
/// Keras: `keras.metrics.BinaryCrossentropy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{BinaryCrossentropy, Metric};
/// let mut metric = BinaryCrossentropy::new();
/// metric.update(&Tensor::ones((2, 1)), &Tensor::full((2, 1), 0.5), None)?;
/// assert!((metric.result() - 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BinaryCrossentropy {
    #[serde(flatten)]
    base: MetricBase,
    from_logits: bool,
    label_smoothing: f32,
    #[serde(skip)]
    state: Running,
}

impl Default for BinaryCrossentropy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("binary_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            state: Running::default(),
        }
    }
}

impl BinaryCrossentropy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// How far labels are moved towards 1/2, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.label_smoothing = label_smoothing;
        self
    }
}

impl Metric for BinaryCrossentropy {
    metric_identity!("BinaryCrossentropy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let loss = losses::BinaryCrossentropy::new().from_logits(self.from_logits);
        let loss = loss.label_smoothing(self.label_smoothing);
        update_with(&mut self.state, &loss, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// The mean of the cross-entropy of several classes, with one-hot labels.
///
/// Keras: `keras.metrics.CategoricalCrossentropy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{CategoricalCrossentropy, Metric};
/// let mut metric = CategoricalCrossentropy::new();
/// let y_true = Tensor::from_vec(vec![1, 0], (1, 2))?;
/// metric.update(&y_true, &Tensor::full((1, 2), 0.5), None)?;
/// assert!((metric.result() - 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CategoricalCrossentropy {
    #[serde(flatten)]
    base: MetricBase,
    from_logits: bool,
    label_smoothing: f32,
    axis: isize,
    #[serde(skip)]
    state: Running,
}

impl Default for CategoricalCrossentropy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("categorical_crossentropy"),
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
            state: Running::default(),
        }
    }
}

impl CategoricalCrossentropy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// How much of each label is spread over all classes, from 0 to 1; 0 unless set.
    #[must_use]
    pub fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.label_smoothing = label_smoothing;
        self
    }

    /// The axis of the classes; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Metric for CategoricalCrossentropy {
    metric_identity!("CategoricalCrossentropy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let loss = losses::CategoricalCrossentropy::new().from_logits(self.from_logits);
        let loss = loss.label_smoothing(self.label_smoothing).axis(self.axis);
        update_with(&mut self.state, &loss, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// The mean of the cross-entropy of several classes, with whole-number labels.
///
/// Keras: `keras.metrics.SparseCategoricalCrossentropy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::{Metric, SparseCategoricalCrossentropy};
/// let mut metric = SparseCategoricalCrossentropy::new();
/// metric.update(&Tensor::zeros(1), &Tensor::full((1, 2), 0.5), None)?;
/// assert!((metric.result() - 2f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SparseCategoricalCrossentropy {
    #[serde(flatten)]
    base: MetricBase,
    from_logits: bool,
    ignore_class: Option<isize>,
    axis: isize,
    #[serde(skip)]
    state: Running,
}

impl Default for SparseCategoricalCrossentropy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("sparse_categorical_crossentropy"),
            from_logits: false,
            ignore_class: None,
            axis: -1,
            state: Running::default(),
        }
    }
}

impl SparseCategoricalCrossentropy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Whether predictions are scores instead of probabilities; false unless set.
    #[must_use]
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
    }

    /// A label that does not count; none unless set.
    #[must_use]
    pub fn ignore_class(mut self, ignore_class: impl Into<Option<isize>>) -> Self {
        self.ignore_class = ignore_class.into();
        self
    }

    /// The axis of the classes; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Metric for SparseCategoricalCrossentropy {
    metric_identity!("SparseCategoricalCrossentropy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let loss = losses::SparseCategoricalCrossentropy::new().from_logits(self.from_logits);
        let loss = loss.ignore_class(self.ignore_class).axis(self.axis);
        update_with(&mut self.state, &loss, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}
