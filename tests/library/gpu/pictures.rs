//! Operations on pictures: the GPU's numbers are the processor's, where Keras's do not reach.

use kerust::ops::{self, ConvOptions, Interpolation, Padding, Pool};
use kerust::prelude::*;

use super::alone;

/// In front of what the process with the GPU computed.
const NUMBERS: &str = "numbers:";

type Numbers = Vec<(String, Vec<f32>)>;

/// Computes on both devices and compares.
fn agree(name: &str, compute: impl Fn() -> Result<Numbers>) {
    let exact = [("KERUST_TF32", "0")];
    let said = alone(&format!("gpu::pictures::{name}"), &exact, || {
        for (what, numbers) in compute().expect("works") {
            let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
            println!("{NUMBERS}{what}:{}", numbers.join(" "));
        }
    });
    let Some(said) = said else { return };
    assert!(!said.contains("has no kernels"), "{said}");
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(NUMBERS).map(|(_, rest)| rest))
        .collect();
    let expected = compute().expect("works");
    assert_eq!(lines.len(), expected.len());
    for (line, (what, expected)) in lines.into_iter().zip(expected) {
        let (label, numbers) = line.split_once(':').expect("a label");
        let numbers: Vec<f32> = numbers
            .split_whitespace()
            .map(|number| number.parse().expect("a number"))
            .collect();
        assert_eq!((label, numbers.len()), (what.as_str(), expected.len()));
        for (i, (number, expected)) in numbers.iter().zip(&expected).enumerate() {
            let same = number == expected || number.is_nan() && expected.is_nan();
            let near = (number - expected).abs() <= 1e-4 * (1.0 + expected.abs());
            assert!(same || near, "{what} at {i}: {number}, not {expected}");
        }
    }
}

/// Numbers without a pattern that a wrong index could hit by chance.
fn numbers(shape: impl Into<Shape>, seed: usize) -> Tensor {
    let shape = shape.into();
    let values =
        (0..shape.elements()).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0);
    Tensor::from_vec(values.collect(), shape).expect("fits")
}

/// Small whole numbers, many of them equal.
fn ties(shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let values = (0..shape.elements()).map(|i| (i * 7919 % 2003 % 3) as f32);
    Tensor::from_vec(values.collect(), shape).expect("fits")
}

/// The result of an operation and the gradients of its inputs. It is done twice, so that the second
/// gradient is added to the first.
fn twice(
    what: String,
    inputs: &[Tensor],
    op: impl Fn(&mut Tape, &[Tensor]) -> Result<Tensor>,
) -> Result<Numbers> {
    let mut tape = Tape::recording();
    let inputs: Vec<Tensor> = inputs.iter().map(|input| tape.watch(input)).collect();
    let first = op(&mut tape, &inputs)?;
    let second = op(&mut tape, &inputs)?;
    let slope = numbers(first.shape().clone(), 5);
    let sloping = ops::multiply(&mut tape, &first, &slope)?;
    let sum = ops::add(&mut tape, &sloping, &second)?;
    let mut all = vec![(format!("{what}, result"), first.to_vec::<f32>())];
    let gradients = tape.gradient(&sum, &inputs)?;
    for (i, gradient) in gradients.iter().enumerate() {
        all.push((format!("{what}, input {i}"), gradient.to_vec::<f32>()));
    }
    Ok(all)
}

#[test]
fn convolutions() {
    agree("convolutions", || {
        let mut all = Vec::new();
        // Batch, picture, kernel, channels, filters, groups, strides, dilation.
        let cases = [
            (2, (7, 6), (3, 3), 3, 5, 1, (1, 1), (1, 1)),
            (3, (9, 11), (2, 4), 6, 4, 2, (2, 3), (1, 1)),
            (2, (9, 8), (3, 2), 4, 8, 4, (1, 1), (2, 3)),
            (5, (6, 6), (1, 1), 40, 7, 1, (1, 1), (1, 1)),
            (2, (6, 6), (1, 1), 3, 7, 1, (2, 2), (1, 1)),
            (3, (4, 5), (4, 5), 2, 3, 1, (1, 1), (1, 1)),
            (4, (20, 20), (3, 3), 3, 4, 1, (1, 1), (1, 1)),
            (1, (3, 2), (5, 3), 2, 2, 1, (1, 1), (1, 2)),
        ];
        for (i, (batch, picture, kernel, channels, filters, groups, strides, dilation)) in
            cases.into_iter().enumerate()
        {
            for padding in [Padding::Valid, Padding::Same] {
                if padding == Padding::Valid && kernel.0 > picture.0 {
                    continue;
                }
                for relu in [false, true] {
                    let options = ConvOptions {
                        strides: strides.into(),
                        padding,
                        dilation_rate: dilation.into(),
                        relu,
                    };
                    let x = numbers((batch, picture.0, picture.1, channels), 1);
                    let kernel = numbers((kernel.0, kernel.1, channels / groups, filters), 2);
                    let inputs = [x, kernel, numbers(filters, 3)];
                    let what = format!("convolution {i} {padding:?} {relu}");
                    all.extend(twice(what, &inputs, |tape, of| {
                        ops::conv(tape, &of[0], &of[1], Some(&of[2]), groups, options)
                    })?);
                }
            }
        }
        let (x, kernel) = (numbers((2, 4, 5, 3, 2), 1), numbers((2, 3, 2, 2, 3), 2));
        let options = ConvOptions::<3> {
            padding: Padding::Same,
            ..ConvOptions::default()
        };
        let what = "of volumes".to_string();
        all.extend(twice(what, &[x, kernel], |tape, of| {
            ops::conv(tape, &of[0], &of[1], None, 1, options)
        })?);
        Ok(all)
    });
}

#[test]
fn transposed_and_depthwise_convolutions() {
    agree("transposed_and_depthwise_convolutions", || {
        let mut all = Vec::new();
        let cases = [
            ((3, 3), (1, 1), (1, 1)),
            ((3, 2), (2, 3), (1, 1)),
            ((2, 3), (1, 1), (2, 3)),
            ((1, 1), (1, 1), (1, 1)),
            ((1, 2), (3, 2), (1, 1)),
        ];
        for (i, (kernel, strides, dilation)) in cases.into_iter().enumerate() {
            for (padding, relu) in [(Padding::Valid, true), (Padding::Same, false)] {
                let options = ConvOptions {
                    strides: strides.into(),
                    padding,
                    dilation_rate: dilation.into(),
                    relu,
                };
                let x = numbers((2, 8, 7, 3), 1);
                let inputs = [
                    x.clone(),
                    numbers((kernel.0, kernel.1, 4, 3), 2),
                    numbers(4, 3),
                ];
                let what = format!("transposed {i} {padding:?}");
                all.extend(twice(what, &inputs, |tape, of| {
                    ops::conv_transpose(tape, &of[0], &of[1], Some(&of[2]), None, options)
                })?);
                for multiplier in [1, 2] {
                    let inputs = [
                        x.clone(),
                        numbers((kernel.0, kernel.1, 3, multiplier), 2),
                        numbers(3 * multiplier, 3),
                    ];
                    let what = format!("depthwise {i} {padding:?} {multiplier}");
                    all.extend(twice(what, &inputs, |tape, of| {
                        ops::depthwise_conv(tape, &of[0], &of[1], Some(&of[2]), options)
                    })?);
                }
            }
        }
        Ok(all)
    });
}

#[test]
fn pools() {
    agree("pools", || {
        let mut all = Vec::new();
        let mut with_nan = ties((2, 9, 7, 3)).to_vec::<f32>();
        with_nan[40] = f32::NAN;
        let with_nan = Tensor::from_vec(with_nan, (2, 9, 7, 3))?;
        let pictures = [numbers((2, 9, 7, 3), 1), ties((2, 9, 7, 3)), with_nan];
        let moves = [
            ((2, 2), (2, 2)),
            ((3, 3), (1, 2)),
            ((3, 2), (2, 1)),
            ((2, 1), (3, 2)),
            ((9, 7), (1, 1)),
            ((5, 7), (4, 1)),
        ];
        for (i, x) in pictures.iter().enumerate() {
            for kind in [Pool::Max, Pool::Average] {
                for (size, strides) in moves {
                    for padding in [Padding::Valid, Padding::Same] {
                        let what = format!("{kind:?} {i} {size:?} {strides:?} {padding:?}");
                        all.extend(twice(what, std::slice::from_ref(x), |tape, of| {
                            ops::pool2d(tape, &of[0], kind, size, strides, padding)
                        })?);
                    }
                }
                for size in [[4, 3], [2, 7], [9, 1], [1, 1]] {
                    let what = format!("adaptive {kind:?} {i} {size:?}");
                    all.extend(twice(what, std::slice::from_ref(x), |tape, of| {
                        ops::adaptive_pool(tape, &of[0], kind, size)
                    })?);
                }
            }
        }
        for x in [ties((3, 90, 2)), numbers((2, 1200, 40), 1)] {
            for kind in [Pool::Max, Pool::Average] {
                let what = format!("global {kind:?} {}", x.shape());
                all.extend(twice(what, std::slice::from_ref(&x), |tape, of| {
                    ops::global_pool(tape, &of[0], kind)
                })?);
            }
        }
        let mask = vec![1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let mask = Tensor::from_vec(mask, (2, 4))?;
        let x = numbers((2, 4, 3), 1);
        all.extend(twice("masked".to_string(), &[x], |tape, of| {
            ops::masked_average_pool(tape, &of[0], &mask)
        })?);
        Ok(all)
    });
}

#[test]
fn other_places() {
    agree("other_places", || {
        let mut all = Vec::new();
        let x = [numbers((2, 6, 5, 3), 1)];
        let interpolations = [
            Interpolation::Nearest,
            Interpolation::Bilinear,
            Interpolation::Lanczos3,
        ];
        for how in interpolations {
            for size in [(6, 5), (9, 3), (1, 20)] {
                let what = format!("resize {how:?} {size:?}");
                all.extend(twice(what, &x, |tape, of| {
                    ops::resize(tape, &of[0], size, how)
                })?);
            }
        }
        all.extend(twice("cropping".to_string(), &x, |tape, of| {
            ops::cropping(tape, &of[0], [(1, 2), (0, 3)])
        })?);
        all.extend(twice("zero padding".to_string(), &x, |tape, of| {
            ops::zero_padding(tape, &of[0], [(1, 2), (0, 3)])
        })?);
        let corners = |numbers: [f32; 8]| Tensor::from_vec(numbers.repeat(2), (2, 4, 2));
        let start = corners([0.0, 0.0, 4.0, 0.0, 0.0, 5.0, 4.0, 5.0])?;
        let end = corners([1.0, 0.5, 3.5, 0.0, -1.0, 4.0, 4.0, 6.0])?;
        for how in [Interpolation::Nearest, Interpolation::Bilinear] {
            let what = format!("perspective {how:?}");
            all.extend(twice(what, &x, |tape, of| {
                ops::perspective_transform(tape, &of[0], &start, &end, how, 0.25)
            })?);
        }
        Ok(all)
    });
}
