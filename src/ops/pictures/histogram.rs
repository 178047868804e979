//! Pictures whose numbers are spread over the whole range.

use super::{PictureChange, ValueRange};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::vectorized;

/// Stretches each channel of each picture so that it reaches from the lowest number to the highest.
pub(crate) struct Stretch {
    pub(crate) channels: usize,
    pub(crate) range: ValueRange,
}

/// What becomes of one channel: `(x - low) * scale + start`.
#[derive(Clone, Copy, Default)]
struct Line {
    low: f32,
    scale: f32,
    start: f32,
    /// Where the smallest and the largest number are.
    smallest: usize,
    largest: usize,
}

impl Stretch {
    fn lines(&self, picture: &[f32]) -> Vec<Line> {
        let mut lines = vec![Line::default(); self.channels];
        for (channel, line) in lines.iter_mut().enumerate() {
            (line.smallest, line.largest) = (channel, channel);
        }
        for (pixel, values) in picture.chunks_exact(self.channels).enumerate() {
            for (channel, (line, &value)) in lines.iter_mut().zip(values).enumerate() {
                let place = pixel * self.channels + channel;
                if value < picture[line.smallest] {
                    line.smallest = place;
                }
                if value > picture[line.largest] {
                    line.largest = place;
                }
            }
        }
        for line in &mut lines {
            let (low, high) = (picture[line.smallest], picture[line.largest]);
            let scale = self.range.width() / (high - low);
            // A channel of one number alone stays as it is.
            (line.low, line.scale, line.start) = match scale.is_finite() {
                true => (low, scale, self.range.low),
                false => (0.0, 1.0, 0.0),
            };
        }
        lines
    }
}

impl PictureChange for Stretch {
    fn change(&self, _: usize, old: &[f32], new: &mut [f32]) {
        let lines = self.lines(old);
        vectorized(
            #[inline(always)]
            || {
                let pixels = new.chunks_exact_mut(self.channels);
                for (new, old) in pixels.zip(old.chunks_exact(self.channels)) {
                    for ((new, old), line) in new.iter_mut().zip(old).zip(&lines) {
                        let value = (old - line.low) * line.scale + line.start;
                        *new = match line.start == self.range.low && line.scale != 1.0 {
                            true => self.range.keep(value),
                            false => value,
                        };
                    }
                }
            },
        );
    }

    fn change_back(&self, _: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let lines = self.lines(old);
        for (channel, line) in lines.iter().enumerate() {
            let (mut sum, mut weighted) = (0.0, 0.0);
            for place in (channel..old.len()).step_by(self.channels) {
                back[place] += gradient[place] * line.scale;
                sum += gradient[place];
                weighted += gradient[place] * (old[place] - line.low);
            }
            let spread = old[line.largest] - old[line.smallest];
            if line.smallest == line.largest || line.low != old[line.smallest] || spread <= 0.0 {
                continue;
            }
            let of_scale = weighted * line.scale / spread;
            back[line.smallest] += of_scale - sum * line.scale;
            back[line.largest] -= of_scale;
        }
    }
}

/// Replaces numbers so that each is about as frequent as any other, channel by channel, in all
/// pictures together.
pub(crate) struct Equalize {
    pub(in crate::ops) channels: usize,
    pub(in crate::ops) bins: usize,
    pub(in crate::ops) range: ValueRange,
    /// For each channel what becomes of the numbers of each bin; nothing where they stay.
    tables: Vec<Option<Vec<f32>>>,
}

impl Equalize {
    /// Counts the numbers of each channel in so many bins, at least one.
    pub(crate) fn new(channels: usize, bins: usize, range: ValueRange) -> Self {
        Equalize {
            channels,
            bins,
            range,
            tables: Vec::new(),
        }
    }

    /// How many numbers lie in each bin, channel by channel.
    fn counts(&self, pictures: &[f32]) -> Vec<u64> {
        const PIXELS: usize = 1 << 14;
        let channels = self.channels;
        let highest = (self.bins - 1) as f32;
        let none = || vec![0u64; channels * self.bins];
        let count = |pixels: &[f32]| {
            let mut counts = none();
            for pixel in pixels.chunks_exact(channels) {
                for (channel, &value) in pixel.iter().enumerate() {
                    let scaled = self.to_bytes(value) * highest / 255.0;
                    let bin = scaled.clamp(0.0, highest) as usize;
                    counts[channel * self.bins + bin] += 1;
                }
            }
            counts
        };
        let add = |mut sums: Vec<u64>, counts: Vec<u64>| {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
            sums
        };
        let pieces = pictures.par_chunks(PIXELS * channels.max(1));
        pieces.map(count).into_iter().fold(none(), add)
    }

    #[inline(always)]
    fn to_bytes(&self, value: f32) -> f32 {
        let scale = 255.0 / self.range.width();
        value * scale - self.range.low * scale
    }
}

/// What becomes of the numbers of each bin; nothing when there is one bin alone.
fn table(counts: &[u64]) -> Option<Vec<f32>> {
    let filled = counts.iter().filter(|count| **count > 0).count();
    if filled <= 1 {
        return None;
    }
    let first = counts.iter().copied().find(|count| *count > 0)?;
    let others = counts.iter().sum::<u64>() - first;
    let mut below = 0;
    let places = counts.iter().map(|count| {
        below += count;
        let share = (below.saturating_sub(first) * 255) as f32 / others as f32;
        share.round_ties_even().clamp(0.0, 255.0)
    });
    Some(places.collect())
}

impl PictureChange for Equalize {
    fn prepare(&mut self, pictures: &[f32]) {
        let counts = self.counts(pictures);
        self.tables = counts.chunks_exact(self.bins).map(table).collect();
    }

    fn change(&self, _: usize, old: &[f32], new: &mut [f32]) {
        let channels = self.channels;
        let highest = (self.bins - 1) as f32;
        let scale = self.range.width() / 255.0;
        let pixels = new.chunks_exact_mut(channels);
        for (new, old) in pixels.zip(old.chunks_exact(channels)) {
            for ((new, &old), table) in new.iter_mut().zip(old).zip(&self.tables) {
                let Some(table) = table else {
                    *new = old;
                    continue;
                };
                let place = self.to_bytes(old) / 255.0 * highest;
                let value = table[place.clamp(0.0, highest) as usize];
                *new = value * scale + self.range.low;
            }
        }
    }
}
