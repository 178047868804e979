//! Leaving out random elements while training.

use rand::RngCore;
use rand::rngs::StdRng;

use super::philox::{LANES, random_words};
use super::vectorized;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
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
    let op = Dropout {
        key: [generator.next_u32(), generator.next_u32()],
        limit: (f64::from(rate) * 65536.0).round() as u32,
        scale: if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 },
    };
    apply(tape, op, &[x], x.shape().clone())
}

/// The random bits are computed again in the backward pass: that is faster than to write them down.
pub(super) struct Dropout {
    /// What the random bits come from.
    pub(super) key: [u32; 2],
    /// An element is left out when its two random bytes are less: 65,536 steps are finer than anyone
    /// sets a rate.
    pub(super) limit: u32,
    /// What the others are multiplied by.
    pub(super) scale: f32,
}

impl Op for Dropout {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        self.multiply::<true>(output, inputs[0]);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        if x.fresh {
            self.multiply::<true>(x.values, at.gradient);
        } else {
            self.multiply::<false>(x.values, at.gradient);
        }
    }
}

/// How many elements are decided together: two by each word.
pub(super) const BLOCK: usize = 8 * LANES;
/// How many blocks one thread takes at a time.
const BLOCKS: usize = 64;

impl Dropout {
    /// Sets `to` to the values times their factors, or with `FRESH` off adds them.
    fn multiply<const FRESH: bool>(&self, to: &mut [f32], values: &[f32]) {
        let pieces = to.par_chunks_mut(BLOCKS * BLOCK);
        let pieces = pieces.zip(values.par_chunks(BLOCKS * BLOCK)).enumerate();
        pieces.for_each(|(piece, (to, values))| {
            vectorized(
                #[inline(always)]
                || {
                    let blocks = to.chunks_mut(BLOCK).zip(values.chunks(BLOCK));
                    for (block, (to, values)) in blocks.enumerate() {
                        let factors = self.factors(piece * BLOCKS + block);
                        for (to, (value, factor)) in to.iter_mut().zip(values.iter().zip(&factors))
                        {
                            let product = value * factor;
                            *to = if FRESH { product } else { *to + product };
                        }
                    }
                },
            );
        });
    }

    /// What the elements of a block are multiplied by: 0 for what is left out.
    #[inline(always)]
    fn factors(&self, block: usize) -> [f32; BLOCK] {
        let words = random_words(self.key, (block * LANES) as u64);
        let factor = |bytes: u32| if bytes < self.limit { 0.0 } else { self.scale };
        let mut factors = [0.0; BLOCK];
        for (factors, words) in factors.chunks_exact_mut(2 * LANES).zip(words) {
            let (low, high) = factors.split_at_mut(LANES);
            for lane in 0..LANES {
                low[lane] = factor(words[lane] & 0xffff);
                high[lane] = factor(words[lane] >> 16);
            }
        }
        factors
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rand::SeedableRng;

    use super::*;

    /// What is made of ones, and the gradient.
    fn drawn(size: usize, rate: f32, seed: u64) -> [Vec<f32>; 2] {
        let mut tape = Tape::recording();
        let x = tape.watch(&Tensor::ones(size));
        let y = dropout(&mut tape, &x, rate, &mut StdRng::seed_from_u64(seed)).unwrap();
        let gradient = tape.gradient(&y, &[&x]).unwrap();
        [&y, &gradient[0]].map(Tensor::to_vec::<f32>)
    }

    #[test]
    fn a_seed_leaves_out_the_same_on_any_number_of_threads() {
        let size = 3 * BLOCKS * BLOCK + 5;
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| drawn(size, 0.3, 7))
        };
        assert_eq!(on(1), on(3));
        assert_ne!(on(1), drawn(size, 0.3, 8));
    }

    #[test]
    fn the_gradient_passes_what_was_kept() {
        for size in [1, BLOCK - 1, BLOCK, 5 * BLOCKS * BLOCK / 2 + 3] {
            for rate in [0.0, 0.25, 1.0] {
                let [y, gradient] = drawn(size, rate, 1);
                assert_eq!(y, gradient);
                let kept = if rate < 1.0 { 1.0 / (1.0 - rate) } else { 0.0 };
                assert!(y.iter().all(|y| *y == 0.0 || *y == kept));
                assert!(rate > 0.0 || y.iter().all(|y| *y == 1.0));
            }
        }
    }

    #[test]
    fn as_many_are_left_out_as_asked_and_neighbors_have_nothing_in_common() {
        let (size, rate) = (1 << 20, 0.25);
        let [y, _] = drawn(size, rate, 3);
        let left_out: Vec<f64> = y.iter().map(|y| f64::from(*y == 0.0)).collect();
        let share = left_out.iter().sum::<f64>() / size as f64;
        // Five standard deviations.
        let near = |value: f64, expected: f64| {
            let deviation = (expected * (1.0 - expected) / size as f64).sqrt();
            assert!(
                (value - expected).abs() < 5.0 * deviation,
                "{value} {expected}"
            );
        };
        near(share, 0.25);
        for distance in [1, 2, LANES, 2 * LANES, BLOCK, BLOCKS * BLOCK] {
            let pairs = left_out.iter().zip(&left_out[distance..]);
            let both = pairs.map(|(a, b)| a * b).sum::<f64>();
            near(both / (size - distance) as f64, 0.0625);
        }
    }
}
