//! Initializers: ranges and spreads. The random numbers themselves are kerust's own.

use kerust::initializers::Initializer;
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, count, list, number, text, title};

fn initializer(class_name: &str, config: &Value) -> Option<Initializer> {
    Some(match class_name {
        "Zeros" => Initializer::Zeros,
        "Ones" => Initializer::Ones,
        "Constant" => Initializer::Constant(number(&config["value"]) as f32),
        "GlorotUniform" => Initializer::GlorotUniform,
        "HeUniform" => Initializer::HeUniform,
        "RandomUniform" => Initializer::RandomUniform {
            minval: number(&config["minval"]) as f32,
            maxval: number(&config["maxval"]) as f32,
        },
        _ => return None,
    })
}

/// A weight of `shape` as a layer makes it.
fn weight(initializer: Initializer, shape: &[usize]) -> Result<Tensor> {
    let mut model = Sequential::named("golden");
    let position = match *shape {
        [units] => {
            model.add(
                Dense::new(units)
                    .bias_initializer(initializer)
                    .input_shape(1),
            )?;
            1
        }
        [features, units] => {
            model.add(
                Dense::new(units)
                    .kernel_initializer(initializer)
                    .input_shape(features),
            )?;
            0
        }
        [height, width, channels, filters] => {
            let layer = Conv2D::new(filters, (height, width)).kernel_initializer(initializer);
            model.add(layer.input_shape((height, width, channels)))?;
            0
        }
        _ => panic!("no layer has a weight of shape {shape:?}"),
    };
    let weight = model.get_weights().swap_remove(position);
    assert_eq!(weight.shape().dims(), shape);
    Ok(weight)
}

#[test]
fn initializers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("initializers");
    for case in &cases {
        let Some(initializer) = initializer(text(&case["class_name"]), &case["config"]) else {
            golden.not_there(case);
            continue;
        };
        let shape: Vec<usize> = list(&case["shape"]).iter().map(count).collect();
        let values = weight(initializer, &shape)?.to_vec::<f64>();
        let title = title(case);
        match text(&case["distribution"]) {
            "constant" => {
                let value = f64::from(number(&case["value"]) as f32);
                assert!(values.iter().all(|v| *v == value), "{title}");
            }
            "uniform" => check_uniform(&title, &values, number(&case["limit"])),
            other => panic!("{title}: kerust has no {other} initializer"),
        }
        golden.done();
    }
    let missing = [
        "GlorotNormal",
        "HeNormal",
        "LecunUniform",
        "LecunNormal",
        "RandomNormal",
    ];
    let missing = missing.map(|name| format!("initializer_{name}"));
    golden.finish(12, &missing.each_ref().map(String::as_str));
    Ok(())
}

/// Fails unless `values` look drawn evenly from `-limit..limit`; by chance once in a billion runs.
fn check_uniform(title: &str, values: &[f64], limit: f64) {
    const DEVIATIONS: f64 = 6.5;
    let n = values.len() as f64;
    let (low, high) = values
        .iter()
        .fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let rounding = 1.0 + f64::from(f32::EPSILON);
    assert!(
        low >= -limit * rounding && high <= limit * rounding,
        "{title}: {low} to {high}"
    );
    // All n values stay a share s of the range away from an end with probability (1 - s)^n.
    let reached = limit * (1.0 - 2.0 * 22.0 / n);
    assert!(
        low <= -reached && high >= reached,
        "{title}: {low} to {high}"
    );

    let mean = values.iter().sum::<f64>() / n;
    let stddev = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let expected = limit / 3f64.sqrt();
    assert!(
        mean.abs() < DEVIATIONS * expected / n.sqrt(),
        "{title}: mean {mean}"
    );
    // The standard error of a standard deviation; the kurtosis of a uniform distribution is 1.8.
    let error = expected * (0.8 / (4.0 * n)).sqrt();
    assert!(
        (stddev - expected).abs() < DEVIATIONS * error,
        "{title}: stddev {stddev}"
    );
}
