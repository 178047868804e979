//! Models of Keras with layers that work on texts: they stand before the model here.

use std::fs;

use kerust::models::model_from_json;
use kerust::prelude::*;
use serde_json::Value;

use super::scratch;
use crate::golden::{file, list, number, text};

fn case() -> Value {
    let json = fs::read_to_string(file("files/texts.json")).expect("the case");
    serde_json::from_str(&json).expect("JSON")
}

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let rows = list(value).iter();
    rows.flat_map(|row| match row.as_array() {
        Some(row) => row.iter().map(number).collect(),
        None => vec![number(row)],
    })
    .collect()
}

fn same(ours: &Tensor, keras: &Value, what: &str) {
    let (ours, keras) = (ours.to_vec::<f64>(), numbers(keras));
    assert_eq!(ours.len(), keras.len(), "{what}");
    for (ours, keras) in ours.iter().zip(&keras) {
        assert!((ours - keras).abs() < 1e-5, "{what}: {ours}, Keras {keras}");
    }
}

#[test]
fn layers_of_texts_come_from_a_file_with_what_they_learned() -> Result<()> {
    let (case, path) = (case(), file("files/texts.keras"));
    let (texts, learned) = (strings(&case["texts"]), &case["vocabularies"]);
    for name in ["words", "pairs"] {
        let vectorize = TextVectorization::from_file(&path, name)?;
        assert_eq!(vectorize.get_vocabulary()?, strings(&learned[name]));
        same(&vectorize.call_text(&texts)?, &case[name], name);
        let again = TextVectorization::from_config(&vectorize.get_config()?)?;
        same(&again.call_text(&texts)?, &case[name], name);
    }
    let kind = StringLookup::from_file(&path, "kind")?;
    assert_eq!(kind.get_vocabulary()?, strings(&learned["kind"]));
    same(
        &kind.call_text(&strings(&case["labels"]))?,
        &case["kind"],
        "kind",
    );
    Ok(())
}

#[test]
fn integers_keep_the_vocabulary_that_they_learned() -> Result<()> {
    let case = case();
    let mut model = load_model(file("files/numbers.keras"))?;
    let seen: Vec<i64> = numbers(&case["numbers"])
        .iter()
        .map(|n| *n as i64)
        .collect();
    let seen = Tensor::from_vec(seen, (3, 1))?;
    same(&model.predict(&seen)?, &case["number_outputs"], "numbers");
    let (_folder, path) = scratch("again.keras");
    model.save(&path)?;
    assert_eq!(load_model(&path)?.predict(&seen)?, model.predict(&seen)?);
    Ok(())
}

#[test]
fn a_model_of_texts_says_what_to_do() -> Result<()> {
    let error = load_model(file("files/texts.keras"))
        .expect_err("texts")
        .to_string();
    for words in [
        "model `texts`",
        "layer `words` (TextVectorization)",
        "tensors do not hold",
        "`TextVectorization::from_file(path, \"words\")`",
        "keras.Input(layer.output.shape[1:])",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    let error = StringLookup::new().vocabulary(["a"]).get_config();
    let error = kerust::layers::from_config("StringLookup", &error?).expect_err("texts");
    assert!(error.to_string().contains("(StringLookup)"), "{error}");
    // Hashing takes integers as well: that these would be texts is not passed over in silence.
    let json = r#"{"class_name": "Sequential", "config": {"name": "hashes", "layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "dtype": "string", "name": "text"}},
        {"class_name": "Hashing", "config": {"num_bins": 3}}
    ]}}"#;
    let error = model_from_json(json).expect_err("texts").to_string();
    assert!(error.contains("layer `text` (InputLayer)"), "{error}");
    model_from_json(&json.replace("string", "int64"))?;
    Ok(())
}

#[test]
fn what_is_not_in_the_file_is_said() -> Result<()> {
    let path = file("files/texts.keras");
    let said = |error: Error, words: &str| {
        let error = error.to_string();
        assert!(error.contains(words), "{words}: {error}");
    };
    let unknown = TextVectorization::from_file(&path, "word").expect_err("none");
    said(unknown, "did you mean `words`? known: words, pairs");
    let other = StringLookup::from_file(&path, "words").expect_err("another class");
    said(other, "known: kind");
    let none = StringLookup::from_file(file("files/embedding.keras"), "kind").expect_err("none");
    said(none, "no layer of class `StringLookup`");
    let weights = TextVectorization::from_file(file("files/normalized.h5"), "words");
    said(weights.expect_err("the older format"), ".keras");
    said(
        TextVectorization::from_file("none.keras", "words").expect_err("none"),
        "none.keras",
    );
    let mut config = TextVectorization::from_file(&path, "words")?
        .get_config()?
        .to_string();
    config.insert_str(1, r#""encoding": "latin-1", "#);
    let config = kerust::Config::from_json(&config)?;
    said(
        TextVectorization::from_config(&config).expect_err("latin"),
        "utf-8",
    );
    Ok(())
}

#[test]
fn a_damaged_file_gives_no_layer() {
    let whole = fs::read(file("files/texts.keras")).expect("the file");
    let (_folder, path) = scratch("damaged.keras");
    let expected = TextVectorization::from_file(file("files/texts.keras"), "pairs")
        .and_then(|layer| layer.get_config())
        .expect("it is whole");
    for at in (0..whole.len()).step_by(whole.len() / 211) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        fs::write(&path, &damaged).expect("a file");
        // Damage elsewhere in the file is none of this layer's.
        if let Ok(layer) = TextVectorization::from_file(&path, "pairs") {
            assert_eq!(
                layer.get_config().expect("a configuration"),
                expected,
                "{at}"
            );
        }
        fs::write(&path, &whole[..at]).expect("a file");
        TextVectorization::from_file(&path, "pairs").expect_err("an end too early");
    }
}
