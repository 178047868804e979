//! Training: what `fit` and `evaluate` promise.

mod batched;
pub(crate) mod interrupted;
mod learned;
mod measured;
mod optimized;
mod own_models;
mod process;
pub(crate) mod together;

use kerust::prelude::*;

pub(crate) fn quiet(epochs: usize) -> Fit {
    Fit {
        epochs,
        verbose: 0,
        ..Fit::default()
    }
}

pub(crate) fn compile(optimizer: &str, loss: &str, metrics: &[&'static str]) -> Compile {
    Compile {
        optimizer: optimizer.into(),
        loss: loss.into(),
        metrics: metrics.iter().map(|&metric| metric.into()).collect(),
        ..Compile::default()
    }
}

pub(crate) fn column(history: &History, name: &str) -> Vec<f64> {
    history
        .get(name)
        .unwrap_or_else(|| panic!("`{name}` is in the history"))
        .to_vec()
}

pub(crate) fn bits(tensors: &[Tensor]) -> Vec<u32> {
    tensors
        .iter()
        .flat_map(|t| t.to_vec::<f32>())
        .map(f32::to_bits)
        .collect()
}

/// Points of the plane and on which side of a line they lie.
fn two_sides(count: usize) -> Result<(Tensor, Tensor)> {
    let x = Tensor::random_normal((count, 2), 0.0, 1.0);
    let points = x.to_vec::<f32>();
    let sides = points
        .chunks_exact(2)
        .map(|p| i64::from(p[0] > 0.5 * p[1]))
        .collect();
    Ok((x, Tensor::from_vec(sides, count)?))
}

/// A model with everything that is random in it.
fn random_model() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(16).activation("relu").input_shape(2))?;
    model.add(BatchNormalization::new())?;
    model.add(Dropout::new(0.3))?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(compile(
        "adam",
        "sparse_categorical_crossentropy",
        &["accuracy"],
    ))?;
    Ok(model)
}
