//! What training changes, and what it leaves alone.

use kerust::prelude::*;

use super::{bits, column, compile, quiet, random_model, two_sides};
use crate::own_process;

#[test]
fn xor_is_learned() {
    own_process::run("training::learned::xor_is_learned", || {
        let run = || -> Result<()> {
            set_random_seed(1);
            let x = Tensor::from_vec(vec![0, 0, 0, 1, 1, 0, 1, 1], (4, 2))?;
            let y = Tensor::from_vec(vec![0, 1, 1, 0], (4, 1))?;
            let mut model = Sequential::named("xor");
            model.add(Dense::new(8).activation("tanh").input_shape(2))?;
            model.add(Dense::new(1).activation("sigmoid"))?;
            let mut compile = compile("adam", "binary_crossentropy", &["accuracy"]);
            compile.optimizer = Adam::new().learning_rate(0.05).into();
            model.compile(compile)?;
            let history = model.fit(&x, &y, quiet(300))?;
            let losses = column(&history, "loss");
            assert!(
                losses[299] < 0.05 && losses[0] > 0.5,
                "{} to {}",
                losses[0],
                losses[299]
            );
            assert_eq!(column(&history, "accuracy")[299], 1.0);
            let above_half: Vec<bool> = model
                .predict(&x)?
                .to_vec::<f32>()
                .iter()
                .map(|p| *p > 0.5)
                .collect();
            assert_eq!(above_half, [false, true, true, false]);
            Ok(())
        };
        run().expect("training works");
    });
}

#[test]
fn dropout_and_batch_normalization_train() {
    own_process::run(
        "training::learned::dropout_and_batch_normalization_train",
        || {
            let run = || -> Result<()> {
                set_random_seed(3);
                let (x, y) = two_sides(400)?;
                let mut model = random_model()?;
                let before = model.get_weights();
                let history = model.fit(&x, &y, quiet(20))?;
                let accuracies = column(&history, "accuracy");
                assert!(accuracies[19] > 0.85, "accuracy {}", accuracies[19]);
                let score = model.evaluate(
                    &x,
                    &y,
                    Evaluate {
                        verbose: 0,
                        ..Evaluate::default()
                    },
                )?;
                assert!(score[1] > 0.93, "accuracy without dropout {}", score[1]);
                for (position, (before, after)) in
                    before.iter().zip(model.get_weights()).enumerate()
                {
                    assert_ne!(*before, after, "weight {position} moves");
                }
                // Predictions draw nothing and change nothing.
                let weights = model.get_weights();
                assert_eq!(model.predict(&x)?, model.predict(&x)?);
                assert_eq!(weights, model.get_weights());
                Ok(())
            };
            run().expect("training works");
        },
    );
}

#[test]
fn frozen_layers_stay_as_they_are() -> Result<()> {
    let (x, y) = two_sides(64)?;
    let mut model = Sequential::named("frozen");
    model.add(
        Dense::new(8)
            .activation("relu")
            .trainable(false)
            .input_shape(2),
    )?;
    model.add(BatchNormalization::new().trainable(false))?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(compile("adam", "sparse_categorical_crossentropy", &[]))?;
    let before = model.get_weights();
    model.fit(&x, &y, quiet(2))?;
    let after = model.get_weights();
    assert_eq!(bits(&before[..6]), bits(&after[..6]));
    assert_ne!(before[6], after[6]);
    assert_ne!(before[7], after[7]);
    assert_eq!(model.summary().trainable_params, 8 * 2 + 2);
    Ok(())
}

#[test]
fn one_tensor_for_two_weights_does_not_tie_them() -> Result<()> {
    let mut model = Sequential::named("untied");
    model.add(Dense::new(2).input_shape(2))?;
    model.add(Dense::new(2))?;
    model.compile(compile("sgd", "mse", &[]))?;
    let (kernel, bias) = (Tensor::ones((2, 2)), Tensor::zeros(2));
    model.set_weights(&[kernel.clone(), bias.clone(), kernel.clone(), bias.clone()])?;
    model.train_on_batch(Tensor::ones((1, 2)), &Tensor::from_vec(vec![0, 3], (1, 2))?)?;
    let after = model.get_weights();
    assert_ne!(after[0], after[2]);
    assert!(
        after
            .iter()
            .all(|weight| *weight != kernel && *weight != bias)
    );
    assert_eq!(kernel, Tensor::ones((2, 2)));
    Ok(())
}

#[test]
fn a_model_that_is_built_anew_trains() -> Result<()> {
    let mut model = Sequential::named("anew");
    model.add(Dense::new(3))?;
    model.add(Dense::new(1))?;
    model.compile(compile("adam", "mse", &[]))?;
    model.fit(Tensor::ones((4, 2)), Tensor::ones((4, 1)), quiet(1))?;
    model.build(5)?;
    model.fit(Tensor::ones((4, 5)), Tensor::ones((4, 1)), quiet(1))?;
    assert_eq!(model.count_params()?, 5 * 3 + 3 + 3 + 1);
    assert!(model.pop());
    model.add(Dense::new(7))?;
    model.fit(Tensor::ones((4, 5)), Tensor::ones((4, 7)), quiet(1))?;
    assert_eq!(model.predict(Tensor::ones((4, 5)))?.shape(), (4, 7));
    Ok(())
}

#[test]
fn embeddings_that_begin_with_the_same_vectors_learn_apart() -> Result<()> {
    let vectors = Tensor::random_normal((4, 2), 0.0, 1.0);
    let (a, b) = (Input::new(1), Input::new(1));
    let first = Embedding::new(4, 2).weights(&vectors).on(&a)?;
    let second = Embedding::new(4, 2).weights(&vectors).on(&b)?;
    let mut model = Model::new([&a, &b], [&first, &second])?;
    model.compile(compile("sgd", "mse", &[]))?;
    assert_eq!(model.get_weights(), [vectors.clone(), vectors.clone()]);
    let (one, two) = (Tensor::full((3, 1), 1.0), Tensor::full((3, 1), 2.0));
    let y = Tensor::zeros((3, 1, 2));
    model.fit([&one, &two], [&y, &y], quiet(2))?;
    let weights = model.get_weights();
    for (weight, moved) in weights.iter().zip([1, 2]) {
        for row in 0..4 {
            let same = weight.index(row)? == vectors.index(row)?;
            assert_eq!(same, row != moved, "row {row}, moved {moved}");
        }
    }
    Ok(())
}
