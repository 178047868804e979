//! Colors that go around the color wheel, or become stronger or weaker.
//!
//! A pixel is the largest of its three numbers minus a spread, plus a part of that spread for each
//! channel that its hue says; so neither change needs hue, saturation and value as such.

use super::{PictureChange, ValueRange};
use crate::ops::vectorized;

/// What of a pixel decides its color.
#[derive(Clone, Copy)]
struct Color {
    /// The channels of the largest and the smallest number.
    largest: usize,
    smallest: usize,
    /// The largest number and how far it is from the smallest.
    value: f32,
    spread: f32,
}

impl Color {
    #[inline(always)]
    fn of(pixel: &[f32; 3]) -> Color {
        let [r, g, b] = *pixel;
        let largest = if r >= g && r >= b {
            0
        } else if g >= b {
            1
        } else {
            2
        };
        let smallest = if r < g && r < b {
            0
        } else if g < b {
            1
        } else {
            2
        };
        let value = r.max(g).max(b);
        let spread = value - r.min(g).min(b);
        Color {
            largest,
            smallest,
            value,
            // What is black has no color.
            spread: if value > 0.0 { spread } else { 0.0 },
        }
    }

    /// How far around the wheel the color is, where six is the whole wheel, and what is left or
    /// right of the largest channel's place.
    #[inline(always)]
    fn place(self, [r, g, b]: [f32; 3]) -> (f32, f32) {
        let (start, difference) = match self.largest {
            0 => (0.0, g - b),
            1 => (2.0, b - r),
            _ => (4.0, r - g),
        };
        if self.spread > 0.0 {
            let beside = difference / self.spread;
            (start + beside, beside)
        } else {
            (0.0, 0.0)
        }
    }
}

/// Turns the hue of each picture.
pub(crate) struct Turn {
    /// How far, as a share of the whole wheel, from -1 to 1.
    pub(crate) turns: Vec<f32>,
    pub(crate) range: ValueRange,
}

/// The parts of the spread that the channels have at a place of the wheel from 0 to 6.
#[inline(always)]
fn parts(place: f32) -> [f32; 3] {
    [
        ((place - 3.0).abs() - 1.0).clamp(0.0, 1.0),
        (2.0 - (place - 2.0).abs()).clamp(0.0, 1.0),
        (2.0 - (place - 4.0).abs()).clamp(0.0, 1.0),
    ]
}

/// How these parts grow with the place.
#[inline(always)]
fn slopes(place: f32) -> [f32; 3] {
    let within = |distance: f32| distance > 1.0 && distance < 2.0;
    let slope = |middle: f32, sign: f32| match within((place - middle).abs()) {
        true => sign * (place - middle).signum(),
        false => 0.0,
    };
    [slope(3.0, 1.0), slope(2.0, -1.0), slope(4.0, -1.0)]
}

#[inline(always)]
fn around(place: f32) -> f32 {
    place - (place / 6.0).floor() * 6.0
}

impl Turn {
    #[inline(always)]
    fn scaled(&self, pixel: &[f32; 3]) -> [f32; 3] {
        pixel.map(|value| (value - self.range.low) / self.range.width())
    }

    #[inline(always)]
    fn pixel(pixel: [f32; 3], turn: f32) -> [f32; 3] {
        let color = Color::of(&pixel);
        let place = around(color.place(pixel).0 + turn);
        let base = color.value - color.spread;
        parts(place).map(|part| base + color.spread * part)
    }
}

impl PictureChange for Turn {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        let turn = self.turns[index] * 6.0;
        let (low, width) = (self.range.low, self.range.width());
        vectorized(
            #[inline(always)]
            || {
                for (new, old) in new.as_chunks_mut::<3>().0.iter_mut().zip(old.as_chunks().0) {
                    let pixel = Self::pixel(self.scaled(old), turn);
                    *new = pixel.map(|value| value.clamp(0.0, 1.0) * width + low);
                }
            },
        );
    }

    fn change_back(&self, index: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let turn = self.turns[index] * 6.0;
        let pixels = back.as_chunks_mut::<3>().0.iter_mut();
        let pixels = pixels.zip(old.as_chunks::<3>().0);
        for ((back, old), gradient) in pixels.zip(gradient.as_chunks::<3>().0) {
            let old = self.scaled(old);
            let color = Color::of(&old);
            let (place, beside) = color.place(old);
            let place = around(place + turn);
            let (parts, slopes) = (parts(place), slopes(place));
            let base = color.value - color.spread;
            // The channels whose difference tells what is left or right.
            let (plus, minus) = ((color.largest + 1) % 3, (color.largest + 2) % 3);
            for channel in 0..3 {
                let new = base + color.spread * parts[channel];
                if !(0.0..=1.0).contains(&new) {
                    continue;
                }
                let gradient = gradient[channel];
                if color.spread <= 0.0 {
                    back[color.largest] += gradient;
                    continue;
                }
                let of_spread = parts[channel] - slopes[channel] * beside;
                back[color.smallest] += gradient * (1.0 - of_spread);
                back[color.largest] += gradient * of_spread;
                back[plus] += gradient * slopes[channel];
                back[minus] -= gradient * slopes[channel];
            }
        }
    }
}

/// Makes the colors of each picture stronger or weaker.
pub(crate) struct Saturate {
    /// What the saturation of each picture is multiplied by.
    pub(crate) factors: Vec<f32>,
    pub(crate) range: ValueRange,
}

impl Saturate {
    /// What the distance from the largest number is multiplied by, and whether the saturation was
    /// cut off.
    #[inline(always)]
    fn factor(&self, color: Color, factor: f32) -> (f32, bool) {
        if color.spread <= 0.0 {
            return (0.0, false);
        }
        let saturation = color.spread / color.value;
        let wanted = saturation * factor;
        match self.range.holds(wanted) {
            true => (factor, false),
            false => (self.range.keep(wanted) / saturation, true),
        }
    }
}

impl PictureChange for Saturate {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        vectorized(
            #[inline(always)]
            || {
                for (new, old) in new.as_chunks_mut::<3>().0.iter_mut().zip(old.as_chunks().0) {
                    let color = Color::of(old);
                    let (factor, _) = self.factor(color, self.factors[index]);
                    *new = old.map(|old| {
                        let new = color.value + (old - color.value) * factor;
                        self.range.keep(new)
                    });
                }
            },
        );
    }

    fn change_back(&self, index: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let pixels = back.as_chunks_mut::<3>().0.iter_mut();
        let pixels = pixels.zip(old.as_chunks::<3>().0);
        for ((back, old), gradient) in pixels.zip(gradient.as_chunks::<3>().0) {
            let color = Color::of(old);
            let (factor, cut) = self.factor(color, self.factors[index]);
            for channel in 0..3 {
                let distance = old[channel] - color.value;
                if !self.range.holds(color.value + distance * factor) {
                    continue;
                }
                let gradient = gradient[channel];
                back[channel] += gradient * factor;
                back[color.largest] += gradient * (1.0 - factor);
                if cut {
                    // A saturation that was cut off stays; what leads to it follows the pixel.
                    let by_spread = gradient * distance * factor / color.spread;
                    back[color.largest] += gradient * distance * factor / color.value - by_spread;
                    back[color.smallest] += by_spread;
                }
            }
        }
    }
}
