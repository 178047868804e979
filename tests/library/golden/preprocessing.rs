//! Preprocessing: pictures, numbers, categories, texts, and the functions of `keras.utils`.

use kerust::Config;
use kerust::layers::{Feature, Layer, from_config};
use kerust::models::Inputs;
use kerust::prelude::*;
use kerust::preprocessing::PadSequences;
use serde_json::Value;

use super::layers::same_whole_config;
use super::{FORWARD, Golden, count, list, text, truth};

/// A model of the layer that the case describes, adapted where Keras's was.
fn model(golden: &Golden, case: &Value, sample: Shape) -> Result<Sequential> {
    let class_name = text(&case["class_name"]);
    let config = Config::from_json(&case["config"].to_string())?;
    let layer: Box<dyn Layer> = match case.get("adapt").map(|seen| golden.tensor(seen)) {
        None => {
            let layer = from_config(class_name, &config)?;
            same_whole_config(case, &layer.get_config()?);
            // What kerust writes down, it reads the same.
            from_config(class_name, &layer.get_config()?)?
        }
        Some(seen) => {
            let data = match case.get("batch_size").map(count) {
                None => Inputs::from(&seen),
                Some(size) => (&Dataset::from_tensor_slices(&seen)?.batch(size)).into(),
            };
            adapted(class_name, &config, data)?
        }
    };
    let mut model = Sequential::new();
    model.add(Input::new(sample))?;
    model.add(layer)?;
    Ok(model)
}

/// The layer with these arguments after it has seen `data`.
fn adapted(class_name: &str, config: &Config, data: Inputs) -> Result<Box<dyn Layer>> {
    let arguments: Value = serde_json::from_str(&config.to_string()).expect("JSON");
    let count = |name: &str| arguments[name].as_u64().map(|n| n as usize);
    Ok(match class_name {
        "Normalization" => {
            let axes: Vec<_> = list(&arguments["axis"]).iter().map(Value::as_i64).collect();
            let layer = Normalization::new();
            let mut layer = match axes[..] {
                [] => layer.axis([]),
                [Some(a)] => layer.axis(a as isize),
                [Some(a), Some(b)] => layer.axis([a as isize, b as isize]),
                _ => panic!("no case has such axes: {axes:?}"),
            };
            layer.adapt(data)?;
            layer.into()
        }
        "Discretization" => {
            let epsilon = arguments["epsilon"].as_f64().expect("a number");
            let bins = count("num_bins").expect("a number");
            let mut layer = Discretization::num_bins(bins).epsilon(epsilon);
            layer.adapt(data)?;
            // What was learned is part of the configuration.
            from_config(class_name, &layer.get_config()?)?
        }
        "IntegerLookup" => {
            let mut layer = IntegerLookup::new().output_mode(text(&arguments["output_mode"]));
            if let Some(max_tokens) = count("max_tokens") {
                layer = layer.max_tokens(max_tokens);
            }
            layer.adapt(data)?;
            from_config(class_name, &layer.get_config()?)?
        }
        other => panic!("{other} does not adapt"),
    })
}

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    let output = golden.tensor(&case["output"]);
    let config = || Config::from_json(&case["config"].to_string());
    let ours = match text(&case["kind"]) {
        "layer" => {
            let x = golden.tensor(&case["input"]);
            let mut model = model(golden, case, x.shape().without_batch())?;
            let weights = case.get("weights").map(list).unwrap_or_default();
            for (ours, keras) in model.get_weights().iter().zip(weights) {
                golden.compare(case, "adapted weight", FORWARD, ours, &golden.tensor(keras));
            }
            let mut tape = Tape::off();
            model.call(&x, &mut tape, case.get("training").is_none_or(truth))?
        }
        "weighted" => {
            let layer = from_config(text(&case["class_name"]), &config()?)?;
            same_whole_config(case, &layer.get_config()?);
            let (x, weights) = (
                golden.tensor(&case["input"]),
                golden.tensor(&case["weights"]),
            );
            let sample = || Input::new(x.shape().without_batch());
            let (a, b) = (sample(), sample());
            let layer = CategoryEncoding::new(count(&case["config"]["num_tokens"]));
            let y = layer.output_mode("count").on([&a, &b])?;
            let mut model = Model::new([&a, &b], [&y])?;
            // Its JSON says which of the inputs is which.
            let mut again = kerust::models::model_from_json(&model.to_json()?)?;
            let inputs = vec![x, weights];
            assert_eq!(again.predict(&inputs)?, model.predict(&inputs)?);
            again.predict(&inputs)?
        }
        "text_vectorization" => {
            let mut layer = TextVectorization::from_config(&config()?)?;
            same_whole_config(case, &layer.get_config()?);
            if let Some(texts) = case.get("adapt") {
                layer.adapt(&strings(texts))?;
            }
            assert_eq!(
                layer.get_vocabulary()?,
                strings(&case["vocabulary"]),
                "{case}"
            );
            let again = TextVectorization::from_config(&layer.get_config()?)?;
            again.call_text(&strings(&case["texts"]))?
        }
        "string_lookup" => {
            let mut layer = StringLookup::from_config(&config()?)?;
            same_whole_config(case, &layer.get_config()?);
            if let Some(words) = case.get("adapt") {
                layer.adapt(&strings(words))?;
            }
            assert_eq!(
                layer.get_vocabulary()?,
                strings(&case["vocabulary"]),
                "{case}"
            );
            let again = StringLookup::from_config(&layer.get_config()?)?;
            again.call_text(&strings(&case["texts"]))?
        }
        "hashing" => {
            same_whole_config(case, &from_config("Hashing", &config()?)?.get_config()?);
            let inputs = list(&case["inputs"]);
            let mut layer =
                Hashing::new(case["config"]["num_bins"].as_u64().expect("bins") as usize);
            if let Some(mask) = case["config"]["mask_value"].as_str() {
                layer = layer.mask_text(mask);
            }
            if let Some([first, second]) = case["config"]["salt"].as_array().map(Vec::as_slice) {
                let integer = |salt: &Value| salt.as_i64().expect("an integer");
                layer = layer.salt((integer(first), integer(second)));
            }
            let words = inputs.iter().map(|input| match input {
                Value::String(word) => word.clone(),
                number => number.to_string(),
            });
            layer.call_text(&words.collect::<Vec<_>>())?
        }
        "hashed_crossing" => {
            same_whole_config(
                case,
                &from_config("HashedCrossing", &config()?)?.get_config()?,
            );
            let layer = HashedCrossing::new(count(&case["config"]["num_bins"]));
            let layer = layer.output_mode(text(&case["config"]["output_mode"]));
            let features = list(&case["features"]).iter().map(|feature| {
                let feature = list(feature);
                match feature[0] {
                    Value::String(_) => Feature::from(feature.iter().map(text).collect::<Vec<_>>()),
                    _ => {
                        let integers = feature.iter().filter_map(Value::as_i64);
                        Feature::Integers(integers.collect())
                    }
                }
            });
            layer.cross(&features.collect::<Vec<_>>())?
        }
        "to_categorical" => {
            let classes = case["num_classes"].as_u64().map(|classes| classes as usize);
            to_categorical(&golden.tensor(&case["input"]), classes)?
        }
        "normalize" => {
            let axis = case["axis"].as_i64().expect("an axis") as isize;
            let order = case["order"].as_u64().expect("an order") as u32;
            normalize(&golden.tensor(&case["input"]), axis, order)?
        }
        "pad_sequences" => {
            let arguments = &case["arguments"];
            let side = |name: &str| arguments[name].as_str().unwrap_or("pre").into();
            let how = PadSequences {
                maxlen: arguments["maxlen"].as_u64().map(|length| length as usize),
                padding: side("padding"),
                truncating: side("truncating"),
                value: arguments["value"].as_f64().unwrap_or(0.0),
            };
            let sequences = list(&case["sequences"]).iter();
            match arguments["dtype"].as_str() {
                Some("float32") => {
                    let floats = |sequence| list(sequence).iter().filter_map(Value::as_f64);
                    let sequences: Vec<Vec<f64>> = sequences
                        .map(|sequence| floats(sequence).collect())
                        .collect();
                    let padded = pad_sequences(&sequences, how)?;
                    assert_eq!(padded.dtype(), DType::Float32);
                    padded
                }
                _ => {
                    let whole = |sequence| list(sequence).iter().filter_map(Value::as_i64);
                    let sequences: Vec<Vec<i64>> = sequences
                        .map(|sequence| whole(sequence).collect())
                        .collect();
                    pad_sequences(&sequences, how)?
                }
            }
        }
        other => panic!("no such kind: {other}"),
    };
    golden.compare(case, "output", FORWARD, &ours, &output);
    golden.done();
    Ok(())
}

#[test]
fn preprocessing_agrees_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("preprocessing");
    for case in &cases {
        compare(&mut golden, case)?;
    }
    golden.finish(cases.len(), &[]);
    Ok(())
}
