//! Layers, family by family: outputs, gradients of inputs and weights, moving statistics.

use kerust::Config;
use kerust::layers::{LAYERS, from_config};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, GRADIENT, Golden, list, same, text, truth};

/// The layer of a case in a model of its own; none when kerust does not have it.
fn model(class_name: &str, config: &Value, sample: Shape) -> Result<Option<Sequential>> {
    if !LAYERS.iter().any(|entry| entry.class_name == class_name) {
        return Ok(None);
    }
    let layer = from_config(class_name, &Config::from_json(&config.to_string())?)?;
    let mut model = Sequential::named("golden");
    model.add(Input::new(sample))?;
    model.add(layer)?;
    Ok(Some(model))
}

/// Fails unless the layer says the same arguments as Keras's, in the same form.
pub(super) fn compare_config(case: &Value) -> Result<()> {
    let class_name = text(&case["class_name"]);
    let config = Config::from_json(&case["config"].to_string())?;
    let ours = from_config(class_name, &config)?.get_config()?.to_string();
    let ours: Value = serde_json::from_str(&ours).expect("a configuration is JSON");
    for (name, value) in case["config"].as_object().expect("arguments by name") {
        // What kerust does not have must be off in Keras.
        let off = matches!(value, Value::Null | Value::Bool(false)) || name == "renorm_momentum";
        if ours.get(name).is_none() && off {
            continue;
        }
        assert!(
            same(&ours[name], value),
            "{}: `{name}` is {}, Keras {value}",
            text(&case["name"]),
            ours[name]
        );
    }
    Ok(())
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    let input = golden.tensor(&case["input"]);
    let sample = input.shape().without_batch();
    let Some(mut model) = model(text(&case["class_name"]), &case["config"], sample)? else {
        golden.not_there(case);
        return Ok(());
    };
    compare_config(case)?;
    let described = list(&case["weights"]);
    let start: Vec<Tensor> = described
        .iter()
        .map(|w| golden.tensor(&w["tensor"]))
        .collect();
    let cotangent = golden.tensor(&case["cotangent"]);
    for run in list(&case["runs"]) {
        model.set_weights(&start)?;
        let mut tape = Tape::recording();
        let mut x = tape.watch(&input);
        if let Some(mask) = case.get("mask") {
            x = x.with_mask(golden.tensor(mask));
        }
        let y = model.call(&x, &mut tape, truth(&run["training"]))?;
        // After the call, which may change a weight before it is used.
        let weights = model.get_weights();
        golden.compare(case, "output", FORWARD, &y, &golden.tensor(&run["output"]));

        let trainable = described
            .iter()
            .zip(&weights)
            .filter(|(w, _)| truth(&w["trainable"]));
        let (names, sources): (Vec<_>, Vec<_>) = trainable
            .map(|(w, value)| (text(&w["name"]), value))
            .unzip();
        let sources: Vec<&Tensor> = [&x].into_iter().chain(sources).collect();
        let gradients = tape.gradient_from(&y, &cotangent, &sources)?;
        let expected = golden.tensor(&run["input_gradient"]);
        golden.compare(case, "input gradient", GRADIENT, &gradients[0], &expected);
        let of_weights = run["weight_gradients"]
            .as_object()
            .expect("gradients by name");
        assert_eq!(of_weights.len(), names.len());
        for (name, gradient) in names.iter().zip(&gradients[1..]) {
            let expected = golden.tensor(&of_weights[*name]);
            golden.compare(case, "weight gradient", GRADIENT, gradient, &expected);
        }

        let after = run["weights_after"].as_object().expect("weights by name");
        for (w, ours) in described.iter().zip(model.get_weights()) {
            match after.get(text(&w["name"])) {
                Some(name) => {
                    golden.compare(
                        case,
                        "moving statistics",
                        FORWARD,
                        &ours,
                        &golden.tensor(name),
                    );
                }
                None => assert_eq!(
                    ours,
                    golden.tensor(&w["tensor"]),
                    "a call changes no weight"
                ),
            }
        }
    }
    golden.done();
    Ok(())
}

#[track_caller]
fn agree(kind: &'static str, cases: usize) -> Result<()> {
    let (mut golden, all) = Golden::read(kind);
    for case in &all {
        compare(&mut golden, case)?;
    }
    golden.finish(cases, &[]);
    Ok(())
}

#[test]
fn layers_agree_with_keras() -> Result<()> {
    agree("layers", 81)
}

#[test]
fn convolutions_agree_with_keras() -> Result<()> {
    agree("convolution", 68)
}

#[test]
fn pooling_agrees_with_keras() -> Result<()> {
    agree("pooling", 33)
}

#[test]
fn padding_cropping_and_up_sampling_agree_with_keras() -> Result<()> {
    agree("spatial", 27)
}
