//! A loss that brings embeddings of the same class together and those of others apart.

use serde::{Deserialize, Serialize};

use super::targets::measurable;
use super::{Loss, LossBase, loss_identity, loss_setters};
use crate::device::Buffer;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::{log_sum_exp, sigmoid, softplus};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// Compares all samples of a batch with each other: those of the same class shall be near, those of
/// other classes far away, and each pair counts the more the further it is from that.
///
/// Labels are class numbers, of shape `(batch,)` or `(batch, 1)`. Predictions, of shape
/// `(batch, numbers)`, are vectors of length 1: the last layer is
/// [`UnitNormalization`](crate::layers::UnitNormalization). Samples that have no other of their class
/// in the batch, or only such, do not count.
///
/// Keras: `keras.losses.Circle`, `"circle"`.
///
/// Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020.
///
/// # Example
/// ```
/// use kerust::losses::{Circle, Loss};
/// use kerust::prelude::*;
/// let y_true = Tensor::from_vec(vec![0, 0, 1], 3)?;
/// let near = Tensor::from_vec(vec![1.0, 0.0, 1.0, 0.0, -1.0, 0.0], (3, 2))?;
/// let far = Tensor::from_vec(vec![1.0, 0.0, -1.0, 0.0, -1.0, 0.0], (3, 2))?;
/// let loss = |y_pred| Circle::new().call(&mut Tape::off(), &y_true, y_pred)?.item(0);
/// assert!(loss(&near)? < loss(&far)?);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Circle {
    #[serde(flatten)]
    base: LossBase,
    pub(super) gamma: f32,
    pub(super) margin: f32,
    pub(super) remove_diagonal: bool,
}

impl Default for Circle {
    fn default() -> Self {
        Self {
            base: LossBase::new("circle"),
            gamma: 80.0,
            margin: 0.4,
            remove_diagonal: true,
        }
    }
}

impl Circle {
    loss_setters!();

    /// How much pairs that are wrong count more than others; 80 unless set.
    #[must_use]
    pub fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// How near, as 1 minus the cosine, those of the same class shall be, and how near to 1 those of
    /// others; 0.4 unless set.
    #[must_use]
    pub fn margin(mut self, margin: f32) -> Self {
        self.margin = margin;
        self
    }

    /// Whether a sample is not compared with itself; true unless set.
    #[must_use]
    pub fn remove_diagonal(mut self, remove_diagonal: bool) -> Self {
        self.remove_diagonal = remove_diagonal;
        self
    }
}

impl Loss for Circle {
    loss_identity!("Circle");

    fn check_arguments(&self) -> Result<()> {
        self.reduction()?;
        for (name, value) in [("gamma", self.gamma), ("margin", self.margin)] {
            if !value.is_finite() || value < 0.0 {
                let expected = "a number that is not negative";
                return Err(Error::argument(name, expected, value));
            }
        }
        Ok(())
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        self.check_arguments()?;
        measurable(y_pred)?;
        let [batch, width] = *y_pred.shape().dims() else {
            return Err(no_vectors(y_pred.shape()));
        };
        check_labels(y_true, batch)?;
        let op = Pairs {
            loss: self.clone(),
            labels: y_true.as_floats().to_vec(),
            width,
            cosines: None,
        };
        apply(tape, op, &[y_pred], Shape::from(batch))
    }

    fn mask(&self, _: &Tensor, values: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(values.map(|value| f32::from(value > 0.0))))
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        if sample.rank() != 1 {
            return Err(no_vectors(&sample.with_batch(y_true.len())));
        }
        check_labels(y_true, y_true.len())
    }
}

fn no_vectors(shape: &Shape) -> Error {
    Error::shape(format!(
        "expected predictions of shape (batch, numbers), got {shape}"
    ))
}

/// Fails unless there is a class number for each of `batch` samples.
fn check_labels(y_true: &Tensor, batch: usize) -> Result<()> {
    let shape = y_true.shape();
    if ![Shape::from(batch), Shape::from((batch, 1))].contains(shape) {
        return Err(Error::shape(format!(
            "expected labels of shape ({batch},) or ({batch}, 1), got {shape}"
        ))
        .remedy(
            "give one class number for each sample; one-hot labels become that with `argmax(-1)`",
        ));
    }
    let labels = y_true.as_floats();
    match labels.iter().position(|label| label.fract() != 0.0) {
        Some(i) => Err(Error::data(format!(
            "label {} at position {i} is not a class: classes are whole numbers",
            labels[i]
        ))),
        None => Ok(()),
    }
}

/// All samples of a batch, each compared with all of them.
pub(super) struct Pairs {
    pub(super) loss: Circle,
    pub(super) labels: Vec<f32>,
    pub(super) width: usize,
    /// What the GPU leaves for the way back.
    pub(super) cosines: Option<Buffer>,
}

/// How a sample is compared with the others of one kind: which they are, what each adds to the
/// exponent, and the slope of that in the cosine.
#[derive(Default)]
struct Compared {
    others: Vec<usize>,
    exponents: Vec<f32>,
    slopes: Vec<f32>,
}

impl Compared {
    fn push(&mut self, other: usize, (exponent, slope): (f32, f32)) {
        self.others.push(other);
        self.exponents.push(exponent);
        self.slopes.push(slope);
    }
}

impl Pairs {
    /// Sample `i` beside those of its class, and beside those of others.
    fn compared(&self, vectors: &[f32], i: usize) -> [Compared; 2] {
        let (gamma, margin) = (self.loss.gamma, self.loss.margin);
        let vector = |i: usize| &vectors[i * self.width..][..self.width];
        let mut found = [Compared::default(), Compared::default()];
        for (j, label) in self.labels.iter().enumerate() {
            let products = vector(i).iter().zip(vector(j));
            let cosine: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let apart = (1.0 - cosine) as f32;
            // Nearer than equal is only rounding.
            let (apart, turn) = if apart < 0.0 {
                (0.0, 0.0)
            } else {
                (apart, -1.0)
            };
            if *label != self.labels[i] {
                let weight = (1.0 + margin - apart).max(0.0);
                let growth = if weight > 0.0 { -1.0 } else { 0.0 };
                let left = 1.0 - margin - apart;
                let slope = gamma * (growth * left - weight) * turn;
                found[1].push(j, (gamma * weight * left, slope));
            } else if i != j || !self.loss.remove_diagonal {
                let (weight, left) = (margin + apart, margin - apart);
                let slope = -gamma * (left - weight) * turn;
                found[0].push(j, (-gamma * weight * left, slope));
            }
        }
        found
    }

    /// What `softplus` makes the value of; nothing when there is nothing to compare with.
    fn exponent([near, far]: &[Compared; 2]) -> Option<f32> {
        let there = !near.others.is_empty() && !far.others.is_empty();
        there.then(|| log_sum_exp(&near.exponents) + log_sum_exp(&far.exponents))
    }
}

impl Op for Pairs {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        output.par_chunks_mut(1).enumerate().for_each(|(i, value)| {
            let exponent = Pairs::exponent(&self.compared(inputs[0], i));
            value[0] = exponent.map_or(0.0, softplus);
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        wanted.clear_if_fresh();
        let (vectors, width) = (at.inputs[0], self.width);
        for (i, gradient) in at.gradient.iter().enumerate() {
            let compared = self.compared(vectors, i);
            let Some(exponent) = Pairs::exponent(&compared) else {
                continue;
            };
            let of_value = gradient * sigmoid(exponent);
            for Compared {
                others,
                exponents,
                slopes,
            } in &compared
            {
                let total = log_sum_exp(exponents);
                for ((j, exponent), slope) in others.iter().zip(exponents).zip(slopes) {
                    let of_cosine = of_value * (exponent - total).exp() * slope;
                    for k in 0..width {
                        wanted.values[i * width + k] += of_cosine * vectors[j * width + k];
                        wanted.values[j * width + k] += of_cosine * vectors[i * width + k];
                    }
                }
            }
        }
    }
}
