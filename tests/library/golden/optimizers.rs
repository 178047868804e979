//! Optimizers: a kernel and a bias after one, three and five steps with given gradients.

use kerust::losses::Loss;
use kerust::optimizers::{self, Optimizer};
use kerust::prelude::*;
use kerust::{Config, Setting, ops};
use serde_json::Value;

use super::{FORWARD, Golden, list, same_config, text};

/// How far the way that weights have gone may be; rounding of the weights is in it.
const CHANGE: f64 = 1e-3;

/// The sum of `y_true * y_pred`. Where the inputs are the unit vectors, the gradient of the kernel
/// is then `y_true` exactly, and that of the bias the sums of its columns.
#[derive(Clone, Debug)]
struct Product;

impl Loss for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let size = y_pred.size();
        let kernel = y_true.reshape((size, 1))?;
        ops::dense(tape, &y_pred.reshape((1, size))?, &kernel, None, false)?.reshape(())
    }

    fn boxed_clone(&self) -> Box<dyn Loss> {
        Box::new(self.clone())
    }
}

fn optimizer(case: &Value) -> Result<Box<dyn Optimizer>> {
    let config = Config::from_json(&case["config"].to_string())?;
    let mut optimizer = optimizers::from_config(text(&case["class_name"]), &config)?;
    same_config(case, &optimizer.get_config()?);
    let excluded = list(&case["excluded"]).iter();
    optimizer.base_mut().excluded_from_weight_decay =
        excluded.map(|name| text(name).to_string()).collect();
    Ok(optimizer)
}

#[test]
fn optimizers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("optimizers");
    for case in &cases {
        let start: Vec<Tensor> = list(&case["start"])
            .iter()
            .map(|name| golden.tensor(name))
            .collect();
        let gradients = golden.tensor(&case["gradients"]);
        let (inputs, units) = (start[0].shape()[0], start[0].shape()[1]);
        let mut model = Sequential::named("golden");
        model.add(Dense::new(units).input_shape(inputs))?;
        model.set_weights(&start)?;
        model.compile(Compile {
            optimizer: Setting::value(optimizer(case)?),
            loss: Product.into(),
            ..Compile::default()
        })?;
        let mut unit_vectors = vec![0.0; inputs * inputs];
        unit_vectors
            .iter_mut()
            .step_by(inputs + 1)
            .for_each(|x| *x = 1.0);
        let x = Tensor::from_vec(unit_vectors, (inputs, inputs))?;
        for step in 0..gradients.len() {
            let gradient = gradients.slice(step..step + 1)?.reshape((inputs, units))?;
            model.train_on_batch(&x, &gradient)?;
            let Some(after) = case["after"].get((step + 1).to_string()) else {
                continue;
            };
            for ((ours, name), start) in model.get_weights().iter().zip(list(after)).zip(&start) {
                let keras = golden.tensor(name);
                golden.compare(case, "after a step", FORWARD, ours, &keras);
                golden.compare(case, "change", CHANGE, &(ours - start), &(&keras - start));
            }
        }
        golden.done();
    }
    golden.finish(48, &[]);
    Ok(())
}
