//! Losses, and how weights follow them: on the GPU as on the processor.

use kerust::losses::{
    BinaryFocalCrossentropy, CTC, CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy,
    CategoricalHinge, Circle, CosineSimilarity, Dice, Loss, Tversky,
};
use kerust::optimizers::OPTIMIZERS;
use kerust::prelude::*;
use kerust::{Setting, ops};

use super::rows::{compare, note, numbers};

/// Probabilities, none of them 0 or 1.
fn shares(seed: u64, shape: impl Into<Shape>) -> Tensor {
    numbers(seed, shape).map(|v| 0.5 + v / 5.0)
}

/// Whole numbers below `classes`.
fn classes(seed: u64, shape: impl Into<Shape>, classes: usize) -> Tensor {
    numbers(seed, shape).map(|v| ((v + 2.0) / 4.0 * classes as f32).floor())
}

#[test]
fn losses_are_those_of_the_processor() {
    let name = "gpu::rules::losses_are_those_of_the_processor";
    compare(name, 2e-5, |results| {
        let shapes: [&[usize]; 5] = [&[3, 5], &[2, 4, 3], &[1, 1], &[2, 3000], &[700, 12]];
        let losses: [(&str, Box<dyn Loss>); 8] = [
            ("binary focal", Box::new(BinaryFocalCrossentropy::new())),
            (
                "balanced focal of scores",
                Box::new(
                    BinaryFocalCrossentropy::new()
                        .apply_class_balancing(true)
                        .from_logits(true)
                        .label_smoothing(0.1),
                ),
            ),
            ("focal", Box::new(CategoricalFocalCrossentropy::new())),
            (
                "focal of scores",
                Box::new(CategoricalFocalCrossentropy::new().from_logits(true)),
            ),
            ("dice", Box::new(Dice::new())),
            ("tversky", Box::new(Tversky::new().alpha(0.3).axis([-1]))),
            ("cosine", Box::new(CosineSimilarity::new().axis(0))),
            ("hinge", Box::new(CategoricalHinge::new())),
        ];
        for shape in shapes {
            let (truth, x) = (shares(21, shape), [shares(22, shape)]);
            for (what, loss) in &losses {
                note(results, &format!("{what} {shape:?}"), &x, |t, x| {
                    loss.values(t, &truth, &x[0])
                })?;
            }
        }
        let (truth, x) = (numbers(19, (9000, 2)), [numbers(20, (9000, 2))]);
        note(results, "mean of many", &x, |t, x| {
            MeanSquaredError::new().call(t, &truth, &x[0])
        })?;
        let (truth, x) = (classes(23, (6, 1), 4), [shares(24, (6, 4))]);
        let loss = CategoricalGeneralizedCrossEntropy::new().q(0.3);
        note(results, "generalized", &x, |t, x| {
            loss.values(t, &truth, &x[0])
        })?;
        let alphas = CategoricalFocalCrossentropy::new().alpha([0.5, 0.25, 0.1, 0.9]);
        let truth = shares(25, (6, 4));
        note(results, "alphas", &x, |t, x| {
            alphas.values(t, &truth, &x[0])
        })
    });
}

#[test]
fn sequences_and_pairs_are_those_of_the_processor() {
    let name = "gpu::rules::sequences_and_pairs_are_those_of_the_processor";
    compare(name, 2e-5, |results| {
        for (batch, steps, width, length) in [(3, 9, 5, 4), (1, 1, 2, 1), (2, 150, 30, 70)] {
            let mut labels = classes(26, (batch, length), width).to_vec::<f32>();
            // What comes behind the last label is 0; nothing at all in the last sequence but one.
            for (i, label) in labels.iter_mut().enumerate() {
                let kept = length * (i / length + 1) / batch;
                *label = if i % length < kept {
                    label.max(1.0)
                } else {
                    0.0
                };
            }
            let labels = Tensor::from_vec(labels, (batch, length))?;
            let x = [numbers(27, (batch, steps, width))];
            note(results, &format!("ctc {steps}"), &x, |t, x| {
                CTC::new().values(t, &labels, &x[0])
            })?;
        }
        for (batch, width, remove) in [(12, 5, true), (9, 3, false), (1, 4, true), (300, 2, true)] {
            let of_unit = |x: &Tensor| ops::normalize(&mut Tape::off(), x, &[-1], 1e-7);
            let x = [of_unit(&numbers(28, (batch, width)))?];
            let labels = classes(29, batch, 3);
            let loss = Circle::new().gamma(8.0).remove_diagonal(remove);
            note(results, &format!("circle {batch}"), &x, |t, x| {
                loss.values(t, &labels, &x[0])
            })?;
        }
        // Scores that are no numbers show in the loss.
        let x = Tensor::from_vec(vec![f32::NAN, 1.0, 0.0, 1.0], (2, 2))?;
        let pairs = Circle::new().values(&mut Tape::off(), &Tensor::arange(2), &x)?;
        results.insert("circle of NaN".to_owned(), pairs.to_vec());
        let truth = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], (2, 2))?;
        for (name, loss) in [
            ("hinge", Box::new(CategoricalHinge::new()) as Box<dyn Loss>),
            ("dice", Box::new(Dice::new().axis([-1]))),
            ("focal", Box::new(CategoricalFocalCrossentropy::new())),
        ] {
            let values = loss.values(&mut Tape::off(), &truth, &x)?;
            results.insert(format!("{name} of NaN"), values.to_vec());
        }
        Ok(())
    });
}

/// What three steps of training leave of a model whose kernels have what `kernel` gives them.
fn trained(
    optimizer: Box<dyn Optimizer>,
    kernel: impl Fn(Dense) -> Dense,
    spoiled: bool,
) -> Result<Vec<f32>> {
    set_random_seed(5);
    let mut model = Sequential::named("trained");
    // More numbers than one block of threads sums up.
    model.add(kernel(Dense::new(700)).input_shape(4))?;
    model.add(kernel(Dense::new(3)))?;
    model.compile(Compile {
        optimizer: Setting::value(optimizer),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let (x, mut y) = (numbers(30, (6, 4)), numbers(31, (6, 3)));
    for _ in 0..3 {
        model.train_on_batch(&x, &y)?;
    }
    if spoiled {
        y = y.map(|_| f32::NAN);
        model.train_on_batch(&x, &y).expect_err("the loss is NaN");
    }
    let weights = model.get_weights();
    Ok(weights.iter().flat_map(Tensor::to_vec::<f32>).collect())
}

#[test]
fn all_optimizers_move_weights_as_on_the_processor() {
    let name = "gpu::rules::all_optimizers_move_weights_as_on_the_processor";
    compare(name, 2e-5, |results| {
        for entry in OPTIMIZERS {
            for (how, setting) in ["plain", "clipped", "averaged", "collected"]
                .iter()
                .enumerate()
            {
                let mut optimizer = (entry.new)();
                let base = optimizer.base_mut();
                match how {
                    1 => base.global_clipnorm = Some(0.1),
                    2 => (base.use_ema, base.weight_decay) = (true, Some(0.1)),
                    3 => base.gradient_accumulation_steps = Some(2),
                    _ => {}
                }
                let weights = trained(optimizer, |layer| layer, false)?;
                results.insert(format!("{} {setting}", entry.class_name), weights);
            }
        }
        Ok(())
    });
}

#[test]
fn constraints_and_penalties_are_those_of_the_processor() {
    let name = "gpu::rules::constraints_and_penalties_are_those_of_the_processor";
    compare(name, 2e-5, |results| {
        let constraints = [
            ("max", Constraint::max_norm(0.5, 0)),
            ("between", Constraint::min_max_norm(0.4, 0.6, 0.5, 1)),
            ("all", Constraint::unit_norm([0, 1])),
            ("not negative", Constraint::NonNeg),
        ];
        for (name, constraint) in constraints {
            for spoiled in [false, true] {
                let kernel = |layer: Dense| layer.kernel_constraint(constraint.clone());
                let weights = trained(Box::new(SGD::new()), kernel, spoiled)?;
                results.insert(format!("{name} {spoiled}"), weights);
            }
        }
        for regularizer in ["l1", "l2", "l1_l2", "orthogonal_regularizer"] {
            let kernel = |layer: Dense| layer.kernel_regularizer(regularizer);
            let weights = trained(Box::new(SGD::new()), kernel, false)?;
            results.insert(regularizer.to_owned(), weights);
        }
        Ok(())
    });
}

#[test]
fn gated_units_that_reset_first_are_those_of_the_processor() {
    let name = "gpu::rules::gated_units_that_reset_first_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        for (sequences, backwards, bias) in [(false, false, true), (true, true, false)] {
            let layer = GRU::new(5)
                .reset_after(false)
                .return_sequences(sequences)
                .go_backwards(backwards)
                .use_bias(bias);
            set_random_seed(8);
            let mut model = Sequential::named("gated");
            model.add(Masking::new(0.25).input_shape((6, 3)))?;
            model.add(layer)?;
            let mut x = numbers(32, (4, 6, 3)).to_vec::<f32>();
            x[3..9].fill(0.25);
            x[60..63].fill(0.25);
            let x = [Tensor::from_vec(x, (4, 6, 3))?];
            let what = format!("{sequences} {backwards}");
            note(results, &what, &x, |t, x| {
                model.clone().call(&x[0], t, true)
            })?;
            model.compile(Compile {
                optimizer: "sgd".into(),
                loss: "mse".into(),
                ..Compile::default()
            })?;
            let y = model.predict(&x[0])?.map(|v| v * v);
            model.train_on_batch(&x[0], &y)?;
            let weights = model.get_weights();
            let weights = weights.iter().flat_map(Tensor::to_vec::<f32>).collect();
            results.insert(format!("weights {what}"), weights);
        }
        Ok(())
    });
}
