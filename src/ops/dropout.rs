//! Leaving out random elements while training.

use rand::Rng;
use rand::rngs::StdRng;
use rayon::prelude::*;

use super::vectorized;
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
    let mut factors = vec![0.0; x.size()];
    let pieces = factors.par_chunks_mut(PIECE).zip(random.par_chunks(PIECE));
    pieces.for_each(|(factors, random)| {
        vectorized(
            #[inline(always)]
            || {
                for (factor, &r) in factors.iter_mut().zip(random) {
                    *factor = if u32::from(r) < limit { 0.0 } else { scale };
                }
            },
        );
    });
    apply(tape, Dropout { factors }, &[x], x.shape().clone())
}

struct Dropout {
    /// 0 for what is left out, the scale for what stays.
    factors: Vec<f32>,
}

impl Op for Dropout {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        multiply::<true>(output, inputs[0], &self.factors);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        if x.fresh {
            multiply::<true>(x.values, at.gradient, &self.factors);
        } else {
            multiply::<false>(x.values, at.gradient, &self.factors);
        }
    }
}

/// How many numbers one thread takes at a time.
const PIECE: usize = 1 << 14;

/// Sets `to` to the products of the others, or with `FRESH` off adds them.
fn multiply<const FRESH: bool>(to: &mut [f32], values: &[f32], factors: &[f32]) {
    let factors = values.par_chunks(PIECE).zip(factors.par_chunks(PIECE));
    let pieces = to.par_chunks_mut(PIECE).zip(factors);
    pieces.for_each(|(to, (values, factors))| {
        vectorized(
            #[inline(always)]
            || {
                for (to, (value, factor)) in to.iter_mut().zip(values.iter().zip(factors)) {
                    let product = value * factor;
                    *to = if FRESH { product } else { *to + product };
                }
            },
        );
    });
}
