//! From the values of a loss to one number.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Setting, Shape, Tape, Tensor};

/// How the values of a loss become one number.
///
/// Keras: the argument `reduction` of every loss. Its `None` is
/// [`values`](super::Loss::values).
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::Loss;
/// let (y_true, y_pred) = (Tensor::zeros((4, 1)), Tensor::ones((4, 1)));
/// let loss = MeanSquaredError::new().reduction("sum");
/// assert_eq!(loss.call(&mut Tape::off(), &y_true, &y_pred)?.item(0)?, 4.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// The sum of values times weights, divided by the number of values.
    #[serde(alias = "mean")]
    SumOverBatchSize,
    /// The sum of values times weights.
    Sum,
    /// The sum of values times weights, divided by the sum of the weights.
    MeanWithSampleWeight,
}

impl FromStr for Reduction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sum_over_batch_size" | "mean" => Ok(Self::SumOverBatchSize),
            "sum" => Ok(Self::Sum),
            "mean_with_sample_weight" => Ok(Self::MeanWithSampleWeight),
            _ => {
                let known = ["sum_over_batch_size", "sum", "mean_with_sample_weight"];
                Err(Error::unknown_name("reduction", name, &known))
            }
        }
    }
}

impl From<Reduction> for Setting<Reduction> {
    fn from(reduction: Reduction) -> Self {
        Setting::value(reduction)
    }
}

/// Reduces `values` to one number; those where `mask` is 0 do not count.
pub(super) fn reduce(
    tape: &mut Tape,
    values: &Tensor,
    mask: Option<&Tensor>,
    sample_weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let mut count = values.size();
    let weights = match sample_weight {
        // As Keras: one value stands for each of the weights.
        Some(weight) if values.ndim() == 0 && weight.ndim() == 1 => {
            count = weight.len();
            Some(vec![weight.sum()])
        }
        Some(weight) => Some(weights_for(weight, values.shape())?.into_owned()),
        None => None,
    };
    let weights = match mask {
        Some(mask) => Some(masked(weights, mask, reduction)),
        None => weights,
    };
    let divisor = match (reduction, &weights) {
        (Reduction::Sum, _) => 1.0,
        (Reduction::MeanWithSampleWeight, Some(weights)) => {
            weights.iter().copied().map(f64::from).sum()
        }
        _ => count as f64,
    };
    apply(
        tape,
        WeightedSum { weights, divisor },
        &[values],
        Shape::from(()),
    )
}

/// `weights` without those that `mask` excludes. Where the number of values divides the sum, the
/// others weigh more, so that it is the mean over them.
fn masked(weights: Option<Vec<f32>>, mask: &Tensor, reduction: Reduction) -> Vec<f32> {
    let mask = mask.as_floats();
    let valid = mask.iter().filter(|m| **m != 0.0).count();
    let weight = match reduction {
        Reduction::SumOverBatchSize if valid > 0 => mask.len() as f32 / valid as f32,
        _ => 1.0,
    };
    let mut weights = weights.unwrap_or_else(|| vec![1.0; mask.len()]);
    for (to, mask) in weights.iter_mut().zip(mask.iter()) {
        *to *= if *mask == 0.0 { 0.0 } else { weight };
    }
    weights
}

/// One weight for each of `shape`: axes that `weight` lacks at the end, and those of size 1, are
/// stretched. So `(batch,)` weighs samples whatever their shape.
pub(crate) fn weights_for<'a>(weight: &'a Tensor, shape: &Shape) -> Result<Cow<'a, [f32]>> {
    let mut dims = weight.shape().to_vec();
    while dims.len() > shape.rank() && dims.last() == Some(&1) {
        dims.pop();
    }
    dims.resize(dims.len().max(shape.rank()), 1);
    let fits = dims.len() == shape.rank()
        && dims
            .iter()
            .zip(shape.iter())
            .all(|(w, s)| w == s || *w == 1);
    if !fits {
        return Err(Error::shape(format!(
            "argument `sample_weight`: expected one weight for each sample or for each of its \
             values, which have shape {shape}, got shape {}",
            weight.shape()
        )));
    }
    let values = weight.as_floats();
    if values.len() == shape.elements() {
        return Ok(values);
    }
    let mut stretched = Vec::with_capacity(shape.elements());
    for mut at in 0..shape.elements() {
        let (mut from, mut step) = (0, 1);
        for (own, size) in dims.iter().zip(shape.iter()).rev() {
            from += if *own == 1 { 0 } else { at % size * step };
            step *= own;
            at /= size;
        }
        stretched.push(values[from]);
    }
    Ok(Cow::Owned(stretched))
}

pub(super) struct WeightedSum {
    pub(super) weights: Option<Vec<f32>>,
    pub(super) divisor: f64,
}

impl WeightedSum {
    fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| f64::from(w[i]))
    }
}

impl Op for WeightedSum {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let terms = inputs[0].iter().enumerate();
        let sum: f64 = terms.map(|(i, v)| f64::from(*v) * self.weight(i)).sum();
        // As Keras: where nothing weighs anything there is no loss.
        output[0] = if self.divisor == 0.0 {
            0.0
        } else {
            (sum / self.divisor) as f32
        };
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let factor = if self.divisor == 0.0 {
            0.0
        } else {
            f64::from(at.gradient[0]) / self.divisor
        };
        wanted.add_each(|i| (self.weight(i) * factor) as f32);
    }
}
