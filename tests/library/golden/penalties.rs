//! What layers add to the loss, and bounds of weights, in a few steps of training.

use kerust::Config;
use kerust::layers::{LayerBase, Pass, Weights, from_config};
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, LOSS_CURVE, list, number, same, text};

/// A layer that attends to its own input.
#[derive(Clone, Debug)]
struct ToItself {
    base: LayerBase,
    layer: Box<dyn Layer>,
}

impl Layer for ToItself {
    fn class_name(&self) -> &'static str {
        "ToItself"
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
        let both = [input.clone(), input.clone()];
        Ok(self.layer.output_shapes(&both)?.swap_remove(0))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        weights.build_inner("layer", &*self.layer, &[input.clone(), input.clone()])
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let outputs = pass.call_inner("layer", &*self.layer, &[x.clone(), x.clone()])?;
        Ok(outputs[0].clone())
    }
}

/// The layer that Keras describes, which says the same of itself.
fn layer(case: &Value, described: &Value) -> Result<Box<dyn Layer>> {
    let class_name = text(&described["class_name"]);
    let config = Config::from_json(&described["config"].to_string())?;
    let layer = from_config(class_name, &config)?;
    let ours = layer.get_config()?.to_string();
    let ours: Value = serde_json::from_str(&ours).expect("a configuration is JSON");
    let penalties = ["_regularizer", "_constraint"];
    for (name, value) in described["config"].as_object().expect("arguments by name") {
        if penalties.iter().any(|end| name.ends_with(end)) {
            assert!(
                same(&ours[name], value),
                "{}: `{name}` is {}, Keras {value}",
                text(&case["name"]),
                ours[name]
            );
        }
    }
    Ok(match class_name.contains("Attention") {
        true => Box::new(ToItself {
            base: LayerBase::default(),
            layer,
        }),
        false => layer,
    })
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    let (x, y) = (
        golden.tensor(&case["input"]),
        golden.tensor(&case["target"]),
    );
    let tensors = |golden: &Golden, names: &Value| -> Vec<Tensor> {
        list(names).iter().map(|name| golden.tensor(name)).collect()
    };
    let mut model = Sequential::named("golden");
    model.add(Input::new(x.shape().without_batch()))?;
    for described in list(&case["layers"]) {
        model.add(layer(case, described)?)?;
    }
    model.set_weights(&tensors(golden, &case["weights"]))?;
    model.compile(Compile {
        optimizer: SGD::new()
            .learning_rate(number(&case["learning_rate"]) as f32)
            .into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let expected: Vec<f64> = list(&case["losses"]).iter().map(number).collect();
    let mut losses = Vec::new();
    for _ in &expected {
        losses.push(model.train_on_batch(&x, &y)?[0]);
    }
    golden.compare_numbers(case, "losses of training", LOSS_CURVE, &losses, &expected);
    let after = tensors(golden, &case["weights_after"]);
    let ours = model.get_weights();
    assert_eq!(ours.len(), after.len(), "{}", text(&case["name"]));
    for (ours, expected) in ours.iter().zip(&after) {
        golden.compare(case, "weights after training", LOSS_CURVE, ours, expected);
    }
    golden.done();
    Ok(())
}

#[test]
fn penalties_and_bounds_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("penalties");
    for case in &cases {
        compare(&mut golden, case).map_err(|e| e.at(text(&case["name"])))?;
    }
    golden.finish(18, &[]);
    Ok(())
}
