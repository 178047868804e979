//! Inner loops of a convolution with a 2x2 maximum behind it, for pictures with few channels.
//!
//! A window of such a picture has so few cells that laying windows out for a matrix product takes
//! longer than the product. Here the sums of a small tile of the output stay in registers while the
//! kernel passes by, and only the largest of four is written.
//!
//! The loops are generic over the registers (`R`) and over how many sums there are: about as many as
//! the processor has registers.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use super::register::{Four, Register};
use crate::ops::Instructions;
#[cfg(target_arch = "x86_64")]
use crate::ops::{with_avx2, with_avx512};

/// The number of filters must be a multiple of this.
pub(super) const FILTERS: usize = 16;

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
    /// The number of filters, a multiple of [`FILTERS`].
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

/// Whether the loops are faster than matrix products with these instructions: one of them must
/// multiply and add.
pub(super) fn is_fast(instructions: Instructions) -> bool {
    instructions != Instructions::Usual || cfg!(target_arch = "aarch64")
}

/// What a row of pooled output is made of; the picture starts at the row's first window.
pub(super) struct Source<'a> {
    pub(super) sizes: Sizes,
    pub(super) picture: &'a [f32],
    pub(super) kernel: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    pub(super) relu: bool,
}

/// One row of pooled output: its values, and which of the four cells of each window was the largest.
pub(super) struct PooledRow<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) largest: &'a mut [u8],
}

impl Source<'_> {
    /// Computes a row of pooled output.
    ///
    /// # Panics
    /// If a slice is too short, or the processor does not have the instructions.
    pub(super) fn compute(&self, instructions: Instructions, to: PooledRow<'_>) {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => with_avx512(
                #[inline(always)]
                // SAFETY: the processor is asked before.
                || unsafe { self.compute_by::<__m512, 3>(to) },
            ),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => with_avx2(
                #[inline(always)]
                // SAFETY: the processor is asked before.
                || unsafe { self.compute_by::<__m256, 1>(to) },
            ),
            // SAFETY: every processor has these.
            Instructions::Usual => unsafe { self.compute_by::<Four, 3>(to) },
        }
    }

    /// The same in tiles of two registers of filters and `PLACES` pooled places.
    ///
    /// # Safety
    /// The processor must have the instructions.
    #[inline(always)]
    unsafe fn compute_by<R: Register, const PLACES: usize>(&self, to: PooledRow<'_>) {
        let sizes = self.sizes;
        let (filters, places) = (sizes.filters, sizes.places);
        assert!(filters.is_multiple_of(FILTERS) && FILTERS.is_multiple_of(R::LANES) && places > 0);
        assert!(self.picture.len() >= sizes.read());
        assert_eq!(self.kernel.len(), sizes.kernel_rows * sizes.run * filters);
        assert!(self.bias.is_none_or(|bias| bias.len() == filters));
        assert!(to.values.len() == places * filters && to.largest.len() == places * filters);
        let mut filter = 0;
        while filter < filters {
            let two = filter + 2 * R::LANES <= filters;
            let mut place = 0;
            while place < places {
                let at = Tile {
                    sizes,
                    picture: self.picture[2 * place * sizes.cell..].as_ptr(),
                    kernel: self.kernel[filter..].as_ptr(),
                    bias: self.bias.map(|bias| bias[filter..].as_ptr()),
                    relu: self.relu,
                    values: to.values[place * filters + filter..].as_mut_ptr(),
                    largest: to.largest[place * filters + filter..].as_mut_ptr(),
                };
                let wide = place + PLACES <= places;
                // SAFETY: the slices were checked to hold every place, and the tile ends with the
                // row and with the filters.
                unsafe {
                    match (two, wide) {
                        (true, true) => at.compute::<R, 2, PLACES>(),
                        (true, false) => at.compute::<R, 2, 1>(),
                        (false, true) => at.compute::<R, 1, PLACES>(),
                        (false, false) => at.compute::<R, 1, 1>(),
                    }
                }
                place += if wide { PLACES } else { 1 };
            }
            filter += if two { 2 * R::LANES } else { R::LANES };
        }
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
    /// All of the tile must lie inside of what the pointers point to, and the processor must have
    /// the instructions.
    #[inline(always)]
    unsafe fn compute<R: Register, const REGISTERS: usize, const PLACES: usize>(&self) {
        let sizes = self.sizes;
        // SAFETY: the caller vouches for the pointers; offsets stay within the tile.
        unsafe {
            // For each place and register, the four cells of the window.
            let mut sums = [[[R::splat(0.0); 4]; REGISTERS]; PLACES];
            for kernel_row in 0..sizes.kernel_rows {
                for cell in 0..sizes.run {
                    let weights = self
                        .kernel
                        .add((kernel_row * sizes.run + cell) * sizes.filters);
                    let mut weight = [R::splat(0.0); REGISTERS];
                    for (register, weight) in weight.iter_mut().enumerate() {
                        *weight = R::load(weights.add(register * R::LANES));
                    }
                    let upper = self.picture.add(kernel_row * sizes.row + cell);
                    let lower = upper.add(sizes.row);
                    for (place, sums) in sums.iter_mut().enumerate() {
                        let (left, right) = (2 * place * sizes.cell, (2 * place + 1) * sizes.cell);
                        let four = [
                            R::splat(*upper.add(left)),
                            R::splat(*upper.add(right)),
                            R::splat(*lower.add(left)),
                            R::splat(*lower.add(right)),
                        ];
                        for (sums, weight) in sums.iter_mut().zip(weight) {
                            for (sum, x) in sums.iter_mut().zip(four) {
                                *sum = sum.plus_product(x, weight);
                            }
                        }
                    }
                }
            }
            for (place, sums) in sums.into_iter().enumerate() {
                for (register, four) in sums.into_iter().enumerate() {
                    let filter = register * R::LANES;
                    self.keep_largest(four, place * sizes.filters + filter, filter);
                }
            }
        }
    }

    /// # Safety
    /// As above, for the register of filters at `offset`, whose biases begin at `filter`.
    #[inline(always)]
    unsafe fn keep_largest<R: Register>(&self, four: [R; 4], offset: usize, filter: usize) {
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            let zero = R::splat(0.0);
            let (mut best, mut which) = (four[0], zero);
            for (number, value) in four.into_iter().enumerate().skip(1) {
                // The first of equals stays, NaN wins so that it shows.
                let wins = value.is_larger_or_nan(best);
                best = R::select(wins, value, best);
                which = R::select(wins, R::splat(number as f32), which);
            }
            if let Some(bias) = self.bias {
                best = best.plus(R::load(bias.add(filter)));
            }
            if self.relu {
                best = R::select(zero.is_larger(best), zero, best);
            }
            best.store(self.values.add(offset));
            which.store_bytes(self.largest.add(offset));
        }
    }
}

/// The gradient of one row of pooled output, and what the forward pass noted; the picture starts at
/// the row's first window.
pub(super) struct RowGradient<'a> {
    pub(super) sizes: Sizes,
    pub(super) picture: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) largest: &'a [u8],
    pub(super) relu: bool,
}

impl RowGradient<'_> {
    /// Adds to the gradients of kernel and bias what the row gives; `scratch` holds the gradient of
    /// two rows of the convolution.
    ///
    /// # Panics
    /// If a slice is too short, or the processor does not have the instructions.
    pub(super) fn add(
        &self,
        instructions: Instructions,
        scratch: &mut [f32],
        kernel: &mut [f32],
        bias: &mut [f32],
    ) {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => with_avx512(
                #[inline(always)]
                // SAFETY: the processor is asked before.
                || unsafe { self.add_by::<__m512, 12>(scratch, kernel, bias) },
            ),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => with_avx2(
                #[inline(always)]
                // SAFETY: the processor is asked before.
                || unsafe { self.add_by::<__m256, 6>(scratch, kernel, bias) },
            ),
            // SAFETY: every processor has these.
            Instructions::Usual => unsafe { self.add_by::<Four, 12>(scratch, kernel, bias) },
        }
    }

    /// The same, for at most `CELLS` cells of the kernel in one go.
    ///
    /// # Safety
    /// The processor must have the instructions.
    #[inline(always)]
    unsafe fn add_by<R: Register, const CELLS: usize>(
        &self,
        scratch: &mut [f32],
        kernel: &mut [f32],
        bias: &mut [f32],
    ) {
        let sizes = self.sizes;
        let (filters, run) = (sizes.filters, sizes.run);
        let size = sizes.places * filters;
        assert!(filters.is_multiple_of(FILTERS) && FILTERS.is_multiple_of(R::LANES) && size > 0);
        assert!(self.picture.len() >= sizes.read() && scratch.len() >= 4 * size);
        assert!(self.gradient.len() == size && self.values.len() == size);
        assert!(self.largest.len() == size && bias.len() == filters);
        assert_eq!(kernel.len(), sizes.kernel_rows * run * filters);
        // SAFETY: the caller vouches for the processor, the slices were checked just now.
        unsafe { self.spread::<R>(scratch, bias) };
        // Parts of about the same length: short ones do not keep the processor busy.
        let most = run.div_ceil(run.div_ceil(CELLS));
        let mut filter = 0;
        while filter < filters {
            let two = filter + 2 * R::LANES <= filters;
            for kernel_row in 0..sizes.kernel_rows {
                let mut cell = 0;
                while cell < run {
                    let cells = most.min(run - cell);
                    let sums = (kernel_row * run + cell) * filters + filter;
                    let at = Cells {
                        sizes,
                        picture: self.picture[kernel_row * sizes.row + cell..].as_ptr(),
                        gradient: scratch[filter..].as_ptr(),
                        sums: kernel[sums..].as_mut_ptr(),
                    };
                    // SAFETY: as above; the cells end with the kernel's row.
                    unsafe {
                        if two {
                            at.add_some::<R, 2>(cells);
                        } else {
                            at.add_some::<R, 1>(cells);
                        }
                    }
                    cell += cells;
                }
            }
            filter += if two { 2 * R::LANES } else { R::LANES };
        }
    }

    /// Gives the gradient of each window to its largest cell, in the order of the convolution's
    /// output: two rows of places. Adds it up for the bias.
    ///
    /// # Safety
    /// The processor must have the instructions, and the slices the sizes that
    /// [`add_by`](Self::add_by) checks.
    #[inline(always)]
    unsafe fn spread<R: Register>(&self, scratch: &mut [f32], bias: &mut [f32]) {
        let Sizes {
            filters, places, ..
        } = self.sizes;
        for filter in (0..filters).step_by(R::LANES) {
            // SAFETY: every offset is within a row of the sizes that the caller checked.
            unsafe {
                let zero = R::splat(0.0);
                let mut sum = R::load(bias[filter..].as_ptr());
                for place in 0..places {
                    let offset = place * filters + filter;
                    let mut gradient = R::load(self.gradient.as_ptr().add(offset));
                    if self.relu {
                        let value = R::load(self.values.as_ptr().add(offset));
                        gradient = R::select(value.is_larger(zero), gradient, zero);
                    }
                    sum = sum.plus(gradient);
                    let which = R::load_bytes(self.largest.as_ptr().add(offset));
                    for cell in 0..4 {
                        let own = which.equals(R::splat(cell as f32));
                        let to = (cell / 2 * 2 * places + 2 * place + cell % 2) * filters + filter;
                        let part = R::select(own, gradient, zero);
                        part.store(scratch.as_mut_ptr().add(to));
                    }
                }
                sum.store(bias[filter..].as_mut_ptr());
            }
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
    /// As for [`add`](Self::add); `cells` is at most 12.
    #[inline(always)]
    unsafe fn add_some<R: Register, const REGISTERS: usize>(&self, cells: usize) {
        // SAFETY: the caller vouches for it.
        unsafe {
            match cells {
                1 => self.add::<R, REGISTERS, 1>(),
                2 => self.add::<R, REGISTERS, 2>(),
                3 => self.add::<R, REGISTERS, 3>(),
                4 => self.add::<R, REGISTERS, 4>(),
                5 => self.add::<R, REGISTERS, 5>(),
                6 => self.add::<R, REGISTERS, 6>(),
                7 => self.add::<R, REGISTERS, 7>(),
                8 => self.add::<R, REGISTERS, 8>(),
                9 => self.add::<R, REGISTERS, 9>(),
                10 => self.add::<R, REGISTERS, 10>(),
                11 => self.add::<R, REGISTERS, 11>(),
                _ => self.add::<R, REGISTERS, 12>(),
            }
        }
    }

    /// # Safety
    /// `SOME` cells must lie inside of the kernel's row, and `REGISTERS` registers inside of the
    /// filters; the processor must have the instructions.
    #[inline(always)]
    unsafe fn add<R: Register, const REGISTERS: usize, const SOME: usize>(&self) {
        let sizes = self.sizes;
        // SAFETY: the caller vouches for the pointers; offsets stay within two rows.
        unsafe {
            let mut sums = [[R::splat(0.0); REGISTERS]; SOME];
            for row in 0..2 {
                let mut x = self.picture.add(row * sizes.row);
                let mut gradient = self.gradient.add(row * 2 * sizes.places * sizes.filters);
                for _ in 0..2 * sizes.places {
                    let mut parts = [R::splat(0.0); REGISTERS];
                    for (register, part) in parts.iter_mut().enumerate() {
                        *part = R::load(gradient.add(register * R::LANES));
                    }
                    for (cell, sums) in sums.iter_mut().enumerate() {
                        let x = R::splat(*x.add(cell));
                        for (sum, part) in sums.iter_mut().zip(parts) {
                            *sum = sum.plus_product(x, part);
                        }
                    }
                    x = x.add(sizes.cell);
                    gradient = gradient.add(sizes.filters);
                }
            }
            for (cell, sums) in sums.into_iter().enumerate() {
                for (register, sum) in sums.into_iter().enumerate() {
                    let to = self.sums.add(cell * sizes.filters + register * R::LANES);
                    R::load(to).plus(sum).store(to);
                }
            }
        }
    }
}
