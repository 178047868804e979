//! Products of a few rows with a matrix that stays the same over many steps.
//!
//! A general matrix product lays both factors out anew each time, which takes as long as a product
//! of so few rows. Here the right factor is laid out once for all steps.

/// Floats in a register of AVX-512.
pub(super) const LANES: usize = 16;
/// Columns of a panel: four registers.
const PANEL: usize = 4 * LANES;
/// Rows of a tile, whose sums stay in registers.
pub(super) const TILE: usize = 6;

/// The right factor of products, in panels of 64 columns, each row of a panel without gaps.
pub(in crate::ops) struct Packed {
    values: Vec<f32>,
    inner: usize,
    columns: usize,
}

/// Rows of numbers somewhere in a slice.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    /// From the start of a row to the next one.
    pub(super) stride: usize,
}

impl Packed {
    /// A matrix of `inner` rows and `columns`, whose numbers `value(row, column)` tells.
    pub(super) fn new(inner: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(inner * columns.next_multiple_of(LANES));
        for start in (0..columns).step_by(PANEL) {
            let end = (start + PANEL).min(columns);
            for row in 0..inner {
                values.extend((start..end).map(|column| value(row, column)));
                let gap = (end - start).next_multiple_of(LANES) - (end - start);
                values.extend(std::iter::repeat_n(0.0, gap));
            }
        }
        Self {
            values,
            inner,
            columns,
        }
    }

    /// For each of `rows` rows: `to = from · self + bias`, or `to += ..`.
    ///
    /// # Panics
    /// If a slice is too short.
    pub(super) fn multiply(
        &self,
        rows: usize,
        from: Rows<'_>,
        bias: Option<&[f32]>,
        (to, to_stride): (&mut [f32], usize),
        accumulate: bool,
    ) {
        self.multiply_by(fastest(), rows, from, bias, (to, to_stride), accumulate);
    }

    /// As above, with one of the ways through tiles.
    fn multiply_by(
        &self,
        compute: fn(Tile<'_>, usize),
        rows: usize,
        from: Rows<'_>,
        bias: Option<&[f32]>,
        (to, to_stride): (&mut [f32], usize),
        accumulate: bool,
    ) {
        if rows == 0 || self.columns == 0 {
            return;
        }
        assert!(from.values.len() >= (rows - 1) * from.stride + self.inner);
        assert!(to.len() >= (rows - 1) * to_stride + self.columns);
        assert!(bias.is_none_or(|bias| bias.len() == self.columns));
        for start in (0..self.columns).step_by(PANEL) {
            let columns = PANEL.min(self.columns - start);
            let panel = &self.values[start * self.inner..];
            let bias = bias.map(|bias| &bias[start..start + columns]);
            for row in (0..rows).step_by(TILE) {
                let tile = Tile {
                    panel,
                    inner: self.inner,
                    columns,
                    from: Rows {
                        values: &from.values[row * from.stride..],
                        stride: from.stride,
                    },
                    bias,
                    to: &mut to[row * to_stride + start..],
                    to_stride,
                    accumulate,
                };
                compute(tile, TILE.min(rows - row));
            }
        }
    }
}

/// The fastest way through a tile that this processor has.
fn fastest() -> fn(Tile<'_>, usize) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor was asked; `multiply` has checked the slices.
            return |tile, rows| unsafe { tile.compute_avx512(rows) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            return |tile, rows| unsafe { tile.compute_avx2(rows) };
        }
    }
    |tile, rows| tile.compute(rows)
}

/// A few rows times one panel.
pub(super) struct Tile<'a> {
    pub(super) panel: &'a [f32],
    pub(super) inner: usize,
    pub(super) columns: usize,
    pub(super) from: Rows<'a>,
    pub(super) bias: Option<&'a [f32]>,
    pub(super) to: &'a mut [f32],
    pub(super) to_stride: usize,
    pub(super) accumulate: bool,
}

impl Tile<'_> {
    /// On any processor.
    fn compute(mut self, rows: usize) {
        let width = self.columns.next_multiple_of(LANES);
        for start in (0..self.columns).step_by(LANES) {
            for row in 0..rows {
                let from = &self.from.values[row * self.from.stride..][..self.inner];
                let mut sums = [0.0f32; LANES];
                for (x, weights) in from.iter().zip(self.panel.chunks_exact(width)) {
                    for (sum, weight) in sums.iter_mut().zip(&weights[start..start + LANES]) {
                        *sum += x * weight;
                    }
                }
                self.write(row, start, &sums);
            }
        }
    }

    /// Writes the sums of columns from `start` on; those behind the last column are left out.
    pub(super) fn write(&mut self, row: usize, start: usize, sums: &[f32; LANES]) {
        let columns = start..self.columns.min(start + LANES);
        let bias = self.bias.map(|bias| &bias[columns.clone()]);
        let to = &mut self.to[row * self.to_stride..][columns];
        for (column, (to, sum)) in to.iter_mut().zip(sums).enumerate() {
            let sum = sum + bias.map_or(0.0, |bias| bias[column]);
            *to = if self.accumulate { *to + sum } else { sum };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_match_the_definition_for_every_size_of_tile() {
        let mut ways: Vec<fn(Tile<'_>, usize)> = vec![fastest(), |tile, rows| tile.compute(rows)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor was asked; `multiply_by` checks the slices.
            ways.push(|tile, rows| unsafe { tile.compute_avx2(rows) });
        }
        let sizes = [(1, 1, 1), (6, 5, 64), (7, 9, 65), (17, 3, 130), (4, 8, 31)];
        for ((rows, inner, columns), way) in sizes
            .into_iter()
            .flat_map(|s| ways.iter().map(move |way| (s, way)))
        {
            let (from_stride, to_stride) = (inner + 2, columns + 3);
            let from: Vec<f32> = (0..rows * from_stride)
                .map(|i| (i % 11) as f32 - 5.0)
                .collect();
            let bias: Vec<f32> = (0..columns).map(|i| (i % 5) as f32).collect();
            let value = |k: usize, j: usize| ((k * 3 + j) % 7) as f32 - 3.0;
            let packed = Packed::new(inner, columns, value);
            let rows_of = Rows {
                values: &from,
                stride: from_stride,
            };
            let mut to = vec![7.0; rows * to_stride];
            packed.multiply_by(*way, rows, rows_of, None, (&mut to, to_stride), false);
            packed.multiply_by(*way, rows, rows_of, Some(&bias), (&mut to, to_stride), true);
            for row in 0..rows {
                for j in 0..columns {
                    let sum: f32 = (0..inner)
                        .map(|k| from[row * from_stride + k] * value(k, j))
                        .sum();
                    assert_eq!(to[row * to_stride + j], 2.0 * sum + bias[j]);
                }
                // What lies between the rows is left alone.
                assert!(row + 1 == rows || to[row * to_stride + columns] == 7.0);
            }
        }
    }
}
