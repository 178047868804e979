//! Metrics: the running result after each of two batches of different size.

use kerust::metrics::{MeanAbsoluteError, MeanSquaredError, Metric};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, Golden, list, number, text};

fn metric(class_name: &str, config: &Value) -> Option<Box<dyn Metric>> {
    Some(match class_name {
        "BinaryAccuracy" if number(&config["threshold"]) == 0.5 => {
            Box::new(Accuracy::binary("metric"))
        }
        "CategoricalAccuracy" => Box::new(Accuracy::categorical("metric")),
        "SparseCategoricalAccuracy" => Box::new(Accuracy::sparse_categorical("metric")),
        "MeanSquaredError" => Box::new(MeanSquaredError::new("metric")),
        "MeanAbsoluteError" => Box::new(MeanAbsoluteError::new("metric")),
        _ => return None,
    })
}

#[test]
fn metrics_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("metrics");
    for case in &cases {
        let class_name = text(&case["class_name"]);
        let Some(mut metric) = metric(class_name, &case["config"]) else {
            golden.not_there(case);
            continue;
        };
        // What "accuracy" becomes for such labels and predictions; with one output it is binary.
        let mut found = class_name
            .ends_with("Accuracy")
            .then(|| Accuracy::new("accuracy"));
        for update in list(&case["updates"]) {
            let (y_true, y_pred) = (
                golden.tensor(&update["y_true"]),
                golden.tensor(&update["y_pred"]),
            );
            let expected = [number(&update["result"])];
            metric.update(&y_true, &y_pred)?;
            golden.compare_numbers(case, "result", FORWARD, &[metric.result()], &expected);
            let several = class_name != "BinaryAccuracy";
            if let Some(found) = found
                .as_mut()
                .filter(|_| several || y_pred.shape().last() == 1)
            {
                found.update(&y_true, &y_pred)?;
                golden.compare_numbers(case, "accuracy", FORWARD, &[found.result()], &expected);
            }
        }
        metric.reset();
        assert_eq!(metric.result(), 0.0);
        golden.done();
    }
    golden.finish(16, &["metric_binary_accuracy_threshold"]);
    Ok(())
}
