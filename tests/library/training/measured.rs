//! Which samples are trained on and measured, in which order.

use kerust::layers::Layer;
use kerust::losses::Loss;
use kerust::prelude::*;

use super::{column, compile, quiet, random_model, two_sides};

/// One unit without bias, which starts at 0 and never moves: predictions are 0.
fn predicts_zero(metrics: &[&'static str]) -> Result<Sequential> {
    let mut model = Sequential::named("zero");
    model.add(
        Dense::new(1)
            .kernel_initializer("zeros")
            .use_bias(false)
            .input_shape(1),
    )?;
    let mut compile = compile("sgd", "mse", metrics);
    compile.optimizer = SGD::new().learning_rate(0.0).into();
    model.compile(compile)?;
    Ok(model)
}

#[test]
fn the_last_short_batch_is_used() -> Result<()> {
    // Ten samples in batches of four. The last two have another label: were they left out, the
    // loss would be 0.
    let x = Tensor::ones((10, 1));
    let y = Tensor::from_vec(vec![0, 0, 0, 0, 0, 0, 0, 0, 10, 10], (10, 1))?;
    let mut model = predicts_zero(&["mae"])?;
    let fit = Fit {
        batch_size: 4,
        shuffle: false,
        ..quiet(1)
    };
    let history = model.fit(&x, &y, fit)?;
    // The mean over the samples; the mean of the batches' means would be 100 / 3.
    assert_eq!(column(&history, "loss"), [20.0]);
    assert_eq!(column(&history, "mae"), [2.0]);
    let evaluate = Evaluate {
        batch_size: 4,
        verbose: 0,
        ..Evaluate::default()
    };
    assert_eq!(model.evaluate(&x, &y, evaluate)?, [20.0, 2.0]);
    assert_eq!(
        model
            .predict_with(
                &x,
                Predict {
                    batch_size: 4,
                    verbose: 0,
                    ..Predict::default()
                }
            )?
            .shape(),
        (10, 1)
    );
    Ok(())
}

#[test]
fn the_validation_split_takes_the_last_samples_before_shuffling() -> Result<()> {
    let x = Tensor::ones((10, 1));
    let y = Tensor::from_vec(vec![1, 1, 1, 1, 1, 1, 1, 3, 3, 3], (10, 1))?;
    for shuffle in [true, false] {
        let mut model = predicts_zero(&[])?;
        let fit = Fit {
            validation_split: 0.3,
            shuffle,
            batch_size: 2,
            ..quiet(2)
        };
        let history = model.fit(&x, &y, fit)?;
        assert_eq!(column(&history, "loss"), [1.0, 1.0]);
        assert_eq!(column(&history, "val_loss"), [9.0, 9.0]);
    }
    Ok(())
}

#[test]
fn validation_data_is_measured_and_not_trained_on() -> Result<()> {
    let (x, y) = (Tensor::ones((6, 1)), Tensor::ones((6, 1)));
    let validation_data = (Tensor::ones((3, 1)), Tensor::full((3, 1), 5.0)).into();
    let mut model = predicts_zero(&["mae"])?;
    // Given data goes before a split, as in Keras.
    let fit = Fit {
        validation_data,
        validation_split: 0.5,
        ..quiet(1)
    };
    let history = model.fit(&x, &y, fit)?;
    assert_eq!(history.metrics(), ["loss", "mae", "val_loss", "val_mae"]);
    assert_eq!(column(&history, "loss"), [1.0]);
    assert_eq!(column(&history, "val_loss"), [25.0]);
    assert_eq!(column(&history, "val_mae"), [5.0]);
    Ok(())
}

#[test]
fn evaluate_is_the_loss_computed_by_hand() -> Result<()> {
    let (x, y) = two_sides(50)?;
    let mut model = random_model()?;
    let score = model.evaluate(
        &x,
        &y,
        Evaluate {
            batch_size: 7,
            verbose: 0,
            ..Evaluate::default()
        },
    )?;
    let probabilities = model.predict(&x)?;
    let (mut loss, mut right) = (0.0, 0.0);
    for i in 0..50 {
        let class = y.get(i)?;
        loss -= probabilities.item(2 * i + class)?.ln() / 50.0;
        let other = probabilities.item(2 * i + 1 - class)?;
        right += f64::from(probabilities.item(2 * i + class)? > other) / 50.0;
    }
    assert!((score[0] - loss).abs() < 1e-5, "{} {loss}", score[0]);
    assert!((score[1] - right).abs() < 1e-9, "{} {right}", score[1]);
    let whole = SparseCategoricalCrossentropy::new().call(&mut Tape::off(), &y, &probabilities)?;
    assert!((score[0] - whole.item(0)?).abs() < 1e-5);
    Ok(())
}

/// Stochastic gradient descent on one sample at a time depends on the order.
fn after_one_epoch(shuffle: bool) -> Result<Tensor> {
    let mut model = Sequential::named("order");
    model.add(
        Dense::new(1)
            .kernel_initializer("zeros")
            .use_bias(false)
            .input_shape(1),
    )?;
    let mut compile = compile("sgd", "mse", &[]);
    compile.optimizer = SGD::new().learning_rate(0.1).into();
    model.compile(compile)?;
    let x = Tensor::ones((32, 1));
    let fit = Fit {
        shuffle,
        batch_size: 1,
        ..quiet(1)
    };
    model.fit(&x, Tensor::arange(32), fit)?;
    Ok(model.get_weights().swap_remove(0))
}

#[test]
fn without_shuffling_the_samples_come_in_order() -> Result<()> {
    let mut expected = 0.0f32;
    for label in 0..32 {
        expected -= 0.1 * 2.0 * (expected - label as f32);
    }
    let ordered = after_one_epoch(false)?;
    assert!((ordered.item(0)? as f32 - expected).abs() < 1e-4);
    assert_eq!(ordered, after_one_epoch(false)?);
    assert_ne!(ordered, after_one_epoch(true)?);
    Ok(())
}

#[test]
fn an_initial_epoch_continues_a_run() -> Result<()> {
    let (x, y) = (Tensor::ones((8, 1)), Tensor::ones((8, 1)));
    let train = |runs: &[Fit]| -> Result<(Vec<usize>, Tensor)> {
        let mut model = Sequential::named("continued");
        model.add(Dense::new(1).kernel_initializer("zeros").input_shape(1))?;
        model.compile(compile("adam", "mse", &[]))?;
        let mut epochs = Vec::new();
        for fit in runs {
            epochs.extend(model.fit(&x, &y, fit.clone())?.epoch);
        }
        Ok((epochs, model.get_weights().swap_remove(0)))
    };
    let whole = train(&[quiet(5)])?;
    let halves = train(&[
        quiet(2),
        Fit {
            initial_epoch: 2,
            ..quiet(5)
        },
    ])?;
    assert_eq!(whole.0, [0, 1, 2, 3, 4]);
    // Also the optimizer went on where it was.
    assert_eq!(whole, halves);
    assert!(
        train(&[Fit {
            initial_epoch: 5,
            ..quiet(5)
        }])?
        .0
        .is_empty()
    );
    Ok(())
}
