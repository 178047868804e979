//! Means and sums that grow batch by batch.

use super::MetricBase;
use crate::losses::weights_for;
use crate::{Config, Result, Tensor};

/// A mean that grows value by value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Running {
    total: f64,
    count: f64,
}

impl Running {
    /// Takes in `weight` values whose mean is `mean`.
    pub(crate) fn add(&mut self, mean: f64, weight: f64) {
        self.total += mean * weight;
        self.count += weight;
    }

    /// Takes in the mean of each sample's `values`, weighted.
    pub(super) fn update(&mut self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (sum, weight) = weighted(values, sample_weight)?;
        // A vector of predictions is one sample for Keras, whose value is a scalar.
        let samples = if values.ndim() == 0 { 1 } else { values.len() };
        let each = values.size().max(1) as f64 / samples.max(1) as f64;
        self.total += sum / each;
        self.count += weight / each;
        Ok(())
    }

    pub(crate) fn value(&self) -> f64 {
        if self.count == 0.0 {
            0.0
        } else {
            self.total / self.count
        }
    }
}

/// The sum of `values` times their weights, and the sum of the weights.
fn weighted(values: &Tensor, sample_weight: Option<&Tensor>) -> Result<(f64, f64)> {
    let numbers = values.as_floats();
    let Some(weight) = sample_weight else {
        let sum = numbers.iter().copied().map(f64::from).sum();
        return Ok((sum, numbers.len() as f64));
    };
    let weights = weights_for(weight, values.shape())?;
    let pairs = numbers.iter().zip(weights.iter());
    let sum = pairs.map(|(v, w)| f64::from(*v) * f64::from(*w)).sum();
    Ok((sum, weights.iter().copied().map(f64::from).sum()))
}

/// The mean of whatever numbers it is given, for example in a training loop of your own.
///
/// Keras: `keras.metrics.Mean`.
///
/// # Example
/// ```
/// use kerust::metrics::Mean;
/// use kerust::prelude::*;
/// let mut mean = Mean::new();
/// mean.update(&Tensor::from_vec(vec![1.0, 3.0], 2)?, None)?;
/// mean.update(&Tensor::from_vec(vec![8.0], 1)?, None)?;
/// assert_eq!(mean.result(), 4.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mean {
    base: MetricBase,
    state: Running,
}

impl Default for Mean {
    fn default() -> Self {
        Self::new()
    }
}

impl Mean {
    /// Named `mean`.
    pub fn new() -> Self {
        Self {
            base: MetricBase::new("mean"),
            state: Running::default(),
        }
    }

    /// The name under which the result is shown.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.base.name = name.to_string();
        self
    }

    /// Takes the mean of each sample's values into account, weighted by `sample_weight`.
    ///
    /// # Errors
    /// When the weights do not fit the values.
    pub fn update(&mut self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        self.state.update(values, sample_weight)
    }

    /// The mean so far; 0 before the first value.
    pub fn result(&self) -> f64 {
        self.state.value()
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.state = Running::default();
    }

    /// Its name, as Keras writes it down.
    ///
    /// # Errors
    /// Never.
    pub fn get_config(&self) -> Result<Config> {
        Config::of(&self.base)
    }

    /// Takes in `weight` values whose mean is `mean`.
    pub(crate) fn add(&mut self, mean: f64, weight: f64) {
        self.state.add(mean, weight);
    }

    pub(crate) fn value(&self) -> f64 {
        self.state.value()
    }
}

/// The sum of whatever numbers it is given.
///
/// Keras: `keras.metrics.Sum`.
///
/// # Example
/// ```
/// use kerust::metrics::Sum;
/// use kerust::prelude::*;
/// let mut sum = Sum::new();
/// sum.update(&Tensor::from_vec(vec![1.0, 3.0], 2)?, None)?;
/// sum.update(&Tensor::full(2, 5.0), Some(&Tensor::from_vec(vec![1.0, 0.0], 2)?))?;
/// assert_eq!(sum.result(), 9.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    base: MetricBase,
    total: f64,
}

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

impl Sum {
    /// Named `sum`.
    pub fn new() -> Self {
        Self {
            base: MetricBase::new("sum"),
            total: 0.0,
        }
    }

    /// The name under which the result is shown.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.base.name = name.to_string();
        self
    }

    /// Adds all values, each times its weight.
    ///
    /// # Errors
    /// When the weights do not fit the values.
    pub fn update(&mut self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        self.total += weighted(values, sample_weight)?.0;
        Ok(())
    }

    /// The sum so far.
    pub fn result(&self) -> f64 {
        self.total
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.total = 0.0;
    }

    /// Its name, as Keras writes it down.
    ///
    /// # Errors
    /// Never.
    pub fn get_config(&self) -> Result<Config> {
        Config::of(&self.base)
    }
}
