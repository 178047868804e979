//! Models as people make them.

use kerust::applications::{MobileNet, ResNet};
use kerust::layers::*;
use kerust::models::SharedLayer;
use kerust::prelude::*;

use super::{Exported, normal, with_other_weights};

fn tutorial() -> Result<Model> {
    let mut model = Sequential::new();
    model.add(
        Conv2D::new(8, (3, 3))
            .activation("relu")
            .input_shape((16, 16, 3)),
    )?;
    model.add(MaxPooling2D::new((2, 2)))?;
    model.add(Flatten::new())?;
    model.add(Dense::new(12).activation("relu"))?;
    model.add(Dense::new(10).activation("softmax"))?;
    Ok(model.into())
}

fn residual() -> Result<Model> {
    let inputs = Input::new((9, 8, 3));
    let x = Rescaling::new(0.1).on(&inputs)?;
    let x = Conv2D::new(6, 3)
        .padding("same")
        .strides(2)
        .use_bias(false)
        .on(&x)?;
    let x = BatchNormalization::new().on(&x)?;
    let shortcut = Activation::layer("relu").on(&x)?;
    let x = Conv2D::new(6, 3).padding("same").on(&shortcut)?;
    let x = BatchNormalization::new().on(&x)?;
    let x = Dropout::new(0.3).on(&x)?;
    let x = Add::new().on([&x, &shortcut])?;
    let x = Activation::layer("relu").on(&x)?;
    let x = GlobalAveragePooling2D::new().on(&x)?;
    Model::new(&inputs, &Dense::new(3).activation("softmax").on(&x)?)
}

fn two_inputs() -> Result<Model> {
    let (a, b) = (Input::new(4).name("left"), Input::new(3).name("right"));
    let shared = SharedLayer::new(Dense::new(6).activation("elu"));
    let x = Concatenate::new().on([&Dense::new(3).on(&a)?, &Dense::new(3).on(&b)?])?;
    let x = shared.on(&shared.on(&x)?)?;
    let y = Dense::new(2).name("scores").on(&x)?;
    Model::new(
        [&a, &b],
        [
            &y,
            &Dense::new(1).activation("sigmoid").name("sure").on(&x)?,
        ],
    )
}

fn attention() -> Result<Model> {
    let inputs = Input::new(7);
    let x = Embedding::new(11, 8).on(&inputs)?;
    let y = MultiHeadAttention::new(2, 4).on([&x, &x])?;
    let x = LayerNormalization::new().on(&Add::new().on([&x, &y])?)?;
    let y = TimeDistributed::new(Dense::new(8).activation("gelu")).on(&x)?;
    let x = LayerNormalization::new().on(&Add::new().on([&x, &y])?)?;
    let y = Attention::new()
        .use_scale(true)
        .use_causal_mask(true)
        .on([&x, &x])?;
    let x = GlobalAveragePooling1D::new().on(&Concatenate::new().on([&x, &y])?)?;
    Model::new(&inputs, &Dense::new(2).activation("softmax").on(&x)?)
}

fn nested() -> Result<Model> {
    let mut encoder = Sequential::named("encoder");
    encoder.add(Conv2D::new(4, 3).activation("relu").input_shape((8, 8, 2)))?;
    encoder.add(SpectralNormalization::new(Conv2D::new(4, 2)))?;
    encoder.add(GlobalMaxPooling2D::new())?;
    let encoder = SharedLayer::new(encoder);
    let (a, b) = (Input::new((8, 8, 2)), Input::new((8, 8, 2)));
    let x = Subtract::new().on([&encoder.on(&a)?, &encoder.on(&b)?])?;
    Model::new([&a, &b], &Dense::new(1).on(&x)?)
}

fn chain(layers: Vec<Box<dyn Layer>>, input: impl Into<Shape>) -> Result<Model> {
    let mut model = Sequential::new();
    model.add(Input::new(input))?;
    for layer in layers {
        model.add(layer)?;
    }
    Ok(model.into())
}

/// Recurrent models, with a name each.
fn recurrent() -> Result<Vec<(&'static str, Model)>> {
    let both = || Bidirectional::new(LSTM::new(3).return_sequences(true));
    Ok(vec![
        (
            "lstm",
            chain(
                vec![
                    LSTM::new(5).return_sequences(true).into(),
                    LSTM::new(4).go_backwards(true).into(),
                    Dense::new(2).into(),
                ],
                (7, 3),
            )?,
        ),
        (
            "gru",
            chain(
                vec![
                    GRU::new(5).return_sequences(true).go_backwards(true).into(),
                    GRU::new(4).reset_after(false).return_sequences(true).into(),
                    SimpleRNN::new(3).into(),
                ],
                (7, 3),
            )?,
        ),
        (
            "bidirectional",
            chain(
                vec![
                    both().into(),
                    Bidirectional::new(GRU::new(3).return_sequences(true))
                        .merge_mode("sum")
                        .into(),
                    Bidirectional::new(SimpleRNN::new(2))
                        .merge_mode("ave")
                        .into(),
                ],
                (6, 3),
            )?,
        ),
        (
            "step_by_step",
            chain(
                vec![
                    LSTM::new(4)
                        .recurrent_activation("hard_sigmoid")
                        .return_sequences(true)
                        .into(),
                    GRU::new(3)
                        .activation("softsign")
                        .go_backwards(true)
                        .return_sequences(true)
                        .into(),
                    SimpleRNN::new(3).activation("linear").into(),
                ],
                (5, 2),
            )?,
        ),
        (
            "cells",
            chain(
                vec![
                    RNN::new(GRUCell::new(4)).return_sequences(true).into(),
                    RNN::new([LSTMCell::new(3), LSTMCell::new(2)])
                        .go_backwards(true)
                        .into(),
                ],
                (5, 2),
            )?,
        ),
    ])
}

#[test]
fn models_compute_the_same_in_onnxruntime() -> Result<()> {
    let all = Exported::new();
    let add = |name: &str, mut model: Model, inputs: Vec<Tensor>, most: Option<usize>| {
        with_other_weights(&mut model)?;
        all.add(name, &mut model, inputs, most)
    };
    // In, and back for Flatten.
    add(
        "tutorial",
        tutorial()?,
        vec![normal(&[3, 16, 16, 3])],
        Some(2),
    )?;
    // In; pooling over everything needs no way back.
    add(
        "residual",
        residual()?,
        vec![normal(&[3, 9, 8, 3])],
        Some(1),
    )?;
    add(
        "two_inputs",
        two_inputs()?,
        vec![normal(&[3, 4]), normal(&[3, 3])],
        Some(0),
    )?;
    add("attention", attention()?, vec![words(3, 7)], None)?;
    add(
        "nested",
        nested()?,
        vec![normal(&[2, 8, 8, 2]), normal(&[2, 8, 8, 2])],
        Some(2),
    )?;
    for (name, model) in recurrent()? {
        let sample = model.input_shape()?;
        add(name, model, vec![normal(&sample.with_batch(3))], None)?;
    }
    let separable = chain(
        vec![
            SeparableConv2D::new(4, 3)
                .depth_multiplier(2)
                .strides(2)
                .padding("same")
                .into(),
            DepthwiseConv2D::new(2)
                .padding("same")
                .activation("swish")
                .into(),
            Conv2DTranspose::new(3, 3).strides(2).padding("same").into(),
            Conv2DTranspose::new(3, 2).strides(3).into(),
            PReLU::new().shared_axes([1, 2]).into(),
            AveragePooling2D::new(3).strides(2).padding("same").into(),
            GroupNormalization::new().groups(3).into(),
            Flatten::new().into(),
            Dense::new(2).into(),
        ],
        (7, 6, 2),
    )?;
    add("separable", separable, vec![normal(&[3, 7, 6, 2])], Some(2))?;
    let sequence = chain(
        vec![
            Conv1D::new(4, 3).padding("causal").dilation_rate(2).into(),
            Conv1D::new(4, 2)
                .groups(2)
                .strides(2)
                .padding("same")
                .into(),
            UpSampling1D::new(2).into(),
            ZeroPadding1D::new((1, 2)).into(),
            MaxPooling1D::new(2).into(),
            GlobalMaxPooling1D::new().into(),
        ],
        (9, 2),
    )?;
    add("sequence", sequence, vec![normal(&[3, 9, 2])], Some(1))?;
    let masked = chain(
        vec![
            Embedding::new(9, 4).mask_zero(true).into(),
            Bidirectional::new(LSTM::new(3).return_sequences(true)).into(),
            GRU::new(4).return_sequences(true).into(),
            GlobalAveragePooling1D::new().into(),
        ],
        6,
    )?;
    add("masked", masked, vec![words(4, 6)], None)?;
    let open = chain(
        vec![
            Conv2D::new(3, 3).padding("same").strides(2).into(),
            MaxPooling2D::new(2).padding("same").into(),
            GlobalAveragePooling2D::new().into(),
        ],
        (None, None, 2),
    )?;
    add("open_sizes", open, vec![normal(&[2, 11, 14, 2])], Some(1))?;
    let open = chain(
        vec![
            GRU::new(3).return_sequences(true).into(),
            TimeDistributed::new(Dense::new(2)).into(),
            Permute::new([2, 1]).into(),
            Conv1D::new(2, 2).into(),
            GlobalMaxPooling1D::new().into(),
        ],
        (5, 3),
    )?;
    add("permuted", open, vec![normal(&[2, 5, 3])], None)?;
    add("open_steps", open_steps()?, vec![normal(&[2, 6, 3])], None)?;
    all.check();
    Ok(())
}

/// A model of sequences of any length.
fn open_steps() -> Result<Model> {
    let inputs = Input::new((None, 3));
    let x = Bidirectional::new(GRU::new(2).return_sequences(true)).on(&inputs)?;
    let x = TimeDistributed::new(Dense::new(4).activation("relu")).on(&x)?;
    let y = MultiHeadAttention::new(2, 2).on([&x, &x])?;
    let x = Conv1D::new(3, 3)
        .padding("same")
        .on(&Add::new().on([&x, &y])?)?;
    Model::new(&inputs, &x)
}

#[test]
fn the_models_of_applications_compute_the_same_in_onnxruntime() -> Result<()> {
    let all = Exported::new();
    let resnet = ResNet {
        depth: 8,
        filters: 4,
        ..ResNet::default()
    };
    let mobilenet = MobileNet {
        alpha: 0.25,
        input_shape: (32, 32, 3).into(),
        classes: 10,
        ..MobileNet::default()
    };
    let x = normal(&[4, 32, 32, 3]);
    for (name, mut model) in [
        ("resnet", resnet.build()?),
        ("mobilenet", mobilenet.build()?),
    ] {
        // So that the moving averages are those of something.
        model.compile(Compile {
            loss: "mse".into(),
            ..Compile::default()
        })?;
        model.train_on_batch(&x, Tensor::zeros((4, 10)))?;
        all.add(name, &mut model, &x, Some(3))?;
    }
    all.check();
    Ok(())
}

/// Samples of so many words each, of which some are 0.
fn words(samples: usize, each: usize) -> Tensor {
    let words = (0..samples * each).map(|i| (i * 5 % 9) as f32);
    Tensor::from_vec(words.collect::<Vec<_>>(), (samples, each)).expect("the shape fits")
}
