//! How many predictions are right.

use serde::{Deserialize, Serialize};

use super::mean::Running;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{self, Loss, class_indices, common_shape, require_same_shape};
use crate::{Config, Result, Shape, Tape, Tensor};

/// How often the prediction equals the label, for predictions that are classes themselves.
///
/// Not what `compile` means by `"accuracy"`, which becomes [`BinaryAccuracy`],
/// [`CategoricalAccuracy`] or [`SparseCategoricalAccuracy`] by the shapes it meets.
///
/// Keras: `keras.metrics.Accuracy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut accuracy = Accuracy::new();
/// let y_pred = Tensor::from_vec(vec![1, 2, 3, 4], (4, 1))?;
/// accuracy.update(&Tensor::from_vec(vec![1, 2, 0, 4], (4, 1))?, &y_pred, None)?;
/// assert_eq!(accuracy.result(), 0.75);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Accuracy {
    base: MetricBase,
    #[serde(skip)]
    state: Running,
}

impl Default for Accuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("accuracy"),
            state: Running::default(),
        }
    }
}

impl Accuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();
}

impl Metric for Accuracy {
    metric_identity!("Accuracy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = agreement(y_true, y_pred, |label, prediction| label == prediction);
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// How often the prediction is on the same side of `threshold` as the label, 0 or 1.
///
/// Keras: `keras.metrics.BinaryAccuracy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut accuracy = BinaryAccuracy::new();
/// let y_pred = Tensor::from_vec(vec![0.98, 1.0, 0.0, 0.6], (4, 1))?;
/// accuracy.update(&Tensor::from_vec(vec![1, 1, 0, 0], (4, 1))?, &y_pred, None)?;
/// assert_eq!(accuracy.result(), 0.75);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BinaryAccuracy {
    #[serde(flatten)]
    base: MetricBase,
    threshold: f32,
    #[serde(skip)]
    state: Running,
}

impl Default for BinaryAccuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("binary_accuracy"),
            threshold: 0.5,
            state: Running::default(),
        }
    }
}

impl BinaryAccuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Above it a prediction means class 1; 1/2 unless set.
    #[must_use]
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Metric for BinaryAccuracy {
    metric_identity!("BinaryAccuracy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = binary(y_true, y_pred, self.threshold);
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// How often the largest prediction is the one that the one-hot label marks.
///
/// Keras: `keras.metrics.CategoricalAccuracy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut accuracy = CategoricalAccuracy::new();
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 0, 1, 0], (2, 3))?;
/// let y_pred = Tensor::from_vec(vec![0.1, 0.9, 0.8, 0.05, 0.95, 0.0], (2, 3))?;
/// accuracy.update(&y_true, &y_pred, None)?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoricalAccuracy {
    base: MetricBase,
    #[serde(skip)]
    state: Running,
}

impl Default for CategoricalAccuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("categorical_accuracy"),
            state: Running::default(),
        }
    }
}

impl CategoricalAccuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();
}

impl Metric for CategoricalAccuracy {
    metric_identity!("CategoricalAccuracy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = categorical(y_true, y_pred);
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// How often the largest prediction is that of the class which the label names.
///
/// Keras: `keras.metrics.SparseCategoricalAccuracy`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::metrics::Metric;
/// let mut accuracy = SparseCategoricalAccuracy::new();
/// let y_true = Tensor::from_vec(vec![2, 1], 2)?;
/// let y_pred = Tensor::from_vec(vec![0.1, 0.6, 0.3, 0.05, 0.95, 0.0], (2, 3))?;
/// accuracy.update(&y_true, &y_pred, None)?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SparseCategoricalAccuracy {
    base: MetricBase,
    #[serde(skip)]
    state: Running,
}

impl Default for SparseCategoricalAccuracy {
    fn default() -> Self {
        Self {
            base: MetricBase::new("sparse_categorical_accuracy"),
            state: Running::default(),
        }
    }
}

impl SparseCategoricalAccuracy {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();
}

impl Metric for SparseCategoricalAccuracy {
    metric_identity!("SparseCategoricalAccuracy");

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let values = sparse_categorical(y_true, y_pred);
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

/// 1 where label and prediction agree, 0 elsewhere.
fn agreement(y_true: &Tensor, y_pred: &Tensor, agree: impl Fn(f32, f32) -> bool) -> Result<Tensor> {
    let shape = common_shape(y_true, y_pred)?;
    let (labels, predictions) = (y_true.as_floats(), y_pred.as_floats());
    let pairs = labels.iter().zip(predictions.iter());
    let values = pairs.map(|(l, p)| f32::from(agree(*l, *p))).collect();
    Tensor::from_vec::<f32>(values, shape)
}

fn binary(y_true: &Tensor, y_pred: &Tensor, threshold: f32) -> Result<Tensor> {
    agreement(y_true, y_pred, |label, prediction| {
        label == f32::from(prediction > threshold)
    })
}

fn categorical(y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    require_same_shape(y_true.shape(), y_pred.shape())?;
    equal(&y_true.argmax(-1)?.to_vec(), y_pred)
}

fn sparse_categorical(y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    equal(&class_indices(y_true, y_pred.shape())?, y_pred)
}

/// 1 for each row whose largest prediction is that of its class, 0 for the others.
fn equal(classes: &[usize], y_pred: &Tensor) -> Result<Tensor> {
    let predicted = y_pred.argmax(-1)?;
    let pairs = classes.iter().zip(predicted.to_vec::<usize>());
    let values = pairs.map(|(class, p)| f32::from(*class == p)).collect();
    Tensor::from_vec::<f32>(values, predicted.shape())
}

/// What `compile` means by `"accuracy"` and `"crossentropy"`: the shapes decide what is measured.
#[derive(Clone, Debug)]
pub(super) struct ByShape {
    base: MetricBase,
    class_name: &'static str,
    state: Running,
}

impl ByShape {
    pub(super) fn from_config(
        class_name: &'static str,
        config: &Config,
    ) -> Result<Box<dyn Metric>> {
        Ok(Box::new(ByShape {
            base: config.read_over(&MetricBase::new(class_name))?,
            class_name,
            state: Running::default(),
        }))
    }
}

/// What labels and predictions are.
enum Kind {
    Binary,
    Categorical,
    SparseCategorical,
}

/// What labels and predictions of these shapes are, as Keras finds it out.
fn kind(y_true: &Shape, y_pred: &Shape) -> Kind {
    if y_pred.last() == 1 {
        Kind::Binary
    } else if y_true.rank() < y_pred.rank() || y_true.last() == 1 {
        Kind::SparseCategorical
    } else {
        Kind::Categorical
    }
}

impl Metric for ByShape {
    fn name(&self) -> &str {
        &self.base.name
    }

    fn class_name(&self) -> &str {
        self.class_name
    }

    fn reset(&mut self) {
        self.state = Running::default();
    }

    fn get_config(&self) -> Result<Config> {
        Config::of(&self.base)
    }

    fn boxed_clone(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let kind = kind(y_true.shape(), y_pred.shape());
        let values = if self.class_name == "accuracy" {
            match kind {
                Kind::Binary => binary(y_true, y_pred, 0.5),
                Kind::Categorical => categorical(y_true, y_pred),
                Kind::SparseCategorical => sparse_categorical(y_true, y_pred),
            }
        } else {
            let loss: Box<dyn Loss> = match kind {
                Kind::Binary => Box::new(losses::BinaryCrossentropy::new()),
                Kind::Categorical => Box::new(losses::CategoricalCrossentropy::new()),
                Kind::SparseCategorical => Box::new(losses::SparseCategoricalCrossentropy::new()),
            };
            loss.values(&mut Tape::off(), y_true, y_pred)
        };
        self.state.update(&values?, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}
