//! Pictures whose contrast is made the same everywhere.
//!
//! Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", 1994.

use super::{PictureChange, ValueRange};

/// Equalizes the numbers of each tile of a picture, and mixes what neighbouring tiles say.
pub(crate) struct EqualizeTiles {
    /// Height, width and channels of a picture.
    pub(crate) sizes: [usize; 3],
    /// How many tiles there are along height and width.
    pub(crate) grid: [usize; 2],
    /// How often a value may occur, where 1 is its share; no limit when not positive.
    pub(crate) clip_limit: f32,
    pub(crate) range: ValueRange,
}

/// The two tiles along an axis that a pixel lies between, and how near it is to the second.
type Between = (usize, usize, f32);

impl EqualizeTiles {
    /// How many values a pixel may have.
    pub(in crate::ops) const VALUES: usize = 256;

    /// Height or width of a tile: the last ones may reach beyond the picture.
    pub(in crate::ops) fn tile(&self, axis: usize) -> usize {
        self.sizes[axis].div_ceil(self.grid[axis])
    }

    /// The pixel that is seen at `place`: beyond the picture there is its mirror image.
    fn seen(place: usize, size: usize) -> usize {
        let place = place % (2 * size);
        place.min(2 * size - 1 - place)
    }

    #[inline(always)]
    fn value(&self, number: f32) -> usize {
        self.range.to_bytes(number).clamp(0.0, 255.0) as usize
    }

    /// What each tile makes of each value, by tile and channel.
    fn tables(&self, picture: &[f32]) -> Vec<f32> {
        let [height, width, channels] = self.sizes;
        let [tile_height, tile_width] = [self.tile(0), self.tile(1)];
        let mut tables = vec![0.0f32; self.grid[0] * self.grid[1] * channels * Self::VALUES];
        for y in 0..tile_height * self.grid[0] {
            let row = Self::seen(y, height) * width;
            let tiles = y / tile_height * self.grid[1];
            for x in 0..tile_width * self.grid[1] {
                let pixel = (row + Self::seen(x, width)) * channels;
                let tile = (tiles + x / tile_width) * channels;
                for (channel, &number) in picture[pixel..][..channels].iter().enumerate() {
                    tables[(tile + channel) * Self::VALUES + self.value(number)] += 1.0;
                }
            }
        }
        let pixels = (tile_height * tile_width) as f32;
        for table in tables.chunks_exact_mut(Self::VALUES) {
            self.equalize(table, pixels);
        }
        tables
    }

    /// Makes what becomes of each value of how often it occurs in a tile of so many pixels.
    fn equalize(&self, table: &mut [f32], pixels: f32) {
        if self.clip_limit > 0.0 {
            let limit = self.clip_limit * pixels / Self::VALUES as f32;
            let excess: f32 = table.iter().map(|count| (count - limit).max(0.0)).sum();
            for count in table.iter_mut() {
                *count = count.min(limit) + excess / Self::VALUES as f32;
            }
        }
        let first = table[0];
        let others = if pixels == first { 1.0 } else { pixels - first };
        let mut below = 0.0;
        for count in table {
            below += *count;
            *count = ((below - first) * 255.0 / others).clamp(0.0, 255.0);
        }
    }

    /// Where the pixels along an axis lie between the middles of the tiles.
    fn between(&self, axis: usize) -> Vec<Between> {
        let tile = self.tile(axis) as f32;
        let last = self.grid[axis] - 1;
        let place = |pixel| {
            // The first tile is twice there: what lies before its middle has no neighbour.
            let place = (pixel as f32 - tile / 2.0) / tile + 1.0;
            let first = place.floor();
            let tile = |at: f32| (at as usize).saturating_sub(1).min(last);
            (tile(first), tile(first + 1.0), place - first)
        };
        (0..self.sizes[axis]).map(place).collect()
    }
}

impl PictureChange for EqualizeTiles {
    fn change(&self, _: usize, old: &[f32], new: &mut [f32]) {
        let [_, width, channels] = self.sizes;
        let tables = self.tables(old);
        let columns = self.between(1);
        let rows = new.chunks_exact_mut(width * channels);
        let rows = rows.zip(old.chunks_exact(width * channels));
        for ((new, old), (above, below, down)) in rows.zip(self.between(0)) {
            let pixels = new.chunks_exact_mut(channels);
            let pixels = pixels.zip(old.chunks_exact(channels));
            for ((new, old), &(left, right, along)) in pixels.zip(&columns) {
                for (channel, (new, &old)) in new.iter_mut().zip(old).enumerate() {
                    let value = self.value(old);
                    let says = |row: usize, column: usize| {
                        let tile = (row * self.grid[1] + column) * channels + channel;
                        tables[tile * Self::VALUES + value]
                    };
                    let mix = |row| says(row, left) * (1.0 - along) + says(row, right) * along;
                    let mixed = mix(above) * (1.0 - down) + mix(below) * down;
                    *new = self.range.of_bytes(mixed);
                }
            }
        }
    }
}
