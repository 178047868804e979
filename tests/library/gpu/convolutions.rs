//! Convolutions with so many windows that cuDNN computes them, where it is installed and can.

use kerust::ops::{self, ConvOptions};
use kerust::prelude::*;

use super::rows::{compare, note, numbers};
use super::{alone_with_log, said_after};

#[test]
fn large_convolutions_are_those_of_the_processor() {
    let name = "gpu::convolutions::large_convolutions_are_those_of_the_processor";
    compare(name, 1e-4, |results| {
        let plain = ConvOptions::default();
        let same = ConvOptions {
            padding: Padding::Same,
            ..plain
        };
        let strides = |strides| ConvOptions { strides, ..plain };
        let dilated = ConvOptions {
            dilation_rate: [2, 2],
            ..plain
        };
        let uneven = ConvOptions {
            strides: [2, 2],
            ..same
        };
        let pictures = [
            ("same", [8, 64, 64, 16], [3, 3, 16, 4], same),
            ("strides", [8, 65, 65, 24], [5, 3, 24, 3], strides([2, 1])),
            ("dilated", [16, 48, 50, 16], [3, 3, 16, 2], dilated),
            ("uneven", [16, 64, 64, 32], [3, 3, 32, 2], uneven),
        ];
        for (what, x, kernel, options) in pictures {
            let bias = numbers(3, [kernel[3]]);
            let inputs = [numbers(1, x), numbers(2, kernel), bias];
            note(results, what, &inputs, |tape, of| {
                ops::conv(tape, &of[0], &of[1], Some(&of[2]), 1, options)
            })?;
        }
        let sequences = [numbers(4, [64, 1000, 16]), numbers(5, [5, 16, 3])];
        note(results, "sequences", &sequences, |tape, of| {
            ops::conv(tape, &of[0], &of[1], None, 1, ConvOptions::<1>::default())
        })?;
        let bias = numbers(8, [4]);
        let inputs = [numbers(6, [64, 32, 32, 8]), numbers(7, [5, 5, 4, 8]), bias];
        note(results, "transposed", &inputs, |tape, of| {
            let bias = Some(&of[2]);
            ops::conv_transpose(tape, &of[0], &of[1], bias, None, strides([2, 2]))
        })
    });
}

/// A step of a training with a large convolution; all that it changes, as text.
fn step() -> String {
    set_random_seed(4);
    let mut model = Sequential::new();
    let convolution = Conv2D::new(4, (3, 3)).padding("same").activation("relu");
    model
        .add(convolution.input_shape((64, 64, 16)))
        .expect("fits");
    model.add(GlobalAveragePooling2D::new()).expect("fits");
    model.add(Dense::new(1)).expect("fits");
    let compile = Compile {
        optimizer: SGD::new().into(),
        loss: "mse".into(),
        ..Compile::default()
    };
    model.compile(compile).expect("fits");
    let fit = Fit {
        batch_size: 8,
        verbose: 0,
        ..Fit::default()
    };
    let (x, y) = (numbers(1, [8, 64, 64, 16]), numbers(2, [8, 1]));
    model.fit(&x, &y, fit).expect("trains");
    let weights = model.get_weights();
    let numbers: Vec<String> = weights
        .iter()
        .flat_map(Tensor::to_vec::<f32>)
        .map(|number| number.to_string())
        .collect();
    numbers.join(" ")
}

/// What a process did.
struct Work {
    convolutions: Vec<String>,
    matrices: usize,
    biases: usize,
    weights: Vec<f32>,
}

#[test]
fn cudnn_computes_them_where_it_is_installed_and_can() {
    const NAME: &str = "gpu::convolutions::cudnn_computes_them_where_it_is_installed_and_can";
    let on = |variables: &[(&str, &str)]| {
        let (said, log) = alone_with_log(NAME, variables, || println!("weights: {}", step()))?;
        let convolutions = log.lines().filter(|line| line.starts_with("convolve"));
        let weights = said_after(&said, "weights: ").split_whitespace();
        let weight = |word: &str| -> f32 { word.parse().expect("a number") };
        Some(Work {
            convolutions: convolutions.map(str::to_owned).collect(),
            matrices: log.matches("windows_to_rows").count(),
            // The other one is that of the dense layer.
            biases: log.matches("bias_and_relu").count() - 1,
            weights: weights.map(weight).collect(),
        })
    };
    let Some(by_cudnn) = on(&[]) else { return };
    // Nobody asks for the gradient of the pictures; `KERUST_TF32=0` is honored.
    let passes = [
        "convolve forward exactly 8",
        "convolve backward-filter exactly 8",
    ];
    assert_eq!(by_cudnn.convolutions, passes);
    assert_eq!((by_cudnn.matrices, by_cudnn.biases), (0, 0));
    let rounded = on(&[("KERUST_TF32", "1")]).expect("another process");
    let passes = ["convolve forward 8", "convolve backward-filter 8"];
    assert_eq!(rounded.convolutions, passes);
    for (variable, value, convolutions, matrices, biases) in [
        ("EMULATED_CUDNN_REFUSES", "bias", 2, 0, 1),
        ("EMULATED_CUDNN_REFUSES", "choice", 0, 2, 1),
        ("EMULATED_CUDNN_REFUSES", "launch", 0, 2, 1),
        ("EMULATED_CUDNN_VERSION", "8907", 0, 2, 1),
        ("KERUST_CUDNN", "0", 0, 2, 1),
    ] {
        let other = on(&[(variable, value)]).expect("another process");
        let counted = (other.convolutions.len(), other.matrices, other.biases);
        assert_eq!(counted, (convolutions, matrices, biases), "{value}");
        assert_eq!(by_cudnn.weights.len(), other.weights.len());
        for (ours, other) in by_cudnn.weights.iter().zip(&other.weights) {
            assert!((ours - other).abs() < 1e-5, "{ours} and {other}: {value}");
        }
    }
}
