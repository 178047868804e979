//! Convolution on the CPU: windows become the rows of a matrix, and the products are left to `gemm`.

use super::by_picture::{PictureSizes, backward_by_picture, forward_by_picture};
use super::patches::Patches;
use crate::device::Buffer;
use crate::ops::dense::bias_and_relu;
use crate::ops::matmul::{Matrix, MatrixMut, multiply};
use crate::tensor::bridge::{Backpass, GpuOp, Op};

/// The windows, and how many filters look at each.
pub(in crate::ops) struct Convolution {
    pub(in crate::ops) patches: Patches,
    pub(in crate::ops) filters: usize,
    pub(in crate::ops) relu: bool,
    /// The windows of the forward pass on the GPU, where they wait for the backward pass.
    pub(in crate::ops) windows: Option<Buffer>,
}

impl Op for Convolution {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let this = &*self;
        forward_by_picture(
            x,
            output,
            this.sizes(),
            || this.patches.buffer(),
            |picture, y, windows| {
                for group in 0..this.patches.groups {
                    let rows = this.patches.gather(picture, group, windows);
                    let kernel = this.group_kernel(kernel, group);
                    multiply(this.group_result(y, group), false, rows, kernel);
                }
                bias_and_relu(y, bias, this.relu);
            },
        );
    }

    fn backward(&self, at: Backpass<'_>) {
        let kernel = at.inputs[1];
        let room = || self.patches.buffer();
        backward_by_picture(at, self.sizes(), self.relu, room, |mut picture, windows| {
            for group in 0..self.patches.groups {
                let by_result = self.group_gradient(picture.gradient, group);
                if let Some(sum) = &mut picture.kernel {
                    let rows = self.patches.gather(picture.x, group, windows);
                    let sum = self.group_kernel_mut(sum, group);
                    multiply(sum, true, rows.transposed(), by_result);
                }
                if let Some(to_x) = &mut picture.to_x {
                    to_x.clear_if_fresh();
                    let (places, cells) = (self.patches.places(), self.patches.cells());
                    let kernel = self.group_kernel(kernel, group).transposed();
                    let rows = MatrixMut::new(windows, places, cells);
                    multiply(rows, false, by_result, kernel);
                    self.patches.scatter(windows, group, to_x.values);
                }
            }
        });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

impl Convolution {
    fn sizes(&self) -> PictureSizes {
        PictureSizes {
            input: self.patches.picture(),
            output: self.patches.places() * self.filters,
            filters: self.filters,
        }
    }

    fn group_filters(&self) -> usize {
        self.filters / self.patches.groups
    }

    fn group_kernel<'a>(&self, kernel: &'a [f32], group: usize) -> Matrix<'a> {
        let (cells, filters) = (self.patches.cells(), self.group_filters());
        Matrix::with_row_stride(&kernel[group * filters..], cells, filters, self.filters)
    }

    fn group_kernel_mut<'a>(&self, kernel: &'a mut [f32], group: usize) -> MatrixMut<'a> {
        let (cells, filters) = (self.patches.cells(), self.group_filters());
        MatrixMut::with_row_stride(&mut kernel[group * filters..], cells, filters, self.filters)
    }

    fn group_result<'a>(&self, result: &'a mut [f32], group: usize) -> MatrixMut<'a> {
        let (places, filters) = (self.patches.places(), self.group_filters());
        MatrixMut::with_row_stride(
            &mut result[group * filters..],
            places,
            filters,
            self.filters,
        )
    }

    fn group_gradient<'a>(&self, gradient: &'a [f32], group: usize) -> Matrix<'a> {
        let (places, filters) = (self.patches.places(), self.group_filters());
        Matrix::with_row_stride(&gradient[group * filters..], places, filters, self.filters)
    }
}
