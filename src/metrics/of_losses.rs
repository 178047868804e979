//! Means of losses.

use serde::{Deserialize, Serialize};

use super::mean::Running;
use super::{Metric, MetricBase, metric_identity, metric_setters};
use crate::losses::{self, Loss, weights_for};
use crate::{Config, Result, Setting, Tape, Tensor};

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeanMetricWrapper {
    #[serde(flatten)]
    base: MetricBase,
    #[serde(rename = "fn")]
    loss: Box<dyn Loss>,
    #[serde(skip)]
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
            base: MetricBase::new(loss.name()),
            loss,
            state: Running::default(),
        })
    }

    metric_setters!();
}

impl Metric for MeanMetricWrapper {
    metric_identity!("MeanMetricWrapper");

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
}

/// Takes in the values of a loss. As in Keras, what the loss does not count is left out where
/// samples are weighted, and counts as 0 where they are not.
pub(super) fn update_with(
    state: &mut Running,
    loss: &dyn Loss,
    y_true: &Tensor,
    y_pred: &Tensor,
    sample_weight: Option<&Tensor>,
) -> Result<()> {
    let values = loss.values(&mut Tape::off(), y_true, y_pred)?;
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

/// Defines a metric that is the mean of a loss without arguments.
macro_rules! mean_of_loss {
    ($(#[$doc:meta])* $class:ident, $name:literal, $loss:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $class {
            base: MetricBase,
            #[serde(skip)]
            state: Running,
        }

        impl Default for $class {
            fn default() -> Self {
                Self {
                    base: MetricBase::new($name),
                    state: Running::default(),
                }
            }
        }

        impl $class {
            /// With Keras's defaults.
            pub fn new() -> Self {
                Self::default()
            }

            metric_setters!();
        }

        impl Metric for $class {
            metric_identity!(stringify!($class));

            fn update(
                &mut self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                update_with(&mut self.state, &<$loss>::new(), y_true, y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                self.state.value()
            }
        }
    };
}

mean_of_loss! {
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
    MeanSquaredError, "mean_squared_error", losses::MeanSquaredError
}

mean_of_loss! {
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
    MeanAbsoluteError, "mean_absolute_error", losses::MeanAbsoluteError
}

mean_of_loss! {
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
    MeanAbsolutePercentageError, "mean_absolute_percentage_error", losses::MeanAbsolutePercentageError
}

mean_of_loss! {
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
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error", losses::MeanSquaredLogarithmicError
}

mean_of_loss! {
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
    LogCoshError, "logcosh", losses::LogCosh
}

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CosineSimilarity {
    #[serde(flatten)]
    base: MetricBase,
    axis: isize,
    #[serde(skip)]
    state: Running,
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self {
            base: MetricBase::new("cosine_similarity"),
            axis: -1,
            state: Running::default(),
        }
    }
}

impl CosineSimilarity {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    metric_setters!();

    /// Along which axis the vectors lie; the last one unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }
}

impl Metric for CosineSimilarity {
    metric_identity!("CosineSimilarity", config: |metric| Config::of_unusual(metric, &["axis"]));

    fn update(
        &mut self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let loss = losses::CosineSimilarity::new().axis(self.axis);
        let values = loss.values(&mut Tape::off(), y_true, y_pred)?;
        self.state.update(&-values, sample_weight)
    }

    fn result(&self) -> f64 {
        self.state.value()
    }
}

mean_of_loss! {
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
    Hinge, "hinge", losses::Hinge
}

mean_of_loss! {
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
    SquaredHinge, "squared_hinge", losses::SquaredHinge
}

mean_of_loss! {
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
    CategoricalHinge, "categorical_hinge", losses::CategoricalHinge
}

mean_of_loss! {
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
    KLDivergence, "kl_divergence", losses::KLDivergence
}

mean_of_loss! {
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
    Poisson, "poisson", losses::Poisson
}
