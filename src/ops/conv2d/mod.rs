//! Two-dimensional convolution (cross-correlation, as in Keras), channels last.

mod cpu;
#[cfg(target_arch = "x86_64")]
mod direct;
#[cfg(target_arch = "x86_64")]
mod pooled;

use super::window::{Padding, pictures, window_output};
use crate::tensor::bridge::apply;
use crate::{Error, Result, Shape, Tape, Tensor};
use cpu::Convolution;
#[cfg(target_arch = "x86_64")]
use pooled::PooledConvolution;

/// How a convolution moves over its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2DOptions {
    /// Steps along height and width.
    pub strides: (usize, usize),
    /// Whether the input is padded.
    pub padding: Padding,
    /// Distances between the kernel's cells.
    pub dilation_rate: (usize, usize),
    /// Into how many groups the channels are split; each is convolved on its own.
    pub groups: usize,
    /// Whether negative results become 0.
    pub relu: bool,
}

impl Default for Conv2DOptions {
    fn default() -> Self {
        Self {
            strides: (1, 1),
            padding: Padding::Valid,
            dilation_rate: (1, 1),
            groups: 1,
            relu: false,
        }
    }
}

/// Convolves `x` `(batch, height, width, channels)` with `kernel`
/// `(height, width, channels / groups, filters)` and adds `bias` `(filters,)`.
///
/// # Errors
/// When the shapes do not fit or the kernel is larger than the input.
pub fn conv2d(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2DOptions,
) -> Result<Tensor> {
    let op = checked(x, kernel, bias, options)?;
    let (height, width, filters) = op.output;
    let inputs: Vec<&Tensor> = [x, kernel].into_iter().chain(bias).collect();
    apply(
        tape,
        op,
        &inputs,
        Shape::from((x.len(), height, width, filters)),
    )
}

/// [`conv2d`] and the largest values of its output's windows of (2, 2) side by side, in one
/// operation; none where two are as fast, or where the gradient of `x` is wanted.
///
/// # Errors
/// As [`conv2d`].
#[cfg(target_arch = "x86_64")]
pub(crate) fn conv2d_max_pool(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2DOptions,
) -> Result<Option<Tensor>> {
    /// With more cells in a window, a matrix product is as fast.
    const MOST_CELLS: usize = 128;
    let op = checked(x, kernel, bias, options)?;
    let (height, width, filters) = op.output;
    let output = (height / pooled::WINDOW, width / pooled::WINDOW);
    let cells = op.kernel.0 * op.kernel.1 * op.input.2;
    let suits = options.strides == (1, 1)
        && options.dilation_rate == (1, 1)
        && options.groups == 1
        && filters.is_multiple_of(direct::LANES)
        && cells <= MOST_CELLS
        && output.0 > 0
        && output.1 > 0
        && !(tape.is_recording() && x.is_tracked());
    if !suits || !direct::is_available() {
        return Ok(None);
    }
    let op = PooledConvolution {
        input: op.input,
        output,
        filters,
        kernel: op.kernel,
        offset: op.offset,
        padding: (
            height + op.kernel.0 - 1 - op.input.0,
            width + op.kernel.1 - 1 - op.input.1,
        ),
        relu: options.relu,
        largest: Vec::new(),
    };
    let inputs: Vec<&Tensor> = [x, kernel].into_iter().chain(bias).collect();
    let shape = Shape::from((x.len(), output.0, output.1, filters));
    apply(tape, op, &inputs, shape).map(Some)
}

/// On other processors, convolution and maximum are two operations.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn conv2d_max_pool(
    _tape: &mut Tape,
    _x: &Tensor,
    _kernel: &Tensor,
    _bias: Option<&Tensor>,
    _options: Conv2DOptions,
) -> Result<Option<Tensor>> {
    Ok(None)
}

fn checked(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2DOptions,
) -> Result<Convolution> {
    let [_, height, width, channels] = pictures("conv2d", x)?;
    let &[kernel_height, kernel_width, group_channels, filters] = kernel.shape().dims() else {
        return Err(Error::shape(format!(
            "a conv2d kernel has shape (height, width, channels / groups, filters), got {}",
            kernel.shape()
        )));
    };
    if kernel.is_empty() {
        return Err(Error::shape(format!(
            "a conv2d kernel needs numbers, got shape {}",
            kernel.shape()
        )));
    }
    let groups = options.groups;
    if groups == 0 || filters % groups != 0 {
        let expected = format!("a divisor of the {filters} filters");
        return Err(Error::argument("groups", &expected, groups));
    }
    // `groups` divides the number of filters, so the product is no more than the kernel has numbers.
    if group_channels * groups != channels {
        return Err(Error::shape(format!(
            "a kernel of shape {} in {groups} groups needs input with {} channels, got {}",
            kernel.shape(),
            group_channels * groups,
            x.shape()
        )));
    }
    if let Some(bias) = bias.filter(|bias| bias.shape() != (filters,)) {
        return Err(Error::shape(format!(
            "expected a bias of ({filters},), got {}",
            bias.shape()
        )));
    }
    let (out_height, top) = window_output(
        "height",
        height,
        kernel_height,
        options.strides.0,
        options.dilation_rate.0,
        options.padding,
    )?;
    let (out_width, left) = window_output(
        "width",
        width,
        kernel_width,
        options.strides.1,
        options.dilation_rate.1,
        options.padding,
    )?;
    Ok(Convolution {
        input: (height, width, channels),
        output: (out_height, out_width, filters),
        kernel: (kernel_height, kernel_width),
        offset: (top, left),
        options,
    })
}
