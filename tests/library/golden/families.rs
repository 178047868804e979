//! Layers with several inputs, masks or outputs, and the families that grew around them.

use std::sync::{Arc, Mutex};

use kerust::Config;
use kerust::layers::{LayerBase, Pass, Weights, from_config};
use kerust::prelude::*;
use serde_json::Value;

use super::layers::compare_config;
use super::{FORWARD, GRADIENT, Golden, list, text, truth};

/// A layer in a model of one input: what it is really given, and what it makes, is kept beside.
#[derive(Debug)]
struct Held {
    inner: Box<dyn Layer>,
    inputs: Arc<Mutex<Vec<Tensor>>>,
    outputs: Arc<Mutex<Vec<Tensor>>>,
    base: LayerBase,
}

fn kept(tensors: &Mutex<Vec<Tensor>>) -> Vec<Tensor> {
    tensors.lock().expect("nobody panicked").clone()
}

impl Held {
    fn shapes(&self) -> Vec<Shape> {
        let inputs = kept(&self.inputs);
        inputs.iter().map(|x| x.shape().without_batch()).collect()
    }
}

impl Layer for Held {
    fn class_name(&self) -> &'static str {
        "Held"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn output_shape(&self, _: &Shape) -> Result<Shape> {
        Ok(self.inner.output_shapes(&self.shapes())?.swap_remove(0))
    }

    fn build(&self, _: &Shape, weights: &mut Weights) -> Result<()> {
        self.inner.build_for(&self.shapes(), weights)
    }

    fn call(&self, _: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let outputs = self.inner.call_for(&kept(&self.inputs), pass)?;
        let shapes = self.inner.output_shapes(&self.shapes())?;
        assert_eq!(outputs.len(), shapes.len());
        for (output, shape) in outputs.iter().zip(&shapes) {
            assert_eq!(&output.shape().without_batch(), shape, "promised");
        }
        *self.outputs.lock().expect("nobody panicked") = outputs.clone();
        Ok(outputs[0].clone())
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        unreachable!("the model is not copied")
    }
}

/// One number for the gradients of all outputs.
fn weighted(tape: &mut Tape, outputs: &[Tensor], cotangents: &[Tensor]) -> Result<Tensor> {
    let mut total = Tensor::scalar(0.0);
    for (y, cotangent) in outputs.iter().zip(cotangents) {
        let products = kerust::ops::multiply(tape, y, cotangent)?;
        let sum = kerust::ops::sum(tape, &products, &[], false)?;
        total = kerust::ops::add(tape, &total, &sum)?;
    }
    Ok(total)
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    compare_config(case)?;
    let tensors = |golden: &Golden, names: &Value| -> Vec<Tensor> {
        list(names).iter().map(|name| golden.tensor(name)).collect()
    };
    let inputs = tensors(golden, &case["inputs"]);
    let config = Config::from_json(&case["config"].to_string())?;
    let held = Held {
        inner: from_config(text(&case["class_name"]), &config)?,
        inputs: Arc::new(Mutex::new(inputs.clone())),
        outputs: Arc::default(),
        base: LayerBase::default(),
    };
    let (given, made) = (Arc::clone(&held.inputs), Arc::clone(&held.outputs));
    let mut model = Sequential::named("golden");
    model.add(Input::new(1))?;
    model.add(held)?;
    let described = list(&case["weights"]);
    let start: Vec<Tensor> = described
        .iter()
        .map(|w| golden.tensor(&w["tensor"]))
        .collect();
    let cotangents = tensors(golden, &case["cotangents"]);
    for run in list(&case["runs"]) {
        model.set_weights(&start)?;
        let weights = model.get_weights();
        let mut tape = Tape::recording();
        let watched: Vec<Tensor> = inputs.iter().map(|x| tape.watch(x)).collect();
        let masks = list(&case["masks"]).iter();
        let marked = watched.iter().zip(masks).map(|(x, mask)| match mask {
            Value::Null => x.clone(),
            name => x.clone().with_mask(golden.tensor(name)),
        });
        *given.lock().expect("nobody panicked") = marked.collect();
        let one = Tensor::ones((inputs[0].len(), 1));
        model.call(&one, &mut tape, truth(&run["training"]))?;
        let outputs = kept(&made);
        let expected = tensors(golden, &run["outputs"]);
        assert_eq!(outputs.len(), expected.len());
        for (ours, keras) in outputs.iter().zip(&expected) {
            golden.compare(case, "output", FORWARD, ours, keras);
        }
        let total = weighted(&mut tape, &outputs, &cotangents)?;
        let of_inputs = tensors(golden, &run["input_gradients"]);
        let trainable = described
            .iter()
            .zip(&weights)
            .filter(|(w, _)| truth(&w["trainable"]));
        let (names, own): (Vec<&str>, Vec<&Tensor>) = trainable
            .map(|(w, value)| (text(&w["name"]), value))
            .unzip();
        let sources: Vec<&Tensor> = watched[..of_inputs.len()].iter().chain(own).collect();
        let gradients = tape.gradient(&total, &sources)?;
        for (ours, keras) in gradients.iter().zip(&of_inputs) {
            golden.compare(case, "input gradient", GRADIENT, ours, keras);
        }
        for (name, ours) in names.iter().zip(&gradients[of_inputs.len()..]) {
            let keras = golden.tensor(&run["weight_gradients"][*name]);
            if *name == "key/bias" {
                // It moves all scores of a query alike, which changes nothing: noise on both sides.
                for gradient in [ours, &keras] {
                    assert!(gradient.map(f32::abs).max() < 1e-5, "{}", case["name"]);
                }
                continue;
            }
            golden.compare(case, "weight gradient", GRADIENT, ours, &keras);
        }
        for (w, ours) in described.iter().zip(model.get_weights()) {
            let name = &run["weights_after"][text(&w["name"])];
            if !name.is_null() {
                let keras = golden.tensor(name);
                golden.compare(case, "moving statistics", FORWARD, &ours, &keras);
            }
        }
    }
    golden.done();
    Ok(())
}

fn agree(kind: &'static str, count: usize) -> Result<()> {
    let (mut golden, cases) = Golden::read(kind);
    for case in &cases {
        compare(&mut golden, case).map_err(|e| e.at(text(&case["name"])))?;
    }
    golden.finish(count, &[]);
    Ok(())
}

#[test]
fn merging_agrees_with_keras() -> Result<()> {
    agree("merging", 46)
}

#[test]
fn normalization_agrees_with_keras() -> Result<()> {
    agree("normalization", 28)
}

#[test]
fn shaping_agrees_with_keras() -> Result<()> {
    agree("shaping", 37)
}

#[test]
fn attention_agrees_with_keras() -> Result<()> {
    agree("attention", 44)
}
