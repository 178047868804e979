//! Layers that do not fit, and arguments of layers.

use kerust::initializers::Initializer;
use kerust::prelude::*;

use super::{Fixture, bits, refused};

/// A model for pictures that is not finished.
fn pictures() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Conv2D::new(4, (3, 3)).name("conv").input_shape((8, 8, 3)))?;
    Ok(model)
}

/// Fails unless adding `layer` fails with this text and the model can go on without it.
#[track_caller]
fn does_not_fit(model: &mut Sequential, layer: impl Layer + 'static, message: &str, help: &str) {
    let (weights, shape) = (
        bits(model),
        model.output_shape().expect("the model is built"),
    );
    refused(model.add(layer), message, help);
    assert_eq!(weights, bits(model));
    assert_eq!(shape, model.output_shape().expect("the model is built"));
}

#[test]
fn layers_that_cannot_follow() -> Result<()> {
    let mut model = pictures()?;
    does_not_fit(
        &mut model,
        MaxPooling2D::new((7, 7)).name("pool"),
        "model `model`: layer `pool` (MaxPooling2D): a window of 7 does not fit into an \
         input of height 6",
        "use a smaller window, or `padding(\"same\")`",
    );
    does_not_fit(
        &mut model,
        Conv2D::new(1, (3, 7)).name("conv2"),
        "model `model`: layer `conv2` (Conv2D): a window of 7 does not fit into an input of \
         width 6",
        "use a smaller window, or `padding(\"same\")`",
    );
    does_not_fit(
        &mut model,
        Dense::new(2).name("conv"),
        "model `model`: layer `conv` (Dense): argument `name`: expected a name that no \
         other layer has, got `conv`",
        "leave `name` out to get an automatic one",
    );
    does_not_fit(
        &mut model,
        Input::new((8, 8, 3)),
        "model `model`: `Input` must come first, but the model begins with layer `conv` \
         (Conv2D)",
        "begin a new model with `Input`",
    );
    model.add(Flatten::new().name("flatten"))?;
    does_not_fit(
        &mut model,
        Conv2D::new(4, (3, 3)).name("late"),
        "model `model`: layer `late` (Conv2D): expected pictures of shape (height, width, \
         channels), got (144,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    does_not_fit(
        &mut model,
        MaxPooling2D::new(2).name("pool"),
        "model `model`: layer `pool` (MaxPooling2D): expected pictures of shape (height, \
         width, channels), got (144,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    does_not_fit(
        &mut model,
        GlobalAveragePooling2D::new().name("pool"),
        "model `model`: layer `pool` (GlobalAveragePooling2D): expected pictures of shape \
         (height, width, channels), got (144,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    model.add(Dense::new(2))?;
    assert_eq!(model.predict(Tensor::ones((1, 8, 8, 3)))?.shape(), (1, 2));
    Ok(())
}

#[test]
fn arguments_of_convolutions() -> Result<()> {
    let mut model = pictures()?;
    let conv = |filters, size: (usize, usize)| Conv2D::new(filters, size).name("c");
    does_not_fit(
        &mut model,
        conv(0, (3, 3)),
        "model `model`: layer `c` (Conv2D): argument `filters`: expected a positive whole \
         number, got 0",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (0, 3)),
        "model `model`: layer `c` (Conv2D): argument `kernel_size`: expected positive whole \
         numbers, got (0, 3)",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).strides((0, 1)),
        "model `model`: layer `c` (Conv2D): argument `strides`: expected positive whole \
         numbers, got (0, 1)",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).dilation_rate(0),
        "model `model`: layer `c` (Conv2D): argument `dilation_rate`: expected positive \
         whole numbers, got (0, 0)",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).strides(2).dilation_rate(2),
        "model `model`: layer `c` (Conv2D): argument `strides`: expected (1, 1) when \
         `dilation_rate` is set, got both",
        "set one of the two",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).groups(0),
        "model `model`: layer `c` (Conv2D): argument `groups`: expected a positive whole \
         number, got 0",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).groups(4),
        "model `model`: layer `c` (Conv2D): argument `groups`: expected a divisor of the 2 \
         filters, got 4",
        "",
    );
    does_not_fit(
        &mut model,
        conv(3, (3, 3)).groups(3),
        "model `model`: layer `c` (Conv2D): argument `groups`: expected a divisor of the 4 \
         input channels, got 3",
        "",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).activation("rleu"),
        "model `model`: layer `c` (Conv2D): unknown activation `rleu`",
        "did you mean `relu`? known: linear, relu, relu6, leaky_relu, sigmoid, hard_sigmoid, log_sigmoid, \
         sparse_sigmoid, tanh, hard_tanh, tanh_shrink, softmax, log_softmax, sparsemax, \
         softplus, squareplus, sparse_plus, softsign, soft_shrink, hard_shrink, elu, \
         celu, selu, gelu, glu, silu, hard_silu, mish, exponential",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).padding("smae"),
        "model `model`: layer `c` (Conv2D): unknown padding `smae`",
        "did you mean `same`? known: valid, same, causal",
    );
    does_not_fit(
        &mut model,
        conv(2, (3, 3)).kernel_initializer("glorot"),
        "model `model`: layer `c` (Conv2D): unknown initializer `glorot`",
        "did you mean `glorot_normal`? known: zeros, ones, constant, identity, random_normal, \
         random_uniform, truncated_normal, variance_scaling, glorot_uniform, glorot_normal, \
         he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, stft",
    );
    does_not_fit(
        &mut model,
        MaxPooling2D::new((0, 2)).name("p"),
        "model `model`: layer `p` (MaxPooling2D): argument `pool_size`: expected positive \
         whole numbers, got (0, 2)",
        "",
    );
    does_not_fit(
        &mut model,
        AveragePooling2D::new(2).strides(0).name("p"),
        "model `model`: layer `p` (AveragePooling2D): argument `strides`: expected positive \
         whole numbers, got (0, 0)",
        "",
    );
    Ok(())
}

#[test]
fn arguments_of_other_layers() -> Result<()> {
    let mut model = pictures()?;
    does_not_fit(
        &mut model,
        Embedding::new(4, 3)
            .weights(&Tensor::ones((3, 4)))
            .name("e"),
        "model `model`: layer `e` (Embedding): argument `weights`: expected shape (4, 3), as \
         `input_dim` and `output_dim` say, got shape (3, 4)",
        "",
    );
    does_not_fit(
        &mut model,
        Dense::new(0).name("d"),
        "model `model`: layer `d` (Dense): argument `units`: expected a positive whole \
         number, got 0",
        "",
    );
    for units in [1 << 44, usize::MAX] {
        let shape = format!("(4, {units})");
        does_not_fit(
            &mut model,
            Dense::new(units).name("d"),
            &format!(
                "model `model`: layer `d` (Dense): weight `kernel` of shape {shape} does not fit \
                 into memory"
            ),
            "make the layer, or what comes before it, smaller",
        );
    }
    does_not_fit(
        &mut model,
        Dense::new(1).activation("sigmod").name("d"),
        "model `model`: layer `d` (Dense): unknown activation `sigmod`",
        "did you mean `sigmoid`? known: linear, relu, relu6, leaky_relu, sigmoid, hard_sigmoid, log_sigmoid, \
         sparse_sigmoid, tanh, hard_tanh, tanh_shrink, softmax, log_softmax, sparsemax, \
         softplus, squareplus, sparse_plus, softsign, soft_shrink, hard_shrink, elu, \
         celu, selu, gelu, glu, silu, hard_silu, mish, exponential",
    );
    does_not_fit(
        &mut model,
        Dense::new(1).bias_initializer("zeross").name("d"),
        "model `model`: layer `d` (Dense): unknown initializer `zeross`",
        "did you mean `zeros`? known: zeros, ones, constant, identity, random_normal, \
         random_uniform, truncated_normal, variance_scaling, glorot_uniform, glorot_normal, \
         he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, stft",
    );
    let initializer = Initializer::random_uniform(1.0, f32::NAN);
    does_not_fit(
        &mut model,
        Dense::new(1).kernel_initializer(initializer).name("d"),
        "model `model`: layer `d` (Dense): arguments `minval` and `maxval`: expected finite \
         numbers, the smaller first, got 1 and NaN",
        "",
    );
    does_not_fit(
        &mut model,
        Dense::new(1).bias_initializer("orthogonal").name("d"),
        "model `model`: layer `d` (Dense): `Orthogonal` makes matrices, got shape (1,)",
        "use another initializer for it, such as `\"zeros\"`",
    );
    let initializer = Initializer::random_normal(0.0, -1.0);
    does_not_fit(
        &mut model,
        Dense::new(1).kernel_initializer(initializer).name("d"),
        "model `model`: layer `d` (Dense): argument `stddev`: expected a number of at least 0, \
         got -1",
        "",
    );
    does_not_fit(
        &mut model,
        Dropout::new(1.5).name("d"),
        "model `model`: layer `d` (Dropout): argument `rate`: expected a number from 0 to \
         1, got 1.5",
        "",
    );
    does_not_fit(
        &mut model,
        Dropout::new(-0.1).name("d"),
        "model `model`: layer `d` (Dropout): argument `rate`: expected a number from 0 to \
         1, got -0.1",
        "",
    );
    does_not_fit(
        &mut model,
        Dropout::new(f32::NAN).name("d"),
        "model `model`: layer `d` (Dropout): argument `rate`: expected a number from 0 to \
         1, got NaN",
        "",
    );
    does_not_fit(
        &mut model,
        BatchNormalization::new().epsilon(0.0).name("n"),
        "model `model`: layer `n` (BatchNormalization): argument `epsilon`: expected a \
         positive number, got 0",
        "",
    );
    does_not_fit(
        &mut model,
        BatchNormalization::new().momentum(1.5).name("n"),
        "model `model`: layer `n` (BatchNormalization): argument `momentum`: expected a \
         number from 0 to 1, got 1.5",
        "",
    );
    does_not_fit(
        &mut model,
        Activation::layer("softmax2").name("a"),
        "model `model`: layer `a` (Activation): unknown activation `softmax2`",
        "did you mean `softmax`? known: linear, relu, relu6, leaky_relu, sigmoid, hard_sigmoid, log_sigmoid, \
         sparse_sigmoid, tanh, hard_tanh, tanh_shrink, softmax, log_softmax, sparsemax, \
         softplus, squareplus, sparse_plus, softsign, soft_shrink, hard_shrink, elu, \
         celu, selu, gelu, glu, silu, hard_silu, mish, exponential",
    );
    Ok(())
}

#[test]
fn shapes_of_the_first_layer() -> Result<()> {
    let mut model = Sequential::named("model");
    refused(
        model.add(Dense::new(2).name("d").input_shape(0)),
        "model `model`: argument `input_shape`: expected positive sizes, got (0,)",
        "",
    );
    refused(
        model.add(Dense::new(2).name("d").input_shape(())),
        "model `model`: layer `d` (Dense): expected samples with at least one axis, got \
         single numbers",
        "reshape the data to (samples, 1)",
    );
    refused(
        model.add(Conv2D::new(2, 3).name("c").input_shape(784)),
        "model `model`: layer `c` (Conv2D): expected pictures of shape (height, width, \
         channels), got (784,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    refused(
        model.add(Input::new((0, 3))),
        "model `model`: argument `input_shape`: expected positive sizes, got (0, 3)",
        "",
    );
    refused(
        model.output_shape(),
        "model `model`: the shapes are not known yet",
        "give the first layer an `input_shape`, or call `build`",
    );
    refused(
        model.count_params(),
        "model `model`: the shapes are not known yet",
        "give the first layer an `input_shape`, or call `build`",
    );
    refused(
        model.predict(Tensor::ones((1, 2))),
        "model `model`: `predict`: the model has no layers",
        "call `add` first",
    );
    model.add(Input::new(3))?;
    refused(
        model.add(Input::new(4)),
        "model `model`: `Input` must come first, but the model begins with samples of shape (3,)",
        "begin a new model with `Input`",
    );
    let mut model = Sequential::named("model");
    refused(
        model.add(Input::new((0, 3))),
        "model `model`: argument `input_shape`: expected positive sizes, got (0, 3)",
        "",
    );
    // None of them left anything behind.
    model.add(Dense::new(2).name("d").input_shape(3))?;
    assert_eq!(model.predict(Tensor::ones((1, 3)))?.shape(), (1, 2));
    Ok(())
}

#[test]
fn a_model_that_cannot_be_built() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(2).name("d"))?;
    model.add(Conv2D::new(2, 3).name("c"))?;
    refused(
        model.build(5),
        "model `model`: `build`: layer `c` (Conv2D): expected pictures of shape (height, \
         width, channels), got (2,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    refused(
        model.build((0, 5)),
        "model `model`: `build`: layer `d` (Dense): expected input with positive sizes, got (0, 5)",
        "",
    );
    refused(
        model.predict(Tensor::ones((2, 5))),
        "model `model`: `predict`: layer `c` (Conv2D): expected pictures of shape (height, \
         width, channels), got (2,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    assert!(model.get_weights().is_empty(), "half a model is no model");
    model.build((4, 4, 5))?;
    let weights = bits(&model);
    refused(
        model.build(5),
        "model `model`: `build`: layer `c` (Conv2D): expected pictures of shape (height, \
         width, channels), got (2,) per sample",
        "reshape the data, for example to (28, 28, 1), or move this layer before Flatten",
    );
    assert_eq!(weights, bits(&model));
    assert_eq!(
        model.predict(Tensor::ones((1, 4, 4, 5)))?.shape(),
        (1, 2, 2, 2)
    );
    Ok(())
}

#[test]
fn weights_of_other_shapes() -> Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.refuses(
        |m, _, _| m.set_weights(&[]),
        "model `model`: `set_weights`: expected 8 weights, got 0",
        "`get_weights` shows their order and shapes",
    );
    fixture.refuses(
        |m, _, _| {
            let mut weights = m.get_weights();
            weights[1] = Tensor::zeros(6);
            m.set_weights(&weights)
        },
        "model `model`: `set_weights`: weight 1: expected shape (5,), got (6,)",
        "",
    );
    Ok(())
}
