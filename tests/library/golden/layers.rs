//! Layers, family by family: outputs, gradients of inputs and weights, moving statistics.

use kerust::Config;
use kerust::layers::{LAYERS, from_config};
use kerust::prelude::*;
use serde_json::Value;

use super::model_json::differences;
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
        let off = matches!(value, Value::Null | Value::Bool(false));
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

/// Fails unless `ours` says all that the `get_config()` of Keras in a case says, and nothing else. The
/// type of numbers is not said by layers but by models.
pub(super) fn same_whole_config(case: &Value, ours: &Config) {
    let found = differences_of(case, ours);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn differences_of(case: &Value, ours: &Config) -> Vec<String> {
    let mut keras = case["config"].clone();
    let ours: Value = serde_json::from_str(&ours.to_string()).expect("a configuration is JSON");
    let arguments = keras.as_object_mut().expect("arguments by name");
    arguments.remove("dtype");
    // How many words there are is told by the words.
    arguments.remove("vocabulary_size");
    let unsaid: &[&str] = match case["class_name"].as_str() {
        Some(class) if SILENT.contains(&class) => &["trainable"],
        Some(_) => &[],
        // What is called on texts is no layer of a model here.
        None => &["name", "trainable"],
    };
    for name in unsaid {
        arguments.insert(name.to_string(), ours[name].clone());
    }
    let mut found = Vec::new();
    differences(text(&case["name"]), &ours, &keras, &mut found);
    found
}

/// Layers that do not say in Keras whether they are trainable.
const SILENT: [&str; 6] = [
    "Discretization",
    "HashedCrossing",
    "Pipeline",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
];

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
    agree("pooling", 37)
}

#[test]
fn padding_cropping_and_up_sampling_agree_with_keras() -> Result<()> {
    agree("spatial", 27)
}

#[test]
fn configurations_are_those_of_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("configs");
    let mut wrong = Vec::new();
    for case in &cases {
        let config = Config::from_json(&case["config"].to_string())?;
        let layer = from_config(text(&case["class_name"]), &config);
        match layer.and_then(|layer| layer.get_config()) {
            Ok(ours) => wrong.extend(differences_of(case, &ours)),
            Err(error) => wrong.push(format!("{}: {error}", text(&case["name"]))),
        }
        golden.done();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden.finish(cases.len(), &[]);
    Ok(())
}

#[test]
fn configurations_are_compared_for_every_layer() {
    let (_, cases) = Golden::read("configs");
    let compared = |class: &str| cases.iter().any(|case| case["class_name"] == class);
    // A `Lambda` has none, and that of an `InputLayer` is compared in models.
    let others = ["Lambda", "InputLayer"];
    for entry in LAYERS
        .iter()
        .filter(|entry| !others.contains(&entry.class_name))
    {
        assert!(compared(entry.class_name), "{}", entry.class_name);
    }
}
