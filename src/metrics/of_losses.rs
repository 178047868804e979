//! Means of losses.

use serde_json::{Value, json};

use super::mean::Running;
use super::{Metric, described, mean_metric, metric};
use crate::losses::{self, Loss, weights_for};
use crate::{Result, Setting, Tape, Tensor};

/// The mean of any loss, also of one of your own.
///
/// Keras: `keras.metrics.MeanMetricWrapper`.
///
/// # Example
/// ```
/// use kerust::metrics::{MeanMetricWrapper, Metric};
/// use kerust::prelude::*;
/// let mut metric = MeanMetricWrapper::new(Huber::new().delta(0.5))?.name("huber");
/// metric.update(&Tensor::zeros((1, 1)), &Tensor::ones((1, 1)), None)?;
/// assert_eq!(metric.result(), 0.375);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MeanMetricWrapper {
    name: String,
    loss: Box<dyn Loss>,
    state: Running,
}

impl MeanMetricWrapper {
    /// The mean of `loss`, a loss or its name, under the name of the loss.
    ///
    /// # Errors
    /// When there is no loss of that name.
    pub fn new(loss: impl Into<Setting<Box<dyn Loss>>>) -> Result<Self> {
        let loss = loss.into().get()?.clone();
        Ok(Self {
            name: loss.name().to_string(),
            loss,
            state: Running::default(),
        })
    }

    /// The name under which results are shown; that of the loss unless set.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_string();
        self
    }
}

impl Metric for MeanMetricWrapper {
    fn name(&self) -> &str {
        &self.name
    }

    fn class_name(&self) -> &str {
        "MeanMetricWrapper"
    }

    fn check_arguments(&self) -> Result<()> {
        self.loss.check_arguments()
    }

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        update_with(&mut self.state, &*self.loss, y_true, y_pred, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }

    fn reset(&mut self) {
        self.state = Running::default();
    }

    fn get_config(&self) -> Value {
        let fn_config =
            json!({"class_name": self.loss.class_name(), "config": self.loss.get_config()});
        json!({"name": self.name, "dtype": "float32", "fn": fn_config})
    }

    fn boxed_clone(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }
}

/// Takes in the values of a loss. As in Keras, what the loss does not count is left out where
/// samples are weighted, and counts as 0 where they are not.
fn update_with(
    state: &mut Running,
    loss: &dyn Loss,
    y_true: &Tensor,
    y_pred: &Tensor,
    sample_weight: Option<&Tensor>,
) -> Result<()> {
    let values = values(loss, y_true, y_pred)?;
    let mask = loss.mask(y_true, &values)?;
    match (sample_weight, mask) {
        (Some(weight), Some(mask)) => {
            let weights = weights_for(weight, values.shape())?.into_owned();
            let weights = Tensor::from_vec(weights, values.shape())?;
            state.update(&values, Some(&(weights * mask)))
        }
        (weight, _) => state.update(&values, weight),
    }
}

fn values(loss: &dyn Loss, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    loss.values(&mut Tape::off(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `(y_true - y_pred)²`.
    ///
    /// Keras: `keras.metrics.MeanSquaredError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanSquaredError, Metric};
    /// let mut metric = MeanSquaredError::new();
    /// metric.update(&Tensor::zeros(2), &Tensor::full(2, 2.0), None)?;
    /// assert_eq!(metric.result(), 4.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanSquaredError, "mean_squared_error" {}
    |this, y_true, y_pred| values(&losses::MeanSquaredError::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `|y_true - y_pred|`.
    ///
    /// Keras: `keras.metrics.MeanAbsoluteError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanAbsoluteError, Metric};
    /// let mut metric = MeanAbsoluteError::new().name("mae");
    /// metric.update(&Tensor::zeros(2), &Tensor::full(2, -2.0), None)?;
    /// assert_eq!(metric.result(), 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanAbsoluteError, "mean_absolute_error" {}
    |this, y_true, y_pred| values(&losses::MeanAbsoluteError::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `100 |y_true - y_pred| / |y_true|`.
    ///
    /// Keras: `keras.metrics.MeanAbsolutePercentageError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanAbsolutePercentageError, Metric};
    /// let mut metric = MeanAbsolutePercentageError::new();
    /// metric.update(&Tensor::full(2, 4.0), &Tensor::full(2, 3.0), None)?;
    /// assert_eq!(metric.result(), 25.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanAbsolutePercentageError, "mean_absolute_percentage_error" {}
    |this, y_true, y_pred| values(&losses::MeanAbsolutePercentageError::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `(log(y_true + 1) - log(y_pred + 1))²`.
    ///
    /// Keras: `keras.metrics.MeanSquaredLogarithmicError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanSquaredLogarithmicError, Metric};
    /// let mut metric = MeanSquaredLogarithmicError::new();
    /// metric.update(&Tensor::ones(2), &Tensor::ones(2), None)?;
    /// assert_eq!(metric.result(), 0.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error" {}
    |this, y_true, y_pred| values(&losses::MeanSquaredLogarithmicError::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `log(cosh(y_pred - y_true))`.
    ///
    /// Keras: `keras.metrics.LogCoshError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{LogCoshError, Metric};
    /// let mut metric = LogCoshError::new();
    /// metric.update(&Tensor::zeros(2), &Tensor::ones(2), None)?;
    /// assert!((metric.result() - 1f64.cosh().ln()).abs() < 1e-6);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    LogCoshError, "logcosh" {}
    |this, y_true, y_pred| values(&losses::LogCosh::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean cosine of the angle between label and prediction: 1 where they point in the same
    /// direction. The loss of this name is the opposite.
    ///
    /// Keras: `keras.metrics.CosineSimilarity`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{CosineSimilarity, Metric};
    /// let mut metric = CosineSimilarity::new();
    /// metric.update(&Tensor::ones((1, 2)), &Tensor::full((1, 2), 3.0), None)?;
    /// assert!((metric.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    CosineSimilarity, "cosine_similarity" {
        /// Along which axis the vectors lie; the last one unless set.
        [quiet] axis: isize = -1,
    }
    |this, y_true, y_pred| {
        values(&losses::CosineSimilarity::new().axis(this.axis), y_true, y_pred).map(|v| -v)
    }
}

mean_metric! {
    /// The mean of `max(1 - y_true y_pred, 0)`.
    ///
    /// Keras: `keras.metrics.Hinge`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Hinge, Metric};
    /// let mut metric = Hinge::new();
    /// metric.update(&Tensor::ones(2), &Tensor::full(2, 0.5), None)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Hinge, "hinge" {}
    |this, y_true, y_pred| values(&losses::Hinge::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `max(1 - y_true y_pred, 0)²`.
    ///
    /// Keras: `keras.metrics.SquaredHinge`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, SquaredHinge};
    /// let mut metric = SquaredHinge::new();
    /// metric.update(&Tensor::ones(2), &Tensor::full(2, 0.5), None)?;
    /// assert_eq!(metric.result(), 0.25);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    SquaredHinge, "squared_hinge" {}
    |this, y_true, y_pred| values(&losses::SquaredHinge::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `max(neg - pos + 1, 0)`: see [`losses::CategoricalHinge`].
    ///
    /// Keras: `keras.metrics.CategoricalHinge`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{CategoricalHinge, Metric};
    /// let mut metric = CategoricalHinge::new();
    /// let y_true = Tensor::from_vec(vec![0, 1], (1, 2))?;
    /// metric.update(&y_true, &Tensor::from_vec(vec![0.5, 1.0], (1, 2))?, None)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    CategoricalHinge, "categorical_hinge" {}
    |this, y_true, y_pred| values(&losses::CategoricalHinge::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of the sum of `y_true log(y_true / y_pred)`.
    ///
    /// Keras: `keras.metrics.KLDivergence`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{KLDivergence, Metric};
    /// let mut metric = KLDivergence::new();
    /// metric.update(&Tensor::full((1, 2), 0.5), &Tensor::full((1, 2), 0.5), None)?;
    /// assert_eq!(metric.result(), 0.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    KLDivergence, "kl_divergence" {}
    |this, y_true, y_pred| values(&losses::KLDivergence::new(), y_true, y_pred)
}

mean_metric! {
    /// The mean of `y_pred - y_true log(y_pred)`.
    ///
    /// Keras: `keras.metrics.Poisson`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{Metric, Poisson};
    /// let mut metric = Poisson::new();
    /// metric.update(&Tensor::zeros((2, 1)), &Tensor::ones((2, 1)), None)?;
    /// assert_eq!(metric.result(), 1.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Poisson, "poisson" {}
    |this, y_true, y_pred| values(&losses::Poisson::new(), y_true, y_pred)
}

mean_metric! {
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
    BinaryCrossentropy, "binary_crossentropy" {
        /// Whether predictions are scores instead of probabilities; false unless set.
        from_logits: bool = false,
        /// How far labels are moved towards 1/2, from 0 to 1; 0 unless set.
        label_smoothing: f32 = 0.0,
    }
    |this, y_true, y_pred| {
        let loss = losses::BinaryCrossentropy::new().from_logits(this.from_logits);
        values(&loss.label_smoothing(this.label_smoothing), y_true, y_pred)
    }
}

mean_metric! {
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
    CategoricalCrossentropy, "categorical_crossentropy" {
        /// Whether predictions are scores instead of probabilities; false unless set.
        from_logits: bool = false,
        /// How much of each label is spread over all classes, from 0 to 1; 0 unless set.
        label_smoothing: f32 = 0.0,
        /// The axis of the classes; the last one unless set.
        axis: isize = -1,
    }
    |this, y_true, y_pred| {
        let loss = losses::CategoricalCrossentropy::new().from_logits(this.from_logits);
        let loss = loss.label_smoothing(this.label_smoothing).axis(this.axis);
        values(&loss, y_true, y_pred)
    }
}

metric! {
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
    SparseCategoricalCrossentropy, "sparse_categorical_crossentropy".to_string(), () {
        /// Whether predictions are scores instead of probabilities; false unless set.
        from_logits: bool = false,
        /// A label that does not count; none unless set.
        [into] ignore_class: Option<isize> = None,
        /// The axis of the classes; the last one unless set.
        axis: isize = -1,
    }
    remembers Running
}

impl Metric for SparseCategoricalCrossentropy {
    described!();

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
