//! Metrics with arguments, labels and weights that make no sense.

use kerust::Config;
use kerust::metrics::{self, METRICS, confusion_matrix};
use kerust::prelude::*;
use serde_json::json;

use super::{good_compile, refused};

#[test]
fn arguments_out_of_range() {
    let refuses = |class_name: &str, config, message: &str| {
        let metric =
            metrics::from_config(class_name, &Config::from(config)).expect("of the right types");
        refused(metric.check_arguments(), message, "");
    };
    refuses(
        "Precision",
        json!({"thresholds": [0.5, 1.5]}),
        "argument `thresholds`: expected numbers from 0 to 1, got 1.5",
    );
    refuses(
        "Recall",
        json!({"top_k": 0}),
        "argument `top_k`: expected a number above 0, got 0",
    );
    refuses(
        "AUC",
        json!({"num_thresholds": 1}),
        "argument `num_thresholds`: expected a number from 2 to 1000000, got 1",
    );
    refuses(
        "PrecisionAtRecall",
        json!({"recall": 2.0}),
        "argument `recall`: expected a number from 0 to 1, got 2",
    );
    refuses(
        "F1Score",
        json!({"threshold": 0.0}),
        "argument `threshold`: expected a number above 0 and at most 1, got 0",
    );
    refuses(
        "IoU",
        json!({"num_classes": 2, "target_class_ids": [2]}),
        "argument `target_class_ids`: expected classes below 2, got 2",
    );
    refuses(
        "MeanIoU",
        json!({"num_classes": 0}),
        "argument `num_classes`: expected a number from 1 to 10000, got 0",
    );
    refused(
        metrics::from_config("MeanIoU", &json!({}).into()),
        "MeanIoU: argument `num_classes`: expected a value, got none",
        "",
    );
}

#[test]
fn compile_asks_for_arguments() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).input_shape(2))?;
    let metrics = vec![Precision::new().thresholds(7.0).name("p").into()];
    let compiled = model.compile(Compile {
        metrics,
        ..good_compile()
    });
    let error = compiled.expect_err("7 is no probability").to_string();
    assert!(
        error.contains("metric `p`: argument `thresholds`"),
        "{error}"
    );
    Ok(())
}

#[test]
fn confusion_of_what_is_no_class() -> Result<()> {
    let labels = Tensor::from_vec(vec![0, 2], 2)?;
    refused(
        confusion_matrix(&labels, &labels, 2),
        "label 2 at position 1 is not a class: with 2 classes they are whole numbers from 0 to 1",
        "",
    );
    refused(
        confusion_matrix(&labels, &Tensor::ones((2, 3)), 3),
        "labels of shape (2,) do not fit predicted classes of shape (2, 3): the two must be equal",
        "scores become classes with `y_pred.argmax(-1)?`",
    );
    Ok(())
}

/// Whatever the shapes, there is an answer.
#[test]
fn nothing_panics() {
    let shapes: [&[usize]; 8] = [&[], &[0], &[1], &[3], &[3, 1], &[3, 4], &[2, 3, 4], &[0, 4]];
    let needed = json!({
        "num_classes": 4, "target_class_ids": [1], "specificity": 0.5, "sensitivity": 0.5,
        "recall": 0.5, "precision": 0.5,
        "fn": {"class_name": "Hinge", "config": {"name": "hinge"}},
    });
    for entry in METRICS {
        let mut config = json!({});
        // Every argument that the class knows, found by trying.
        for (name, value) in needed.as_object().expect("an object") {
            let only = json!({name: value});
            let unknown = (entry.from_config)(&only.into()).err();
            if unknown.is_none_or(|e| e.kind() != kerust::ErrorKind::UnknownName) {
                config[name] = value.clone();
            }
        }
        let mut metric = (entry.from_config)(&config.into()).expect(entry.class_name);
        for y_true in shapes.map(Tensor::zeros) {
            for y_pred in shapes.map(Tensor::ones) {
                for weight in shapes.map(Tensor::ones) {
                    let _ = metric.update(&y_true, &y_pred, Some(&weight));
                }
                let _ = metric.update(&y_true, &y_pred, None);
                let _ = metric.result();
                metric.reset();
            }
        }
    }
}
