//! Repeatable chance, one sequence for each picture.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngCore, SeedableRng};

/// Draws everything that varies in a picture.
pub(super) struct Dice(StdRng);

/// A seed made of two, well mixed (the finisher of SplitMix64).
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(StdRng::seed_from_u64(seed))
    }

    /// A number between the two.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.r#gen::<f32>()
    }

    /// A whole number from `low` to `high`, both possible.
    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        self.0.gen_range(low..=high)
    }

    /// Yes, with this probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.0.r#gen::<f32>() < probability
    }

    /// -1 or 1.
    pub(super) fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.gen_range(0..from.len())]
    }

    /// One of several, by weight.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(T, f32)]) -> T {
        let total: f32 = from.iter().map(|(_, weight)| weight).sum();
        let mut left = self.between(0.0, total);
        for (what, weight) in from {
            left -= weight;
            if left < 0.0 {
                return *what;
            }
        }
        from[from.len() - 1].0
    }

    /// Roughly normal, mean 0 and deviation 1: the sum of four bytes of one draw.
    pub(super) fn normal(&mut self) -> f32 {
        let bytes = self.0.next_u32().to_le_bytes();
        let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
        // Four even bytes have mean 510 and deviation 147.8.
        (sum as f32 - 510.0) / 147.8
    }

    /// A seed for something that varies over the pixels.
    pub(super) fn seed(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }
}
