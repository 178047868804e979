//! Regularizers: value and gradient. Constraints: the weight after.

use kerust::Config;
use kerust::prelude::*;

use super::{FORWARD, GRADIENT, Golden, number, same_config, text};

#[test]
fn regularizers_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("regularizers");
    for case in &cases {
        let config = Config::from_json(&case["config"].to_string())?;
        let regularizer = Regularizer::from_config(text(&case["class_name"]), &config)?;
        same_config(case, &regularizer.get_config()?);
        let weight = golden.tensor(&case["weight"]);
        let value = [number(&case["value"])];
        let ours = [regularizer.value(&weight)?];
        golden.compare_numbers(case, "value", FORWARD, &ours, &value);

        let keras = golden.tensor(&case["gradient"]);
        let mut gradient = vec![1.0; weight.size()];
        regularizer.add_gradient(&weight, &mut gradient)?;
        let gradient = Tensor::from_vec(gradient, weight.shape().clone())? - 1.0;
        golden.compare(case, "added gradient", GRADIENT, &gradient, &keras);

        let mut tape = Tape::recording();
        let weight = tape.watch(&weight);
        let loss = regularizer.call(&mut tape, &weight)?;
        golden.compare_numbers(case, "loss", FORWARD, &loss.to_vec(), &value);
        let gradient = tape.gradient(&loss, &[&weight])?;
        golden.compare(case, "gradient", GRADIENT, &gradient[0], &keras);
        golden.done();
    }
    golden.finish(8, &[]);
    Ok(())
}

#[test]
fn constraints_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("constraints");
    for case in &cases {
        let config = Config::from_json(&case["config"].to_string())?;
        let constraint = Constraint::from_config(text(&case["class_name"]), &config)?;
        same_config(case, &constraint.get_config()?);
        let mut weight = golden.tensor(&case["weight"]);
        constraint.apply(&mut weight)?;
        golden.compare(
            case,
            "weight",
            FORWARD,
            &weight,
            &golden.tensor(&case["after"]),
        );
        golden.done();
    }
    golden.finish(8, &[]);
    Ok(())
}
