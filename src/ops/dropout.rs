//! Leaving out random elements while training.

use rand::Rng;
use rand::rngs::StdRng;

use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Error, Result, Tape, Tensor};

/// Sets each element to 0 with probability `rate` and scales the others by `1 / (1 - rate)`, so
/// that the expected sum stays the same.
///
/// # Errors
/// When `rate` is not in `0..=1`.
pub fn dropout(tape: &mut Tape, x: &Tensor, rate: f32, generator: &mut StdRng) -> Result<Tensor> {
    if !(0.0..=1.0).contains(&rate) {
        return Err(Error::argument("rate", "a number from 0 to 1", rate));
    }
    let scale = if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 };
    // One random byte pair decides each element: 65,536 steps are finer than anyone sets a rate.
    let limit = (f64::from(rate) * 65536.0).round() as u32;
    let mut random = vec![0u16; x.size()];
    generator.fill(random.as_mut_slice());
    let factors = random
        .iter()
        .map(|&r| if u32::from(r) < limit { 0.0 } else { scale })
        .collect();
    apply(tape, Dropout { factors }, &[x], x.shape().clone())
}

struct Dropout {
    /// 0 for what is left out, the scale for what stays.
    factors: Vec<f32>,
}

impl Op for Dropout {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        for ((y, x), factor) in output.iter_mut().zip(inputs[0]).zip(&self.factors) {
            *y = x * factor;
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let gradient = at.gradient;
        x.add_each(|i| gradient[i] * self.factors[i]);
    }
}
