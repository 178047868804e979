//! The loss of sequences whose labels are not aligned with their steps.

use serde::{Deserialize, Serialize};

use super::gpu::Kernel;
use super::rows::{Rows, record};
use super::{Loss, LossBase, loss_identity, loss_setters};
use crate::ops::{log_sum_exp, softmax_row};
use crate::{Error, Result, Shape, Tape, Tensor};

/// Minus the logarithm of the probability that the steps of a sequence spell its labels, with steps
/// in between that say nothing ("blank") and labels that last for several steps.
///
/// Labels have shape `(batch, length)` and are classes from 1 on, in order, 0 after the last one.
/// Predictions are scores, not probabilities, of shape `(batch, steps, classes)`; class 0 is the
/// blank. Labels that need more steps than there are cost about 100000.
///
/// Keras: `keras.losses.CTC`, `"ctc"`.
///
/// Graves et al., "Connectionist temporal classification", 2006.
///
/// # Example
/// ```
/// use kerust::losses::{CTC, Loss};
/// use kerust::prelude::*;
/// // Two steps spell "1" as 1-blank, blank-1 or 1-1; all four ways are equally probable.
/// let (y_true, y_pred) = (Tensor::ones((1, 1)), Tensor::zeros((1, 2, 2)));
/// let loss = CTC::new().call(&mut Tape::off(), &y_true, &y_pred)?;
/// assert!((loss.item(0)? + 0.75f64.ln()).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CTC {
    base: LossBase,
}

impl Default for CTC {
    fn default() -> Self {
        Self {
            base: LossBase::new("ctc"),
        }
    }
}

impl CTC {
    loss_setters!();
}

impl Loss for CTC {
    loss_identity!("CTC");

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let [batch, _, classes] = *y_pred.shape().dims() else {
            return Err(no_sequences(y_pred.shape()));
        };
        check_labels(y_true, batch, classes)?;
        let rows = Rows::along(y_pred.shape(), &[1, 2])?;
        record(
            tape,
            y_true,
            y_pred,
            rows,
            Some(Kernel::OfSequences { classes }),
            move |labels, scores, slopes| of_sequence(labels, scores, classes, slopes),
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        let [_, classes] = *sample.dims() else {
            return Err(no_sequences(&sample.with_batch(y_true.len())));
        };
        check_labels(y_true, y_true.len(), classes)
    }
}

fn no_sequences(shape: &Shape) -> Error {
    Error::shape(format!(
        "expected predictions of shape (batch, steps, classes), got {shape}"
    ))
}

/// Fails unless there is a list of classes for each of `batch` sequences.
fn check_labels(y_true: &Tensor, batch: usize, classes: usize) -> Result<()> {
    let shape = y_true.shape();
    match *shape.dims() {
        [samples, length] if samples == batch && length > 0 => {}
        _ => {
            return Err(Error::shape(format!(
                "expected labels of shape ({batch}, length), one list of classes for each sequence, \
                 got {shape}"
            )));
        }
    }
    let labels = y_true.as_floats();
    let known = |label: &f32| *label >= 0.0 && *label < classes as f32 && label.fract() == 0.0;
    match labels.iter().position(|label| !known(label)) {
        Some(i) => Err(Error::data(format!(
            "label {} at position {i} is not a class: labels are whole numbers from 1 to {}, and 0 \
             after the last one of a sequence",
            labels[i],
            classes.saturating_sub(1)
        ))),
        None => Ok(()),
    }
}

/// The logarithm of a probability that is as good as 0.
const NEVER: f64 = -1e5;

/// `log(exp(a) + exp(b))`.
fn either(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

/// The logarithms of the probabilities that the steps so far have spelled the labels before each
/// place, and the last one was a blank, or was the label at the place.
#[derive(Clone)]
struct Spelled {
    blank: Vec<f64>,
    label: Vec<f64>,
}

/// One step on.
struct Steps<'a> {
    labels: &'a [usize],
}

impl Steps<'_> {
    /// Whether the label at `place` comes again at the next: then there must be a blank in between.
    fn repeats(&self, place: usize) -> bool {
        self.labels.get(place + 1) == Some(&self.labels[place])
    }

    /// A penalty where it holds.
    fn unless(forbidden: bool) -> f64 {
        if forbidden { NEVER } else { 0.0 }
    }

    /// Where the next label can begin after each place: after a blank, or after another label.
    fn starts(&self, before: &Spelled) -> Vec<f64> {
        let mut starts = before.blank.clone();
        for (place, label) in before.label.iter().enumerate() {
            let after = label + Self::unless(self.repeats(place));
            starts[place + 1] = either(starts[place + 1], after);
        }
        starts
    }

    /// From before a step, with the logarithms of its probabilities, to after it.
    fn forward(&self, before: &Spelled, step: &[f64]) -> Spelled {
        let starts = self.starts(before);
        let labels = self.labels.iter().enumerate();
        let label = labels.map(|(i, label)| step[*label] + either(starts[i], before.label[i]));
        let label = label.collect();
        let mut blank: Vec<f64> = starts.iter().map(|start| start + step[0]).collect();
        for (i, label) in before.label.iter().enumerate() {
            blank[i + 1] = either(
                blank[i + 1],
                label + step[0] + Self::unless(!self.repeats(i)),
            );
        }
        Spelled { blank, label }
    }

    /// From the slopes of a value in what is `after` a step to those in what is `before` it; adds
    /// those in the step to `in_step`.
    fn backward(
        &self,
        before: &Spelled,
        after: &Spelled,
        slopes: &Spelled,
        step: &[f64],
        in_step: &mut [f64],
    ) -> Spelled {
        let starts = self.starts(before);
        let mut in_starts = slopes.blank.clone();
        let mut in_label = vec![0.0; self.labels.len()];
        in_step[0] += slopes.blank.iter().sum::<f64>();
        for (i, label) in self.labels.iter().enumerate() {
            let to_blank = slopes.blank[i + 1];
            in_starts[i + 1] = to_blank * (starts[i + 1] + step[0] - after.blank[i + 1]).exp();
            let stayed = before.label[i] + step[0] + Self::unless(!self.repeats(i));
            in_label[i] += to_blank * (stayed - after.blank[i + 1]).exp();
            in_step[*label] += slopes.label[i];
            let both = after.label[i] - step[*label];
            in_label[i] += slopes.label[i] * (before.label[i] - both).exp();
        }
        for (i, label) in self.labels.iter().enumerate() {
            let both = after.label[i] - step[*label];
            in_starts[i] += slopes.label[i] * (starts[i] - both).exp();
        }
        let mut in_blank = in_starts.clone();
        for i in 0..self.labels.len() {
            let start = starts[i + 1];
            in_blank[i + 1] = in_starts[i + 1] * (before.blank[i + 1] - start).exp();
            let after = before.label[i] + Self::unless(self.repeats(i));
            in_label[i] += in_starts[i + 1] * (after - start).exp();
        }
        Spelled {
            blank: in_blank,
            label: in_label,
        }
    }
}

/// The loss of one sequence, and its slopes in the scores.
fn of_sequence(labels: &[f32], scores: &[f32], classes: usize, slopes: &mut [f32]) -> f32 {
    let length = labels.iter().filter(|label| **label != 0.0).count();
    let labels: Vec<usize> = labels.iter().map(|label| *label as usize).collect();
    let steps = Steps {
        labels: &labels[..length],
    };
    let logarithms: Vec<f64> = scores
        .chunks_exact(classes)
        .flat_map(|scores| {
            let total = f64::from(log_sum_exp(scores));
            scores.iter().map(move |score| f64::from(*score) - total)
        })
        .collect();
    let mut spelled = vec![Spelled {
        blank: vec![NEVER; length + 1],
        label: vec![NEVER; length],
    }];
    spelled[0].blank[0] = 0.0;
    for (i, step) in logarithms.chunks_exact(classes).enumerate() {
        spelled.push(steps.forward(&spelled[i], step));
    }
    let last = &spelled[spelled.len() - 1];
    // The last step is a blank or the last label.
    let mut ends = Spelled {
        blank: vec![0.0; length + 1],
        label: vec![0.0; length],
    };
    let mut value = last.blank[length];
    ends.blank[length] = -1.0;
    if let Some(label) = last.label.last() {
        value = either(last.blank[length], *label);
        ends.blank[length] = -(last.blank[length] - value).exp();
        ends.label[length - 1] = -(label - value).exp();
    }
    if !slopes.is_empty() {
        let each = slopes.chunks_exact_mut(classes).enumerate().rev();
        for (i, slopes) in each {
            let of_step = i * classes..(i + 1) * classes;
            let (step, scores) = (&logarithms[of_step.clone()], &scores[of_step]);
            let mut in_step = vec![0.0; classes];
            ends = steps.backward(&spelled[i], &spelled[i + 1], &ends, step, &mut in_step);
            let total: f64 = in_step.iter().sum();
            softmax_row(scores, slopes);
            for (slope, own) in slopes.iter_mut().zip(&in_step) {
                *slope = (own - total * f64::from(*slope)) as f32;
            }
        }
    }
    -value as f32
}
