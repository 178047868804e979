//! Optimizers: a weight after one and after five steps with given gradients.

use kerust::Setting;
use kerust::losses::Loss;
use kerust::optimizers::Optimizer;
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, Golden, number, text, truth};

fn optimizer(class_name: &str, config: &Value) -> Option<Box<dyn Optimizer>> {
    let get = |name: &str| number(&config[name]) as f32;
    let learning_rate = get("learning_rate");
    Some(match class_name {
        "SGD" => {
            let sgd = SGD::new()
                .learning_rate(learning_rate)
                .momentum(get("momentum"));
            Box::new(sgd.nesterov(truth(&config["nesterov"])))
        }
        "RMSprop" => Box::new(
            RMSprop::new()
                .learning_rate(learning_rate)
                .rho(get("rho"))
                .momentum(get("momentum"))
                .epsilon(get("epsilon"))
                .centered(truth(&config["centered"])),
        ),
        "Adam" => Box::new(
            Adam::new()
                .learning_rate(learning_rate)
                .beta_1(get("beta_1"))
                .beta_2(get("beta_2"))
                .epsilon(get("epsilon"))
                .amsgrad(truth(&config["amsgrad"])),
        ),
        "Adagrad" => Box::new(
            Adagrad::new()
                .learning_rate(learning_rate)
                .initial_accumulator_value(get("initial_accumulator_value"))
                .epsilon(get("epsilon")),
        ),
        _ => return None,
    })
}

/// The prediction itself. With one sample and one unit without bias, the gradient of the kernel is
/// then exactly the sample.
#[derive(Clone, Debug)]
struct Prediction;

impl Loss for Prediction {
    fn name(&self) -> &'static str {
        "prediction"
    }

    fn values(&self, _: &mut Tape, _: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        Ok(y_pred.clone())
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

#[test]
fn optimizers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("optimizers");
    for case in &cases {
        let Some(optimizer) = optimizer(text(&case["class_name"]), &case["config"]) else {
            golden.not_there(case);
            continue;
        };
        let (start, gradients) = (
            golden.tensor(&case["start"]),
            golden.tensor(&case["gradients"]),
        );
        let mut model = Sequential::named("golden");
        model.add(Dense::new(1).use_bias(false).input_shape(start.len()))?;
        model.set_weights(&[start.reshape((start.len(), 1))?])?;
        model.compile(Compile {
            optimizer: Setting::value(optimizer),
            loss: Prediction.into(),
            ..Compile::default()
        })?;
        for step in 0..gradients.len() {
            model.train_on_batch(&gradients.slice(step..step + 1)?, &Tensor::zeros((1, 1)))?;
            if let Some(name) = case["after"].get((step + 1).to_string()) {
                let ours = model.get_weights()[0].reshape(start.len())?;
                let what = if step == 0 {
                    "after 1 step"
                } else {
                    "after 5 steps"
                };
                golden.compare(case, what, FORWARD, &ours, &golden.tensor(name));
            }
        }
        golden.done();
    }
    golden.finish(14, &[]);
    Ok(())
}
