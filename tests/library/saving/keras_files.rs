//! Files that Keras wrote, and what Keras makes of those that kerust writes.
//!
//! The files in `tests/golden/files` are Keras's own. The other test asks Keras itself, in a Python
//! environment made for it.

use std::path::Path;

use kerust::models::LoadModel;
use kerust::models::{Arrays, load_model, load_model_with, model_from_json};
use kerust::prelude::*;
use serde_json::{Value, json};

use crate::golden::file;
use crate::python;

/// Relative to the largest number of a tensor.
const OUTPUTS: f64 = 1e-5;
const LOSSES: f64 = 1e-4;

/// Samples, labels, and what a model computes of them.
struct Case {
    inputs: Arrays,
    labels: Tensor,
    outputs: Value,
    losses: Value,
}

impl Case {
    fn read(path: &Path) -> Case {
        let text = std::fs::read(path).expect("the case is there");
        let case: Value = serde_json::from_slice(&text).expect("the case is JSON");
        let inputs = case["inputs"].as_array().expect("a list");
        Case {
            inputs: inputs.iter().map(tensor).collect::<Vec<_>>().into(),
            labels: tensor(&case["labels"]),
            outputs: case["outputs"].clone(),
            losses: case["losses"].clone(),
        }
    }

    fn write(&self, path: &Path) {
        let inputs: Vec<Value> = self.inputs.as_slice().iter().map(nested).collect();
        let case = json!({
            "inputs": inputs,
            "labels": nested(&self.labels),
            "outputs": self.outputs,
            "losses": self.losses,
        });
        std::fs::write(path, case.to_string()).expect("the folder can be written");
    }

    /// Compares a model that goes on where Keras's one stood.
    #[track_caller]
    fn check(&self, model: &mut Model, what: &str) {
        let outputs = model.predict(&self.inputs).expect(what);
        compare(
            &format!("{what}: outputs"),
            &nested(&outputs),
            &self.outputs,
            OUTPUTS,
        );
        if !self.losses.is_null() {
            compare(
                &format!("{what}: losses"),
                &self.next_losses(model),
                &self.losses,
                LOSSES,
            );
        }
    }

    #[track_caller]
    fn next_losses(&self, model: &mut Model) -> Value {
        let mut losses = Vec::new();
        for _ in 0..3 {
            let results = model.train_on_batch(&self.inputs, &self.labels);
            losses.push(results.expect("training works")[0]);
        }
        json!(losses)
    }
}

/// A tensor of nested lists: of whole numbers if all are.
fn tensor(lists: &Value) -> Tensor {
    let mut shape = Vec::new();
    let mut inner = lists;
    while let Some(list) = inner.as_array() {
        shape.push(list.len());
        inner = &list[0];
    }
    let mut numbers = Vec::new();
    flatten(lists, &mut numbers);
    let tensor = match numbers.iter().all(|number| number.is_i64()) {
        true => {
            let whole = numbers.iter().filter_map(|number| number.as_i64());
            Tensor::from_vec(whole.collect::<Vec<i64>>(), shape)
        }
        false => {
            let floats = numbers.iter().filter_map(|number| number.as_f64());
            Tensor::from_vec(floats.map(|number| number as f32).collect(), shape)
        }
    };
    tensor.expect("the lists have one shape")
}

fn flatten<'a>(lists: &'a Value, numbers: &mut Vec<&'a Value>) {
    match lists.as_array() {
        Some(list) => list.iter().for_each(|inner| flatten(inner, numbers)),
        None => numbers.push(lists),
    }
}

/// The nested lists of a tensor.
pub(crate) fn nested(tensor: &Tensor) -> Value {
    let mut values: Vec<Value> = match tensor.dtype() {
        DType::Int64 => tensor
            .to_vec::<i64>()
            .into_iter()
            .map(|n| json!(n))
            .collect(),
        _ => tensor
            .to_vec::<f32>()
            .into_iter()
            .map(|n| json!(n))
            .collect(),
    };
    for size in tensor.shape().iter().skip(1).rev() {
        values = values.chunks(*size).map(|chunk| json!(chunk)).collect();
    }
    Value::Array(values)
}

#[track_caller]
fn compare(what: &str, ours: &Value, keras: &Value, tolerance: f64) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    flatten(ours, &mut first);
    flatten(keras, &mut second);
    assert_eq!(first.len(), second.len(), "{what}");
    let number = |value: &&Value| value.as_f64().expect("a number");
    let largest = second
        .iter()
        .map(number)
        .fold(1e-6, |a, b| f64::max(a, b.abs()));
    for (ours, keras) in first.iter().map(number).zip(second.iter().map(number)) {
        let difference = (ours - keras).abs() / largest;
        assert!(
            difference <= tolerance,
            "{what}: {first:?}, Keras {second:?}"
        );
    }
}

/// The same model with other weights and an optimizer that has made no step.
fn made_anew(model: &Model) -> Model {
    let json = model.to_json().expect("a configuration");
    model_from_json(&json).expect("the same model")
}

#[test]
fn a_model_that_keras_saved_goes_on() -> Result<()> {
    let case = Case::read(&file("files/embedding.json"));
    let mut model = load_model(file("files/embedding.keras"))?;
    case.check(&mut model, "embedding");
    // It can be saved, and goes on again.
    let (_folder, path) = super::scratch("again.keras");
    model.save(&path)?;
    let mut again = load_model(&path)?;
    assert_eq!(again.predict(&case.inputs)?, model.predict(&case.inputs)?);
    assert_eq!(case.next_losses(&mut again), case.next_losses(&mut model));
    Ok(())
}

#[test]
fn a_model_of_the_older_format_goes_on() -> Result<()> {
    let case = Case::read(&file("files/normalized.json"));
    let mut model = load_model(file("files/normalized.h5"))?;
    case.check(&mut model, "normalized");
    let mut other = made_anew(&model);
    other.load_weights(file("files/normalized.h5"))?;
    case.check(&mut other, "the weights of normalized");
    Ok(())
}

#[test]
fn weights_that_keras_saved_go_into_a_model_made_here() -> Result<()> {
    let case = Case::read(&file("files/short.json"));
    let mut model = Sequential::new();
    model.add(Bidirectional::new(LSTM::new(2)).input_shape((4, 2)))?;
    model.add(Dense::new(1))?;
    model.compile(Compile {
        optimizer: SGD::new().momentum(0.9).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    model.load_weights(file("files/short.weights.h5"))?;
    case.check(&mut model, "short");
    Ok(())
}

#[test]
fn a_model_may_stay_uncompiled() -> Result<()> {
    let arguments = LoadModel { compile: false };
    let mut model = load_model_with(file("files/embedding.keras"), arguments)?;
    let case = Case::read(&file("files/embedding.json"));
    assert!(model.train_on_batch(&case.inputs, &case.labels).is_err());
    let outputs = model.predict(&case.inputs)?;
    compare("embedding", &nested(&outputs), &case.outputs, OUTPUTS);
    Ok(())
}

/// Saves a model with what it computes, before it goes on if it `trains`.
fn save(
    name: &str,
    model: &mut Model,
    (inputs, labels): (&Arrays, &Tensor),
    trains: bool,
    folder: &Path,
) -> Result<()> {
    model.save(folder.join(format!("{name}.keras")))?;
    model.save_weights(folder.join(format!("{name}.weights.h5")))?;
    let mut case = Case {
        inputs: inputs.clone(),
        labels: labels.clone(),
        outputs: nested(&model.predict(inputs)?),
        losses: Value::Null,
    };
    if trains {
        case.losses = case.next_losses(model);
    }
    case.write(&folder.join(format!("{name}.json")));
    Ok(())
}

/// Models that were made here, with a few steps of training behind them.
fn own_models(folder: &Path) -> Result<()> {
    let compile = |optimizer: &str, loss: &str| Compile {
        optimizer: optimizer.into(),
        loss: loss.into(),
        ..Compile::default()
    };
    let normal = |shape: &[usize]| Tensor::random_normal(shape, 0.0, 1.0);
    let go = |name: &str, mut model: Model, inputs: Arrays, labels: Tensor| -> Result<()> {
        for _ in 0..3 {
            model.train_on_batch(&inputs, &labels)?;
        }
        save(name, &mut model, (&inputs, &labels), true, folder)
    };

    let mut model = Sequential::new();
    model.add(Conv2D::new(3, 3).activation("relu").input_shape((8, 8, 3)))?;
    model.add(BatchNormalization::new())?;
    model.add(MaxPooling2D::new(2))?;
    model.add(Flatten::new())?;
    model.add(Dense::new(3).activation("softmax"))?;
    model.compile(Compile {
        metrics: vec!["accuracy".into()],
        ..compile("adam", "sparse_categorical_crossentropy")
    })?;
    let labels = Tensor::from_vec(vec![0, 2, 1, 1], 4)?;
    go(
        "own_pictures",
        model.into(),
        normal(&[4, 8, 8, 3]).into(),
        labels,
    )?;

    let mut model = Sequential::new();
    model.add(LSTM::new(4).return_sequences(true).input_shape((6, 3)))?;
    model.add(Bidirectional::new(GRU::new(3)))?;
    model.add(Dense::new(2))?;
    model.compile(compile("rmsprop", "mse"))?;
    go(
        "own_sequences",
        model.into(),
        normal(&[5, 6, 3]).into(),
        normal(&[5, 2]),
    )?;

    let (a, b) = (Input::new(4), Input::new(3));
    let x = Concatenate::new().on([&Dense::new(3).on(&a)?, &Dense::new(3).on(&b)?])?;
    let shared = kerust::models::SharedLayer::new(Dense::new(6).activation("relu"));
    let x = shared.on(&shared.on(&x)?)?;
    let mut model = Model::new([&a, &b], &Dense::new(1).on(&x)?)?;
    model.compile(Compile {
        optimizer: SGD::new().learning_rate(0.05).momentum(0.9).into(),
        ..compile("sgd", "mse")
    })?;
    let inputs = Arrays::from(vec![normal(&[5, 4]), normal(&[5, 3])]);
    go("own_two_inputs", model, inputs, normal(&[5, 1]))?;

    let words = Input::new(6);
    let x = Embedding::new(9, 4).on(&words)?;
    let y = MultiHeadAttention::new(2, 3).on([&x, &x])?;
    let x = LayerNormalization::new().on(&Add::new().on([&x, &y])?)?;
    let x = GlobalAveragePooling1D::new().on(&x)?;
    let mut model = Model::new(&words, &Dense::new(1).activation("sigmoid").on(&x)?)?;
    model.compile(compile("adagrad", "binary_crossentropy"))?;
    let inputs = Tensor::from_vec((0..24).map(|i| i * 5 % 9).collect(), (4, 6))?;
    go("own_words", model, inputs.into(), Tensor::ones((4, 1)))
}

/// Goes on with the models of Keras in one folder, and saves them and others to another.
fn answer(theirs: &Path, ours: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(theirs).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        count += 1;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let case = Case::read(&path);
        let at = |ending: &str| theirs.join(format!("{name}{ending}"));

        let mut model = load_model(at(".keras"))?;
        let mut other = made_anew(&model);
        let mut copy = load_model(at(".keras"))?;
        let data = (&case.inputs, &case.labels);
        save(&name, &mut copy, data, !case.losses.is_null(), ours)?;
        case.check(&mut model, &name);
        other.load_weights(at(".weights.h5"))?;
        case.check(&mut other, &format!("{name}.weights.h5"));
        if at(".h5").exists() {
            let mut older = load_model(at(".h5"))?;
            case.check(&mut older, &format!("{name}.h5"));
        }
    }
    own_models(ours)?;
    Ok(count)
}

#[test]
fn keras_and_kerust_exchange_models() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, ours) = (folder.path().join("keras"), folder.path().join("kerust"));
    for folder in [&theirs, &ours] {
        std::fs::create_dir(folder).expect("a folder");
    }
    python::run("keras_files.py", "make", &theirs);
    let count = answer(&theirs, &ours)?;
    assert!(count >= 8, "{count} models");
    python::run("keras_files.py", "check", &ours);
    Ok(())
}
