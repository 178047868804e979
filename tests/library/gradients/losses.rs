//! Losses: every class with arguments of several kinds.

use kerust::losses::{self, LOSSES, Loss};
use kerust::prelude::*;
use serde_json::{Value, json};

use super::{check, far_apart, numbers};

/// What the predictions and labels of a loss are.
struct Data {
    y_true: Tensor,
    y_pred: Tensor,
}

/// Numbers that the losses for numbers take, none near a kink.
fn regression() -> Result<Data> {
    let y_pred = numbers(14, (4, 3), 0.2, 0.8);
    let y_true = &y_pred + far_apart(30, (4, 3)) * 3.0 + 0.07;
    Ok(Data { y_true, y_pred })
}

fn bits() -> Result<Tensor> {
    Tensor::from_vec(vec![1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0], (4, 3))
}

fn one_hot() -> Result<Tensor> {
    Tensor::from_vec(vec![1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0], (4, 3))
}

fn classes() -> Result<Tensor> {
    Tensor::from_vec(vec![0, 1, 2, 1], 4)
}

/// The cases of a class: arguments, labels, predictions.
fn cases(class_name: &str) -> Result<Vec<(Value, Data)>> {
    let scores = numbers(13, (4, 3), -2.0, 2.0);
    let probabilities = numbers(14, (4, 3), 0.2, 0.8);
    let with = |arguments: Value, y_true: Tensor, y_pred: &Tensor| {
        let y_pred = y_pred.clone();
        (arguments, Data { y_true, y_pred })
    };
    let either = |more: Value, y_true: Tensor| {
        let mut found = Vec::new();
        for (from_logits, y_pred) in [(false, &probabilities), (true, &scores)] {
            for smoothing in [0.0, 0.2] {
                for axis in [-1, 0] {
                    let mut arguments = more.clone();
                    arguments["from_logits"] = from_logits.into();
                    arguments["label_smoothing"] = smoothing.into();
                    arguments["axis"] = axis.into();
                    found.push(with(arguments, y_true.clone(), y_pred));
                }
            }
        }
        found
    };
    Ok(match class_name {
        "Huber" => vec![
            (json!({}), regression()?),
            (json!({"delta": 0.3}), regression()?),
        ],
        "CosineSimilarity" => vec![
            with(json!({}), numbers(31, (4, 3), -1.0, 1.0), &scores),
            with(json!({"axis": 0}), numbers(31, (4, 3), -1.0, 1.0), &scores),
        ],
        "KLDivergence" | "Poisson" => {
            vec![with(
                json!({}),
                numbers(32, (4, 3), 0.2, 0.8),
                &probabilities,
            )]
        }
        "Hinge" | "SquaredHinge" => vec![
            with(json!({}), bits()?, &probabilities),
            with(json!({}), bits()? * 2.0 - 1.0, &probabilities),
        ],
        "CategoricalHinge" => vec![with(json!({}), one_hot()?, &(far_apart(33, (4, 3)) + 1.0))],
        "BinaryCrossentropy" => either(json!({}), bits()?),
        "BinaryFocalCrossentropy" => [
            either(json!({}), bits()?),
            either(
                json!({"gamma": 0.7, "apply_class_balancing": true}),
                bits()?,
            ),
            either(json!({"gamma": 0.0}), bits()?),
        ]
        .concat(),
        "CategoricalCrossentropy" => either(json!({}), one_hot()?),
        "CategoricalFocalCrossentropy" => [
            either(json!({}), one_hot()?),
            either(json!({"gamma": 0.7, "alpha": 2.0}), one_hot()?),
        ]
        .concat(),
        "SparseCategoricalCrossentropy" => vec![
            with(json!({}), classes()?, &probabilities),
            with(json!({"from_logits": true}), classes()?, &scores),
            with(json!({"ignore_class": 1}), classes()?, &probabilities),
            with(
                json!({"axis": 0}),
                Tensor::from_vec(vec![0, 3, 2], 3)?,
                &probabilities,
            ),
            with(
                json!({"axis": 0, "from_logits": true, "ignore_class": 3}),
                Tensor::from_vec(vec![0, 3, 2], (1, 3))?,
                &scores,
            ),
        ],
        "CategoricalGeneralizedCrossEntropy" => vec![
            with(json!({}), classes()?, &probabilities),
            with(json!({"q": 0.9}), classes()?, &probabilities),
        ],
        "CTC" => {
            let y_true = Tensor::from_vec(vec![1, 1, 2, 0], (2, 2))?;
            vec![with(json!({}), y_true, &numbers(35, (2, 4, 3), -1.0, 1.0))]
        }
        "Circle" => vec![
            with(
                json!({"gamma": 2.0}),
                Tensor::from_vec(vec![0, 1, 0, 1], 4)?,
                &numbers(36, (4, 3), -0.3, 0.3),
            ),
            with(
                json!({"gamma": 1.0, "margin": 0.2, "remove_diagonal": false}),
                Tensor::from_vec(vec![0, 1, 0, 2], (4, 1))?,
                &numbers(36, (4, 3), -0.3, 0.3),
            ),
        ],
        "Dice" | "Tversky" => [json!(null), json!(0), json!([1]), json!([0, 1])]
            .into_iter()
            .map(|axis| Ok(with(json!({"axis": axis}), bits()?, &probabilities)))
            .collect::<Result<_>>()?,
        _ => vec![(json!({}), regression()?)],
    })
}

impl Clone for Data {
    fn clone(&self) -> Self {
        Data {
            y_true: self.y_true.clone(),
            y_pred: self.y_pred.clone(),
        }
    }
}

#[test]
fn losses_in_every_configuration() -> Result<()> {
    for entry in LOSSES {
        for (arguments, Data { y_true, y_pred }) in cases(entry.class_name)? {
            let what = format!("{} {arguments}", entry.class_name);
            let loss = losses::from_config(entry.class_name, &arguments.clone().into())?;
            let y_pred = [y_pred];
            check(&what, &y_pred, |t, i| loss.values(t, &y_true, &i[0]))?;
            for reduction in ["sum_over_batch_size", "sum", "mean_with_sample_weight"] {
                let mut arguments = arguments.clone();
                arguments["reduction"] = reduction.into();
                let loss = losses::from_config(entry.class_name, &arguments.clone().into())?;
                let values = loss.values(&mut Tape::off(), &y_true, &y_pred[0])?;
                let weight = numbers(34, values.shape(), 0.5, 1.5);
                check(&format!("{what}, {reduction}"), &y_pred, |t, i| {
                    loss.call_weighted(t, &y_true, &i[0], Some(&weight))
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn probabilities_that_remember_their_scores() -> Result<()> {
    let scores = [numbers(13, (4, 3), -2.0, 2.0)];
    check("softmax, then cross-entropy", &scores, |t, i| {
        let y_pred = Activation::Softmax.call(t, &i[0])?;
        SparseCategoricalCrossentropy::new().call(t, &classes()?, &y_pred)
    })?;
    // On another axis than that of softmax they are probabilities like others.
    check("softmax, then another axis", &scores, |t, i| {
        let y_pred = Activation::Softmax.call(t, &i[0])?;
        let loss = CategoricalCrossentropy::new().axis(0);
        loss.call(t, &one_hot()?, &y_pred)
    })?;
    check("sigmoid, then cross-entropy", &scores, |t, i| {
        let y_pred = Activation::Sigmoid.call(t, &i[0])?;
        BinaryCrossentropy::new().call(t, &bits()?, &y_pred)
    })
}

#[test]
fn another_axis_is_the_last_one_transposed() -> Result<()> {
    let transposed = |x: &Tensor| {
        let values = x.to_vec::<f32>();
        let turned = (0..12).map(|i| values[i % 4 * 3 + i / 4]).collect();
        Tensor::from_vec(turned, (3, 4))
    };
    let (y_true, y_pred) = (classes()?, numbers(14, (4, 3), 0.2, 0.8));
    let last = SparseCategoricalCrossentropy::new();
    let first = SparseCategoricalCrossentropy::new().axis(0);
    let tape = &mut Tape::off();
    assert_eq!(
        last.values(tape, &y_true, &y_pred)?,
        first.values(tape, &y_true, &transposed(&y_pred)?)?
    );
    Ok(())
}
