//! Recurrent layers and what belongs to them: outputs, states and gradients, with masks and initial
//! states, over several batches, and in training.

use std::sync::{Arc, Mutex};

use kerust::layers::{LAYERS, LayerBase, Pass, Weights, from_config};
use kerust::prelude::*;
use kerust::{Config, ops};
use serde_json::Value;

use super::layers::compare_config;
use super::{FORWARD, GRADIENT, Golden, LOSS_CURVE, list, number, text};

/// A layer with what a `Sequential` cannot give it, and what comes out of it.
#[derive(Clone, Debug)]
struct Alone {
    base: LayerBase,
    layer: Arc<Mutex<Box<dyn Layer>>>,
    further: Arc<Mutex<Further>>,
}

#[derive(Debug, Default)]
struct Further {
    mask: Option<Tensor>,
    states: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

impl Alone {
    fn layer(&self) -> Box<dyn Layer> {
        self.layer.lock().expect("whole").boxed_clone()
    }
}

impl Layer for Alone {
    fn class_name(&self) -> &'static str {
        "Alone"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let states = self.further.lock().expect("whole");
        let mut inputs = vec![input.clone()];
        inputs.extend(states.states.iter().map(|s| s.shape().without_batch()));
        Ok(self.layer().output_shapes(&inputs)?.swap_remove(0))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        weights.build_inner("inner", &*self.layer(), std::slice::from_ref(input))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let mut further = self.further.lock().expect("whole");
        let x = match &further.mask {
            Some(mask) => x.clone().with_mask(mask.clone()),
            None => x.clone(),
        };
        let inputs: Vec<Tensor> = std::iter::once(x).chain(further.states.clone()).collect();
        further.outputs = pass.call_inner("inner", &*self.layer(), &inputs)?;
        Ok(further.outputs[0].clone())
    }
}

fn layer(case: &Value) -> Result<Box<dyn Layer>> {
    let config = Config::from_json(&case["config"].to_string())?;
    from_config(text(&case["class_name"]), &config)
}

fn is_there(case: &Value) -> bool {
    let class_name = text(&case["class_name"]);
    LAYERS.iter().any(|entry| entry.class_name == class_name)
}

fn tensors(golden: &Golden, names: &Value) -> Vec<Tensor> {
    list(names).iter().map(|name| golden.tensor(name)).collect()
}

/// The sum of all outputs times their cotangents, as one number on the tape.
fn weighted_sum(tape: &mut Tape, outputs: &[Tensor], cotangents: &[Tensor]) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for (output, cotangent) in outputs.iter().zip(cotangents) {
        let (row, column) = ((1, output.size()), (output.size(), 1));
        let (output, cotangent) = (output.reshape(row)?, cotangent.reshape(column)?);
        let product = ops::dense(tape, &output, &cotangent, sum.as_ref(), false)?;
        sum = Some(product.reshape(1)?);
    }
    Ok(sum.expect("a layer has an output"))
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    if !is_there(case) {
        golden.not_there(case);
        return Ok(());
    }
    compare_config(case)?;
    let mut inputs = tensors(golden, &case["inputs"]);
    let cotangents = tensors(golden, &case["cotangents"]);
    let mut tape = Tape::recording();
    let whole = inputs[0].dtype() != DType::Float32;
    inputs = inputs.iter().map(|input| tape.watch(input)).collect();
    let further = Arc::new(Mutex::new(Further {
        mask: (!case["mask"].is_null()).then(|| golden.tensor(&case["mask"])),
        states: inputs[1..].to_vec(),
        outputs: Vec::new(),
    }));
    let mut model = Sequential::named("golden");
    model.add(Input::new(inputs[0].shape().without_batch()))?;
    model.add(Alone {
        base: LayerBase::default(),
        layer: Arc::new(Mutex::new(layer(case)?)),
        further: Arc::clone(&further),
    })?;
    model.set_weights(&tensors(golden, &case["weights"]))?;
    model.call(&inputs[0], &mut tape, false)?;
    let outputs = std::mem::take(&mut further.lock().expect("whole").outputs);
    let expected = tensors(golden, &case["outputs"]);
    assert_eq!(outputs.len(), expected.len(), "{}", text(&case["name"]));
    for (ours, expected) in outputs.iter().zip(&expected) {
        golden.compare(case, "output", FORWARD, ours, expected);
    }
    if let Some(name) = case.get("output_mask") {
        let mask = outputs[0].mask().expect("the layer makes a mask");
        golden.compare(case, "mask", 0.0, mask, &golden.tensor(name));
    }
    let sum = weighted_sum(&mut tape, &outputs, &cotangents)?;
    let weights = model.get_weights();
    let floats = if whole { &inputs[1..] } else { &inputs[..] };
    let sources: Vec<&Tensor> = floats.iter().chain(&weights).collect();
    let gradients = tape.gradient(&sum, &sources)?;
    let (of_inputs, of_weights) = gradients.split_at(floats.len());
    for (what, ours, expected) in [
        ("input gradient", of_inputs, &case["input_gradients"]),
        ("weight gradient", of_weights, &case["weight_gradients"]),
    ] {
        let expected = tensors(golden, expected);
        assert_eq!(ours.len(), expected.len(), "{}", text(&case["name"]));
        for (ours, expected) in ours.iter().zip(&expected) {
            golden.compare(case, what, GRADIENT, ours, expected);
        }
    }
    golden.done();
    Ok(())
}

fn compare_stateful(golden: &mut Golden, case: &Value) -> Result<()> {
    compare_config(case)?;
    let mut model = Sequential::named("golden");
    let first = golden.tensor(&list(&case["calls"])[0]["input"]);
    model.add(Input::new(first.shape().without_batch()))?;
    model.add(layer(case)?)?;
    model.set_weights(&tensors(golden, &case["weights"]))?;
    for (number, call) in list(&case["calls"]).iter().enumerate() {
        if number == 2 {
            model.reset_states();
        }
        let y = model.predict(golden.tensor(&call["input"]))?;
        golden.compare(case, "output", FORWARD, &y, &golden.tensor(&call["output"]));
    }
    golden.done();
    Ok(())
}

fn compare_training(golden: &mut Golden, case: &Value) -> Result<()> {
    let words = golden.tensor(&case["words"]);
    let labels = golden.tensor(&case["labels"]);
    let mut model = Sequential::named("golden");
    model.add(
        Embedding::new(30, 6)
            .mask_zero(true)
            .input_shape(words.shape().without_batch()),
    )?;
    model.add(LSTM::new(5))?;
    model.add(Dense::new(1).activation("sigmoid"))?;
    model.set_weights(&tensors(golden, &case["weights"]))?;
    model.compile(Compile {
        optimizer: Adam::new()
            .learning_rate(number(&case["learning_rate"]) as f32)
            .into(),
        loss: "binary_crossentropy".into(),
        ..Compile::default()
    })?;
    let expected: Vec<f64> = list(&case["losses"]).iter().map(number).collect();
    let batch = words.len() / 2;
    let mut losses = Vec::new();
    for step in 0..expected.len() {
        let rows = step % 2 * batch..(step % 2 + 1) * batch;
        let (words, labels) = (words.slice(rows.clone())?, labels.slice(rows)?);
        losses.push(model.train_on_batch(&words, &labels)?[0]);
    }
    golden.compare_numbers(case, "losses of training", LOSS_CURVE, &losses, &expected);
    let after = tensors(golden, &case["weights_after"]);
    for (ours, expected) in model.get_weights().iter().zip(&after) {
        golden.compare(case, "weights after training", LOSS_CURVE, ours, expected);
    }
    golden.done();
    Ok(())
}

#[test]
fn recurrent_layers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("recurrent");
    for case in &cases {
        match text(&case["kind"]) {
            "stateful" => compare_stateful(&mut golden, case)?,
            "training" => compare_training(&mut golden, case)?,
            _ => compare(&mut golden, case)?,
        }
    }
    golden.finish(107, &[]);
    Ok(())
}
