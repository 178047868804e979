//! Pictures that lose a part of themselves.

use std::ops::Range;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{PictureChange, ValueRange};

/// A rectangle of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Patch {
    /// A patch anywhere in a picture of `size` (height, width), with these shares of both; and the
    /// share of the picture that it covers, before it is brought to whole pixels.
    pub(crate) fn draw(size: [usize; 2], shares: [f32; 2], generator: &mut StdRng) -> (Patch, f32) {
        let mut side = |size: usize, share: f32| {
            let length = share * size as f32;
            let start = generator.r#gen::<f32>() * (size as f32 - length);
            let pixel = |at: f32| (at.ceil() as usize).min(size);
            pixel(start)..pixel(start + length)
        };
        let patch = Patch {
            columns: side(size[1], shares[1]),
            rows: side(size[0], shares[0]),
        };
        (patch, shares[0] * shares[1])
    }

    /// Where the numbers of the patch lie, row by row.
    pub(crate) fn spans(
        &self,
        width: usize,
        channels: usize,
    ) -> impl Iterator<Item = Range<usize>> + use<> {
        let columns = self.columns.clone();
        self.rows.clone().map(move |row| {
            let start = row * width;
            (start + columns.start) * channels..(start + columns.end) * channels
        })
    }
}

/// What comes to where something was taken away.
#[derive(Clone, Debug)]
pub(crate) enum Filling {
    /// The same for all pixels, by channel.
    Color(Vec<f32>),
    /// Noise of this height, from a seed for each picture.
    Noise { height: f32, seeds: Vec<u64> },
}

/// Takes a part of each picture away.
pub(crate) struct Erase {
    pub(crate) patches: Vec<Option<Patch>>,
    pub(crate) filling: Filling,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) range: ValueRange,
}

impl Erase {
    /// `color` within the range.
    pub(in crate::ops) fn color(&self, color: &[f32]) -> Vec<f32> {
        color.iter().map(|value| self.range.keep(*value)).collect()
    }

    /// Noise of this height for the numbers of a patch, in their order.
    pub(in crate::ops) fn noise(
        &self,
        patch: &Patch,
        height: f32,
        seed: u64,
    ) -> impl Iterator<Item = f32> {
        let mut generator = StdRng::seed_from_u64(seed);
        let count = patch.rows.len() * patch.columns.len() * self.channels;
        let draw = move |_| {
            let noise = crate::random::normal(&mut generator) as f32;
            self.range.keep(noise * height)
        };
        (0..count).map(draw)
    }
}

impl PictureChange for Erase {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        new.copy_from_slice(old);
        let Some(patch) = &self.patches[index] else {
            return;
        };
        match &self.filling {
            Filling::Color(color) => {
                let color = self.color(color);
                for span in patch.spans(self.width, self.channels) {
                    for pixel in new[span].chunks_exact_mut(self.channels) {
                        pixel.copy_from_slice(&color);
                    }
                }
            }
            Filling::Noise { height, seeds } => {
                let mut noise = self.noise(patch, *height, seeds[index]);
                for span in patch.spans(self.width, self.channels) {
                    for (value, noise) in new[span].iter_mut().zip(&mut noise) {
                        *value = noise;
                    }
                }
            }
        }
    }

    fn change_back(&self, index: usize, _: &[f32], gradient: &[f32], back: &mut [f32]) {
        let mut gradient = gradient.to_vec();
        if let Some(patch) = &self.patches[index] {
            for span in patch.spans(self.width, self.channels) {
                gradient[span].fill(0.0);
            }
        }
        for (back, gradient) in back.iter_mut().zip(gradient) {
            *back += gradient;
        }
    }
}
