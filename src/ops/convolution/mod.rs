//! Convolution (cross-correlation, as in Keras) over sequences, pictures and volumes, channels last.

mod by_picture;
mod cpu;
mod depthwise;
mod direct;
mod patches;
mod pooled;
mod register;
mod transpose;

use super::Instructions;
use super::window::{
    Padding, WindowAxis, axis_name, output_shape, spatial, spatial_shape, to_three, window_axes,
};
use crate::device::gpu;
use crate::tensor::bridge::apply;
use crate::{Error, Result, Shape, Tape, Tensor};
pub(in crate::ops) use cpu::Convolution;
pub(in crate::ops) use depthwise::Depthwise;
pub(in crate::ops) use patches::Patches;
use pooled::PooledConvolution;
pub(in crate::ops) use transpose::TransposedConvolution;
pub(crate) use transpose::transposed_axis;

/// How a convolution moves over its input, which has `RANK` axes in space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvOptions<const RANK: usize> {
    /// Steps along each axis.
    pub strides: [usize; RANK],
    /// Whether the input is padded.
    pub padding: Padding,
    /// Distances between the kernel's cells.
    pub dilation_rate: [usize; RANK],
    /// Whether negative results become 0.
    pub relu: bool,
}

impl<const RANK: usize> Default for ConvOptions<RANK> {
    fn default() -> Self {
        Self {
            strides: [1; RANK],
            padding: Padding::Valid,
            dilation_rate: [1; RANK],
            relu: false,
        }
    }
}

/// How [`conv2d`] moves over its input.
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

impl Conv2DOptions {
    fn general(self) -> ConvOptions<2> {
        ConvOptions {
            strides: self.strides.into(),
            padding: self.padding,
            dilation_rate: self.dilation_rate.into(),
            relu: self.relu,
        }
    }
}

/// Convolves `x` `(batch, .., channels)` with `kernel` `(.., channels / groups, filters)`, both with
/// `RANK` axes in between, and adds `bias` `(filters,)`. The channels are split into `groups`; each
/// is convolved on its own.
///
/// Keras: `keras.ops.conv`.
///
/// # Errors
/// When the shapes do not fit or the kernel is larger than the input.
pub fn conv<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    groups: usize,
    options: ConvOptions<RANK>,
) -> Result<Tensor> {
    let op = checked(x, kernel, bias, groups, options)?;
    let output = op.patches.axes.map(|axis| axis.output);
    let shape = output_shape::<RANK>(x.len(), output, op.filters);
    apply(tape, op, &with_bias(x, kernel, bias), shape)
}

/// [`conv`] of pictures `(batch, height, width, channels)`.
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
    conv(tape, x, kernel, bias, options.groups, options.general())
}

/// The gradient of a convolution with respect to its input, as an operation of its own: every number
/// of `x` `(batch, .., channels)` adds a copy of the kernel `(.., filters, channels)` to the output
/// `(batch, .., filters)`. `output_padding` says how much longer than necessary the output is.
///
/// Keras: `keras.ops.conv_transpose`.
///
/// # Errors
/// When the shapes do not fit, or the output would have no place.
pub fn conv_transpose<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    output_padding: Option<[usize; RANK]>,
    options: ConvOptions<RANK>,
) -> Result<Tensor> {
    let (batch, sizes, channels) = spatial::<RANK>("conv_transpose", x)?;
    let (size, [filters, kernel_channels]) =
        kernel_sizes::<RANK>("conv_transpose", "filters, channels", kernel)?;
    if kernel_channels != channels {
        return Err(Error::shape(format!(
            "a kernel of shape {} needs input with {kernel_channels} channels, got {}",
            kernel.shape(),
            x.shape()
        )));
    }
    check_bias(bias, filters)?;
    let (strides, dilation) = (options.strides, options.dilation_rate);
    check_moves(strides, dilation)?;
    let axes = to_three::<RANK, _>(
        || WindowAxis::NONE,
        |i| {
            let (name, padding) = (axis_name(RANK, i), options.padding);
            let extra = output_padding.map(|output_padding| output_padding[i]);
            transposed_axis(
                name,
                sizes[i],
                size[i],
                strides[i],
                dilation[i],
                padding,
                extra,
            )
        },
    )?;
    let op = TransposedConvolution {
        patches: Patches {
            axes,
            channels: filters,
            groups: 1,
        },
        channels,
        relu: options.relu,
    };
    let shape = output_shape::<RANK>(batch, axes.map(|axis| axis.input), filters);
    apply(tape, op, &with_bias(x, kernel, bias), shape)
}

/// Convolves each channel of `x` `(batch, .., channels)` on its own, with `multiplier` kernels for
/// each: `kernel` is `(.., channels, multiplier)`, `bias` and the last axis of the output have
/// `channels * multiplier` numbers. There are one or two axes in between.
///
/// Keras: `keras.ops.depthwise_conv`.
///
/// # Errors
/// When the shapes do not fit or the kernel is larger than the input.
pub fn depthwise_conv<const RANK: usize>(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<RANK>,
) -> Result<Tensor> {
    let (batch, sizes, channels) = spatial::<RANK>("depthwise_conv", x)?;
    let (size, [kernel_channels, multiplier]) =
        kernel_sizes::<RANK>("depthwise_conv", "channels, multiplier", kernel)?;
    if kernel_channels != channels {
        return Err(Error::shape(format!(
            "a kernel of shape {} needs input with {kernel_channels} channels, got {}",
            kernel.shape(),
            x.shape()
        )));
    }
    check_bias(bias, channels * multiplier)?;
    let (strides, dilation) = (options.strides, options.dilation_rate);
    let axes = window_axes(sizes, size, strides, dilation, options.padding)?;
    let [depth, rows, columns] = axes;
    if depth.input * depth.size != 1 {
        return Err(Error::shape("depthwise_conv takes sequences and pictures"));
    }
    let output = axes.map(|axis| axis.output);
    let shape = output_shape::<RANK>(batch, output, channels * multiplier);
    if shape.elements() == 0 {
        return Ok(Tensor::zeros(shape));
    }
    let op = Depthwise::new(rows, columns, channels, multiplier, options.relu);
    apply(tape, op, &with_bias(x, kernel, bias), shape)
}

/// [`conv2d`] and the largest values of its output's windows of (2, 2) side by side, in one
/// operation; none where two are as fast, as on a GPU, or where the gradient of `x` is wanted.
///
/// # Errors
/// As [`conv2d`].
pub(crate) fn conv2d_max_pool(
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2DOptions,
) -> Result<Option<Tensor>> {
    let instructions = Instructions::detected();
    if gpu().is_some() || !direct::is_fast(instructions) {
        return Ok(None);
    }
    conv2d_max_pool_by(instructions, tape, x, kernel, bias, options)
}

/// The same with these instructions, which the processor must have.
fn conv2d_max_pool_by(
    instructions: Instructions,
    tape: &mut Tape,
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2DOptions,
) -> Result<Option<Tensor>> {
    /// With more cells in a window, a matrix product is as fast.
    const MOST_CELLS: usize = 128;
    let op = checked(x, kernel, bias, options.groups, options.general())?;
    let [_, rows, columns] = op.patches.axes;
    let (channels, filters) = (op.patches.channels, op.filters);
    let output = (
        rows.output / pooled::WINDOW,
        columns.output / pooled::WINDOW,
    );
    let cells = rows.size * columns.size * channels;
    let suits = options.strides == (1, 1)
        && options.dilation_rate == (1, 1)
        && options.groups == 1
        && filters.is_multiple_of(direct::FILTERS)
        && cells <= MOST_CELLS
        && output.0 > 0
        && output.1 > 0
        && !(tape.is_recording() && x.is_tracked());
    if !suits {
        return Ok(None);
    }
    let op = PooledConvolution {
        input: (rows.input, columns.input, channels),
        output,
        filters,
        kernel: (rows.size, columns.size),
        offset: (rows.before, columns.before),
        padding: (
            rows.output + rows.size - 1 - rows.input,
            columns.output + columns.size - 1 - columns.input,
        ),
        relu: options.relu,
        instructions,
        largest: Vec::new(),
    };
    let shape = Shape::from((x.len(), output.0, output.1, filters));
    apply(tape, op, &with_bias(x, kernel, bias), shape).map(Some)
}

fn with_bias<'a>(x: &'a Tensor, kernel: &'a Tensor, bias: Option<&'a Tensor>) -> Vec<&'a Tensor> {
    [x, kernel].into_iter().chain(bias).collect()
}

/// The sizes of a kernel in space, and its last two axes, which are called `last`.
fn kernel_sizes<const RANK: usize>(
    what: &str,
    last: &str,
    kernel: &Tensor,
) -> Result<([usize; RANK], [usize; 2])> {
    let space = spatial_shape(RANK).trim_end_matches(", channels");
    let [sizes @ .., before_last, at_last] = kernel.shape().dims() else {
        return Err(wrong_kernel(what, space, last, kernel));
    };
    let Ok(sizes) = sizes.try_into() else {
        return Err(wrong_kernel(what, space, last, kernel));
    };
    if kernel.is_empty() {
        return Err(Error::shape(format!(
            "a {what} kernel needs numbers, got shape {}",
            kernel.shape()
        )));
    }
    Ok((sizes, [*before_last, *at_last]))
}

fn wrong_kernel(what: &str, space: &str, last: &str, kernel: &Tensor) -> Error {
    Error::shape(format!(
        "a {what} kernel has shape ({space}, {last}), got {}",
        kernel.shape()
    ))
}

fn check_bias(bias: Option<&Tensor>, filters: usize) -> Result<()> {
    match bias.filter(|bias| bias.shape() != (filters,)) {
        Some(bias) => Err(Error::shape(format!(
            "expected a bias of ({filters},), got {}",
            bias.shape()
        ))),
        None => Ok(()),
    }
}

fn check_moves<const RANK: usize>(strides: [usize; RANK], dilation: [usize; RANK]) -> Result<()> {
    for (name, values) in [("strides", strides), ("dilation_rate", dilation)] {
        if values.contains(&0) {
            let given = format!("{values:?}");
            return Err(Error::argument(name, "positive whole numbers", given));
        }
    }
    Ok(())
}

fn checked<const RANK: usize>(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    groups: usize,
    options: ConvOptions<RANK>,
) -> Result<Convolution> {
    let what = ["conv1d", "conv2d", "conv3d"][RANK.clamp(1, 3) - 1];
    let (_, sizes, channels) = spatial::<RANK>(what, x)?;
    let (size, [group_channels, filters]) =
        kernel_sizes::<RANK>(what, "channels / groups, filters", kernel)?;
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
    check_bias(bias, filters)?;
    let (strides, dilation) = (options.strides, options.dilation_rate);
    let axes = window_axes(sizes, size, strides, dilation, options.padding)?;
    let patches = Patches {
        axes,
        channels,
        groups,
    };
    Ok(Convolution {
        patches,
        filters,
        relu: options.relu,
        windows: None,
    })
}
