//! Products of a few rows with a matrix that stays the same over many steps.
//!
//! A general matrix product lays both factors out anew each time, which takes as long as a product
//! of so few rows. Here the right factor is laid out once for all steps.

use std::arch::x86_64::*;

use crate::ops::vectorized;

/// Floats in a register.
const LANES: usize = 16;
/// Columns of a panel: four registers.
const PANEL: usize = 4 * LANES;
/// Rows of a tile, whose sums stay in registers.
const TILE: usize = 6;

/// The right factor of products, in panels of 64 columns, each row of a panel without gaps.
pub(super) struct Packed {
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
        if rows == 0 || self.columns == 0 {
            return;
        }
        assert!(from.values.len() >= (rows - 1) * from.stride + self.inner);
        assert!(to.len() >= (rows - 1) * to_stride + self.columns);
        assert!(bias.is_none_or(|bias| bias.len() == self.columns));
        let wide = is_x86_feature_detected!("avx512f");
        for start in (0..self.columns).step_by(PANEL) {
            let columns = PANEL.min(self.columns - start);
            let panel = &self.values[start * self.inner..];
            let bias = bias.map(|bias| &bias[start..start + columns]);
            for row in (0..rows).step_by(TILE) {
                let count = TILE.min(rows - row);
                let from = Rows {
                    values: &from.values[row * from.stride..],
                    stride: from.stride,
                };
                let to = &mut to[row * to_stride + start..];
                let tile = Tile {
                    panel,
                    inner: self.inner,
                    columns,
                    from,
                    bias,
                    to,
                    to_stride,
                    accumulate,
                };
                if wide {
                    // SAFETY: the processor was asked; the slices were checked above.
                    unsafe { tile.compute_wide(count) };
                } else {
                    tile.compute(count);
                }
            }
        }
    }
}

/// A few rows times one panel.
struct Tile<'a> {
    panel: &'a [f32],
    inner: usize,
    columns: usize,
    from: Rows<'a>,
    bias: Option<&'a [f32]>,
    to: &'a mut [f32],
    to_stride: usize,
    accumulate: bool,
}

impl Tile<'_> {
    /// On any processor.
    fn compute(self, rows: usize) {
        let width = self.columns.next_multiple_of(LANES);
        vectorized(
            #[inline(always)]
            || {
                for row in 0..rows {
                    let mut sums = [0.0f32; PANEL];
                    if let Some(bias) = self.bias {
                        sums[..self.columns].copy_from_slice(bias);
                    }
                    let from = &self.from.values[row * self.from.stride..][..self.inner];
                    for (x, weights) in from.iter().zip(self.panel.chunks_exact(width)) {
                        for (sum, weight) in sums[..width].iter_mut().zip(weights) {
                            *sum += x * weight;
                        }
                    }
                    let to = &mut self.to[row * self.to_stride..][..self.columns];
                    for (to, sum) in to.iter_mut().zip(&sums) {
                        *to = if self.accumulate { *to + sum } else { *sum };
                    }
                }
            },
        );
    }

    /// # Safety
    /// The processor must have AVX-512, and the slices must hold `rows` rows.
    #[target_feature(enable = "avx512f")]
    unsafe fn compute_wide(self, rows: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            match self.columns.div_ceil(LANES) {
                1 => self.of_registers::<1>(rows),
                2 => self.of_registers::<2>(rows),
                3 => self.of_registers::<3>(rows),
                _ => self.of_registers::<4>(rows),
            }
        }
    }

    /// # Safety
    /// As above; `REGISTERS` hold the columns.
    #[target_feature(enable = "avx512f")]
    unsafe fn of_registers<const REGISTERS: usize>(self, rows: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            match rows {
                1 => self.sums::<1, REGISTERS>(),
                2 => self.sums::<2, REGISTERS>(),
                3 => self.sums::<3, REGISTERS>(),
                4 => self.sums::<4, REGISTERS>(),
                5 => self.sums::<5, REGISTERS>(),
                _ => self.sums::<TILE, REGISTERS>(),
            }
        }
    }

    /// # Safety
    /// As above, for `ROWS` rows.
    #[target_feature(enable = "avx512f")]
    unsafe fn sums<const ROWS: usize, const REGISTERS: usize>(self) {
        let mut sums = [[_mm512_setzero_ps(); REGISTERS]; ROWS];
        let (from, stride) = (self.from.values.as_ptr(), self.from.stride);
        let panel = self.panel.as_ptr();
        // Which lanes of each register are columns.
        let mut lanes = [0u16; REGISTERS];
        for (register, lanes) in lanes.iter_mut().enumerate() {
            let columns = (self.columns - register * LANES).min(LANES);
            *lanes = (0xffffu32 >> (LANES - columns)) as u16;
        }
        // SAFETY: the caller vouches for the slices; masks keep to the columns.
        unsafe {
            for k in 0..self.inner {
                let weights = panel.add(k * REGISTERS * LANES);
                let mut weight = [_mm512_setzero_ps(); REGISTERS];
                for (register, weight) in weight.iter_mut().enumerate() {
                    *weight = _mm512_loadu_ps(weights.add(register * LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = _mm512_set1_ps(*from.add(row * stride + k));
                    for (sum, weight) in sums.iter_mut().zip(weight) {
                        *sum = _mm512_fmadd_ps(x, weight, *sum);
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (register, mut sum) in sums.into_iter().enumerate() {
                    let (offset, lanes) = (register * LANES, lanes[register]);
                    let to = self.to.as_mut_ptr().add(row * self.to_stride + offset);
                    if let Some(bias) = self.bias {
                        let bias = bias.as_ptr().add(offset);
                        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, bias));
                    }
                    if self.accumulate {
                        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, to));
                    }
                    _mm512_mask_storeu_ps(to, lanes, sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_match_the_definition_for_every_size_of_tile() {
        for (rows, inner, columns) in [(1, 1, 1), (6, 5, 64), (7, 9, 65), (17, 3, 130), (4, 8, 31)]
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
            packed.multiply(rows, rows_of, None, (&mut to, to_stride), false);
            packed.multiply(rows, rows_of, Some(&bias), (&mut to, to_stride), true);
            let mut plain = vec![7.0; rows * to_stride];
            for start in (0..columns).step_by(PANEL) {
                let tile = Tile {
                    panel: &packed.values[start * inner..],
                    inner,
                    columns: PANEL.min(columns - start),
                    from: rows_of,
                    bias: None,
                    to: &mut plain[start..],
                    to_stride,
                    accumulate: false,
                };
                tile.compute(rows);
            }
            for row in 0..rows {
                for j in 0..columns {
                    let sum: f32 = (0..inner)
                        .map(|k| from[row * from_stride + k] * value(k, j))
                        .sum();
                    assert_eq!(to[row * to_stride + j], 2.0 * sum + bias[j]);
                    assert_eq!(plain[row * to_stride + j], sum);
                }
                // What lies between the rows is left alone.
                assert!(row + 1 == rows || to[row * to_stride + columns] == 7.0);
            }
        }
    }
}
