//! ONNX files of models, run in onnxruntime: outputs agree with those of `predict`.

mod layers;
mod models;
mod refused;

use kerust::models::Arrays;
use kerust::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use crate::python;
use crate::saving::keras_files::nested;

/// Models in a folder, with what they compute.
struct Exported(TempDir);

impl Exported {
    fn new() -> Exported {
        Exported(tempfile::tempdir().expect("a folder"))
    }

    /// Exports a model, which may have so many transpositions at most.
    fn add(
        &self,
        name: &str,
        model: &mut Model,
        inputs: impl Into<Arrays>,
        transposes: Option<usize>,
    ) -> Result<()> {
        let inputs = inputs.into();
        model.export(self.0.path().join(format!("{name}.onnx")))?;
        let quietly = Predict {
            verbose: 0,
            ..Predict::default()
        };
        let outputs = model.predict_all(&inputs, quietly)?;
        let lists = |tensors: &[Tensor]| tensors.iter().map(nested).collect::<Vec<_>>();
        let case = json!({
            "inputs": lists(inputs.as_slice()),
            "outputs": lists(&outputs),
            "transposes": transposes,
        });
        let path = self.0.path().join(format!("{name}.json"));
        std::fs::write(path, case.to_string()).expect("the folder can be written");
        Ok(())
    }

    /// Runs all of them.
    fn check(&self) {
        python::run_with_onnxruntime("onnx_files.py", self.0.path());
    }
}

fn normal(shape: &[usize]) -> Tensor {
    Tensor::random_normal(shape, 0.0, 1.0)
}

/// Gives a model weights that are neither 0 nor 1, so that each of them matters.
fn with_other_weights(model: &mut Model) -> Result<()> {
    let weights = model.get_weights();
    let others = weights
        .iter()
        .map(|w| Tensor::random_uniform(w.shape(), 0.05, 0.6));
    model.set_weights(&others.collect::<Vec<_>>())
}
