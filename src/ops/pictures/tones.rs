//! Numbers that change each on their own, wherever in the picture they are.

use super::{PictureChange, ValueRange};
use crate::ops::vectorized;

/// Adds to each number and turns over those that are then as high as a threshold.
pub(crate) struct Solarize {
    /// What is added to each picture and its threshold, between 0 and 255.
    pub(crate) additions: Vec<f32>,
    pub(crate) thresholds: Vec<f32>,
    pub(crate) range: ValueRange,
}

impl PictureChange for Solarize {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        let (addition, threshold) = (self.additions[index], self.thresholds[index]);
        vectorized(
            #[inline(always)]
            || {
                for (new, &old) in new.iter_mut().zip(old) {
                    let value = (self.range.to_bytes(old) + addition).clamp(0.0, 255.0);
                    let turned = if value < threshold {
                        value
                    } else {
                        255.0 - value
                    };
                    *new = self.range.of_bytes(turned);
                }
            },
        );
    }

    fn change_back(&self, index: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let (addition, threshold) = (self.additions[index], self.thresholds[index]);
        for ((back, &old), gradient) in back.iter_mut().zip(old).zip(gradient) {
            let value = self.range.to_bytes(old) + addition;
            if (0.0..=255.0).contains(&value) {
                *back += if value < threshold {
                    *gradient
                } else {
                    -gradient
                };
            }
        }
    }
}

/// Turns over all numbers of some pictures: the lowest becomes the highest.
pub(crate) struct Invert {
    pub(crate) inverted: Vec<bool>,
    pub(crate) range: ValueRange,
}

impl PictureChange for Invert {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        if !self.inverted[index] {
            new.copy_from_slice(old);
            return;
        }
        let sum = self.range.low + self.range.high;
        vectorized(
            #[inline(always)]
            || {
                for (new, old) in new.iter_mut().zip(old) {
                    *new = sum - old;
                }
            },
        );
    }

    fn change_back(&self, index: usize, _: &[f32], gradient: &[f32], back: &mut [f32]) {
        let sign = if self.inverted[index] { -1.0 } else { 1.0 };
        for (back, gradient) in back.iter_mut().zip(gradient) {
            *back += sign * gradient;
        }
    }
}

/// Keeps the highest of the eight bits of each number.
pub(crate) struct Posterize {
    /// How many bits of each picture are kept, from 1 to 8.
    pub(crate) bits: Vec<u32>,
    pub(crate) range: ValueRange,
}

impl Posterize {
    /// So many of the highest bits of a byte.
    pub(in crate::ops) fn mask(bits: u32) -> u32 {
        0xff & !((1 << (8 - bits.min(8))) - 1)
    }
}

impl PictureChange for Posterize {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        let mask = Self::mask(self.bits[index]);
        vectorized(
            #[inline(always)]
            || {
                for (new, &old) in new.iter_mut().zip(old) {
                    let byte = self.range.to_bytes(old).clamp(0.0, 255.0) as u32;
                    *new = self.range.of_bytes((byte & mask) as f32);
                }
            },
        );
    }
}
