//! Inner loops of a convolution with a 2x2 maximum behind it, for pictures with few channels.
//!
//! A window of such a picture has so few cells that laying windows out for a matrix product takes
//! longer than the product. Here the sums of a small tile of the output stay in registers while the
//! kernel passes by, and only the largest of four is written.

use std::arch::x86_64::*;

/// Floats in a register.
pub(super) const LANES: usize = 16;
/// Places of pooled output in a tile.
const TILE: usize = 3;
/// Cells of the kernel whose gradients are summed in one go.
const CELLS: usize = 12;

/// Sizes of a picture, padding included, and of the kernel, in floats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// A row of the picture.
    pub(super) row: usize,
    /// A cell of the picture: its channels.
    pub(super) cell: usize,
    /// Rows of the kernel.
    pub(super) kernel_rows: usize,
    /// A row of the kernel, for one filter.
    pub(super) run: usize,
    /// The number of filters, a multiple of [`LANES`].
    pub(super) filters: usize,
    /// Pooled places in a row of the output.
    pub(super) places: usize,
}

impl Sizes {
    /// How much of the picture two rows of the convolution read.
    fn read(&self) -> usize {
        self.kernel_rows * self.row + (2 * self.places - 1) * self.cell + self.run
    }
}

/// One row of pooled output: its values, and which of the four cells of each window was the largest.
pub(super) struct PooledRow<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) largest: &'a mut [u8],
}

/// Whether this processor has what the loops here need.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Computes a row of pooled output from the picture, which starts at the row's first window.
///
/// # Panics
/// If a slice is too short, or the processor does not have what is needed.
pub(super) fn pooled_row(
    sizes: Sizes,
    picture: &[f32],
    kernel: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
    to: PooledRow<'_>,
) {
    let Sizes {
        filters, places, ..
    } = sizes;
    assert!(is_available() && filters.is_multiple_of(LANES) && places > 0);
    assert!(picture.len() >= sizes.read());
    assert_eq!(kernel.len(), sizes.kernel_rows * sizes.run * filters);
    assert!(bias.is_none_or(|bias| bias.len() == filters));
    assert!(to.values.len() == places * filters && to.largest.len() == places * filters);
    let mut filter = 0;
    while filter < filters {
        let two = filter + 2 * LANES <= filters;
        let mut place = 0;
        while place < places {
            let at = Tile {
                sizes,
                picture: picture[2 * place * sizes.cell..].as_ptr(),
                kernel: kernel[filter..].as_ptr(),
                bias: bias.map(|bias| bias[filter..].as_ptr()),
                relu,
                values: to.values[place * filters + filter..].as_mut_ptr(),
                largest: to.largest[place * filters + filter..].as_mut_ptr(),
            };
            let wide = place + TILE <= places;
            // SAFETY: the processor was asked above; the slices were checked to hold every place,
            // and the tile ends with the row and with the filters.
            unsafe {
                match (two, wide) {
                    (true, true) => at.compute::<2, TILE>(),
                    (true, false) => at.compute::<2, 1>(),
                    (false, true) => at.compute::<1, TILE>(),
                    (false, false) => at.compute::<1, 1>(),
                }
            }
            place += if wide { TILE } else { 1 };
        }
        filter += if two { 2 * LANES } else { LANES };
    }
}

struct Tile {
    sizes: Sizes,
    picture: *const f32,
    kernel: *const f32,
    bias: Option<*const f32>,
    relu: bool,
    values: *mut f32,
    largest: *mut u8,
}

impl Tile {
    /// `REGISTERS` registers of filters at `PLACES` pooled places.
    ///
    /// # Safety
    /// All of the tile must lie inside of what the pointers point to.
    #[target_feature(enable = "avx512f")]
    unsafe fn compute<const REGISTERS: usize, const PLACES: usize>(&self) {
        let sizes = self.sizes;
        // For each place and register, the four cells of the window.
        let mut sums = [[[_mm512_setzero_ps(); 4]; REGISTERS]; PLACES];
        // SAFETY: the caller vouches for the pointers; offsets stay within the tile.
        unsafe {
            for kernel_row in 0..sizes.kernel_rows {
                for cell in 0..sizes.run {
                    let weights = self
                        .kernel
                        .add((kernel_row * sizes.run + cell) * sizes.filters);
                    let mut weight = [_mm512_setzero_ps(); REGISTERS];
                    for (register, weight) in weight.iter_mut().enumerate() {
                        *weight = _mm512_loadu_ps(weights.add(register * LANES));
                    }
                    let upper = self.picture.add(kernel_row * sizes.row + cell);
                    let lower = upper.add(sizes.row);
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let (left, right) = (2 * place * sizes.cell, (2 * place + 1) * sizes.cell);
                        let four = [
                            _mm512_set1_ps(*upper.add(left)),
                            _mm512_set1_ps(*upper.add(right)),
                            _mm512_set1_ps(*lower.add(left)),
                            _mm512_set1_ps(*lower.add(right)),
                        ];
                        for (sums, weight) in sums.iter_mut().zip(weight) {
                            for (sum, x) in sums.iter_mut().zip(four) {
                                *sum = _mm512_fmadd_ps(x, weight, *sum);
                            }
                        }
                    }
                }
            }
            for (place, sums) in sums.into_iter().enumerate() {
                for (register, four) in sums.into_iter().enumerate() {
                    self.keep_largest(four, place * sizes.filters + register * LANES, register);
                }
            }
        }
    }

    /// # Safety
    /// As above, for the register of filters at `offset`.
    #[target_feature(enable = "avx512f")]
    #[inline]
    unsafe fn keep_largest(&self, four: [__m512; 4], offset: usize, register: usize) {
        let mut best = four[0];
        let mut which = _mm512_setzero_si512();
        for (number, value) in four.into_iter().enumerate().skip(1) {
            // The first of equals stays, NaN wins so that it shows.
            let wins = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, best)
                | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value);
            best = _mm512_mask_mov_ps(best, wins, value);
            which = _mm512_mask_mov_epi32(which, wins, _mm512_set1_epi32(number as i32));
        }
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            if let Some(bias) = self.bias {
                best = _mm512_add_ps(best, _mm512_loadu_ps(bias.add(register * LANES)));
            }
            if self.relu {
                let zero = _mm512_setzero_ps();
                let below = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(best, zero);
                best = _mm512_mask_mov_ps(best, below, zero);
            }
            _mm512_storeu_ps(self.values.add(offset), best);
            let which = _mm512_cvtepi32_epi8(which);
            _mm_storeu_si128(self.largest.add(offset).cast(), which);
        }
    }
}

/// The gradient of one row of pooled output, and what the forward pass noted.
pub(super) struct RowGradient<'a> {
    pub(super) gradient: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) largest: &'a [u8],
}

/// Adds to the gradients of kernel and bias what a row of pooled output gives. The picture starts at
/// the row's first window; `scratch` holds the gradient of two rows of the convolution.
///
/// # Panics
/// If a slice is too short, or the processor does not have what is needed.
pub(super) fn add_row_gradient(
    sizes: Sizes,
    picture: &[f32],
    row: &RowGradient<'_>,
    relu: bool,
    scratch: &mut [f32],
    kernel: &mut [f32],
    bias: &mut [f32],
) {
    let Sizes {
        filters, places, ..
    } = sizes;
    let size = places * filters;
    assert!(is_available() && filters.is_multiple_of(LANES) && places > 0);
    assert!(picture.len() >= sizes.read() && scratch.len() >= 4 * size && bias.len() == filters);
    assert!(row.gradient.len() == size && row.values.len() == size && row.largest.len() == size);
    assert_eq!(kernel.len(), sizes.kernel_rows * sizes.run * filters);
    // SAFETY: the processor was asked and the slices were checked just now.
    unsafe { spread(sizes, row, relu, scratch, bias) };
    let mut filter = 0;
    while filter < filters {
        let two = filter + 2 * LANES <= filters;
        for kernel_row in 0..sizes.kernel_rows {
            let mut cell = 0;
            while cell < sizes.run {
                let cells = CELLS.min(sizes.run - cell);
                let at = Cells {
                    sizes,
                    picture: picture[kernel_row * sizes.row + cell..].as_ptr(),
                    gradient: scratch[filter..].as_ptr(),
                    sums: kernel[(kernel_row * sizes.run + cell) * filters + filter..].as_mut_ptr(),
                };
                // SAFETY: as above; the cells end with the kernel's row.
                unsafe {
                    if two {
                        at.add_some::<2>(cells);
                    } else {
                        at.add_some::<1>(cells);
                    }
                }
                cell += cells;
            }
        }
        filter += if two { 2 * LANES } else { LANES };
    }
}

/// Gives the gradient of each window to its largest cell, in the order of the convolution's output:
/// two rows of places. Adds it up for the bias.
///
/// # Safety
/// The processor must have AVX-512, and the slices the sizes that [`add_row_gradient`] checks.
#[target_feature(enable = "avx512f")]
unsafe fn spread(
    sizes: Sizes,
    row: &RowGradient<'_>,
    relu: bool,
    scratch: &mut [f32],
    bias: &mut [f32],
) {
    let Sizes {
        filters, places, ..
    } = sizes;
    let zero = _mm512_setzero_ps();
    for filter in (0..filters).step_by(LANES) {
        // SAFETY: every offset is within a row of the sizes that the caller checked.
        unsafe {
            let mut sum = _mm512_loadu_ps(bias[filter..].as_ptr());
            for place in 0..places {
                let offset = place * filters + filter;
                let mut gradient = _mm512_loadu_ps(row.gradient.as_ptr().add(offset));
                if relu {
                    let value = _mm512_loadu_ps(row.values.as_ptr().add(offset));
                    let passes = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, zero);
                    gradient = _mm512_maskz_mov_ps(passes, gradient);
                }
                sum = _mm512_add_ps(sum, gradient);
                let which = _mm_loadu_si128(row.largest.as_ptr().add(offset).cast());
                let which = _mm512_cvtepu8_epi32(which);
                for cell in 0..4 {
                    let own = _mm512_cmpeq_epi32_mask(which, _mm512_set1_epi32(cell as i32));
                    let part = _mm512_maskz_mov_ps(own, gradient);
                    let to = ((cell / 2) * 2 * places + 2 * place + cell % 2) * filters + filter;
                    _mm512_storeu_ps(scratch.as_mut_ptr().add(to), part);
                }
            }
            _mm512_storeu_ps(bias[filter..].as_mut_ptr(), sum);
        }
    }
}

/// Neighboring cells of a row of the kernel.
struct Cells {
    sizes: Sizes,
    picture: *const f32,
    /// That of two rows of the convolution.
    gradient: *const f32,
    sums: *mut f32,
}

impl Cells {
    /// # Safety
    /// As for [`add`](Self::add); `cells` is at most [`CELLS`].
    #[target_feature(enable = "avx512f")]
    unsafe fn add_some<const REGISTERS: usize>(&self, cells: usize) {
        // SAFETY: the caller vouches for it.
        unsafe {
            match cells {
                1 => self.add::<REGISTERS, 1>(),
                2 => self.add::<REGISTERS, 2>(),
                3 => self.add::<REGISTERS, 3>(),
                4 => self.add::<REGISTERS, 4>(),
                5 => self.add::<REGISTERS, 5>(),
                6 => self.add::<REGISTERS, 6>(),
                7 => self.add::<REGISTERS, 7>(),
                8 => self.add::<REGISTERS, 8>(),
                9 => self.add::<REGISTERS, 9>(),
                10 => self.add::<REGISTERS, 10>(),
                11 => self.add::<REGISTERS, 11>(),
                _ => self.add::<REGISTERS, CELLS>(),
            }
        }
    }

    /// # Safety
    /// `SOME` cells must lie inside of the kernel's row, and `REGISTERS` registers inside of the
    /// filters.
    #[target_feature(enable = "avx512f")]
    unsafe fn add<const REGISTERS: usize, const SOME: usize>(&self) {
        let sizes = self.sizes;
        let mut sums = [[_mm512_setzero_ps(); REGISTERS]; SOME];
        // SAFETY: the caller vouches for the pointers; offsets stay within two rows.
        unsafe {
            for row in 0..2 {
                let mut x = self.picture.add(row * sizes.row);
                let mut gradient = self.gradient.add(row * 2 * sizes.places * sizes.filters);
                for _ in 0..2 * sizes.places {
                    let mut parts = [_mm512_setzero_ps(); REGISTERS];
                    for (register, part) in parts.iter_mut().enumerate() {
                        *part = _mm512_loadu_ps(gradient.add(register * LANES));
                    }
                    for (cell, sums) in sums.iter_mut().enumerate() {
                        let x = _mm512_set1_ps(*x.add(cell));
                        for (sum, part) in sums.iter_mut().zip(parts) {
                            *sum = _mm512_fmadd_ps(x, part, *sum);
                        }
                    }
                    x = x.add(sizes.cell);
                    gradient = gradient.add(sizes.filters);
                }
            }
            for (cell, sums) in sums.into_iter().enumerate() {
                for (register, sum) in sums.into_iter().enumerate() {
                    let to = self.sums.add(cell * sizes.filters + register * LANES);
                    _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), sum));
                }
            }
        }
    }
}
