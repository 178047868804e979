//! Layers: outputs, gradients of inputs and weights, moving statistics.

use kerust::layers::Pair;
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, GRADIENT, Golden, count, list, number, text, truth};

fn pair(value: &Value) -> Pair {
    Pair(count(&value[0]), count(&value[1]))
}

/// The layer of a case in a model of its own; none when kerust does not have it.
fn model(class_name: &str, config: &Value, sample: Shape) -> Result<Option<Sequential>> {
    let mut model = Sequential::named("golden");
    model.add(Input::new(sample))?;
    match class_name {
        "Dense" => model.add(
            Dense::new(count(&config["units"]))
                .activation(text(&config["activation"]))
                .use_bias(truth(&config["use_bias"])),
        )?,
        "Conv2D" => model.add(
            Conv2D::new(count(&config["filters"]), pair(&config["kernel_size"]))
                .strides(pair(&config["strides"]))
                .padding(text(&config["padding"]))
                .dilation_rate(pair(&config["dilation_rate"]))
                .groups(count(&config["groups"]))
                .activation(text(&config["activation"]))
                .use_bias(truth(&config["use_bias"])),
        )?,
        "MaxPooling2D" => model.add(
            MaxPooling2D::new(pair(&config["pool_size"]))
                .strides(pair(&config["strides"]))
                .padding(text(&config["padding"])),
        )?,
        "AveragePooling2D" => model.add(
            AveragePooling2D::new(pair(&config["pool_size"]))
                .strides(pair(&config["strides"]))
                .padding(text(&config["padding"])),
        )?,
        "GlobalAveragePooling2D" => {
            model.add(GlobalAveragePooling2D::new().keepdims(truth(&config["keepdims"])))?;
        }
        "GlobalMaxPooling2D" => {
            model.add(GlobalMaxPooling2D::new().keepdims(truth(&config["keepdims"])))?;
        }
        "BatchNormalization" => model.add(
            BatchNormalization::new()
                .momentum(number(&config["momentum"]) as f32)
                .epsilon(number(&config["epsilon"]) as f32)
                .center(truth(&config["center"]))
                .scale(truth(&config["scale"])),
        )?,
        "Flatten" => model.add(Flatten::new())?,
        "Dropout" => model.add(Dropout::new(number(&config["rate"]) as f32))?,
        "Activation" => model.add(Activation::layer(text(&config["activation"])))?,
        _ => return Ok(None),
    }
    Ok(Some(model))
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    let input = golden.tensor(&case["input"]);
    let sample = input.shape().without_batch();
    let Some(mut model) = model(text(&case["class_name"]), &case["config"], sample)? else {
        golden.not_there(case);
        return Ok(());
    };
    let described = list(&case["weights"]);
    let start: Vec<Tensor> = described
        .iter()
        .map(|w| golden.tensor(&w["tensor"]))
        .collect();
    let cotangent = golden.tensor(&case["cotangent"]);
    for run in list(&case["runs"]) {
        model.set_weights(&start)?;
        let weights = model.get_weights();
        let mut tape = Tape::recording();
        let x = tape.watch(&input);
        let y = model.call(&x, &mut tape, truth(&run["training"]))?;
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

#[test]
fn layers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("layers");
    for case in &cases {
        compare(&mut golden, case)?;
    }
    golden.finish(50, &[]);
    Ok(())
}
