//! Metrics: what is shown beside the loss. Values are means over all samples of an epoch, not
//! means of batch means, as in Keras.
//!
//! Adding one: a struct in a family file and a line in [`METRICS`].

mod accuracy;
mod regression;

use std::fmt::Debug;

pub use accuracy::Accuracy;
pub use regression::{MeanAbsoluteError, MeanSquaredError};

use crate::{Error, Result, Setting, Tensor};

/// Something that is measured over an epoch.
///
/// Keras: `keras.metrics.Metric`.
pub trait Metric: Debug + Send {
    /// The name under which `History` keeps it.
    fn name(&self) -> &str;

    /// Takes a batch into account.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn update(&mut self, y_true: &Tensor, y_pred: &Tensor) -> Result<()>;

    /// The value so far; 0 before the first batch.
    fn result(&self) -> f64;

    /// Starts over.
    fn reset(&mut self);

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Metric>;
}

impl Clone for Box<dyn Metric> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

type New = fn(&'static str) -> Box<dyn Metric>;

/// Every metric by its names in Keras; each keeps the name it was asked for by.
pub const METRICS: &[(&[&str], New)] = &[
    (&["accuracy", "acc"], |name| Box::new(Accuracy::new(name))),
    (&["binary_accuracy"], |name| {
        Box::new(Accuracy::binary(name))
    }),
    (&["categorical_accuracy"], |name| {
        Box::new(Accuracy::categorical(name))
    }),
    (&["sparse_categorical_accuracy"], |name| {
        Box::new(Accuracy::sparse_categorical(name))
    }),
    (&["mean_squared_error", "mse", "MSE"], |name| {
        Box::new(MeanSquaredError::new(name))
    }),
    (&["mean_absolute_error", "mae", "MAE"], |name| {
        Box::new(MeanAbsoluteError::new(name))
    }),
];

impl From<&str> for Setting<Box<dyn Metric>> {
    fn from(name: &str) -> Self {
        for (names, new) in METRICS {
            if let Some(known) = names.iter().find(|known| **known == name) {
                return Setting::value(new(known));
            }
        }
        let known: Vec<&str> = METRICS.iter().map(|(names, _)| names[0]).collect();
        Setting::looked_up(Err(Error::unknown_name("metric", name, &known)))
    }
}

impl<M: Metric + 'static> From<M> for Setting<Box<dyn Metric>> {
    fn from(metric: M) -> Self {
        Setting::value(Box::new(metric))
    }
}

/// A mean that grows batch by batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    /// Takes in `weight` values whose mean is `mean`.
    pub(crate) fn add(&mut self, mean: f64, weight: f64) {
        self.sum += mean * weight;
        self.weight += weight;
    }

    pub(crate) fn value(&self) -> f64 {
        if self.weight == 0.0 {
            0.0
        } else {
            self.sum / self.weight
        }
    }
}
