//! Initializers: ranges and spreads. The random numbers themselves are kerust's own.

use kerust::Config;
use kerust::prelude::*;

use super::{FORWARD, Golden, count, list, number, same_config, text, title};

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
        [length, channels, filters] => {
            let layer = Conv1D::new(filters, length).kernel_initializer(initializer);
            model.add(layer.input_shape((length, channels)))?;
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
        let config = Config::from_json(&case["config"].to_string())?;
        let initializer = Initializer::from_config(text(&case["class_name"]), &config)?;
        same_config(case, &initializer.get_config()?);
        let shape: Vec<usize> = list(&case["shape"]).iter().map(count).collect();
        let values = weight(initializer, &shape)?.to_vec::<f64>();
        let title = title(case);
        match text(&case["distribution"]) {
            "constant" => {
                let value = f64::from(number(&case["value"]) as f32);
                assert!(values.iter().all(|v| *v == value), "{title}");
            }
            "identity" => check_identity(&title, &values, shape[1], number(&case["value"])),
            "values" => {
                let keras: Vec<f64> = list(&case["values"]).iter().map(number).collect();
                golden.compare_numbers(case, "values", FORWARD, &values, &keras);
            }
            "orthogonal" => check_orthogonal(&title, &values, &shape, number(&case["value"])),
            "uniform" => check_uniform(&title, &values, number(&case["limit"])),
            "normal" => check_spread(&title, &values, number(&case["stddev"]), 3.0),
            "truncated_normal" => {
                let stddev = number(&case["stddev"]);
                let most = 2.0 * stddev / CUT * (1.0 + f64::from(f32::EPSILON));
                assert!(values.iter().all(|v| v.abs() <= most), "{title}");
                assert!(values.iter().any(|v| v.abs() > 0.9 * most), "{title}");
                // The kurtosis of a normal distribution that is cut at two standard deviations.
                check_spread(&title, &values, stddev, 2.37);
            }
            other => panic!("{title}: {other} is not known"),
        }
        golden.done();
    }
    golden.finish(56, &[]);
    let doubled = weight(Initializer::identity(2.0), &[3, 4])?;
    check_identity("gain 2", &doubled.to_vec::<f64>(), 4, 2.0);
    Ok(())
}

/// Fails unless `values` look drawn evenly from `-limit..limit`; by chance once in a billion runs.
fn check_uniform(title: &str, values: &[f64], limit: f64) {
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

    check_spread(title, values, limit / 3f64.sqrt(), 1.8);
}

/// The standard deviation of a normal distribution of 1 that is cut at 2.
const CUT: f64 = 0.879_625_661_034_239_8;

/// Fails unless the mean of `values` is close to 0, and the standard deviation to `expected`.
fn check_spread(title: &str, values: &[f64], expected: f64, kurtosis: f64) {
    const DEVIATIONS: f64 = 6.5;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let stddev = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    assert!(
        mean.abs() < DEVIATIONS * expected / n.sqrt(),
        "{title}: mean {mean}"
    );
    // The standard error of a standard deviation.
    let error = expected * ((kurtosis - 1.0) / (4.0 * n)).sqrt();
    assert!(
        (stddev - expected).abs() < DEVIATIONS * error,
        "{title}: stddev {stddev}"
    );
}

fn check_identity(title: &str, values: &[f64], columns: usize, gain: f64) {
    for (i, v) in values.iter().enumerate() {
        let expected = if i / columns == i % columns {
            gain
        } else {
            0.0
        };
        assert_eq!(*v, expected, "{title}");
    }
}

fn check_orthogonal(title: &str, values: &[f64], shape: &[usize], gain: f64) {
    let columns = shape[shape.len() - 1];
    let rows = values.len() / columns;
    let (count, length) = (rows.min(columns), rows.max(columns));
    let at = |vector: usize, k: usize| match rows < columns {
        true => values[vector * columns + k],
        false => values[k * columns + vector],
    };
    for i in 0..count {
        for j in 0..=i {
            let dot: f64 = (0..length).map(|k| at(i, k) * at(j, k)).sum();
            let expected = if i == j { gain * gain } else { 0.0 };
            assert!((dot - expected).abs() < 1e-5, "{title}: {i} and {j}: {dot}");
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_numbers() -> Result<()> {
    for initializer in [Initializer::HeNormal, Initializer::Orthogonal] {
        let drawn = |initializer| weight(initializer, &[6, 4]);
        assert_eq!(drawn(initializer.seed(3))?, drawn(initializer.seed(3))?);
        assert_ne!(drawn(initializer.seed(3))?, drawn(initializer.seed(4))?);
        assert_ne!(drawn(initializer)?, drawn(initializer)?);
    }
    Ok(())
}
