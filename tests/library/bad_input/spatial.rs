//! Layers over sequences, pictures and volumes that cannot be built.

use kerust::prelude::*;

use super::refused;

/// Fails unless a model of this layer alone is refused with this text.
#[track_caller]
fn alone(layer: impl Layer + 'static, input: impl Into<Shape>, message: &str, help: &str) {
    let mut model = Sequential::named("model");
    let class_name = layer.class_name();
    let layer = layer.name("l").input_shape(input.into());
    let message = format!("model `model`: layer `l` ({class_name}): {message}");
    refused(model.add(layer), &message, help);
}

#[test]
fn samples_with_too_few_or_too_many_axes() {
    let sequences = "reshape the data, for example to (100, 1), or move this layer before Flatten";
    let message = "expected sequences of shape (steps, channels), got (784,) per sample";
    alone(Conv1D::new(2, 3), 784, message, sequences);
    alone(MaxPooling1D::new(2), 784, message, sequences);
    alone(GlobalAveragePooling1D::new(), 784, message, sequences);
    alone(UpSampling1D::new(2), 784, message, sequences);
    let message = "expected sequences of shape (steps, channels), got (28, 28, 1) per sample";
    alone(Conv1DTranspose::new(2, 3), (28, 28, 1), message, sequences);
    alone(DepthwiseConv1D::new(3), (28, 28, 1), message, sequences);
    let pictures =
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten";
    let message = "expected pictures of shape (height, width, channels), got (28, 28) per sample";
    alone(Conv2DTranspose::new(2, 3), (28, 28), message, pictures);
    alone(SeparableConv2D::new(2, 3), (28, 28), message, pictures);
    alone(ZeroPadding2D::new(1), (28, 28), message, pictures);
    alone(AdaptiveMaxPooling2D::new(1), (28, 28), message, pictures);
    let volumes =
        "reshape the data, for example to (16, 28, 28, 1), or move this layer before Flatten";
    let message = "expected volumes of shape (depth, height, width, channels), got (28, 28, 1) per \
                   sample";
    alone(Conv3D::new(2, 3), (28, 28, 1), message, volumes);
    alone(AveragePooling3D::new(2), (28, 28, 1), message, volumes);
    alone(Cropping3D::new(1), (28, 28, 1), message, volumes);
}

#[test]
fn windows_larger_than_the_input() {
    let help = "use a smaller window, or `padding(\"same\")`";
    let message = "a window of 7 does not fit into an input of length 6";
    alone(Conv1D::new(2, 7), (6, 1), message, help);
    alone(Conv1D::new(2, 3).dilation_rate(3), (6, 1), message, help);
    alone(MaxPooling1D::new(7), (6, 1), message, help);
    let message = "a window of 3 does not fit into an input of depth 2";
    alone(Conv3D::new(2, 3), (2, 6, 6, 1), message, help);
    let message = "a window of 4 does not fit into an input of width 3";
    alone(DepthwiseConv2D::new(4), (4, 3, 1), message, help);
    let message = "a window of 4 does not fit into an input of height 3";
    alone(SeparableConv2D::new(2, 4), (3, 4, 1), message, help);
}

#[test]
fn arguments_that_cannot_be() {
    let causal = "argument `padding`: expected \"valid\" or \"same\", got \"causal\"";
    let help = "`Conv1D` is the layer that can be causal";
    alone(Conv2D::new(2, 3).padding("causal"), (6, 6, 1), causal, help);
    alone(MaxPooling1D::new(2).padding("causal"), (6, 1), causal, help);
    alone(
        DepthwiseConv1D::new(3).padding("causal"),
        (6, 1),
        causal,
        help,
    );
    alone(
        Conv1D::new(2, 3).strides(2).dilation_rate(2),
        (9, 1),
        "argument `strides`: expected 1 when `dilation_rate` is set, got both",
        "set one of the two",
    );
    alone(
        Conv1D::new(2, 0),
        (9, 1),
        "argument `kernel_size`: expected a positive whole number, got 0",
        "",
    );
    alone(
        Conv2DTranspose::new(2, 3).strides(2).output_padding((1, 2)),
        (9, 9, 1),
        "argument `output_padding`: expected less than the strides (2, 2), got (1, 2)",
        "",
    );
    alone(
        Conv1DTranspose::new(2, 2).padding("same").output_padding(0),
        (1, 1),
        "the output's length would be 0",
        "use a larger `output_padding`, or leave it out",
    );
    alone(
        DepthwiseConv2D::new(3).depth_multiplier(0),
        (9, 9, 1),
        "argument `depth_multiplier`: expected a positive whole number, got 0",
        "",
    );
    alone(
        SeparableConv1D::new(2, 3).depth_multiplier(usize::MAX),
        (9, 2),
        &format!(
            "argument `depth_multiplier`: expected a number that 2 channels can be multiplied by, \
             got {}",
            usize::MAX
        ),
        "",
    );
    alone(
        Cropping2D::new((2, 3)),
        (9, 6, 1),
        "cropping (3, 3) leaves nothing of an input of width 6",
        "crop less",
    );
    alone(
        AdaptiveAveragePooling2D::new((2, 7)),
        (9, 6, 1),
        "argument `output_size`: expected at most the input's (9, 6), got (2, 7)",
        "",
    );
    alone(
        UpSampling2D::new((2, 0)),
        (9, 6, 1),
        "argument `size`: expected positive whole numbers, got (2, 0)",
        "",
    );
    alone(
        UpSampling2D::new(2).interpolation("linear"),
        (9, 6, 1),
        "unknown interpolation `linear`",
        "did you mean `bilinear`? known: nearest, bilinear, bicubic, lanczos3, lanczos5",
    );
    alone(
        RandomRotation::new(0.1).interpolation("bicubic"),
        (9, 6, 1),
        "argument `interpolation`: expected \"nearest\" or \"bilinear\", got \"bicubic\"",
        "",
    );
}

#[test]
fn outputs_larger_than_memory() {
    let huge = 1 << 60;
    let help = "let this layer make less of its input";
    let shape =
        |length: usize| format!("an output of shape ({length}, 1) does not fit into memory");
    alone(UpSampling1D::new(huge), (2, 1), &shape(2 * huge), help);
    alone(ZeroPadding1D::new(huge), (2, 1), &shape(2 * huge + 2), help);
    let strides = 1 << 58;
    alone(
        Conv1DTranspose::new(1, 2).strides(strides),
        (2, 1),
        &shape(2 * strides),
        help,
    );
}

/// Nothing goes in: nothing may panic on the way back either.
#[test]
fn axes_of_size_zero() -> Result<()> {
    use kerust::ops;
    let mut tape = Tape::recording();
    let x = tape.watch(&Tensor::ones((2, 0, 3)));
    let y = ops::zero_padding(&mut tape, &x, [(1, 1)])?;
    assert_eq!(y, Tensor::zeros((2, 2, 3)));
    let kernel = tape.watch(&Tensor::ones((2, 4, 3)));
    let options = ops::ConvOptions::default();
    let z = ops::conv_transpose::<1>(&mut tape, &x, &kernel, None, None, options)?;
    assert_eq!(z, Tensor::zeros((2, 2, 4)));
    assert_eq!(tape.gradient(&y, &[&x])?[0].shape(), (2, 0, 3));
    let kernel = Tensor::ones((2, 3, 1));
    let same = ops::ConvOptions::<1> {
        padding: Padding::Same,
        ..options
    };
    let y = ops::depthwise_conv(&mut Tape::off(), &x, &kernel, None, same)?;
    assert_eq!(y.shape(), (2, 0, 3));
    Ok(())
}
