//! What the GPU computes against what the processor does, where Keras's numbers do not reach: rows of
//! all lengths, broadcasting, ties, gradients that have begun.

use std::collections::BTreeMap;

use kerust::ops::{self, BatchStatistics};
use kerust::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::on_the_gpu;
use crate::formula::splitmix64;

/// Where the process with the GPU, or the one without, leaves its results.
const RESULTS: &str = "KERUST_TEST_RESULTS";

pub(super) type Results = BTreeMap<String, Vec<f32>>;

pub(super) fn numbers(seed: u64, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let unit = |i: usize| (splitmix64(seed, i as u64) >> 40) as f32 / (1u32 << 24) as f32;
    let values = (0..shape.elements()).map(|i| 4.0 * unit(i) - 2.0);
    Tensor::from_vec(values.collect(), shape).expect("the sizes agree")
}

/// Adds the result of `f`, its gradients, and the gradients that it adds to others.
pub(super) fn note(
    results: &mut Results,
    name: &str,
    inputs: &[Tensor],
    f: impl Fn(&mut Tape, &[Tensor]) -> Result<Tensor>,
) -> Result<()> {
    for has_begun in [false, true] {
        let mut tape = Tape::recording();
        let watched: Vec<Tensor> = inputs.iter().map(|input| tape.watch(input)).collect();
        let y = f(&mut tape, &watched)?;
        let factors = numbers(99, y.shape());
        let parts = ops::multiply(&mut tape, &y, &factors)?;
        let mut total = ops::sum(&mut tape, &parts, &[], false)?;
        if has_begun {
            for x in &watched {
                let square = ops::multiply(&mut tape, x, x)?;
                let sum = ops::sum(&mut tape, &square, &[], false)?;
                total = ops::add(&mut tape, &total, &sum)?;
            }
        }
        let sources: Vec<&Tensor> = watched.iter().collect();
        let gradients = tape.gradient(&total, &sources)?;
        for (i, gradient) in gradients.iter().enumerate() {
            results.insert(
                format!("{name}: gradient {i} {has_begun}"),
                gradient.to_vec(),
            );
        }
        let before = results.insert(format!("{name}: result {has_begun}"), y.to_vec());
        assert!(before.is_none(), "{name} twice");
    }
    Ok(())
}

/// Runs the test called `name` with the GPU and without, and compares what `compute` notes there:
/// relative to the largest number of each result.
pub(super) fn compare(
    name: &str,
    tolerance: f32,
    compute: impl FnOnce(&mut Results) -> Result<()>,
) {
    if let Some(path) = std::env::var_os(RESULTS) {
        let mut results = Results::new();
        compute(&mut results).expect("works");
        let bits = |(name, values): (&String, &Vec<f32>)| {
            let words: Vec<String> = values.iter().map(|v| v.to_bits().to_string()).collect();
            format!("{name};{}\n", words.join(" "))
        };
        let lines: String = results.iter().map(bits).collect();
        return std::fs::write(path, lines).expect("a place for the results");
    }
    let on = |device: &str| -> Results {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_string_lossy().into_owned();
        let variables = [
            (RESULTS, path.as_str()),
            ("KERUST_DEVICE", device),
            ("KERUST_TF32", "0"),
        ];
        let output = on_the_gpu(&[name, "--exact", "--nocapture"], &variables);
        let said = super::said(&output);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        assert!(!said.contains("has no kernels"), "{said}");
        let text = std::fs::read_to_string(&path).expect("results");
        let value = |word: &str| f32::from_bits(word.parse().expect("bits"));
        let read = |line: &str| {
            let (name, words) = line.split_once(';').expect("a name");
            (
                name.to_owned(),
                words.split_whitespace().map(value).collect(),
            )
        };
        text.lines().map(read).collect()
    };
    let (gpu, processor) = (on("cuda:0"), on("cpu"));
    assert!(!gpu.is_empty());
    assert_eq!(gpu.len(), processor.len());
    for (name, values) in &gpu {
        let expected = &processor[name];
        assert_eq!(values.len(), expected.len(), "{name}");
        let finite = expected.iter().filter(|v| v.is_finite());
        let largest = finite.fold(0.0f32, |largest, v| largest.max(v.abs()));
        for (i, (ours, expected)) in values.iter().zip(expected).enumerate() {
            let near = (ours - expected).abs() <= tolerance * largest.max(1e-3);
            let same = ours == expected || (ours.is_nan() && expected.is_nan());
            assert!(near || same, "{name}: {ours} for {expected} at {i}");
        }
    }
}

#[test]
fn functions_of_rows_are_those_of_the_processor() {
    let name = "gpu::rows::functions_of_rows_are_those_of_the_processor";
    compare(name, 3e-6, |results| {
        let shapes: [(&[usize], isize); 8] = [
            (&[3, 10], 1),
            (&[5, 1], 1),
            (&[2, 3000], 1),
            (&[2, 9000], 1),
            (&[600, 150], 1),
            (&[4, 7, 3], 1),
            (&[2, 300, 3], 1),
            (&[5, 40], 0),
        ];
        for (shape, axis) in shapes {
            let x = [&numbers(1, shape) * 3.0];
            let what = |name: &str| format!("{name} {shape:?}");
            note(results, &what("softmax"), &x, |t, x| {
                ops::softmax_along(t, &x[0], axis)
            })?;
            note(results, &what("log_softmax"), &x, |t, x| {
                ops::log_softmax_along(t, &x[0], axis)
            })?;
            for dropped in [0.0, 0.3, 1.0] {
                note(results, &what(&format!("dropout {dropped}")), &x, |t, x| {
                    ops::dropout(t, &x[0], dropped, &mut StdRng::seed_from_u64(5))
                })?;
            }
        }
        let x = [numbers(2, (5, 6, 4))];
        note(results, "glu inside", &x, |t, x| ops::glu(t, &x[0], 1))?;
        note(results, "glu at the end", &x, |t, x| ops::glu(t, &x[0], -1))
    });
}

#[test]
fn sparse_shares_are_those_of_the_processor() {
    let name = "gpu::rows::sparse_shares_are_those_of_the_processor";
    // What is left of larger numbers has few digits.
    compare(name, 1e-4, |results| {
        let shapes: [(&[usize], isize); 5] = [
            (&[3, 10], 1),
            (&[5, 1], 1),
            (&[600, 150], 1),
            (&[2, 3000], 1),
            (&[2, 300, 3], 1),
        ];
        for (shape, axis) in shapes {
            for factor in [0.01, 1.0, 5.0] {
                let x = [&numbers(1, shape) * factor];
                note(results, &format!("{shape:?} {factor}"), &x, |t, x| {
                    ops::sparsemax(t, &x[0], axis)
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn layers_for_samples_are_those_of_the_processor() {
    let name = "gpu::rows::layers_for_samples_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        let mut layer = |name: &str, layer: Box<dyn Layer>| {
            let mut model = Sequential::named("alone");
            model.add(Input::new((5, 4, 3)))?;
            model.add(layer)?;
            let x = [numbers(17, (6, 5, 4, 3))];
            // A layer that draws numbers draws the same for both gradients.
            note(results, name, &x, |t, x| model.clone().call(&x[0], t, true))
        };
        let measures = || Normalization::new().mean(vec![1.0, 2.0, 3.0]);
        let measures = || measures().variance(vec![4.0, 1.0, 0.25]);
        layer("channels", measures().into())?;
        layer("back", measures().invert(true).into())?;
        let rows = Normalization::new().axis(1).mean(vec![1.0; 5]);
        let variances = (1..6).map(|i| i as f32).collect::<Vec<_>>();
        layer("rows", rows.variance(variances).into())?;
        let brightness = RandomBrightness::new(0.4).value_range(-1.5, 1.5);
        layer("brightness", brightness.seed(1).into())?;
        let contrast = RandomContrast::new(0.5).value_range(-1.5, 1.5);
        layer("contrast", contrast.seed(1).into())
    });
}

#[test]
fn what_is_no_number_shows_where_it_does_on_the_processor() {
    let name = "gpu::rows::what_is_no_number_shows_where_it_does_on_the_processor";
    compare(name, 3e-6, |results| {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let rows = vec![
            [1.0, nan, 2.0],
            [1.0, inf, 2.0],
            [1.0, -inf, 2.0],
            [-inf, -inf, -inf],
            [inf, inf, 0.0],
            [nan, nan, nan],
            [1e30, 1e30, -1e30],
            [90.0, -90.0, 0.0],
            [2.0, 2.0, 2.0],
            [-0.0, 0.0, -0.0],
        ];
        let count = rows.len();
        let x = Tensor::from_vec(rows.concat(), (count, 3))?;
        let off = &mut Tape::off();
        let mut put = |name: &str, y: Tensor| results.insert(name.to_owned(), y.to_vec());
        put("softmax", ops::softmax(off, &x)?);
        put("log_softmax", ops::log_softmax(off, &x)?);
        put("sparsemax", ops::sparsemax(off, &x, -1)?);
        put("max", ops::max(off, &x, &[1], false)?);
        put("min", ops::min(off, &x, &[1], false)?);
        put("normalize", ops::normalize(off, &x, &[1], 1e-7)?);
        put("rms", ops::rms_normalization(off, &x, None, &[1], 1e-7)?);
        note(results, "extremes", &[x], |t, x| {
            ops::max(t, &x[0], &[1], true)
        })
    });
}

#[test]
fn the_largest_share_their_gradient_as_on_the_processor() {
    let name = "gpu::rows::the_largest_share_their_gradient_as_on_the_processor";
    compare(name, 3e-6, |results| {
        let x = numbers(3, (4, 5, 6, 3)).map(f32::round);
        let axes: [&[isize]; 6] = [&[], &[0], &[1], &[-1], &[0, 2], &[1, 3]];
        for axes in axes {
            let x = [x.clone()];
            note(results, &format!("max {axes:?}"), &x, |t, x| {
                ops::max(t, &x[0], axes, false)
            })?;
            note(results, &format!("min {axes:?}"), &x, |t, x| {
                ops::min(t, &x[0], axes, true)
            })?;
        }
        Ok(())
    });
}

#[test]
fn normalizations_are_those_of_the_processor() {
    let name = "gpu::rows::normalizations_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        let shapes: [&[usize]; 6] = [
            &[6, 3],
            &[2, 3, 2, 3],
            &[1, 4],
            &[3000, 40],
            &[20_000, 3],
            &[2, 3000],
        ];
        for shape in shapes {
            // Far from 0, where a sum of squares would lose digits.
            let x = &numbers(4, shape) + 30.0;
            let channels = shape[shape.len() - 1];
            let (gamma, beta) = (numbers(5, channels), numbers(6, channels));
            let own = ops::batch_statistics(&x)?;
            results.insert(format!("mean {shape:?}"), own.mean.to_vec());
            results.insert(format!("variance {shape:?}"), own.variance.to_vec());
            let other = BatchStatistics {
                mean: numbers(7, channels),
                variance: &numbers(8, channels) + 3.0,
            };
            for (scale, center) in [(true, true), (true, false), (false, true), (false, false)] {
                let mut inputs = vec![&x - 29.0];
                inputs.extend(scale.then(|| gamma.clone()));
                inputs.extend(center.then(|| beta.clone()));
                let weights = |i: &[Tensor]| {
                    let beta = center.then(|| i[i.len() - 1].clone());
                    (scale.then(|| i[1].clone()), beta)
                };
                let what = format!("{shape:?} {scale} {center}");
                note(results, &format!("own {what}"), &inputs, |t, i| {
                    let (gamma, beta) = weights(i);
                    let own = ops::batch_statistics(&i[0])?;
                    let (gamma, beta) = (gamma.as_ref(), beta.as_ref());
                    ops::batch_normalization(t, &i[0], gamma, beta, &own, 1e-3, true)
                })?;
                note(results, &format!("other {what}"), &inputs, |t, i| {
                    let (gamma, beta) = weights(i);
                    let (gamma, beta) = (gamma.as_ref(), beta.as_ref());
                    ops::batch_normalization(t, &i[0], gamma, beta, &other, 1e-3, false)
                })?;
                note(results, &format!("layer {what}"), &inputs, |t, i| {
                    let (gamma, beta) = weights(i);
                    let (gamma, beta) = (gamma.as_ref(), beta.as_ref());
                    ops::layer_normalization(t, &i[0], gamma, beta, &[-1], 1e-2)
                })?;
            }
            let inputs = [&x - 30.0, gamma];
            note(results, &format!("rms {shape:?}"), &inputs, |t, i| {
                ops::rms_normalization(t, &i[0], Some(&i[1]), &[-1], 1e-2)
            })?;
            note(results, &format!("unit {shape:?}"), &inputs[..1], |t, i| {
                ops::normalize(t, &i[0], &[0], 1e-7)
            })?;
            let small = [&inputs[0] * 1e-9];
            note(results, &format!("small {shape:?}"), &small, |t, i| {
                ops::normalize(t, &i[0], &[-1], 1e-3)
            })?;
        }
        Ok(())
    });
}

#[test]
fn products_are_those_of_the_processor() {
    let name = "gpu::rows::products_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        let shapes: [(&[usize], &[usize]); 9] = [
            (&[4, 3], &[3, 5]),
            (&[4, 0], &[0, 5]),
            (&[5, 2, 3], &[1, 3, 4]),
            (&[2, 3], &[4, 3, 5]),
            (&[7, 6, 5], &[7, 5, 4]),
            (&[4, 1, 2, 3], &[1, 5, 3, 4]),
            (&[4, 1, 2, 2, 3], &[1, 5, 2, 3, 4]),
            (&[6, 1, 2, 3], &[6, 5, 3, 1]),
            (&[3], &[5, 3, 4]),
        ];
        for (a, b) in shapes {
            let inputs = [numbers(9, a), numbers(10, b)];
            note(results, &format!("{a:?} {b:?}"), &inputs, |t, i| {
                ops::matmul(t, &i[0], &i[1])
            })?;
        }
        let square = [numbers(11, (4, 4)), numbers(12, (3, 3, 5))];
        note(results, "trace", &square[..1], |t, i| {
            ops::einsum(t, "ii->i", &[&i[0]])
        })?;
        note(results, "diagonals", &square[1..], |t, i| {
            ops::einsum(t, "iij->ji", &[&i[0]])
        })
    });
}

#[test]
fn attention_is_that_of_the_processor() {
    let name = "gpu::rows::attention_is_that_of_the_processor";
    compare(name, 1e-5, |results| {
        let sizes = [
            // Batch, queries, keys, heads, groups, width, depth.
            [2, 5, 6, 3, 3, 4, 7],
            [5, 4, 3, 8, 8, 2, 3],
            [5, 4, 3, 8, 2, 2, 3],
            [1, 1, 1, 4, 1, 3, 2],
            [2, 3, 300, 1, 1, 2, 2],
        ];
        for [batch, queries, keys, heads, groups, width, depth] in sizes {
            let inputs = [
                numbers(13, (batch, queries, heads, width)),
                numbers(14, (batch, keys, groups, width)),
                numbers(15, (batch, keys, groups, depth)),
            ];
            let masks: [&[usize]; 5] = [
                &[batch, heads, queries, keys],
                &[batch, 1, 1, keys],
                &[queries, keys],
                &[batch, 1, queries, 1],
                &[1, 1, 1, 1],
            ];
            let cases = [(false, None), (true, None), (true, Some(masks[0]))];
            let others = masks[1..].iter().map(|mask| (false, Some(*mask)));
            for (case, (is_causal, mask)) in cases.into_iter().chain(others).enumerate() {
                let what = format!("{batch} {heads} {groups} {queries}, {case}: {mask:?}");
                let seen = |v: f32| if v > -0.5 { 1.0 } else { 0.0 };
                let mask = mask.map(|shape| numbers(16, shape).map(seen));
                note(results, &what, &inputs, |t, i| {
                    let [query, key, value] = [&i[0], &i[1], &i[2]];
                    let mask = mask.as_ref();
                    ops::dot_product_attention(t, query, key, value, mask, None, is_causal)
                })?;
            }
        }
        Ok(())
    });
}
