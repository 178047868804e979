//! Losses: the value at each position, the loss of a batch with and without weights, the gradients
//! in the predictions, and the configuration.

use kerust::losses::{self, Loss};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, GRADIENT, Golden, config, list, number, same_round_trip, text};

#[test]
fn losses_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("losses");
    for case in &cases {
        let class_name = text(&case["class_name"]);
        let loss = losses::from_config(class_name, &config(&case["config"]))?;
        loss.check_arguments()?;
        let (y_true, y_pred) = (
            golden.tensor(&case["y_true"]),
            golden.tensor(&case["y_pred"]),
        );
        let values = loss.values(&mut Tape::off(), &y_true, &y_pred)?;
        let expected = golden.tensor(&case["values"]);
        golden.compare(case, "values", FORWARD, &values, &expected);
        compare(&mut golden, case, &*loss, &y_true, &y_pred, None, case)?;
        for weighted in list(&case["weighted"]) {
            let weight = golden.tensor(&weighted["sample_weight"]);
            compare(
                &mut golden,
                case,
                &*loss,
                &y_true,
                &y_pred,
                Some(&weight),
                weighted,
            )?;
        }
        golden.done();
    }
    golden.finish(123, &[]);
    Ok(())
}

/// Compares the loss of the batch and its gradient with what `expected` says.
fn compare(
    golden: &mut Golden,
    case: &Value,
    loss: &dyn Loss,
    y_true: &Tensor,
    y_pred: &Tensor,
    sample_weight: Option<&Tensor>,
    expected: &Value,
) -> Result<()> {
    let mut tape = Tape::recording();
    let y_pred = tape.watch(y_pred);
    let value = loss.call_weighted(&mut tape, y_true, &y_pred, sample_weight)?;
    assert_eq!(value.ndim(), 0);
    let number = [number(&expected["loss"])];
    golden.compare_numbers(case, "loss", FORWARD, &value.to_vec::<f64>(), &number);
    let gradient = tape.gradient(&value, &[&y_pred])?;
    let expected = golden.tensor(&expected["gradient"]);
    golden.compare(case, "gradient", GRADIENT, &gradient[0], &expected);
    Ok(())
}

#[test]
fn configurations_are_those_of_keras() -> Result<()> {
    let (_, cases) = Golden::read("losses");
    for case in &cases {
        let class_name = text(&case["class_name"]);
        same_round_trip(case, &case["full_config"], |config| {
            let loss = losses::from_config(class_name, config)?;
            assert_eq!(loss.class_name(), class_name);
            loss.get_config()
        })?;
        // Keras leaves out some arguments; written by kerust, they come back as well.
        let loss = losses::from_config(class_name, &config(&case["config"]))?;
        let again = losses::from_config(class_name, &loss.get_config()?)?;
        assert_eq!(format!("{again:?}"), format!("{loss:?}"));
    }
    Ok(())
}
