//! Models that Keras wrote down: kerust reads them and writes the same.

use kerust::Config;
use kerust::models::model_from_json;
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, count, list, text};

/// What kerust leaves out, because there it is always so.
const LEFT_OUT: [(&str, &str); 5] = [
    ("data_format", "\"channels_last\""),
    ("vocabulary_dtype", "\"int64\""),
    ("encoding", "\"utf-8\""),
    ("compile_config", "{}"),
    ("build_config", "{\"input_shape\":null}"),
];

/// What kerust says otherwise, and why that is the same.
fn says_otherwise(name: &str) -> bool {
    // The two directions are always two layers; Keras on JAX has resolved "auto"; masks stay with
    // their tensors; `fit` and `predict` say whether this is training.
    ["backward_layer", "jit_compile", "mask", "training"].contains(&name)
}

/// Notes where one does not say what the other says, but for what is off in Keras and not there in
/// kerust.
pub(super) fn differences(place: &str, ours: &Value, keras: &Value, found: &mut Vec<String>) {
    match (ours, keras) {
        (Value::Object(ours), Value::Object(keras)) => {
            for (name, keras) in keras {
                let place = format!("{place}.{name}");
                match ours.get(name) {
                    _ if says_otherwise(name) => {}
                    // Some layers write the name of the policy alone.
                    Some(ours) if name == "dtype" && keras.is_string() && ours.is_object() => {
                        differences(&place, &ours["config"]["name"], keras, found);
                    }
                    Some(ours) => differences(&place, ours, keras, found),
                    None => {
                        let text = keras.to_string();
                        let known = LEFT_OUT.contains(&(name.as_str(), text.as_str()));
                        // Only layers with weights say for what they were built.
                        let off = keras.is_null() || *keras == false || name == "build_config";
                        if !off && !known {
                            found.push(format!("{place}: nothing, Keras {text}"));
                        }
                    }
                }
            }
            for (name, ours) in ours {
                let off = ours.is_null() || says_otherwise(name);
                if !off && !keras.contains_key(name) {
                    found.push(format!("{place}.{name}: {ours}, Keras nothing"));
                }
            }
        }
        (Value::Array(ours), Value::Array(keras)) => {
            // Those that make masks.
            let is_operation = |object: &&Value| {
                let module = object["module"].as_str();
                module.is_some_and(|module| module.starts_with("keras.src.ops"))
            };
            let keras: Vec<&Value> = keras.iter().filter(|item| !is_operation(item)).collect();
            if ours.len() != keras.len() {
                found.push(format!(
                    "{place}: {} items, Keras {}",
                    ours.len(),
                    keras.len()
                ));
            }
            for (i, (ours, keras)) in ours.iter().zip(keras).enumerate() {
                differences(&format!("{place}[{i}]"), ours, keras, found);
            }
        }
        (Value::Number(ours), Value::Number(keras)) => {
            let float = |number: &serde_json::Number| number.as_f64().map(|n| n as f32);
            if float(ours) != float(keras) {
                found.push(format!("{place}: {ours}, Keras {keras}"));
            }
        }
        _ if ours != keras => found.push(format!("{place}: {ours}, Keras {keras}")),
        _ => {}
    }
}

fn compare(golden: &mut Golden, case: &Value, found: &mut Vec<String>) -> Result<()> {
    let name = text(&case["name"]);
    let json = case["json"].to_string();
    let model = model_from_json(&json).map_err(|e| e.at(name))?;
    let weights = model.get_weights();
    let shapes: Vec<Vec<usize>> = weights.iter().map(|w| w.shape().to_vec()).collect();
    let expected = list(&case["weights"]).iter();
    let expected: Vec<Vec<usize>> = expected
        .map(|shape| list(shape).iter().map(count).collect())
        .collect();
    assert_eq!(shapes, expected, "{name}");
    assert_eq!(
        model.summary().trainable_params,
        count(&case["trainable"]),
        "{name}"
    );

    let ours = model.to_json()?;
    let value: Value = serde_json::from_str(&ours).expect("JSON");
    // For `check_model_json.py`, which lets Keras read what kerust wrote.
    if let Some(folder) = std::env::var_os("KERUST_MODEL_JSON") {
        let path = std::path::Path::new(&folder).join(format!("{name}.json"));
        std::fs::write(path, &ours).expect("the folder can be written to");
    }
    differences(name, &value, &case["json"], found);
    assert_eq!(model_from_json(&ours)?.to_json()?, ours, "{name}");
    let again = Model::from_config(&model.get_config()?)?;
    assert_eq!(again.get_config()?, model.get_config()?, "{name}");
    golden.done();
    Ok(())
}

#[test]
fn models_of_keras_are_read_and_written_alike() -> Result<()> {
    let (mut golden, cases) = Golden::read("model_json");
    let mut found = Vec::new();
    for case in &cases {
        compare(&mut golden, case, &mut found)?;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    golden.finish(10, &[]);
    Ok(())
}

/// The JSON of a case after a change.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Result<Model> {
    let (_, cases) = Golden::read("model_json");
    let case = cases.iter().find(|case| text(&case["name"]) == name);
    let mut json = case.expect("there is such a case")["json"].clone();
    change(&mut json);
    model_from_json(&json.to_string())
}

#[track_caller]
fn refused(result: Result<Model>, says: &str) {
    let error = result.expect_err("a mistake").to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn hostile_json_is_refused() {
    refused(model_from_json("{"), "no JSON");
    refused(model_from_json("[]"), "does not describe a model");
    refused(model_from_json(&"[".repeat(1_000_000)), "no JSON");
    refused(
        changed("shared", |json| json["class_name"] = "MyModel".into()),
        "expected `Sequential` or `Functional`, got `MyModel`",
    );
    refused(
        changed("shared", |json| {
            json["config"]["layers"][2]["class_name"] = "Dens".into()
        }),
        "did you mean `Dense`",
    );
    refused(
        changed("shared", |json| {
            json["config"]["layers"][2]["config"]["lora_rank"] = 4.into();
        }),
        "neither LoRA nor quantized layers",
    );
    refused(
        changed("shared", |json| {
            json["config"]["layers"][2]["config"]["quantization_config"] = "int8".into();
        }),
        "neither LoRA nor quantized layers",
    );
    refused(
        changed("tutorial", |json| {
            json["config"]["layers"][1]["config"]["data_format"] = "channels_first".into();
        }),
        "kerust keeps the channels on the last axis",
    );
    for (units, says) in [
        ("18446744073709551615", "does not fit into memory"),
        ("0", "a positive whole number"),
        ("-1", "invalid value"),
        ("1e999", "number out of range"),
    ] {
        let (_, cases) = Golden::read("model_json");
        let json = cases[0]["json"]
            .to_string()
            .replace("\"units\":128", &format!("\"units\":{units}"));
        refused(model_from_json(&json), says);
    }
    refused(
        changed("shared", |json| {
            let layers = &mut json["config"]["layers"];
            // The first call of the shared layer takes what comes of the last one.
            layers[2]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] =
                serde_json::json!(["sum", 0, 0]);
        }),
        "wait for each other in a circle: `shared`",
    );
    for (history, says) in [
        (
            serde_json::json!(["nobody", 0, 0]),
            "there is no layer `nobody`",
        ),
        (serde_json::json!(["a", 1, 0]), "no output 0 of a call 1"),
        (serde_json::json!(["shared", 0, 7]), "there is no output 7"),
        (serde_json::json!(["a", -1, 0]), "the number of its call"),
        (serde_json::json!(5), "the number of its call"),
    ] {
        refused(
            changed("shared", |json| {
                json["config"]["output_layers"] = history.clone();
                let both = &mut json["config"]["layers"][3]["inbound_nodes"][0]["args"][0];
                both[0]["config"]["keras_history"] = history.clone();
            }),
            says,
        );
    }
    refused(
        changed("shared", |json| {
            json["config"]["output_layers"] = serde_json::json!([])
        }),
        "no output of the model needs the layer",
    );
    refused(
        changed("shared", |json| {
            json["config"]["input_layers"] = serde_json::json!(["a", 0, 0])
        }),
        "expected all inputs",
    );
    refused(
        changed("tutorial", |json| {
            json["config"]["layers"][0]["config"]["batch_shape"][1] = Value::Null;
        }),
        "depends on a size that is open",
    );
    refused(
        changed("tutorial", |json| {
            json["compile_config"]["loss"] = "mose".into()
        }),
        "unknown loss `mose`",
    );
    refused(
        changed("tutorial", |json| {
            json["compile_config"]["metrics"] = serde_json::json!([[[1]]])
        }),
        "argument `metrics`",
    );
    refused(
        changed("nested", |json| {
            let call = &mut json["config"]["layers"][2]["inbound_nodes"][0];
            call["kwargs"]["scale"] = 2.into();
        }),
        "argument `scale`",
    );
    refused(
        changed("attention", |json| {
            let call = &mut json["config"]["layers"][9]["inbound_nodes"][0];
            call["args"][0]["config"]["keras_history"][0] = "logical_or".into();
        }),
        "`logical_or` is an operation of Keras",
    );
}

/// Models in models, as deep as JSON goes, without a shape that would be known beforehand.
#[test]
fn deep_nesting_takes_no_time() -> Result<()> {
    let mut config = r#"{"name": "inner", "layers": [
        {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "linear",
            "use_bias": true}}]}"#
        .to_string();
    for i in 0..30 {
        config = format!(
            r#"{{"name": "m{i}", "layers": [{{"class_name": "Sequential", "config": {config}}}]}}"#
        );
    }
    let mut model: Sequential = Sequential::named("outer");
    let inner = Model::from_config(&Config::from_json(&config)?)?;
    model.add(Input::new(4))?;
    model.add(inner)?;
    assert_eq!(model.count_params()?, 15);
    assert_eq!(model.predict(Tensor::ones((2, 4)))?.shape(), (2, 3));
    let deeper = format!(
        "{}{}",
        r#"{"layers":[{"class_name":"Sequential","config":"#.repeat(60),
        "{}"
    );
    refused(
        Config::from_json(&deeper).and_then(|config| Model::from_config(&config)),
        "no JSON",
    );
    Ok(())
}

#[test]
fn many_layers_are_read_at_once() {
    let dropout = r#"{"class_name": "Dropout", "config": {"name": "NAME", "rate": 0.5}}"#;
    let layers = |count: usize| -> String {
        let layers = (0..count).map(|i| dropout.replace("NAME", &format!("dropout_{i}")));
        let layers: Vec<String> = layers.collect();
        format!(
            r#"{{"class_name": "Sequential", "config": {{"name": "long", "layers": [{}]}}}}"#,
            layers.join(",")
        )
    };
    assert!(model_from_json(&layers(5000)).is_ok());
    refused(model_from_json(&layers(10_001)), "at most 10000 layers");
}
