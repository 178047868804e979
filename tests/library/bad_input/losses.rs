//! Losses with arguments, labels and weights that make no sense.

use kerust::Config;
use kerust::losses::{self, CTC, Circle, CosineSimilarity, LOSSES, Loss};
use kerust::prelude::*;
use serde_json::json;

use super::refused;

#[test]
fn arguments_out_of_range() {
    let refuses = |class_name: &str, config, message: &str| {
        let loss =
            losses::from_config(class_name, &Config::from(config)).expect("of the right types");
        refused(loss.check_arguments(), message, "");
    };
    refuses(
        "BinaryCrossentropy",
        json!({"label_smoothing": 1.5}),
        "argument `label_smoothing`: expected a number from 0 to 1, got 1.5",
    );
    refuses(
        "CategoricalGeneralizedCrossEntropy",
        json!({"q": 1.0}),
        "argument `q`: expected a number between 0 and 1, got 1",
    );
    refuses(
        "BinaryFocalCrossentropy",
        json!({"gamma": -1.0}),
        "argument `gamma`: expected a number that is not negative, got -1",
    );
    refuses(
        "CategoricalFocalCrossentropy",
        json!({"alpha": []}),
        "argument `alpha`: expected at least one weight, got none",
    );
}

#[test]
fn configurations_that_mean_nothing() {
    refused(
        losses::from_config("Huber", &json!({"delta": "wide"}).into()),
        "Huber: argument `delta`: the configuration does not fit: invalid type: string \"wide\", expected f32",
        "",
    );
    refused(
        losses::from_config("Huber", &json!([]).into()),
        "Huber: argument `config`: expected a JSON object, got []",
        "",
    );
    let unknown =
        losses::from_config("Huber", &json!({"detla": 1.0}).into()).expect_err("no such name");
    assert!(
        unknown.to_string().contains("did you mean `delta`"),
        "{unknown}"
    );
    let reduction = MeanSquaredError::new().reduction("none");
    assert!(reduction.check_arguments().is_err());
}

#[test]
fn shapes_that_do_not_fit() {
    let (tape, x) = (&mut Tape::off(), Tensor::ones((4, 3)));
    refused(
        CosineSimilarity::new().axis(2).values(tape, &x, &x),
        "argument `axis`: expected an axis of a tensor of shape (4, 3), -2 to 1, got 2",
        "",
    );
    let refuses_weight = |weight: Tensor, given: &str| {
        refused(
            MeanSquaredError::new().call_weighted(&mut Tape::off(), &x, &x, Some(&weight)),
            &format!(
                "argument `sample_weight`: expected one weight for each sample or for each of its \
                 values, which have shape (4,), got shape {given}"
            ),
            "",
        );
    };
    refuses_weight(Tensor::ones(3), "(3,)");
    refuses_weight(Tensor::ones((4, 3)), "(4, 3)");
}

#[test]
fn labels_that_do_not_fit() -> Result<()> {
    let sequences = Tensor::zeros((2, 4, 3));
    let ctc = |y_true: Tensor| CTC::new().values(&mut Tape::off(), &y_true, &sequences);
    refused(
        ctc(Tensor::from_vec(vec![1, 2, 3, 0], (2, 2))?),
        "label 3 at position 2 is not a class: labels are whole numbers from 1 to 2, and 0 after the \
         last one of a sequence",
        "",
    );
    refused(
        ctc(Tensor::ones(2)),
        "expected labels of shape (2, length), one list of classes for each sequence, got (2,)",
        "",
    );
    let vectors = Tensor::ones((4, 3));
    refused(
        Circle::new().values(&mut Tape::off(), &vectors, &vectors),
        "expected labels of shape (4,) or (4, 1), got (4, 3)",
        "give one class number for each sample; one-hot labels become that with `argmax(-1)`",
    );
    Ok(())
}

/// Whatever the shapes, there is an answer.
#[test]
fn nothing_panics() {
    let shapes: [&[usize]; 8] = [&[], &[0], &[1], &[3], &[3, 1], &[3, 4], &[2, 3, 4], &[0, 4]];
    for entry in LOSSES {
        let loss = (entry.from_config)(&Config::default()).expect("defaults");
        for y_true in shapes.map(Tensor::zeros) {
            for y_pred in shapes.map(Tensor::ones) {
                for weight in shapes.map(Tensor::ones) {
                    let _ = loss.call_weighted(&mut Tape::off(), &y_true, &y_pred, Some(&weight));
                }
                let _ = loss.check(&y_true, y_pred.shape());
            }
        }
    }
}
