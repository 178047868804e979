//! How the numbers of a range answer to probabilities.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Setting};

/// How a probability between 0 and 1 becomes a number of a range.
///
/// Keras Tuner: the argument `sampling`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Every part of the range is as likely as any other of its size.
    #[default]
    Linear,
    /// Every order of magnitude is as likely as any other: small numbers are looked at closely.
    Log,
    /// The same from the upper end: numbers near `max_value` are looked at closely.
    ReverseLog,
}

impl FromStr for Sampling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Sampling> {
        match name {
            "linear" => Ok(Sampling::Linear),
            "log" => Ok(Sampling::Log),
            "reverse_log" => Ok(Sampling::ReverseLog),
            _ => {
                let known = ["linear", "log", "reverse_log"];
                Err(Error::unknown_name("sampling", name, &known))
            }
        }
    }
}

impl From<Sampling> for Setting<Sampling> {
    fn from(sampling: Sampling) -> Self {
        Setting::value(sampling)
    }
}

/// A range of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) min: f64,
    pub(super) max: f64,
    /// What is added between two numbers, or what they are multiplied by; none when any will do.
    pub(super) step: Option<f64>,
    pub(super) sampling: Sampling,
}

/// How much a quotient may be below a whole number and still be it.
const ROUNDING: f64 = 1e-8;

impl Scale {
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [("min_value", self.min), ("max_value", self.max)] {
            if !value.is_finite() {
                return Err(Error::argument(name, "a number", value));
            }
        }
        let (min, max) = (self.min, self.max);
        if min > max {
            let expected = format!("a number of at least `min_value`, which is {min}");
            return Err(Error::argument("max_value", &expected, max));
        }
        if !(max - min).is_finite() {
            return Err(Error::argument("max_value", "a smaller number", max));
        }
        let is_log = self.sampling != Sampling::Linear;
        if is_log && min <= 0.0 {
            return Err(Error::argument("min_value", "a number above 0", min)
                .remedy("logarithms need one; use `.sampling(\"linear\")` for ranges with 0"));
        }
        if is_log && !(max / min).is_finite() {
            return Err(Error::argument("min_value", "a larger number", min));
        }
        match self.step {
            Some(step) if is_log && !(step > 1.0 && step.is_finite()) => {
                let expected = "a number above 1, by which the values are multiplied";
                Err(Error::argument("step", expected, step))
            }
            Some(step) if !(step > 0.0 && step.is_finite()) => {
                Err(Error::argument("step", "a number above 0", step))
            }
            _ => Ok(()),
        }
    }

    /// The number at a probability, whatever the step.
    pub(super) fn at(&self, prob: f64) -> f64 {
        let (min, max) = (self.min, self.max);
        match self.sampling {
            Sampling::Linear => prob * (max - min) + min,
            Sampling::Log => min * (max / min).powf(prob),
            Sampling::ReverseLog => max + min - min * (max / min).powf(1.0 - prob),
        }
    }

    /// The probability of a number, whatever the step.
    pub(super) fn prob_of(&self, value: f64) -> f64 {
        let (min, max) = (self.min, self.max);
        if min == max {
            return 0.5;
        }
        match self.sampling {
            Sampling::Linear => (value - min) / (max - min),
            Sampling::Log => (value / min).ln() / (max / min).ln(),
            Sampling::ReverseLog => 1.0 - ((max + min - value) / min).ln() / (max / min).ln(),
        }
    }

    /// How many numbers a step leaves.
    pub(super) fn count(&self, step: f64) -> f64 {
        let last = match self.sampling {
            Sampling::Linear => (self.max - self.min) / step,
            Sampling::Log | Sampling::ReverseLog => (self.max / self.min).ln() / step.ln(),
        };
        (last + ROUNDING).floor() + 1.0
    }

    /// The number with an index, in the order of `index_of`.
    pub(super) fn nth(&self, index: f64, step: f64) -> f64 {
        let number = match self.sampling {
            Sampling::Linear => self.min + index * step,
            Sampling::Log => self.min * step.powf(index),
            Sampling::ReverseLog => self.max + self.min - self.min * step.powf(index),
        };
        number.clamp(self.min, self.max)
    }

    /// The index of a number; for logarithms it may lie between two.
    pub(super) fn index_of(&self, value: f64, step: f64) -> f64 {
        match self.sampling {
            Sampling::Linear => ((value - self.min) / step + ROUNDING).floor(),
            Sampling::Log => (value / self.min).ln() / step.ln(),
            Sampling::ReverseLog => ((self.max - value + self.min) / self.min).ln() / step.ln(),
        }
    }
}

/// The index, of so many, that a probability belongs to.
pub(super) fn prob_to_index(prob: f64, count: f64) -> f64 {
    // In this order, which rounds as Keras Tuner does.
    let each = 1.0 / count;
    (prob / each).floor().min(count - 1.0)
}

/// The middle of the probabilities that belong to an index.
pub(super) fn index_to_prob(index: f64, count: f64) -> f64 {
    let each = 1.0 / count;
    (index + 0.5) * each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reaches_the_end_of_its_range() {
        // In Python, 1.0 // 0.1 is 9: Keras Tuner leaves the documented last number out.
        for (max, step, count) in [(1.0, 0.1, 11.0), (1.0, 0.2, 6.0), (0.95, 0.1, 10.0)] {
            let scale = Scale {
                min: 0.0,
                max,
                step: Some(step),
                sampling: Sampling::Linear,
            };
            assert_eq!(scale.count(step), count);
            assert!(scale.nth(count - 1.0, step) <= max);
            for index in 0..count as usize {
                let index = index as f64;
                assert_eq!(scale.index_of(scale.nth(index, step), step), index);
            }
        }
    }
}
