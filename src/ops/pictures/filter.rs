//! Pictures that become blurred or sharp.

use super::{PictureChange, ValueRange};
use crate::ops::vectorized;

/// What a new picture is made of.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// How much of the old picture it keeps.
    pub(crate) kept: f32,
    /// What is added: sums over the columns around, weighted so, of sums over the rows around. Both
    /// have an odd number of weights, the same from both ends.
    pub(crate) around: Option<(Vec<f32>, Vec<f32>)>,
}

/// Filters each picture; there is black around it.
pub(crate) struct Filtered {
    pub(crate) filters: Vec<Filter>,
    /// Height, width and channels.
    pub(crate) sizes: [usize; 3],
    pub(crate) range: ValueRange,
}

impl Filtered {
    fn filter(&self, index: usize, old: &[f32], new: &mut [f32]) {
        let filter = &self.filters[index];
        let [_, width, channels] = self.sizes;
        match &filter.around {
            Some((rows, columns)) => {
                let mut sums = vec![0.0; old.len()];
                along_columns(old, &mut sums, width * channels, rows);
                new.fill(0.0);
                along_rows(&sums, new, width, channels, columns);
            }
            None => new.fill(0.0),
        }
        add(new, old, filter.kept);
    }
}

impl PictureChange for Filtered {
    fn change(&self, index: usize, old: &[f32], new: &mut [f32]) {
        self.filter(index, old, new);
        for new in new {
            *new = self.range.keep(*new);
        }
    }

    fn change_back(&self, index: usize, old: &[f32], gradient: &[f32], back: &mut [f32]) {
        let mut new = vec![0.0; old.len()];
        self.filter(index, old, &mut new);
        let kept: Vec<f32> = new
            .iter()
            .zip(gradient)
            .map(|(&new, &gradient)| match self.range.holds(new) {
                true => gradient,
                false => 0.0,
            })
            .collect();
        // The weights are the same from both ends, so what goes forward goes back just so.
        self.filter(index, &kept, &mut new);
        add(back, &new, 1.0);
    }
}

/// Adds `weight * from` to `to`.
fn add(to: &mut [f32], from: &[f32], weight: f32) {
    vectorized(
        #[inline(always)]
        || {
            for (to, from) in to.iter_mut().zip(from) {
                *to += weight * from;
            }
        },
    );
}

/// Adds the weighted sums of the rows above and below to each row of `row` numbers.
pub(crate) fn along_columns(old: &[f32], new: &mut [f32], row: usize, weights: &[f32]) {
    let (height, half) = (old.len() / row, weights.len() / 2);
    for (y, new) in new.chunks_exact_mut(row).enumerate() {
        for from in y.saturating_sub(half)..(y + half + 1).min(height) {
            add(new, &old[from * row..][..row], weights[from + half - y]);
        }
    }
}

/// Adds the weighted sums of the pixels left and right to each pixel of rows of `width` pixels.
pub(crate) fn along_rows(
    old: &[f32],
    new: &mut [f32],
    width: usize,
    channels: usize,
    weights: &[f32],
) {
    let half = weights.len() / 2;
    let row = width * channels;
    for (new, old) in new.chunks_exact_mut(row).zip(old.chunks_exact(row)) {
        for (i, &weight) in weights.iter().enumerate() {
            let shift = half.abs_diff(i);
            if shift >= width {
                continue;
            }
            let (first, length) = (shift * channels, (width - shift) * channels);
            match i < half {
                true => add(&mut new[first..], &old[..length], weight),
                false => add(&mut new[..length], &old[first..], weight),
            }
        }
    }
}
