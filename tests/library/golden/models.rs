//! Whole models in training: a residual network with batch normalization, and one of two inputs and
//! two outputs.

use kerust::models::{KerasTensor, Losses, Symbols};
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, LOSS_CURVE, count, list, number, text};

fn convolved(x: impl Symbols, name: &str, strides: usize) -> Result<KerasTensor> {
    let convolution = Conv2D::new(6, 3).strides(strides).padding("same");
    let convolution = convolution.use_bias(false).name(&format!("{name}_conv"));
    let normal = BatchNormalization::new().momentum(0.9);
    normal.name(&format!("{name}_bn")).on(&convolution.on(x)?)
}

fn relu(x: &KerasTensor, name: &str) -> Result<KerasTensor> {
    Activation::layer("relu").name(name).on(x)
}

/// `residual_model` of `model_cases.py`.
fn residual_model() -> Result<Model> {
    let pictures = Input::new((8, 8, 3)).name("pictures");
    let x = relu(&convolved(&pictures, "stem", 1)?, "stem_relu")?;
    let y = relu(&convolved(&x, "block1_a", 1)?, "block1_relu")?;
    let y = convolved(&y, "block1_b", 1)?;
    let x = relu(&Add::new().name("block1_add").on([&x, &y])?, "block1_out")?;
    let y = relu(&convolved(&x, "block2_a", 2)?, "block2_relu")?;
    let shortcut = Conv2D::new(6, 1)
        .strides(2)
        .name("block2_shortcut")
        .on(&x)?;
    let y = convolved(&y, "block2_b", 1)?;
    let y = Add::new().name("block2_add").on([&shortcut, &y])?;
    let x = relu(&y, "block2_out")?;
    let x = GlobalAveragePooling2D::new().name("mean").on(&x)?;
    let kinds = Dense::new(3).activation("softmax").name("kinds").on(&x)?;
    Ok(Model::new(&pictures, &kinds)?.named("residual"))
}

/// `two_input_model` of `model_cases.py`.
fn two_input_model() -> Result<Model> {
    let numbers = Input::new(6).name("numbers");
    let pictures = Input::new((7, 7, 2)).name("pictures");
    let x = Conv2D::new(4, 3).activation("relu").name("convolution");
    let x = MaxPooling2D::new(2).name("halved").on(&x.on(&pictures)?)?;
    let x = Flatten::new().name("flat").on(&x)?;
    let hidden = Dense::new(8)
        .activation("tanh")
        .name("hidden")
        .on(&numbers)?;
    let both = Concatenate::new().name("both").on([&hidden, &x])?;
    let both = Dense::new(10).activation("relu").name("shared").on(&both)?;
    let price = Dense::new(1).name("price").on(&both)?;
    let kind = Dense::new(3).activation("softmax").name("kind").on(&both)?;
    Ok(Model::new([&numbers, &pictures], [&price, &kind])?.named("two_inputs"))
}

/// The model of a case, as it was compiled there.
fn compiled(case: &Value) -> Result<Model> {
    let optimizer = Adam::new().learning_rate(number(&case["learning_rate"]));
    let crossentropy = "sparse_categorical_crossentropy";
    let (mut model, compile) = match text(&case["name"]) {
        "residual" => (
            residual_model()?,
            Compile {
                loss: crossentropy.into(),
                metrics: vec!["accuracy".into()],
                ..Compile::default()
            },
        ),
        "two_inputs" => (
            two_input_model()?,
            Compile {
                loss: Losses::from(["mean_squared_error", crossentropy]),
                loss_weights: vec![1.0, 0.5],
                metrics: vec!["mae".into(), "accuracy".into()],
                ..Compile::default()
            },
        ),
        other => panic!("no model is called {other}"),
    };
    model.compile(Compile {
        optimizer: optimizer.into(),
        ..compile
    })?;
    Ok(model)
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    let tensors = |golden: &Golden, what: &str| -> Vec<Tensor> {
        let names = list(&case[what]).iter();
        names.map(|name| golden.tensor(name)).collect()
    };
    let mut model = compiled(case)?;
    model.set_weights(&tensors(golden, "weights"))?;
    let (inputs, labels) = (tensors(golden, "inputs"), tensors(golden, "labels"));
    let batch_size = count(&case["batch_size"]);
    let batches = inputs[0].len() / batch_size;
    let expected: Vec<f64> = list(&case["losses"]).iter().map(number).collect();
    let mut losses = Vec::new();
    for step in 0..expected.len() {
        let first = step % batches * batch_size;
        let batch = |arrays: &[Tensor]| -> Result<Vec<Tensor>> {
            let arrays = arrays.iter();
            arrays
                .map(|array| array.slice(first..first + batch_size))
                .collect()
        };
        losses.push(model.train_on_batch(batch(&inputs)?, batch(&labels)?)?[0]);
    }
    golden.compare_numbers(case, "losses", LOSS_CURVE, &losses, &expected);
    for (ours, keras) in model
        .get_weights()
        .iter()
        .zip(tensors(golden, "weights_after"))
    {
        golden.compare(case, "weights after training", LOSS_CURVE, ours, &keras);
    }
    let evaluate = Evaluate {
        batch_size,
        verbose: 0,
        ..Evaluate::default()
    };
    let evaluated = &case["evaluated"];
    let names: &[&str] = match labels.len() {
        1 => &["loss", "accuracy"],
        _ => &[
            "loss",
            "price_loss",
            "kind_loss",
            "price_mae",
            "kind_accuracy",
        ],
    };
    let keras: Vec<f64> = names.iter().map(|name| number(&evaluated[*name])).collect();
    let ours = model.evaluate(&inputs, &labels, evaluate)?;
    golden.compare_numbers(case, "evaluated", LOSS_CURVE, &ours, &keras);
    let predict = Predict {
        batch_size,
        verbose: 0,
        ..Predict::default()
    };
    let predicted = model.predict_all(&inputs, predict)?;
    for (ours, keras) in predicted.iter().zip(tensors(golden, "predicted")) {
        golden.compare(case, "predicted", LOSS_CURVE, ours, &keras);
    }
    golden.done();
    Ok(())
}

#[test]
fn whole_models_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("models");
    for case in &cases {
        compare(&mut golden, case)?;
    }
    golden.finish(2, &[]);
    Ok(())
}
