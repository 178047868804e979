//! The kerust side of the benchmark: `compare WORKLOAD`. `serve.py` tells what is read and written.

#[path = "../../library/formula.rs"]
mod formula;
mod samples;
mod serve;

use kerust::prelude::*;

fn mlp() -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(Dense::new(512).activation("relu").input_shape(784))?;
    model.add(Dropout::new(0.2))?;
    model.add(Dense::new(256).activation("relu"))?;
    model.add(Dropout::new(0.2))?;
    model.add(Dense::new(10).activation("softmax"))?;
    Ok(model)
}

fn cnn() -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(Input::new((32, 32, 3)))?;
    for filters in [32, 64, 128] {
        model.add(Conv2D::new(filters, (3, 3)).padding("same"))?;
        model.add(BatchNormalization::new())?;
        model.add(Activation::layer("relu"))?;
        model.add(MaxPooling2D::new((2, 2)))?;
    }
    model.add(Flatten::new())?;
    model.add(Dense::new(128).activation("relu"))?;
    model.add(Dense::new(10).activation("softmax"))?;
    Ok(model)
}

fn lstm() -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(Embedding::new(10_000, 64).input_shape(200))?;
    model.add(LSTM::new(64))?;
    model.add(Dense::new(1).activation("sigmoid"))?;
    Ok(model)
}

/// The model with its first weights.
fn compiled_model(workload: &str) -> Result<Sequential> {
    let mut model = match workload {
        "mlp" => mlp(),
        "cnn" | "cnn-512" => cnn(),
        "lstm" => lstm(),
        _ => formula::tutorial_model(),
    }?;
    let weights = model.get_weights();
    let is_kernel = |weight: &&Tensor| weight.ndim() > 1;
    let shapes: Vec<Shape> = weights
        .iter()
        .filter(is_kernel)
        .map(|kernel| kernel.shape().clone())
        .collect();
    let mut kernels = samples::kernels(&shapes).into_iter();
    let first: Vec<Tensor> = weights
        .iter()
        .map(|weight| match is_kernel(&weight) {
            true => kernels.next().expect("one for each shape"),
            false => weight.clone(),
        })
        .collect();
    model.set_weights(&first)?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: match workload {
            "lstm" => "binary_crossentropy".into(),
            _ => "sparse_categorical_crossentropy".into(),
        },
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    Ok(model)
}

/// One epoch; the loss of the validation, or else of the training.
fn epoch(model: &mut Sequential, workload: &str, x: &Tensor, y: &Tensor) -> Result<f64> {
    let fit = Fit {
        batch_size: match workload {
            "mlp" => 128,
            "tutorial-512" | "cnn-512" => 512,
            _ => 32,
        },
        validation_split: match workload.starts_with("tutorial") {
            true => 0.2,
            false => 0.0,
        },
        shuffle: false,
        verbose: 0,
        ..Fit::default()
    };
    let history = model.fit(x, y, fit)?;
    let losses = history.get("val_loss").or(history.get("loss"));
    Ok(losses.and_then(<[f64]>::last).copied().unwrap_or(f64::NAN))
}

fn evaluate(model: &mut Sequential, x: &Tensor, y: &Tensor) -> Result<f64> {
    let quiet = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    Ok(model.evaluate(x, y, quiet)?[0])
}

fn mean_square(predictions: Tensor) -> f64 {
    let values = predictions.to_vec::<f32>();
    let squares: f64 = values.iter().map(|&p| f64::from(p) * f64::from(p)).sum();
    squares / values.len() as f64
}

fn main() -> Result<()> {
    let workload = std::env::args().nth(1).unwrap_or_default();
    let known = [
        "tutorial",
        "mlp",
        "cnn",
        "lstm",
        "inference",
        "tutorial-512",
        "cnn-512",
    ];
    if !known.contains(&workload.as_str()) {
        eprintln!("usage: compare {}", known.join("|"));
        std::process::exit(2);
    }
    if let Ok(policy) = std::env::var("COMPARE_POLICY") {
        kerust::mixed_precision::set_global_policy(&policy)?;
    }
    let mut model = compiled_model(&workload)?;
    serve::ready("kerust", env!("CARGO_PKG_VERSION"));
    let mut commands = serve::commands();
    commands.next();
    let (x, y) = samples::of(&workload);
    serve::loaded();
    for (command, calls) in commands {
        match command.strip_prefix("predict-").map(str::parse) {
            Some(count) => {
                let some = x.slice(0..count.unwrap_or(x.len()))?;
                serve::timed(&command, calls, || model.predict(&some), mean_square)?;
            }
            None if command == "evaluate" => {
                serve::timed(
                    &command,
                    calls,
                    || evaluate(&mut model, &x, &y),
                    |loss| loss,
                )?;
            }
            None => {
                let train = || epoch(&mut model, &workload, &x, &y);
                serve::timed(&command, calls, train, |loss| loss)?;
            }
        }
    }
    Ok(())
}
