//! Tiles of products in the registers of x86-64.

use std::arch::x86_64::*;

use super::product::{LANES, TILE, Tile};

/// Floats in a register of AVX2.
const HALF: usize = 8;

impl Tile<'_> {
    /// # Safety
    /// The processor must have AVX-512, and the slices must hold `rows` rows.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn compute_avx512(self, rows: usize) {
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

    /// # Safety
    /// The processor must have AVX2 and FMA, and the slices must hold `rows` rows.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn compute_avx2(mut self, rows: usize) {
        for start in (0..self.columns).step_by(LANES) {
            let mut sums = [[0.0; LANES]; TILE];
            // SAFETY: as promised by the caller; rows of a panel are filled up to all lanes.
            unsafe {
                match rows {
                    1 => self.strip::<1>(start, &mut sums),
                    2 => self.strip::<2>(start, &mut sums),
                    3 => self.strip::<3>(start, &mut sums),
                    4 => self.strip::<4>(start, &mut sums),
                    5 => self.strip::<5>(start, &mut sums),
                    _ => self.strip::<TILE>(start, &mut sums),
                }
            }
            for (row, sums) in sums.iter().take(rows).enumerate() {
                self.write(row, start, sums);
            }
        }
    }

    /// The sums of 16 columns of the panel.
    ///
    /// # Safety
    /// As above, for `ROWS` rows.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn strip<const ROWS: usize>(&self, start: usize, to: &mut [[f32; LANES]; TILE]) {
        let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
        let (from, stride) = (self.from.values.as_ptr(), self.from.stride);
        let width = self.columns.next_multiple_of(LANES);
        // SAFETY: the caller vouches for the slices.
        unsafe {
            let panel = self.panel.as_ptr().add(start);
            for k in 0..self.inner {
                let weights = panel.add(k * width);
                let weights = [_mm256_loadu_ps(weights), _mm256_loadu_ps(weights.add(HALF))];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = _mm256_set1_ps(*from.add(row * stride + k));
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = _mm256_fmadd_ps(x, weight, *sum);
                    }
                }
            }
            for (sums, to) in sums.into_iter().zip(to) {
                _mm256_storeu_ps(to.as_mut_ptr(), sums[0]);
                _mm256_storeu_ps(to.as_mut_ptr().add(HALF), sums[1]);
            }
        }
    }
}
