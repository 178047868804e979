//! Searches for hyperparameters.

mod hyperparameters;
mod interrupted;
mod killed;
mod projects;
mod refused;
mod search;

use kerust::prelude::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

/// Points of a plane, and on which side of a line they are.
fn two_sides(count: usize) -> Result<(Tensor, Tensor)> {
    let x = Tensor::random_uniform((count, 2), -1.0, 1.0);
    let points = x.to_vec::<f32>();
    let sides = points.chunks_exact(2).map(|p| i32::from(p[0] > p[1]));
    let y = Tensor::from_vec(sides.collect(), count)?;
    Ok((x, y))
}

/// A small model whose shape is not known before it is trained.
fn build(hp: &mut HyperParameters) -> Result<Sequential> {
    let units = hp.int("units", 2, 16).step(2).get()?;
    let rate = hp.float("rate", 1e-3, 1e-1).sampling("log").get()?;
    let mut model = Sequential::new();
    model.add(Dense::new(units).activation("relu"))?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(Compile {
        optimizer: Adam::new().learning_rate(rate).into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    Ok(model)
}

fn quiet(epochs: usize) -> Fit {
    Fit {
        epochs,
        batch_size: 16,
        validation_split: 0.25,
        verbose: 0,
        ..Fit::default()
    }
}
