//! The arguments of `fit`, `evaluate`, `train_on_batch` and `test_on_batch`.

use kerust::models::{Arrays, ValidationData};
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, LOSS_CURVE, count, list, number, text, truth};

/// What all cases compute with.
struct Data<'a>(&'a Value);

impl Data<'_> {
    fn floats(&self, name: &str) -> Vec<f32> {
        numbers(&self.0[name]).iter().map(|v| *v as f32).collect()
    }

    fn vector(&self, name: &str) -> Tensor {
        let values = self.floats(name);
        let length = values.len();
        Tensor::from_vec(values, length).expect("the sizes agree")
    }

    fn samples(&self, name: &str) -> Tensor {
        let values = self.vector(name);
        values
            .reshape((values.len() / 3, 3))
            .expect("three features")
    }

    /// `new_model` of `fit_cases.py`.
    fn model(&self, one_hot: bool) -> Result<Sequential> {
        let mut model = Sequential::new();
        model.add(Dense::new(3).activation("softmax").input_shape(3))?;
        let loss = match one_hot {
            true => "categorical_crossentropy",
            false => "sparse_categorical_crossentropy",
        };
        model.compile(Compile {
            optimizer: SGD::new().learning_rate(0.5).into(),
            loss: loss.into(),
            metrics: vec!["accuracy".into()],
            weighted_metrics: vec!["accuracy".into()],
            ..Compile::default()
        })?;
        let weights = list(&self.0["weights"]).iter().map(|weight| {
            let values: Vec<f32> = numbers(weight).iter().map(|v| *v as f32).collect();
            let shape = if values.len() == 3 {
                vec![3]
            } else {
                vec![3, 3]
            };
            Tensor::from_vec(values, shape)
        });
        model.set_weights(&weights.collect::<Result<Vec<_>>>()?)?;
        Ok(model)
    }

    /// `new_pair` of `fit_cases.py`.
    fn pair(&self) -> Result<Model> {
        let inputs = Input::new(3);
        let kind = Dense::new(3)
            .activation("softmax")
            .name("kind")
            .on(&inputs)?;
        let size = Dense::new(1).name("size").on(&inputs)?;
        let mut model = Model::new(&inputs, [&kind, &size])?;
        model.compile(Compile {
            optimizer: SGD::new().learning_rate(0.1).into(),
            loss: ["sparse_categorical_crossentropy", "mse"].into(),
            loss_weights: vec![1.0, 0.5],
            weighted_metrics: vec!["accuracy".into(), "mae".into()],
            ..Compile::default()
        })?;
        let values = ["weights", "size_weights"].map(|name| list(&self.0[name]));
        let shapes = model.get_weights();
        let weights = values.iter().copied().flatten().zip(&shapes);
        let weights = weights.map(|(values, own)| {
            let values = numbers(values).iter().map(|v| *v as f32).collect();
            Tensor::from_vec(values, own.shape())
        });
        model.set_weights(&weights.collect::<Result<Vec<_>>>()?)?;
        Ok(model)
    }
}

fn numbers(values: &Value) -> Vec<f64> {
    list(values).iter().map(number).collect()
}

fn compare_weights(golden: &mut Golden, case: &Value, model: &Model) {
    for (ours, keras) in model.get_weights().iter().zip(list(&case["after"])) {
        let (ours, keras) = (ours.to_vec::<f64>(), numbers(keras));
        golden.compare_numbers(case, "weights after training", LOSS_CURVE, &ours, &keras);
    }
}

fn compare_fit(golden: &mut Golden, case: &Value, data: &Data<'_>) -> Result<()> {
    let arguments = &case["arguments"];
    let whole = |name: &str| arguments.get(name).map(count);
    let given = |name: &str| arguments.get(name).is_some_and(truth);
    let classes = arguments.get("class_weight").and_then(Value::as_object);
    let class_weight = classes.into_iter().flatten().map(|(class, weight)| {
        let class: usize = class.parse().expect("a class");
        (class, number(weight) as f32)
    });
    let (x_val, y_val) = (data.samples("x_val"), data.vector("y_val"));
    let validation_data: ValidationData = match whole("validation_data") {
        Some(2) => (&x_val, &y_val).into(),
        Some(_) => (&x_val, &y_val, &data.vector("weight_val")).into(),
        None => ValidationData::default(),
    };
    let mut model = data.model(given("one_hot"))?;
    let y = data.vector("y");
    let y = match given("one_hot") {
        true => to_categorical(&y, Some(3))?,
        false => y,
    };
    let history = model.fit(
        data.samples("x"),
        &y,
        Fit {
            epochs: count(&arguments["epochs"]),
            batch_size: 2,
            shuffle: false,
            verbose: 0,
            sample_weight: match given("sample_weight") {
                true => data.vector("sample_weight").into(),
                false => Arrays::default(),
            },
            class_weight: class_weight.collect(),
            validation_split: arguments.get("validation_split").map_or(0.0, number),
            validation_data,
            validation_steps: whole("validation_steps"),
            validation_batch_size: whole("validation_batch_size"),
            validation_freq: whole("validation_freq").unwrap_or(1),
            steps_per_epoch: whole("steps_per_epoch"),
            initial_epoch: whole("initial_epoch").unwrap_or(0),
            callbacks: Vec::new(),
        },
    )?;
    let epochs: Vec<f64> = history.epoch.iter().map(|epoch| *epoch as f64).collect();
    golden.compare_numbers(case, "epochs", 0.0, &epochs, &numbers(&case["epoch"]));
    compare_history(golden, case, &history);
    compare_weights(golden, case, &model);
    golden.done();
    Ok(())
}

fn compare_history(golden: &mut Golden, case: &Value, history: &History) {
    let columns = case["history"].as_object().expect("columns by name");
    let (mut names, mut keras): (Vec<&str>, Vec<&str>) = (
        history.metrics(),
        columns.keys().map(String::as_str).collect(),
    );
    names.sort_unstable();
    keras.sort_unstable();
    assert_eq!(names, keras, "{}", text(&case["name"]));
    for (name, values) in columns {
        // Epochs without validation have no number.
        let ours = history.get(name).expect("the column is there").iter();
        let ours: Vec<f64> = ours.copied().filter(|value| !value.is_nan()).collect();
        golden.compare_numbers(case, "history", LOSS_CURVE, &ours, &numbers(values));
    }
}

/// A model with two outputs, whose samples count alike, by one weight or by one for each output.
fn compare_outputs(golden: &mut Golden, case: &Value, data: &Data<'_>) -> Result<()> {
    let size = data.vector("size");
    let (x, y) = (data.samples("x"), data.vector("y"));
    let y = [&y, &size.reshape((y.len(), 1))?];
    let names = case["weights"].as_array().into_iter().flatten();
    let weights: Vec<Tensor> = names.map(|name| data.vector(text(name))).collect();
    let mut model = data.pair()?;
    let fit = Fit {
        epochs: 2,
        batch_size: 4,
        shuffle: false,
        verbose: 0,
        sample_weight: (&weights).into(),
        validation_data: (&x, y, &weights).into(),
        ..Fit::default()
    };
    let history = model.fit(&x, y, fit.clone())?;
    compare_history(golden, case, &history);

    let element = DatasetElement::new(&x, y).with_sample_weight(&weights);
    let batches = Dataset::from_tensor_slices(element)?.batch(4);
    let mut by_batches = data.pair()?;
    let without = Fit {
        sample_weight: Arrays::default(),
        ..fit
    };
    let history = by_batches.fit_batches(&batches, without)?;
    compare_history(golden, case, &history);

    let evaluate = Evaluate {
        batch_size: 4,
        verbose: 0,
        sample_weight: (&weights).into(),
        ..Evaluate::default()
    };
    let mut compare = |what: &'static str, ours: &[f64]| {
        golden.compare_numbers(case, what, LOSS_CURVE, ours, &numbers(&case[what]));
    };
    compare("evaluated", &model.evaluate(&x, y, evaluate)?);
    let by_sample = BatchWeights {
        sample_weight: (&weights).into(),
        ..BatchWeights::default()
    };
    compare("trained", &model.train_on_batch_with(&x, y, by_sample)?);
    compare_weights(golden, case, &model);
    golden.done();
    Ok(())
}

#[test]
fn weights_that_do_not_fit_the_outputs_are_refused() -> Result<()> {
    let (_, cases) = Golden::read("fit");
    let data = Data(&cases[0]);
    let (x, y) = (data.samples("x"), data.vector("y"));
    let labels = [&y, &data.vector("size").reshape((10, 1))?];
    let (ones, few) = (Tensor::ones(10), Tensor::ones(9));
    let said = |sample_weight: Arrays, words: &str| -> Result<()> {
        let fit = Fit {
            sample_weight,
            verbose: 0,
            ..Fit::default()
        };
        let error = data.pair()?.fit(&x, labels, fit).expect_err(words);
        assert!(error.to_string().contains(words), "{words}: {error}");
        Ok(())
    };
    said([&ones, &ones, &ones].into(), "each of the 2 outputs")?;
    said([&ones, &few].into(), "each of the 10 samples")?;
    said(Tensor::ones((10, 3)).into(), "one array for each output")
}

fn compare_batches(golden: &mut Golden, case: &Value, data: &Data<'_>) -> Result<()> {
    let mut model = data.model(false)?;
    let (x, y) = (data.samples("x"), data.vector("y"));
    let by_sample = || BatchWeights {
        sample_weight: data.vector("sample_weight").into(),
        ..BatchWeights::default()
    };
    let by_class = BatchWeights {
        class_weight: vec![(0, 2.0), (2, 0.25)],
        ..BatchWeights::default()
    };
    let mut compare = |what: &'static str, ours: &[f64]| {
        golden.compare_numbers(case, what, LOSS_CURVE, ours, &numbers(&case[what]));
    };
    compare("trained", &model.train_on_batch_with(&x, &y, by_sample())?);
    let trained = model.train_on_batch_with(&x, &y, by_class)?;
    compare("trained_by_class", &trained);
    compare("tested", &model.test_on_batch_with(&x, &y, by_sample())?);
    let evaluate = Evaluate {
        batch_size: 2,
        verbose: 0,
        sample_weight: data.vector("sample_weight").into(),
        steps: Some(3),
    };
    compare("evaluated", &model.evaluate(&x, &y, evaluate)?);
    let predict = Predict {
        batch_size: 2,
        verbose: 0,
        steps: Some(3),
    };
    let predicted = model.predict_with(&x, predict)?;
    compare("predicted", &predicted.to_vec::<f64>());
    let predicted = model.predict_on_batch(&x)?;
    compare("predicted_on_batch", &predicted.to_vec::<f64>());
    compare_weights(golden, case, &model);
    golden.done();
    Ok(())
}

#[test]
fn weights_and_steps_count_as_in_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("fit");
    let data = Data(&cases[0]);
    for case in &cases[1..] {
        match text(&case["kind"]) {
            "fit" => compare_fit(&mut golden, case, &data)?,
            "outputs" => compare_outputs(&mut golden, case, &data)?,
            _ => compare_batches(&mut golden, case, &data)?,
        }
    }
    golden.finish(17, &[]);
    Ok(())
}
