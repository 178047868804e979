//! Depthwise convolution: every channel has a kernel of its own. Registers take channels; a sum
//! stays in its register while the window passes by.

use super::by_picture::{PictureSizes, backward_by_picture, forward_by_picture};
use crate::ops::dense::bias_and_relu;
use crate::ops::vectorized;
use crate::ops::window::WindowAxis;
use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted};

/// Channels in registers together.
const LANES: usize = 16;
/// Neighboring places that are computed together, so that the kernel is read once for all of them.
const PLACES: usize = 4;

/// For each place along an axis, the cells that it is made of and the kernel's cells that they are
/// multiplied by.
type Taps = Vec<Vec<(usize, usize)>>;

pub(in crate::ops) struct Depthwise {
    pub(in crate::ops) rows: WindowAxis,
    pub(in crate::ops) columns: WindowAxis,
    pub(in crate::ops) channels: usize,
    pub(in crate::ops) multiplier: usize,
    pub(in crate::ops) relu: bool,
    /// From the input to the output, along height and width.
    taps: [Taps; 2],
}

impl Depthwise {
    pub(super) fn new(
        rows: WindowAxis,
        columns: WindowAxis,
        channels: usize,
        multiplier: usize,
        relu: bool,
    ) -> Self {
        Self {
            rows,
            columns,
            channels,
            multiplier,
            relu,
            taps: [taps(&rows), taps(&columns)],
        }
    }

    /// Channels of the output.
    pub(in crate::ops) fn wide(&self) -> usize {
        self.channels * self.multiplier
    }

    fn sizes(&self) -> PictureSizes {
        PictureSizes {
            input: self.rows.input * self.columns.input * self.channels,
            output: self.rows.output * self.columns.output * self.wide(),
            filters: self.wide(),
        }
    }

    /// Room for a picture with as many channels as the output, where that is more.
    fn room(&self) -> Vec<f32> {
        match self.multiplier {
            1 => Vec::new(),
            _ => vec![0.0; self.rows.input * self.columns.input * self.wide()],
        }
    }

    /// The picture with each channel as many times as it has kernels.
    fn widened<'a>(&self, picture: &'a [f32], room: &'a mut [f32]) -> &'a [f32] {
        if self.multiplier == 1 {
            return picture;
        }
        let several = room.chunks_exact_mut(self.multiplier);
        several.zip(picture).for_each(|(to, x)| to.fill(*x));
        room
    }

    /// Adds to `kernel` the products of the picture (as wide as the output) with the gradient.
    #[inline(always)]
    fn add_kernel_gradient(&self, x: &[f32], gradient: &[f32], kernel: &mut [f32]) {
        let wide = self.wide();
        let row_size = self.columns.output * wide;
        for (row_taps, gradient) in self.taps[0].iter().zip(gradient.chunks_exact(row_size)) {
            for &(row, kernel_row) in row_taps {
                let x = &x[row * self.columns.input * wide..][..self.columns.input * wide];
                for cell in 0..self.columns.size {
                    let sums =
                        &mut kernel[(kernel_row * self.columns.size + cell) * wide..][..wide];
                    let mut channel = 0;
                    while channel + LANES <= wide {
                        self.add_products::<LANES>(x, gradient, cell, channel, sums);
                        channel += LANES;
                    }
                    for channel in channel..wide {
                        self.add_products::<1>(x, gradient, cell, channel, sums);
                    }
                }
            }
        }
    }

    /// The same for one row of the picture, one cell of the kernel and `N` channels.
    #[inline(always)]
    fn add_products<const N: usize>(
        &self,
        x: &[f32],
        gradient: &[f32],
        cell: usize,
        channel: usize,
        to: &mut [f32],
    ) {
        let (columns, wide) = (&self.columns, self.wide());
        // The places at which the cell lies inside of the picture.
        let shift = cell * columns.dilation;
        let first = columns
            .before
            .saturating_sub(shift)
            .div_ceil(columns.stride);
        let end = (columns.input + columns.before)
            .saturating_sub(shift)
            .div_ceil(columns.stride)
            .min(columns.output);
        // Several sums, because each addition waits for the one before.
        let mut sums = [[0.0f32; N]; PLACES];
        for place in first..end {
            let column = place * columns.stride + shift - columns.before;
            let x = &x[column * wide + channel..][..N];
            let gradient = &gradient[place * wide + channel..][..N];
            let sum = &mut sums[place % PLACES];
            for lane in 0..N {
                sum[lane] += x[lane] * gradient[lane];
            }
        }
        for sum in sums {
            for (to, sum) in to[channel..channel + N].iter_mut().zip(sum) {
                *to += sum;
            }
        }
    }
}

impl Op for Depthwise {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let this = &*self;
        let sums = Sums {
            taps: [&this.taps[0], &this.taps[1]],
            width: this.columns.input,
            kernel,
            kernel_width: this.columns.size,
            channels: this.wide(),
        };
        forward_by_picture(
            x,
            output,
            this.sizes(),
            || this.room(),
            |picture, y, room| {
                let picture = this.widened(picture, room);
                vectorized(
                    #[inline(always)]
                    || sums.compute(picture, y, true),
                );
                bias_and_relu(y, bias, this.relu);
            },
        );
    }

    fn backward(&self, at: Backpass<'_>) {
        let back = [transposed_taps(&self.rows), transposed_taps(&self.columns)];
        let sums = Sums {
            taps: [&back[0], &back[1]],
            width: self.columns.output,
            kernel: at.inputs[1],
            kernel_width: self.columns.size,
            channels: self.wide(),
        };
        let room = || self.room();
        backward_by_picture(at, self.sizes(), self.relu, room, |picture, room| {
            if let Some(kernel) = picture.kernel {
                let x = self.widened(picture.x, room);
                vectorized(
                    #[inline(always)]
                    || self.add_kernel_gradient(x, picture.gradient, kernel),
                );
            }
            if let Some(Wanted { values, fresh }) = picture.to_x {
                let wide = if room.is_empty() {
                    &mut *values
                } else {
                    &mut *room
                };
                let overwrite = fresh || self.multiplier > 1;
                vectorized(
                    #[inline(always)]
                    || sums.compute(picture.gradient, wide, overwrite),
                );
                if self.multiplier > 1 {
                    let parts = room
                        .chunks_exact(self.multiplier)
                        .map(|p| p.iter().sum::<f32>());
                    for (to, part) in values.iter_mut().zip(parts) {
                        *to = if fresh { part } else { *to + part };
                    }
                }
            }
        });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

/// For each place of the output along an axis.
fn taps(axis: &WindowAxis) -> Taps {
    let cells =
        |place| (0..axis.size).filter_map(move |cell| Some((axis.cell(place, cell)?, cell)));
    (0..axis.output)
        .map(|place| cells(place).collect())
        .collect()
}

/// For each place of the input along an axis, the places of the output that it is part of.
fn transposed_taps(axis: &WindowAxis) -> Taps {
    let mut back = vec![Vec::new(); axis.input];
    // Cells of the kernel in order, as in `taps`.
    for cell in 0..axis.size {
        for place in 0..axis.output {
            if let Some(input) = axis.cell(place, cell) {
                back[input].push((place, cell));
            }
        }
    }
    back
}

/// Pictures whose places are sums of products of another picture with a kernel.
struct Sums<'a> {
    taps: [&'a Taps; 2],
    /// Columns of the picture that is read.
    width: usize,
    kernel: &'a [f32],
    kernel_width: usize,
    channels: usize,
}

impl Sums<'_> {
    #[inline(always)]
    fn compute(&self, from: &[f32], to: &mut [f32], overwrite: bool) {
        let [rows, columns] = self.taps;
        let row_size = columns.len() * self.channels;
        for (row_taps, to) in rows.iter().zip(to.chunks_exact_mut(row_size)) {
            let mut place = 0;
            while place < columns.len() {
                let step = self.step(place);
                let mut channel = 0;
                while channel + LANES <= self.channels {
                    self.tile::<LANES>(from, row_taps, place, step, channel, to, overwrite);
                    channel += LANES;
                }
                while channel + 4 <= self.channels {
                    self.tile::<4>(from, row_taps, place, step, channel, to, overwrite);
                    channel += 4;
                }
                for channel in channel..self.channels {
                    self.tile::<1>(from, row_taps, place, step, channel, to, overwrite);
                }
                place += if step.is_some() { PLACES } else { 1 };
            }
        }
    }

    /// How many columns the cells of one place lie behind those of the place before, if that is the
    /// same for [`PLACES`] places, which meet the same cells of the kernel.
    fn step(&self, place: usize) -> Option<usize> {
        let several = self.taps[1].get(place..place + PLACES)?;
        let &(start, cell) = several[0].first()?;
        let step = several[1].first()?.0.checked_sub(start)?;
        let alike = several.iter().enumerate().all(|(i, taps)| {
            taps.len() == several[0].len() && taps.first() == Some(&(start + i * step, cell))
        });
        alike.then_some(step)
    }

    /// `N` channels of one place, or of [`PLACES`] whose cells lie `step` columns apart.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn tile<const N: usize>(
        &self,
        from: &[f32],
        row_taps: &[(usize, usize)],
        place: usize,
        step: Option<usize>,
        channel: usize,
        to: &mut [f32],
        overwrite: bool,
    ) {
        match step {
            Some(step) => {
                self.sums::<N, PLACES>(from, row_taps, place, step, channel, to, overwrite);
            }
            None => self.sums::<N, 1>(from, row_taps, place, 0, channel, to, overwrite),
        }
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn sums<const N: usize, const COUNT: usize>(
        &self,
        from: &[f32],
        row_taps: &[(usize, usize)],
        place: usize,
        step: usize,
        channel: usize,
        to: &mut [f32],
        overwrite: bool,
    ) {
        let mut sums = [[0.0f32; N]; COUNT];
        for &(row, kernel_row) in row_taps {
            for &(column, kernel_column) in &self.taps[1][place] {
                let cell = (kernel_row * self.kernel_width + kernel_column) * self.channels;
                let kernel = &self.kernel[cell + channel..][..N];
                let start = (row * self.width + column) * self.channels + channel;
                for (i, sum) in sums.iter_mut().enumerate() {
                    let x = &from[start + i * step * self.channels..][..N];
                    for lane in 0..N {
                        sum[lane] += x[lane] * kernel[lane];
                    }
                }
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            let to = &mut to[(place + i) * self.channels + channel..][..N];
            for (to, sum) in to.iter_mut().zip(sum) {
                *to = if overwrite { *sum } else { *to + sum };
            }
        }
    }
}
