//! Pictures that lose their colors.

use super::{PictureChange, ValueRange};
use crate::ops::vectorized;

/// How much red, green and blue count for the brightness that is seen.
const GRAY: [f32; 3] = [0.2989, 0.5870, 0.1140];

/// Mixes each picture of three channels with its grays; those of one channel are gray.
pub(crate) struct Fade {
    /// How much of each picture becomes gray, from 0 to 1.
    pub(crate) shares: Vec<f32>,
    pub(crate) channels: usize,
    pub(crate) range: ValueRange,
}

impl Fade {
    #[inline(always)]
    fn pixel(pixel: &[f32; 3], share: f32) -> [f32; 3] {
        let [r, g, b] = *pixel;
        let gray = r * GRAY[0] + g * GRAY[1] + b * GRAY[2];
        pixel.map(|value| value * (1.0 - share) + gray * share)
    }
}

impl PictureChange for Fade {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        let share = self.shares[index];
        vectorized(
            #[inline(always)]
            || {
                if self.channels != 3 {
                    for (new, &old) in new.iter_mut().zip(old) {
                        *new = self.range.keep(old);
                    }
                    return;
                }
                for (new, old) in new.as_chunks_mut::<3>().0.iter_mut().zip(old.as_chunks().0) {
                    *new = Self::pixel(old, share).map(|value| self.range.keep(value));
                }
            },
        );
    }

    fn change_back(&self, index: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let share = self.shares[index];
        if self.channels != 3 {
            for ((back, &old), gradient) in back.iter_mut().zip(old).zip(gradient) {
                *back += if self.range.holds(old) {
                    *gradient
                } else {
                    0.0
                };
            }
            return;
        }
        let pixels = back.as_chunks_mut::<3>().0.iter_mut();
        let pixels = pixels.zip(old.as_chunks::<3>().0);
        for ((back, old), gradient) in pixels.zip(gradient.as_chunks::<3>().0) {
            let new = Self::pixel(old, share);
            let inside = |i: usize| match self.range.holds(new[i]) {
                true => gradient[i],
                false => 0.0,
            };
            let gradient = [inside(0), inside(1), inside(2)];
            let gray = share * gradient.iter().sum::<f32>();
            for i in 0..3 {
                back[i] += gradient[i] * (1.0 - share) + gray * GRAY[i];
            }
        }
    }
}
