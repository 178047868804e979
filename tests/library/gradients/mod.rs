//! Gradients against finite differences, for every family of operations.
//!
//! A golden value covers one configuration; here every combination of options is tried, on shapes
//! so small that each number can be moved a little up and down.

mod convolution;
mod losses;
mod pictures;
mod pooling;
mod recurrent;
mod spatial;
mod tensor_ops;

use kerust::activations::ACTIVATIONS;
use kerust::losses::Loss;
use kerust::ops::{self, Conv2DOptions, Pool};
use kerust::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::formula::splitmix64;

/// How far a number is moved: far enough that rounding in f32 does not show, near enough that
/// curvature does not.
const STEP: f32 = 1e-2;
/// How far a slope may be from the measured one, relative to the largest slope.
const TOLERANCE: f64 = 2e-3;

/// Numbers from `low..high`, the same in every run.
fn numbers(seed: u64, shape: impl Into<Shape>, low: f32, high: f32) -> Tensor {
    let shape = shape.into();
    let unit = |i: usize| (splitmix64(seed, i as u64) >> 40) as f32 / (1u32 << 24) as f32;
    let values = (0..shape.elements())
        .map(|i| low + (high - low) * unit(i))
        .collect();
    Tensor::from_vec(values, shape).expect("the sizes agree")
}

/// Different numbers, each at least 5 steps from all others: no step changes which is largest.
fn far_apart(seed: u64, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let mut order: Vec<usize> = (0..shape.elements()).collect();
    order.sort_by_key(|&i| splitmix64(seed, i as u64));
    let values = order
        .iter()
        .map(|&i| (i as f32 - order.len() as f32 / 2.0) * 5.0 * STEP);
    Tensor::from_vec(values.collect(), shape).expect("the sizes agree")
}

/// Compares the gradients of `f` in all of `inputs` with finite differences.
fn check(
    what: &str,
    inputs: &[Tensor],
    mut f: impl FnMut(&mut Tape, &[Tensor]) -> Result<Tensor>,
) -> Result<()> {
    let mut tape = Tape::recording();
    let watched: Vec<Tensor> = inputs.iter().map(|input| tape.watch(input)).collect();
    let y = f(&mut tape, &watched)?;
    let cotangent = numbers(99, y.shape(), -1.0, 1.0);
    let sources: Vec<&Tensor> = watched.iter().collect();
    let gradients = tape.gradient_from(&y, &cotangent, &sources)?;
    let cotangent = cotangent.to_vec::<f64>();
    let mut value = |inputs: &[Tensor]| -> Result<f64> {
        let y = f(&mut Tape::off(), inputs)?.to_vec::<f64>();
        Ok(y.iter().zip(&cotangent).map(|(y, c)| y * c).sum())
    };
    for (which, (input, gradient)) in inputs.iter().zip(&gradients).enumerate() {
        assert_eq!(input.shape(), gradient.shape());
        let mut measured = Vec::new();
        for i in 0..input.size() {
            let mut moved = |by: f32| -> Result<(f64, f64)> {
                let mut values = input.to_vec::<f32>();
                values[i] += by;
                let at = f64::from(values[i]);
                let mut inputs = inputs.to_vec();
                inputs[which] = Tensor::from_vec(values, input.shape())?;
                Ok((at, value(&inputs)?))
            };
            let ((high, above), (low, below)) = (moved(STEP)?, moved(-STEP)?);
            measured.push((above - below) / (high - low));
        }
        let largest = measured.iter().fold(0.0, |largest, m| m.abs().max(largest));
        assert!(largest > 1e-3, "{what}: input {which} has no influence");
        for (i, (ours, measured)) in gradient.to_vec::<f64>().iter().zip(&measured).enumerate() {
            assert!(
                (ours - measured).abs() <= TOLERANCE * largest,
                "{what}: gradient {i} of input {which} is {ours}, measured {measured}"
            );
        }
    }
    Ok(())
}

#[test]
fn dense() -> Result<()> {
    for relu in [false, true] {
        let x = numbers(1, (3, 5), 0.2, 1.0);
        let inputs = [x, by_filter((5, 4), relu), numbers(3, 4, -0.1, 0.1)];
        check("dense", &inputs[..2], |t, i| {
            ops::dense(t, &i[0], &i[1], None, relu)
        })?;
        check("dense", &inputs, |t, i| {
            ops::dense(t, &i[0], &i[1], Some(&i[2]), relu)
        })?;
    }
    let inputs = [
        numbers(4, (2, 3, 5), -1.0, 1.0),
        numbers(5, (5, 4), -1.0, 1.0),
    ];
    check("dense, three axes", &inputs, |t, i| {
        ops::dense(t, &i[0], &i[1], None, false)
    })
}

/// A kernel; for relu, one whose filters are by turns positive and negative, so that with positive
/// input no step crosses the kink.
fn by_filter(shape: impl Into<Shape>, for_relu: bool) -> Tensor {
    let shape = shape.into();
    if !for_relu {
        return numbers(2, shape, -1.0, 1.0);
    }
    let filters = shape.last();
    let sizes = numbers(2, &shape, 0.3, 1.0).to_vec::<f32>();
    let signed = sizes
        .iter()
        .enumerate()
        .map(|(i, v)| if i % filters % 2 == 0 { *v } else { -v });
    Tensor::from_vec(signed.collect(), shape).expect("the sizes agree")
}

#[test]
fn conv2d_in_every_combination() -> Result<()> {
    let mut tried = 0;
    for padding in [Padding::Valid, Padding::Same] {
        for (strides, dilation_rate) in [
            ((1, 1), (1, 1)),
            ((2, 2), (1, 1)),
            ((2, 1), (1, 1)),
            ((1, 1), (2, 1)),
            ((1, 1), (2, 2)),
        ] {
            for groups in [1, 2] {
                for kernel in [(3, 3), (2, 3), (1, 1)] {
                    for (bias, relu) in [(false, false), (true, false), (false, true), (true, true)]
                    {
                        let options = Conv2DOptions {
                            strides,
                            padding,
                            dilation_rate,
                            groups,
                            relu,
                        };
                        let x = numbers(6, (2, 5, 6, 2), 0.2, 1.0);
                        let kernel = by_filter((kernel.0, kernel.1, 2 / groups, 4), relu);
                        let inputs = [x, kernel, numbers(7, 4, -0.05, 0.05)];
                        let inputs = if bias { &inputs[..] } else { &inputs[..2] };
                        check(&format!("{options:?}"), inputs, |t, i| {
                            ops::conv2d(t, &i[0], &i[1], i.get(2), options)
                        })?;
                        tried += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tried, 240);
    Ok(())
}

#[test]
fn pooling() -> Result<()> {
    let x = far_apart(8, (2, 5, 6, 2));
    for pool in [Pool::Max, Pool::Average] {
        for padding in [Padding::Valid, Padding::Same] {
            for size in [(2, 2), (3, 3), (2, 3)] {
                for strides in [size, (1, 1), (2, 1), (3, 2)] {
                    let what = format!("{pool:?} {size:?} {strides:?} {padding:?}");
                    check(&what, std::slice::from_ref(&x), |t, i| {
                        ops::pool2d(t, &i[0], pool, size, strides, padding)
                    })?;
                }
            }
        }
    }
    let x = [x];
    check("global average", &x, |t, i| {
        ops::global_average_pool2d(t, &i[0])
    })?;
    check("global max", &x, |t, i| ops::global_max_pool2d(t, &i[0]))
}

#[test]
fn batch_normalization_in_training_and_after() -> Result<()> {
    for shape in [Shape::from((6, 3)), Shape::from((2, 3, 2, 3))] {
        let x = numbers(9, &shape, -1.0, 2.0);
        let (gamma, beta) = (numbers(10, 3, 0.5, 1.5), numbers(11, 3, -1.0, 1.0));
        let later = ops::BatchStatistics {
            mean: Tensor::full(3, 0.2),
            variance: Tensor::full(3, 0.5),
        };
        for training in [true, false] {
            for (scale, center) in [(true, true), (true, false), (false, true), (false, false)] {
                let mut inputs = vec![x.clone()];
                inputs.extend(scale.then(|| gamma.clone()));
                inputs.extend(center.then(|| beta.clone()));
                let what = format!("training {training}, scale {scale}, center {center}");
                check(&what, &inputs, |t, i| {
                    let gamma = scale.then(|| &i[1]);
                    let beta = center.then(|| &i[i.len() - 1]);
                    let own = if training {
                        ops::batch_statistics(&i[0])?
                    } else {
                        later.clone()
                    };
                    ops::batch_normalization(t, &i[0], gamma, beta, &own, 1e-3, training)
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn activations() -> Result<()> {
    // No multiple of 0.5 is nearer than 0.08: the kinks of all functions are multiples.
    let values: Vec<f32> = (0..28)
        .map(|i| -7.2 + 0.5 * i as f32 + 0.03 * (i % 5) as f32)
        .collect();
    let x = [Tensor::from_vec(values, (7, 4))?];
    for (names, activation) in ACTIVATIONS {
        check(names[0], &x, |t, i| activation.call(t, &i[0]))?;
    }
    Ok(())
}

#[test]
fn dropout() -> Result<()> {
    for rate in [0.0, 0.3, 0.8] {
        check("dropout", &[numbers(12, (5, 6), -1.0, 1.0)], |t, i| {
            ops::dropout(t, &i[0], rate, &mut StdRng::seed_from_u64(3))
        })?;
    }
    Ok(())
}

#[test]
fn a_value_that_is_used_twice() -> Result<()> {
    let inputs = [
        numbers(15, (3, 3), -1.0, 1.0),
        numbers(16, (3, 3), -1.0, 1.0),
    ];
    check("x twice", &inputs, |t, i| {
        let once = ops::dense(t, &i[0], &i[1], None, false)?;
        let flat = once.reshape((3, 3))?;
        // The kernel is used again, and so is the output, on both sides of one operation.
        let twice = ops::dense(t, &flat, &i[1], None, false)?;
        ops::dense(t, &twice, &twice, None, false)
    })
}

#[test]
fn sources_may_be_named_twice_and_may_be_probabilities() -> Result<()> {
    let mut tape = Tape::recording();
    let x = tape.watch(&Tensor::ones((1, 2)));
    let y = ops::dense(&mut tape, &x, &Tensor::full((2, 1), 3.0), None, false)?;
    let gradients = tape.gradient(&y, &[&x, &x])?;
    assert_eq!(gradients[0].to_vec::<f32>(), [3.0, 3.0]);
    assert_eq!(gradients[0], gradients[1]);

    // Watched probabilities are what the loss depends on, not the scores they were made from.
    let mut tape = Tape::recording();
    let y_pred = tape.watch(&Activation::Softmax.apply(&Tensor::zeros((1, 2)))?);
    let y_true = Tensor::from_vec(vec![0], 1)?;
    let loss = SparseCategoricalCrossentropy::new().call(&mut tape, &y_true, &y_pred)?;
    let gradient = tape.gradient(&loss, &[&y_pred])?.swap_remove(0);
    assert_eq!(gradient.to_vec::<f32>(), [-1.0, 1.0]);
    Ok(())
}

#[test]
fn a_whole_model() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Input::new((6, 6, 2)))?;
    model.add(Conv2D::new(3, (3, 3)).activation("tanh").padding("same"))?;
    model.add(BatchNormalization::new())?;
    model.add(AveragePooling2D::new(2))?;
    model.add(Flatten::new())?;
    model.add(Dense::new(4).activation("gelu"))?;
    model.add(Dense::new(3).activation("softmax"))?;
    let mut weights = model.get_weights();
    for (seed, weight) in weights.iter_mut().enumerate() {
        *weight = numbers(20 + seed as u64, weight.shape(), -0.5, 0.5);
    }
    // The moving averages (positions 4 and 5) are no inputs of a training call.
    let fixed = weights.clone();
    let trained = [0, 1, 2, 3, 6, 7, 8, 9];
    let x = numbers(17, (3, 6, 6, 2), -1.0, 1.0);
    let mut tape = Tape::recording();
    model.set_weights(&fixed)?;
    let own = model.get_weights();
    let y = model.call(&x, &mut tape, true)?;
    let sources: Vec<&Tensor> = trained.iter().map(|&i| &own[i]).collect();
    let cotangent = numbers(99, y.shape(), -1.0, 1.0);
    let gradients = tape.gradient_from(&y, &cotangent, &sources)?;
    for (gradient, &which) in gradients.iter().zip(&trained) {
        // Along a random direction: all numbers of the weight at once.
        let direction = numbers(18, fixed[which].shape(), -1.0, 1.0);
        let mut value = |by: f32| -> Result<f64> {
            let mut weights = fixed.clone();
            weights[which] = &fixed[which] + &direction * by;
            model.set_weights(&weights)?;
            let y = model.call(&x, &mut Tape::off(), true)?;
            Ok((y * &cotangent).to_vec::<f64>().iter().sum())
        };
        let measured = (value(STEP)? - value(-STEP)?) / (2.0 * f64::from(STEP));
        let products = (gradient * &direction).to_vec::<f64>();
        let size = products.iter().map(|p| p.abs()).sum::<f64>();
        let ours = products.iter().sum::<f64>();
        assert!(
            (ours - measured).abs() <= TOLERANCE * size,
            "weight {which}: {ours}, measured {measured}"
        );
    }
    Ok(())
}
