//! Convolution on the CPU: each picture's windows become the rows of a matrix ("im2col"), and the
//! products are left to `gemm`. Threads take pictures.

use rayon::prelude::*;

use super::Conv2DOptions;
use crate::ops::dense::{bias_and_relu, mask_by_relu, sum_rows};
use crate::ops::matmul::{Matrix, MatrixMut, multiply};
use crate::ops::{pieces, vectorized};
use crate::tensor::bridge::{Backpass, Op, Wanted};

/// Sizes are (height, width) or (height, width, channels).
pub(super) struct Convolution {
    pub(super) input: (usize, usize, usize),
    pub(super) output: (usize, usize, usize),
    pub(super) kernel: (usize, usize),
    /// Cells padded above and to the left.
    pub(super) offset: (usize, usize),
    pub(super) options: Conv2DOptions,
}

impl Op for Convolution {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let (in_size, out_size) = (self.picture(), self.result());
        let pictures = output.len() / out_size.max(1);
        split_mut(output, &pieces(pictures, 1), out_size)
            .into_par_iter()
            .for_each(|(range, outputs)| {
                let mut windows = self.window_buffer();
                for (n, y) in range.zip(outputs.chunks_exact_mut(out_size)) {
                    let picture = &x[n * in_size..(n + 1) * in_size];
                    for group in 0..self.options.groups {
                        let rows = self.gather(picture, group, &mut windows);
                        multiply(
                            self.group_result(y, group),
                            false,
                            rows,
                            self.group_kernel(kernel, group),
                        );
                    }
                    bias_and_relu(y, bias, self.options.relu);
                }
            });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Backpass {
            inputs,
            output,
            gradient,
            wanted,
        } = at;
        let (x, kernel) = (inputs[0], inputs[1]);
        let (in_size, out_size) = (self.picture(), self.result());
        let pictures = gradient.len() / out_size.max(1);
        let ranges = pieces(pictures, 1);
        let (wanted_x, wanted_weights) = wanted.split_at_mut(1);
        let x_pieces: Vec<Option<Wanted>> = match &mut wanted_x[0] {
            Some(Wanted { values, fresh }) => split_mut(values, &ranges, in_size)
                .into_iter()
                .map(|(_, values)| {
                    Some(Wanted {
                        values,
                        fresh: *fresh,
                    })
                })
                .collect(),
            None => ranges.iter().map(|_| None).collect(),
        };
        let work: Vec<_> = split_mut(gradient, &ranges, out_size)
            .into_iter()
            .zip(x_pieces)
            .collect();
        let sums: Vec<(Vec<f32>, Vec<f32>)> = work
            .into_par_iter()
            .map(|((range, gradients), mut x_gradients)| {
                let mut windows = self.window_buffer();
                let mut kernel_sum = vec![
                    0.0;
                    if wanted_weights[0].is_some() {
                        kernel.len()
                    } else {
                        0
                    }
                ];
                let mut bias_sum = vec![0.0; self.output.2];
                for (i, n) in range.enumerate() {
                    let gradient = &mut gradients[i * out_size..(i + 1) * out_size];
                    if self.options.relu {
                        mask_by_relu(gradient, &output[n * out_size..(n + 1) * out_size]);
                    }
                    sum_rows(gradient, &mut bias_sum);
                    let picture = &x[n * in_size..(n + 1) * in_size];
                    for group in 0..self.options.groups {
                        let by_result = self.group_gradient(gradient, group);
                        if !kernel_sum.is_empty() {
                            let rows = self.gather(picture, group, &mut windows);
                            let sum = self.group_kernel_mut(&mut kernel_sum, group);
                            multiply(sum, true, rows.transposed(), by_result);
                        }
                        if let Some(Wanted { values, fresh }) = &mut x_gradients {
                            let values = &mut values[i * in_size..(i + 1) * in_size];
                            if *fresh && group == 0 {
                                values.fill(0.0);
                            }
                            let (places, columns) = self.window_sizes();
                            let kernel = self.group_kernel(kernel, group).transposed();
                            let rows = MatrixMut::new(&mut windows, places, columns);
                            multiply(rows, false, by_result, kernel);
                            self.scatter(&windows, group, values);
                        }
                    }
                }
                (kernel_sum, bias_sum)
            })
            .collect();
        add_sums(wanted_weights, &sums);
    }
}

/// Gives kernel and bias, as far as they are wanted, the sums that each thread made for them.
pub(super) fn add_sums(wanted: &mut [Option<Wanted>], sums: &[(Vec<f32>, Vec<f32>)]) {
    for (wanted, part) in wanted.iter_mut().zip([0, 1]) {
        let Some(wanted) = wanted else { continue };
        for (kernel_sum, bias_sum) in sums {
            let sum = if part == 0 { kernel_sum } else { bias_sum };
            wanted.add_each(|i| sum[i]);
            wanted.fresh = false;
        }
    }
}

impl Convolution {
    fn picture(&self) -> usize {
        self.input.0 * self.input.1 * self.input.2
    }

    fn result(&self) -> usize {
        self.output.0 * self.output.1 * self.output.2
    }

    fn group_channels(&self) -> usize {
        self.input.2 / self.options.groups
    }

    fn group_filters(&self) -> usize {
        self.output.2 / self.options.groups
    }

    /// Rows and columns of the window matrix: places of the window, and cells in it.
    fn window_sizes(&self) -> (usize, usize) {
        let cells = self.kernel.0 * self.kernel.1 * self.group_channels();
        (self.output.0 * self.output.1, cells)
    }

    fn window_buffer(&self) -> Vec<f32> {
        let (places, cells) = self.window_sizes();
        vec![0.0; places * cells]
    }

    /// Whether the picture is its own window matrix.
    fn is_pointwise(&self) -> bool {
        self.kernel == (1, 1) && self.options.strides == (1, 1) && self.options.groups == 1
    }

    fn group_kernel<'a>(&self, kernel: &'a [f32], group: usize) -> Matrix<'a> {
        let (cells, filters) = (self.window_sizes().1, self.group_filters());
        Matrix::with_row_stride(&kernel[group * filters..], cells, filters, self.output.2)
    }

    fn group_kernel_mut<'a>(&self, kernel: &'a mut [f32], group: usize) -> MatrixMut<'a> {
        let (cells, filters) = (self.window_sizes().1, self.group_filters());
        MatrixMut::with_row_stride(
            &mut kernel[group * filters..],
            cells,
            filters,
            self.output.2,
        )
    }

    fn group_result<'a>(&self, result: &'a mut [f32], group: usize) -> MatrixMut<'a> {
        let (places, filters) = (self.window_sizes().0, self.group_filters());
        MatrixMut::with_row_stride(
            &mut result[group * filters..],
            places,
            filters,
            self.output.2,
        )
    }

    fn group_gradient<'a>(&self, gradient: &'a [f32], group: usize) -> Matrix<'a> {
        let (places, filters) = (self.window_sizes().0, self.group_filters());
        Matrix::with_row_stride(&gradient[group * filters..], places, filters, self.output.2)
    }

    /// Calls `visit(window offset, picture offset or none for padding, run)` for every run of
    /// neighboring cells. Along a kernel row without dilation or groups, all cells are neighbors.
    #[inline(always)]
    fn each_run(&self, group: usize, mut visit: impl FnMut(usize, Option<usize>, usize)) {
        let (height, width, channels) = self.input;
        let (strides, dilation) = (self.options.strides, self.options.dilation_rate);
        let run = self.group_channels();
        let first_channel = group * run;
        let whole_rows = dilation.1 == 1 && self.options.groups == 1;
        let mut to = 0;
        for out_row in 0..self.output.0 {
            for out_column in 0..self.output.1 {
                let left = (out_column * strides.1) as isize - self.offset.1 as isize;
                let inside = left >= 0 && left as usize + self.kernel.1 <= width;
                for cell_row in 0..self.kernel.0 {
                    let row = (out_row * strides.0 + cell_row * dilation.0) as isize
                        - self.offset.0 as isize;
                    let row = (0..height as isize).contains(&row).then_some(row as usize);
                    if whole_rows && inside {
                        let from = row.map(|row| (row * width + left as usize) * channels);
                        visit(to, from, self.kernel.1 * channels);
                        to += self.kernel.1 * channels;
                        continue;
                    }
                    for cell_column in 0..self.kernel.1 {
                        let column = left + (cell_column * dilation.1) as isize;
                        let column = (0..width as isize)
                            .contains(&column)
                            .then_some(column as usize);
                        let from = row
                            .zip(column)
                            .map(|(row, column)| (row * width + column) * channels + first_channel);
                        visit(to, from, run);
                        to += run;
                    }
                }
            }
        }
    }

    /// Lays the windows of one picture out as the rows of a matrix.
    fn gather<'a>(&self, picture: &'a [f32], group: usize, windows: &'a mut [f32]) -> Matrix<'a> {
        let (places, cells) = self.window_sizes();
        if self.is_pointwise() {
            return Matrix::new(picture, places, cells);
        }
        vectorized(
            #[inline(always)]
            || {
                self.each_run(group, |to, from, run| {
                    let window = &mut windows[to..to + run];
                    match from {
                        Some(from) => copy_short(&picture[from..from + run], window),
                        None => window.fill(0.0),
                    }
                });
            },
        );
        Matrix::new(windows, places, cells)
    }

    /// Adds the gradients of the windows to the picture that they were taken from.
    fn scatter(&self, windows: &[f32], group: usize, picture: &mut [f32]) {
        vectorized(
            #[inline(always)]
            || {
                self.each_run(group, |from, to, run| {
                    if let Some(to) = to {
                        let cells = picture[to..to + run].iter_mut();
                        for (cell, part) in cells.zip(&windows[from..from + run]) {
                            *cell += part;
                        }
                    }
                });
            },
        );
    }
}

/// Copies a few floats; a call to `memcpy` would take longer than the copy.
#[inline(always)]
fn copy_short(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// The slices of `values` that belong to each range of pictures.
pub(super) fn split_mut<'a, T>(
    mut values: &'a mut [T],
    ranges: &[std::ops::Range<usize>],
    size: usize,
) -> Vec<(std::ops::Range<usize>, &'a mut [T])> {
    let mut parts = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (part, rest) = std::mem::take(&mut values).split_at_mut(range.len() * size);
        parts.push((range.clone(), part));
        values = rest;
    }
    parts
}
