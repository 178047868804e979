//! Losses: the mean over a batch and its gradient in the predictions.

use kerust::losses::Loss;
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, GRADIENT, Golden, number, text, truth};

fn loss(class_name: &str, config: &Value) -> Option<Box<dyn Loss>> {
    let from_logits = || truth(&config["from_logits"]);
    let smoothing = || number(&config["label_smoothing"]) as f32;
    Some(match class_name {
        "MeanSquaredError" => Box::new(MeanSquaredError::new()),
        "MeanAbsoluteError" => Box::new(MeanAbsoluteError::new()),
        "BinaryCrossentropy" => {
            let loss = BinaryCrossentropy::new().from_logits(from_logits());
            Box::new(loss.label_smoothing(smoothing()))
        }
        "CategoricalCrossentropy" => {
            let loss = CategoricalCrossentropy::new().from_logits(from_logits());
            Box::new(loss.label_smoothing(smoothing()))
        }
        "SparseCategoricalCrossentropy" => {
            Box::new(SparseCategoricalCrossentropy::new().from_logits(from_logits()))
        }
        _ => return None,
    })
}

#[test]
fn losses_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("losses");
    for case in &cases {
        let Some(loss) = loss(text(&case["class_name"]), &case["config"]) else {
            golden.not_there(case);
            continue;
        };
        let mut tape = Tape::recording();
        let y_pred = tape.watch(&golden.tensor(&case["y_pred"]));
        let value = loss.call(&mut tape, &golden.tensor(&case["y_true"]), &y_pred)?;
        assert_eq!(value.ndim(), 0);
        let expected = [number(&case["loss"])];
        golden.compare_numbers(case, "loss", FORWARD, &value.to_vec::<f64>(), &expected);
        let gradient = tape.gradient(&value, &[&y_pred])?;
        let expected = golden.tensor(&case["gradient"]);
        golden.compare(case, "gradient", GRADIENT, &gradient[0], &expected);
        golden.done();
    }
    golden.finish(39, &[]);
    Ok(())
}
