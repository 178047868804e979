//! Transposed convolution: the gradient of a convolution with respect to its input.

use super::by_picture::{PictureSizes, backward_by_picture, forward_by_picture};
use super::patches::Patches;
use crate::ops::dense::bias_and_relu;
use crate::ops::matmul::{Matrix, MatrixMut, multiply};
use crate::ops::window::{Padding, WindowAxis};
use crate::tensor::bridge::{Backpass, GpuOp, Op};
use crate::{Error, Result};

/// The convolution that goes the other way: from the output here to the input here.
pub(in crate::ops) struct TransposedConvolution {
    /// Its windows; they lie in the output here.
    pub(in crate::ops) patches: Patches,
    /// Channels of the input here.
    pub(in crate::ops) channels: usize,
    pub(in crate::ops) relu: bool,
}

impl TransposedConvolution {
    fn sizes(&self) -> PictureSizes {
        PictureSizes {
            input: self.patches.places() * self.channels,
            output: self.patches.picture(),
            filters: self.patches.channels,
        }
    }

    fn kernel<'a>(&self, kernel: &'a [f32]) -> Matrix<'a> {
        Matrix::new(kernel, self.patches.cells(), self.channels)
    }
}

impl Op for TransposedConvolution {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let this = &*self;
        let (places, cells) = (this.patches.places(), this.patches.cells());
        forward_by_picture(
            x,
            output,
            this.sizes(),
            || this.patches.buffer(),
            |picture, y, windows| {
                let picture = Matrix::new(picture, places, this.channels);
                let rows = MatrixMut::new(windows, places, cells);
                multiply(rows, false, picture, this.kernel(kernel).transposed());
                y.fill(0.0);
                this.patches.scatter(windows, 0, y);
                bias_and_relu(y, bias, this.relu);
            },
        );
    }

    fn backward(&self, at: Backpass<'_>) {
        let kernel = at.inputs[1];
        let (places, cells) = (self.patches.places(), self.patches.cells());
        let room = || self.patches.buffer();
        backward_by_picture(at, self.sizes(), self.relu, room, |picture, windows| {
            let rows = self.patches.gather(picture.gradient, 0, windows);
            if let Some(sum) = picture.kernel {
                let sum = MatrixMut::new(sum, cells, self.channels);
                let x = Matrix::new(picture.x, places, self.channels);
                multiply(sum, true, rows.transposed(), x);
            }
            if let Some(to_x) = picture.to_x {
                let add = !to_x.fresh;
                let to_x = MatrixMut::new(to_x.values, places, self.channels);
                multiply(to_x, add, rows, self.kernel(kernel));
            }
        });
    }

    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }
}

/// How the windows lie in the output of a transposed convolution, along the axis called `name`.
///
/// With `Padding::Valid` they all lie inside; with `Padding::Same` the output is as long as the
/// input times the stride; `output_padding`, if given, says how much longer than necessary it is.
pub(crate) fn transposed_axis(
    name: &str,
    places: usize,
    size: usize,
    stride: usize,
    dilation: usize,
    padding: Padding,
    output_padding: Option<usize>,
) -> Result<WindowAxis> {
    const LONGEST: usize = isize::MAX as usize / 8;
    let extra = output_padding.unwrap_or(0);
    let reach = (size - 1).saturating_mul(dilation).saturating_add(1);
    // From the start of the first window to the start of the last.
    let last = places.saturating_sub(1).saturating_mul(stride);
    if [reach, last, stride, extra]
        .iter()
        .any(|&length| length > LONGEST)
    {
        let error = Error::shape(format!("the output's {name} would be too large"));
        return Err(error.remedy("use a smaller window and smaller strides"));
    }
    let (length, padded) = match (padding, output_padding) {
        (Padding::Valid, None) => (last + reach.max(stride), 0),
        (Padding::Valid, Some(extra)) => (last + reach + extra, 0),
        (_, None) => (last + stride, reach.saturating_sub(stride)),
        (_, Some(extra)) => {
            let length = last + reach % 2 + extra;
            (length, reach.saturating_sub(reach % 2 + extra))
        }
    };
    if length == 0 {
        let error = Error::shape(format!("the output's {name} would be 0"));
        return Err(error.remedy("use a larger `output_padding`, or leave it out"));
    }
    Ok(WindowAxis {
        input: length,
        output: places,
        size,
        stride,
        dilation,
        before: padded / 2,
    })
}
