//! Callbacks: their effect on a run, and what they leave on the disk.

mod files;
mod killed;
mod refused;

use kerust::callbacks::SharedCallback;
use kerust::prelude::*;

/// A model with one weight, on data that it cannot fit.
fn small_model() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).name("out").input_shape(2))?;
    model.compile(Compile {
        optimizer: SGD::new().learning_rate(0.01).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    Ok(model)
}

/// Trains the small model on 20 samples of which the last 5 are the validation: 3 batches.
fn train(epochs: usize, callbacks: Vec<SharedCallback>) -> Result<(Sequential, History)> {
    let x = Tensor::random_normal((20, 2), 0.0, 1.0);
    let y = Tensor::random_normal((20, 1), 0.0, 1.0);
    let mut model = small_model()?;
    let fit = Fit {
        epochs,
        batch_size: 5,
        validation_split: 0.25,
        callbacks,
        verbose: 0,
        ..Fit::default()
    };
    let history = model.fit(&x, &y, fit)?;
    Ok((model, history))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}
