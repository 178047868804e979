//! Mixed precision: activations and their gradients have 16 bits on the GPU.

use kerust::layers::*;
use kerust::mixed_precision::set_global_policy;
use kerust::optimizers::LossScaleOptimizer;
use kerust::prelude::*;
use kerust::{Setting, ops};

use super::rows::{Results, compare, note, numbers};
use super::{alone, alone_with_log, said_after};

/// Multiples of an eighth, from -2 to 2: exact in 16 bits, and so are sums of products of them in 32.
fn eighths(seed: u64, shape: impl Into<Shape>) -> Tensor {
    numbers(seed, shape).map(|v| (v * 8.0).round() / 8.0)
}

type Layers = Vec<Box<dyn Layer>>;

/// So many of the last bits of a float are 0 in all formats of 16 bits.
const DROPPED: u32 = 13;

/// These layers one after another, with exact weights; none of them is the model's last.
fn chain(input: &[usize], layers: Layers) -> Result<Sequential> {
    set_random_seed(7);
    let mut model = Sequential::named("chain");
    model.add(Input::new(input))?;
    for layer in layers {
        model.add(layer)?;
    }
    // Not one of the layers that make scores of what comes before.
    model.add(Lambda::new(|x, _| x.reshape((x.len(), x.size() / x.len()))))?;
    let exact = |(i, weight): (usize, &Tensor)| {
        let values = eighths(50 + i as u64, weight.shape());
        match weight.ndim() {
            // A variance must be positive.
            1 => values.map(|v| v.abs().max(0.125)),
            _ => values,
        }
    };
    let weights: Vec<Tensor> = model.get_weights().iter().enumerate().map(exact).collect();
    model.set_weights(&weights)?;
    Ok(model)
}

/// Notes what layers compute, the gradient of their input, and how a step changes their weights.
fn note_layers(
    results: &mut Results,
    what: &str,
    input: &[usize],
    layers: impl Fn() -> Layers,
) -> Result<()> {
    let x = eighths(1, input);
    let model = chain(&input[1..], layers())?;
    note(results, what, std::slice::from_ref(&x), |tape, of| {
        model.clone().call(&of[0], tape, true)
    })?;
    if Device::current() != Device::Cpu {
        let shown = &results[&format!("{what}: result false")];
        let rounded = shown.iter().all(|v| v.to_bits() % (1 << DROPPED) == 0);
        assert!(rounded || what.starts_with("exact"), "{what}");
    }
    let mut model = model;
    let before = model.get_weights();
    model.compile(Compile {
        optimizer: SGD::new().learning_rate(1.0).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let y = model.predict(&x)?;
    let y = eighths(2, y.shape());
    model.train_on_batch(&x, &y)?;
    for (i, (after, before)) in model.get_weights().iter().zip(before).enumerate() {
        let change = after - &before;
        results.insert(format!("{what}: weight {i}"), change.to_vec());
    }
    Ok(())
}

/// This layer alone.
fn one(layer: impl Layer + 'static) -> Layers {
    vec![Box::new(layer)]
}

/// Layers for pictures of so many channels: kernels take 8 of them at once, if they come out even.
fn note_pictures(results: &mut Results, channels: usize) -> Result<()> {
    let mut note = |what: &str, layers: &dyn Fn() -> Layers| {
        let what = format!("{what} {channels}");
        note_layers(results, &what, &[3, 8, 8, channels], layers)
    };
    note("convolution", &|| {
        one(Conv2D::new(5, (3, 3)).padding("same").activation("relu"))
    })?;
    note("groups", &|| {
        one(Conv2D::new(6, (3, 2)).strides((2, 1)).groups(2))
    })?;
    note("pointwise", &|| one(Conv2D::new(6, (1, 1))))?;
    note("transposed", &|| {
        one(Conv2DTranspose::new(8, (3, 3)).strides((2, 2)))
    })?;
    note("depthwise", &|| {
        one(DepthwiseConv2D::new((3, 3)).depth_multiplier(2))
    })?;
    note("normalization", &|| {
        vec![Box::new(BatchNormalization::new()), Box::new(ReLU::new())]
    })?;
    let largest = MaxPooling2D::new((2, 2));
    note("largest", &|| one(largest.clone()))?;
    note("apart", &|| one(largest.clone().strides((3, 3))))?;
    note("overlapping", &|| {
        one(MaxPooling2D::new((3, 3)).strides((2, 2)))
    })?;
    note("mean", &|| one(AveragePooling2D::new((2, 3))))?;
    note("mean of all", &|| one(GlobalAveragePooling2D::new()))?;
    note("largest of all", &|| one(GlobalMaxPooling2D::new()))?;
    note("dropout", &|| one(Dropout::new(0.3)))?;
    note("groups of channels", &|| {
        one(GroupNormalization::new().groups(2))
    })?;
    note("gates", &|| {
        one(Lambda::new(|x, tape| ops::glu(tape, x, -1)))
    })?;
    note("exact order", &|| one(Permute::new([2, 3, 1])))?;
    let behind_relu = |layer: Box<dyn Layer>| -> Layers { vec![Box::new(ReLU::new()), layer] };
    note("order", &|| behind_relu(Box::new(Permute::new([2, 3, 1]))))?;
    note("padding", &|| {
        behind_relu(Box::new(ZeroPadding2D::new((1, 2))))
    })?;
    note("cropping", &|| {
        behind_relu(Box::new(Cropping2D::new((1, 2))))
    })?;
    note("bilinear", &|| {
        behind_relu(Box::new(
            UpSampling2D::new((2, 2)).interpolation("bilinear"),
        ))
    })?;
    note("parts", &|| {
        behind_relu(Box::new(Lambda::new(|x, tape| {
            let halves = ops::split(tape, x, 2, -1)?;
            ops::concatenate(tape, &[&halves[1], x, &halves[0]], -1)
        })))
    })
}

/// Layers for rows of texts.
fn note_texts(results: &mut Results) -> Result<()> {
    let steps = [3, 5, 8];
    note_layers(results, "rows", &steps, || one(LayerNormalization::new()))?;
    note_layers(results, "squares", &steps, || one(RMSNormalization::new()))?;
    note_layers(results, "einsum", &steps, || {
        one(EinsumDense::new("abc,cde->abde", [5, 2, 3]).bias_axes("de"))
    })?;
    note_layers(results, "attention", &steps, || {
        one(Lambda::new(|x, tape| {
            let shape = x.shape().clone();
            let heads = x.reshape((shape[0], shape[1], 2, 4))?;
            let seen = ops::dot_product_attention(tape, &heads, &heads, &heads, None, None, true)?;
            seen.reshape(shape)
        }))
    })?;
    note_layers(results, "large scores", &[2, 5, 128], || {
        one(Lambda::new(|x, tape| {
            // Their products are beyond what 16 bits hold.
            let heads = ops::multiply(tape, x, &Tensor::scalar(40.0))?;
            let heads = heads.reshape((2, 5, 2, 64))?;
            let seen = ops::dot_product_attention(tape, &heads, &heads, &heads, None, None, true)?;
            seen.reshape(x.shape().clone())
        }))
    })?;
    note_layers(results, "exact squares", &[2, 3000, 4], || {
        let eight = Lambda::new(|x, tape| ops::multiply(tape, x, &Tensor::scalar(8.0)));
        vec![
            Box::new(eight),
            Box::new(Masking::new(0.0)),
            Box::new(BatchNormalization::new()),
            Box::new(GlobalAveragePooling1D::new()),
        ]
    })?;
    note_layers(results, "exact steps", &steps, || {
        one(LSTM::new(4).recurrent_dropout(0.2))
    })?;
    let numbers: Vec<f32> = (0..12).map(|i| (i * 5 % 7) as f32).collect();
    let x = Tensor::from_vec(numbers, (3, 4))?;
    let mut model = chain(&[4], one(Embedding::new(7, 6)))?;
    let before = model.get_weights();
    results.insert("embedding".to_owned(), model.predict(&x)?.to_vec());
    model.compile(Compile {
        optimizer: SGD::new().learning_rate(1.0).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    model.train_on_batch(&x, eighths(2, (3, 24)))?;
    let change = &model.get_weights()[0] - &before[0];
    results.insert("embedding: change".to_owned(), change.to_vec());
    Ok(())
}

fn note_all(results: &mut Results) -> Result<()> {
    for channels in [4, 8] {
        note_pictures(results, channels)?;
    }
    note_texts(results)?;
    note_layers(results, "cudnn", &[16, 64, 64, 16], || {
        one(Conv2D::new(1, (3, 3)).padding("same").activation("relu"))
    })?;
    note_layers(results, "cudnn, transposed", &[128, 32, 32, 1], || {
        one(Conv2DTranspose::new(3, (5, 5)).strides((2, 2)))
    })?;
    note_layers(results, "dense", &[5, 12], || {
        one(Dense::new(7).activation("relu"))
    })?;
    for name in [
        "relu", "gelu", "silu", "tanh", "elu", "sigmoid", "softplus", "mish",
    ] {
        note_layers(results, name, &[7, 9], || one(Activation::layer(name)))?;
    }
    note_layers(results, "both ways", &[4, 6], || {
        one(Lambda::new(|x, tape| {
            let square = ops::square(tape, x)?;
            // Floats, whose sum is stretched again.
            let sum = ops::sum(tape, &square, &[-1], true)?;
            let product = ops::multiply(tape, x, &sum)?;
            ops::add(tape, &product, x)
        }))
    })?;
    note_layers(results, "sequences", &[3, 6, 4], || {
        vec![
            Box::new(Conv1D::new(5, 3)),
            Box::new(LSTM::new(4)),
            Box::new(Dense::new(3)),
        ]
    })
}

#[test]
fn bfloat16_is_close_to_what_the_processor_computes() {
    let name = "gpu::halves::bfloat16_is_close_to_what_the_processor_computes";
    compare(name, 2e-2, |results| {
        set_global_policy("mixed_bfloat16")?;
        note_all(results)
    });
}

#[test]
fn float16_is_closer() {
    compare("gpu::halves::float16_is_closer", 3e-3, |results| {
        set_global_policy("mixed_float16")?;
        note_all(results)
    });
}

/// A network as for pictures, and some of them.
fn network() -> Result<(Sequential, Tensor, Tensor)> {
    set_random_seed(3);
    let mut model = Sequential::named("network");
    model.add(Input::new((64, 64, 3)))?;
    for filters in [8, 16] {
        model.add(Conv2D::new(filters, (3, 3)).padding("same"))?;
        model.add(BatchNormalization::new())?;
        model.add(ReLU::new())?;
        model.add(MaxPooling2D::new((2, 2)))?;
    }
    model.add(Dropout::new(0.2))?;
    model.add(Flatten::new())?;
    model.add(Dense::new(12).activation("relu"))?;
    model.add(Dense::new(3).activation("softmax"))?;
    model.compile(Compile {
        optimizer: SGD::new().into(),
        loss: "sparse_categorical_crossentropy".into(),
        ..Compile::default()
    })?;
    let classes: Vec<f32> = (0..32).map(|i| (i % 3) as f32).collect();
    Ok((
        model,
        numbers(1, (32, 64, 64, 3)),
        Tensor::from_vec(classes, 32)?,
    ))
}

#[test]
fn a_step_in_16_bits_widens_nothing_on_its_way() {
    let name = "gpu::halves::a_step_in_16_bits_widens_nothing_on_its_way";
    let ran = alone_with_log(name, &[], || {
        set_global_policy("mixed_bfloat16").expect("known");
        let (mut model, x, y) = network().expect("fits");
        model.train_on_batch(&x, &y).expect("trains");
        println!(
            "scores {:?}",
            model.predict(&x).expect("predicts").to_vec::<f32>()
        );
    });
    let Some((said, log)) = ran else { return };
    let products = |what: &str| -> Vec<&str> {
        let lines = log.lines().filter_map(|line| line.strip_prefix(what));
        lines.filter(|sizes| !sizes.starts_with("of")).collect()
    };
    // Of the last layer: forward, its gradients, and the prediction.
    let of_scores = ["3 32 12", "3 12 32", "12 32 3", "3 32 12"];
    assert_eq!(products("product "), of_scores, "{log}");
    assert_eq!(
        products("product of bfloat16 ").len(),
        3 + 2 + 3 + 3,
        "{log}"
    );
    // Into the last layer, and its input once more for the gradient of its kernel.
    assert_eq!(log.matches("launch widen").count(), 3, "{log}");
    // The pictures, the gradient that the last layer gives, and weights before and after the step.
    assert_eq!(log.matches("launch narrow").count(), 1 + 1 + 6 + 6, "{log}");
    let scores = said_after(&said, "scores [");
    let is_long = |score: &str| {
        score
            .trim_end_matches(']')
            .parse::<f32>()
            .is_ok_and(|score| score.to_bits() & 0xffff != 0)
    };
    assert!(scores.split(", ").any(is_long), "{scores}");
}

#[test]
fn the_policy_is_for_layers_but_those_that_a_model_ends_with() {
    let name = "gpu::halves::the_policy_is_for_layers_but_those_that_a_model_ends_with";
    let ran = alone_with_log(name, &[], || {
        set_global_policy("mixed_float16").expect("known");
        let third = Tensor::full((2, 2), 1.0 / 3.0);
        let sum = ops::add(&mut Tape::off(), &third, &third).expect("fits");
        assert_eq!(sum.to_vec::<f32>(), [2.0 / 3.0; 4]);
        let part = |name: &str, input: usize, units: [usize; 2]| -> Result<Sequential> {
            let mut part = Sequential::named(name);
            part.add(Dense::new(units[0]).input_shape(input))?;
            part.add(Dense::new(units[1]))?;
            Ok(part)
        };
        let whole = || -> Result<Tensor> {
            let mut model = Sequential::named("whole");
            model.add(part("encoder", 16, [8, 4])?)?;
            model.add(part("decoder", 4, [9, 16])?)?;
            model.predict(numbers(1, (5, 16)))
        };
        whole().expect("predicts");
        let scores = || -> Result<Tensor> {
            let mut model = Sequential::named("scores");
            model.add(TimeDistributed::new(Dense::new(7)).input_shape((3, 2)))?;
            model.add(TimeDistributed::new(Dense::new(6)))?;
            model.add(Activation::layer("softmax"))?;
            model.add(Flatten::new())?;
            model.predict(numbers(1, (5, 3, 2)))
        };
        scores().expect("predicts");
    });
    let Some((_, log)) = ran else { return };
    let products: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("product"))
        .collect();
    let expected = [
        "product of float16 8 5 16",
        "product of float16 4 5 8",
        "product of float16 9 5 4",
        "product 16 5 9",
        "product of float16 7 15 2",
        "product 6 15 7",
    ];
    assert_eq!(products, expected, "{log}");
}

/// Multiplies by what it last made of something that was not for training.
#[derive(Clone, Debug, Default)]
struct Remembering(LayerBase);

impl Layer for Remembering {
    fn class_name(&self) -> &'static str {
        "Remembering"
    }

    fn base(&self) -> &LayerBase {
        &self.0
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.0
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        weights.add("factor", input.clone(), &"ones".into())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let factor = pass.weight("factor")?;
        let y = ops::multiply(pass.tape, x, &factor)?;
        if !pass.training {
            let last = y.slice(0..1)?.reshape(factor.shape())?;
            let half = Tensor::scalar(0.5);
            let next = ops::multiply(&mut Tape::off(), &last, &half)?;
            pass.weights.set("factor", next)?;
        }
        Ok(y)
    }
}

#[test]
fn weights_and_what_has_a_number_for_a_name_keep_their_digits() {
    let name = "gpu::halves::weights_and_what_has_a_number_for_a_name_keep_their_digits";
    alone(name, &[], || {
        set_global_policy("mixed_float16").expect("known");
        let train = || -> Result<()> {
            let mut model = Sequential::named("remembering");
            model.add(Input::new(5))?;
            model.add(Remembering::default())?;
            let large = Dense::new(4).activity_regularizer("l2");
            model.add(large)?;
            model.add(Dense::new(1))?;
            model.compile(Compile {
                optimizer: SGD::new().learning_rate(1e-7).into(),
                loss: "mse".into(),
                ..Compile::default()
            })?;
            let x = numbers(1, (200, 5)).map(|v| v * 10.0);
            model.predict(x.slice(0..1)?)?;
            let before = model.get_weights()[0].to_vec::<f32>();
            assert!(
                before.iter().all(|v| *v != 1.0 && v.is_finite()),
                "{before:?}"
            );
            for _ in 0..2 {
                let logs = model.train_on_batch(&x, Tensor::zeros((200, 1)))?;
                assert!(logs.iter().all(|log| log.is_finite()), "{logs:?}");
            }
            // Less than a float16 could show.
            let after = model.get_weights()[0].to_vec::<f32>();
            for (after, before) in after.iter().zip(&before) {
                let change = (after - before).abs();
                assert!(
                    change > 0.0 && change < before.abs() * 4e-4,
                    "{after} {before}"
                );
            }
            Ok(())
        };
        train().expect("trains");
        let look_up = || -> Result<()> {
            let mut model = Sequential::named("words");
            model.add(Input::new((2, 3)))?;
            model.add(Permute::new([2, 1]))?;
            model.add(Embedding::new(5000, 2))?;
            model.add(Dense::new(2))?;
            let rows: Vec<f32> = (0..10_000).map(|i| (i / 2 % 1000) as f32).collect();
            let unit = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], (2, 2))?;
            let weights = [Tensor::from_vec(rows, (5000, 2))?, unit, Tensor::zeros(2)];
            model.set_weights(&weights)?;
            let x = Tensor::from_vec(vec![2001.0, 2003.0, 2047.0, 4099.0, 3.0, 4.0], (1, 2, 3))?;
            let y = model.predict(&x)?;
            let first: Vec<f32> = y.to_vec::<f32>().into_iter().step_by(2).collect();
            assert_eq!(first, [1.0, 99.0, 3.0, 3.0, 47.0, 4.0]);
            Ok(())
        };
        look_up().expect("predicts");
    });
}

#[test]
fn a_network_learns_in_16_bits_what_it_learns_in_32() {
    let name = "gpu::halves::a_network_learns_in_16_bits_what_it_learns_in_32";
    alone(name, &[], || {
        // The brighter half of a picture is its class.
        let x = numbers(1, (48, 8, 8, 3));
        let class = |i: usize| (i % 2) as f32;
        let brighter = |(i, v): (usize, f32)| {
            let (picture, row) = (i / 192, i / 24 % 8);
            v * 0.25 + f32::from(u8::from((row < 4) == (picture % 2 == 0)))
        };
        let x: Vec<f32> = x
            .to_vec::<f32>()
            .into_iter()
            .enumerate()
            .map(brighter)
            .collect();
        let x = Tensor::from_vec(x, (48, 8, 8, 3)).expect("fits");
        let y = Tensor::from_vec((0..48).map(class).collect(), 48).expect("fits");
        let losses = |policy: &str| -> Result<Vec<f64>> {
            set_global_policy(policy)?;
            set_random_seed(5);
            let mut model = Sequential::named("halves");
            model.add(
                Conv2D::new(8, (3, 3))
                    .padding("same")
                    .input_shape((8, 8, 3)),
            )?;
            model.add(BatchNormalization::new())?;
            model.add(ReLU::new())?;
            model.add(MaxPooling2D::new((2, 2)))?;
            model.add(Flatten::new())?;
            model.add(Dense::new(8).activation("relu"))?;
            model.add(Dense::new(2).activation("softmax"))?;
            let adam = Adam::new().learning_rate(0.01);
            let optimizer: Box<dyn Optimizer> = match policy {
                "mixed_float16" => Box::new(LossScaleOptimizer::new(adam)),
                _ => Box::new(adam),
            };
            model.compile(Compile {
                optimizer: Setting::value(optimizer),
                loss: "sparse_categorical_crossentropy".into(),
                ..Compile::default()
            })?;
            let fit = Fit {
                epochs: 8,
                batch_size: 16,
                verbose: 0,
                ..Fit::default()
            };
            let history = model.fit(&x, &y, fit)?;
            Ok(history.get("loss").expect("measured").to_vec())
        };
        let exact = losses("float32").expect("trains");
        assert!(exact[7] < 0.1 * exact[0], "{exact:?}");
        for policy in ["mixed_bfloat16", "mixed_float16"] {
            let rounded = losses(policy).expect("trains");
            assert!(rounded[7] < 0.15 * rounded[0], "{policy}: {rounded:?}");
            assert!(
                (rounded[0] - exact[0]).abs() < 0.05 * exact[0],
                "{policy}: {rounded:?}"
            );
            assert_ne!(rounded, exact);
        }
        println!("{exact:?}");
    });
}
