//! Convolutions of every kind.

use serde::Deserialize;

use super::activations::activate;
use super::window::{Window, whole};
use crate::models::export::builder::{Builder, Id, Layout, permuted};
use crate::models::export::onnx::Attribute;
use crate::models::export::part::Part;
use crate::ops::{Padding, transposed_axis};
use crate::{Activation, Result, Setting, Shape, Tensor};

#[derive(Deserialize)]
struct Convolution {
    kernel_size: Vec<usize>,
    strides: Vec<usize>,
    padding: Padding,
    dilation_rate: Vec<usize>,
    activation: Setting<Activation>,
    #[serde(default = "one")]
    groups: usize,
    #[serde(default)]
    output_padding: Option<Vec<usize>>,
}

fn one() -> usize {
    1
}

impl Convolution {
    fn window(&self) -> Window<'_> {
        Window {
            size: &self.kernel_size,
            strides: &self.strides,
            dilation: &self.dilation_rate,
            padding: self.padding,
        }
    }

    /// What comes out, with the activation.
    fn finish(&self, b: &mut Builder, y: String, part: &Part<'_>) -> Result<Vec<Id>> {
        let before = match *self.activation.get()? {
            // The only one that changes the shape.
            Activation::Glu => {
                let channels = part.output().last() * 2;
                part.output().with_last(channels)
            }
            _ => part.output(),
        };
        let y = b.value(y, Layout::First, before);
        Ok(vec![activate(b, y, *self.activation.get()?)?])
    }
}

/// A convolution of `x`, channels first, with this kernel in ONNX's layout.
fn convolve(
    b: &mut Builder,
    x: &str,
    kernel: &str,
    bias: Option<&Tensor>,
    mut arguments: Vec<(&'static str, Attribute)>,
    groups: usize,
) -> String {
    if groups > 1 {
        arguments.push(("group", (groups as i64).into()));
    }
    match bias {
        Some(bias) => {
            let bias = b.weight("bias", bias);
            b.op("Conv", &[x, kernel, &bias], arguments)
        }
        None => b.op("Conv", &[x, kernel], arguments),
    }
}

/// The axes of a kernel, those of the channels in front.
fn channels_in_front(kernel: &Tensor, channels: [usize; 2]) -> Vec<usize> {
    channels.into_iter().chain(0..kernel.ndim() - 2).collect()
}

/// `Conv1D` and so on.
pub(super) fn convolution(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let layer: Convolution = part.read()?;
    let input = part.input()?;
    let arguments = layer.window().arguments(b.shape(input));
    let x = b.name(input, Layout::First);
    let kernel = part.need("kernel")?;
    let rank = kernel.ndim();
    let (sizes, kernel) = permuted(kernel, &channels_in_front(kernel, [rank - 1, rank - 2]));
    let kernel = b.floats("kernel", &sizes, kernel);
    let y = convolve(b, &x, &kernel, part.weight("bias"), arguments, layer.groups);
    layer.finish(b, y, part)
}

/// A kernel for each channel of a depthwise convolution in ONNX's layout.
fn depthwise_kernel(b: &mut Builder, name: &str, kernel: &Tensor) -> (String, usize) {
    let rank = kernel.ndim();
    let (sizes, kernel) = permuted(kernel, &channels_in_front(kernel, [rank - 2, rank - 1]));
    let (channels, multiplier) = (sizes[0], sizes[1]);
    let sizes = [&[channels * multiplier, 1], &sizes[2..]].concat();
    (b.floats(name, &sizes, kernel), channels)
}

/// `DepthwiseConv1D` and so on.
pub(super) fn depthwise(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let layer: Convolution = part.read()?;
    let input = part.input()?;
    let arguments = layer.window().arguments(b.shape(input));
    let x = b.name(input, Layout::First);
    let (kernel, channels) = depthwise_kernel(b, "kernel", part.need("kernel")?);
    let y = convolve(b, &x, &kernel, part.weight("bias"), arguments, channels);
    layer.finish(b, y, part)
}

/// `SeparableConv1D` and so on.
pub(super) fn separable(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let layer: Convolution = part.read()?;
    let input = part.input()?;
    let arguments = layer.window().arguments(b.shape(input));
    let x = b.name(input, Layout::First);
    let kernel = part.need("depthwise_kernel")?;
    let (kernel, channels) = depthwise_kernel(b, "depthwise_kernel", kernel);
    let x = convolve(b, &x, &kernel, None, arguments, channels);
    let kernel = part.need("pointwise_kernel")?;
    let rank = kernel.ndim();
    let (sizes, kernel) = permuted(kernel, &channels_in_front(kernel, [rank - 1, rank - 2]));
    let kernel = b.floats("pointwise_kernel", &sizes, kernel);
    let y = convolve(b, &x, &kernel, part.weight("bias"), Vec::new(), 1);
    layer.finish(b, y, part)
}

/// `Conv1DTranspose` and so on.
pub(super) fn transposed(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let layer: Convolution = part.read()?;
    let input = part.input()?;
    let arguments = transposed_arguments(&layer, b.shape(input))?;
    let x = b.name(input, Layout::First);
    let kernel = part.need("kernel")?;
    let rank = kernel.ndim();
    let (sizes, kernel) = permuted(kernel, &channels_in_front(kernel, [rank - 1, rank - 2]));
    let kernel = b.floats("kernel", &sizes, kernel);
    let bias = part.weight("bias").map(|bias| b.weight("bias", bias));
    let mut inputs = vec![x.as_str(), &kernel];
    inputs.extend(bias.as_deref());
    let y = b.op("ConvTranspose", &inputs, arguments);
    layer.finish(b, y, part)
}

fn transposed_arguments(
    layer: &Convolution,
    input: &Shape,
) -> Result<Vec<(&'static str, Attribute)>> {
    let window = layer.window();
    let (mut before, mut after, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for (axis, size) in input.sizes().take(layer.kernel_size.len()).enumerate() {
        // How much is cut off does not depend on the size.
        let places = size.unwrap_or(1);
        let stride = layer.strides[axis];
        let made = transposed_axis(
            "size",
            places,
            layer.kernel_size[axis],
            stride,
            layer.dilation_rate[axis],
            layer.padding,
            layer.output_padding.as_ref().map(|padding| padding[axis]),
        )?;
        let all = (places - 1) * stride + window.reach(axis);
        let wanted = made.input + made.before;
        before.push(made.before as i64);
        after.push(all.saturating_sub(wanted) as i64);
        more.push(wanted.saturating_sub(all));
    }
    let mut arguments = vec![
        ("kernel_shape", whole(&layer.kernel_size)),
        ("strides", whole(&layer.strides)),
        ("dilations", whole(&layer.dilation_rate)),
        ("pads", [before, after].concat().into()),
    ];
    if more.iter().any(|&more| more > 0) {
        arguments.push(("output_padding", whole(&more)));
    }
    Ok(arguments)
}
