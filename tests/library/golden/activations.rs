//! Activation functions: values and slopes, also at extreme inputs.

use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, GRADIENT, Golden, text, truth};

/// The activation of a case, by its name or with its arguments.
fn activation(case: &Value) -> Result<Activation> {
    let name = text(&case["activation"]);
    let arguments = &case["arguments"];
    let get = |name: &str| arguments[name].as_f64().map(|value| value as f32);
    let or = |name: &str, default: f32| get(name).unwrap_or(default);
    if arguments.as_object().is_some_and(|all| all.is_empty()) {
        return name.parse();
    }
    let axis = arguments["axis"].as_i64().unwrap_or(-1) as isize;
    Ok(match name {
        "relu" => Activation::ReluWith {
            negative_slope: or("negative_slope", 0.0),
            max_value: get("max_value"),
            threshold: or("threshold", 0.0),
        },
        "leaky_relu" => Activation::LeakyReluWith {
            negative_slope: or("negative_slope", 0.2),
        },
        "elu" => Activation::EluWith {
            alpha: or("alpha", 1.0),
        },
        "celu" => Activation::CeluWith {
            alpha: or("alpha", 1.0),
        },
        "gelu" => Activation::GeluWith {
            approximate: truth(&arguments["approximate"]),
        },
        "squareplus" => Activation::SquareplusWith { b: or("b", 4.0) },
        "soft_shrink" => Activation::SoftShrinkWith {
            threshold: or("threshold", 0.5),
        },
        "hard_shrink" => Activation::HardShrinkWith {
            threshold: or("threshold", 0.5),
        },
        "threshold" => Activation::Threshold {
            threshold: or("threshold", 0.0),
            default_value: or("default_value", 0.0),
        },
        "softmax" => Activation::SoftmaxWith { axis },
        "log_softmax" => Activation::LogSoftmaxWith { axis },
        "glu" => Activation::GluWith { axis },
        other => panic!("`{other}` has no arguments"),
    })
}

#[test]
fn activations_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("activations");
    for case in &cases {
        let activation = activation(case)?;
        let mut tape = Tape::recording();
        let x = tape.watch(&golden.tensor(&case["input"]));
        let y = activation.call(&mut tape, &x)?;
        golden.compare(case, "output", FORWARD, &y, &golden.tensor(&case["output"]));
        let gradient = tape.gradient_from(&y, &golden.tensor(&case["cotangent"]), &[&x])?;
        let expected = golden.tensor(&case["input_gradient"]);
        golden.compare(case, "input gradient", GRADIENT, &gradient[0], &expected);
        golden.done();
    }
    golden.finish(80, &[]);
    Ok(())
}

#[test]
fn shares_of_sparsemax_add_up_to_one() -> Result<()> {
    let x = Tensor::from_vec(vec![0.5, 0.1, 0.3, -2.0, 3.0, 1.0, 0.0, 0.0], (2, 4))?;
    let mut tape = Tape::recording();
    let x = tape.watch(&x);
    let y = Activation::Sparsemax.call(&mut tape, &x)?;
    // The first row is lowered by -1/30, so that 8/15, 2/15 and 1/3 are left.
    let expected = [8.0 / 15.0, 2.0 / 15.0, 1.0 / 3.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    for (ours, expected) in y.to_vec::<f64>().iter().zip(expected) {
        assert!((ours - expected).abs() < 1e-6, "{y}");
    }
    let weights = Tensor::from_vec(vec![3.0, 0.0, 0.0, 9.0, 1.0, 0.0, 0.0, 0.0], (2, 4))?;
    let gradient = tape.gradient_from(&y, &weights, &[&x])?.swap_remove(0);
    let expected = [2.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(gradient.to_vec::<f32>(), expected);
    Ok(())
}
