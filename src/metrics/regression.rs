//! Metrics for numbers.

use super::{Mean, Metric};
use crate::losses::same_shape_values;
use crate::{Result, Tensor};

/// A mean of a function of the distance between prediction and label.
macro_rules! distance_metric {
    ($(#[$doc:meta])* $name:ident, $of_distance:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            name: String,
            mean: Mean,
        }

        impl $name {
            /// Shown under `name`.
            pub fn new(name: &str) -> Self {
                Self { name: name.to_string(), mean: Mean::default() }
            }
        }

        impl Metric for $name {
            fn name(&self) -> &str {
                &self.name
            }

            fn update(&mut self, y_true: &Tensor, y_pred: &Tensor) -> Result<()> {
                let targets = same_shape_values(y_true, y_pred.shape())?;
                let of_distance: fn(f64) -> f64 = $of_distance;
                let pairs = targets.iter().zip(y_pred.floats()?);
                let sum: f64 = pairs.map(|(t, p)| of_distance(f64::from(p - t))).sum();
                if !targets.is_empty() {
                    // Keras takes a vector of predictions for one sample.
                    let samples = if y_pred.ndim() > 1 { y_pred.len() } else { 1 };
                    self.mean.add(sum / targets.len() as f64, samples as f64);
                }
                Ok(())
            }

            fn result(&self) -> f64 {
                self.mean.value()
            }

            fn reset(&mut self) {
                self.mean = Mean::default();
            }

            fn boxed_clone(&self) -> Box<dyn Metric> {
                Box::new(self.clone())
            }
        }
    };
}

distance_metric! {
    /// The mean of `(y_true - y_pred)²`.
    ///
    /// Keras: `keras.metrics.MeanSquaredError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanSquaredError, Metric};
    /// let mut metric = MeanSquaredError::new("mse");
    /// metric.update(&Tensor::zeros(2), &Tensor::full(2, 2.0))?;
    /// assert_eq!(metric.result(), 4.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanSquaredError, |distance| distance * distance
}

distance_metric! {
    /// The mean of `|y_true - y_pred|`.
    ///
    /// Keras: `keras.metrics.MeanAbsoluteError`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::metrics::{MeanAbsoluteError, Metric};
    /// let mut metric = MeanAbsoluteError::new("mae");
    /// metric.update(&Tensor::zeros(2), &Tensor::full(2, -2.0))?;
    /// assert_eq!(metric.result(), 2.0);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MeanAbsoluteError, f64::abs
}
