//! Training: what `fit` and `evaluate` promise.

use kerust::layers::Layer;
use kerust::losses::Loss;
use kerust::prelude::*;

use crate::own_process;

fn quiet(epochs: usize) -> Fit {
    Fit { epochs, verbose: 0, ..Fit::default() }
}

fn compile(optimizer: &str, loss: &str, metrics: &[&'static str]) -> Compile {
    Compile {
        optimizer: optimizer.into(),
        loss: loss.into(),
        metrics: metrics.iter().map(|&metric| metric.into()).collect(),
    }
}

fn column(history: &History, name: &str) -> Vec<f64> {
    history.get(name).unwrap_or_else(|| panic!("`{name}` is in the history")).to_vec()
}

fn bits(tensors: &[Tensor]) -> Vec<u32> {
    tensors.iter().flat_map(|t| t.to_vec::<f32>()).map(f32::to_bits).collect()
}

/// Points of the plane and on which side of a line they lie.
fn two_sides(count: usize) -> Result<(Tensor, Tensor)> {
    let x = Tensor::random_normal((count, 2), 0.0, 1.0);
    let points = x.to_vec::<f32>();
    let sides = points.chunks_exact(2).map(|p| i64::from(p[0] > 0.5 * p[1])).collect();
    Ok((x, Tensor::from_vec(sides, count)?))
}

/// A model with everything that is random in it.
fn random_model() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(16).activation("relu").input_shape(2))?;
    model.add(BatchNormalization::new())?;
    model.add(Dropout::new(0.3))?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(compile("adam", "sparse_categorical_crossentropy", &["accuracy"]))?;
    Ok(model)
}

/// One unit without bias, which starts at 0 and never moves: predictions are 0.
fn predicts_zero(metrics: &[&'static str]) -> Result<Sequential> {
    let mut model = Sequential::named("zero");
    model.add(Dense::new(1).kernel_initializer("zeros").use_bias(false).input_shape(1))?;
    let mut compile = compile("sgd", "mse", metrics);
    compile.optimizer = SGD::new().learning_rate(0.0).into();
    model.compile(compile)?;
    Ok(model)
}

#[test]
fn the_same_seed_gives_the_same_run_bit_for_bit() {
    own_process::run("training::the_same_seed_gives_the_same_run_bit_for_bit", || {
        let run = |seed| -> Result<_> {
            set_random_seed(seed);
            let (x, y) = two_sides(200)?;
            let mut model = random_model()?;
            let fit = Fit { validation_split: 0.2, ..quiet(3) };
            let history = model.fit(&x, &y, fit)?;
            let names: Vec<String> = history.metrics().iter().map(|n| n.to_string()).collect();
            let columns: Vec<Vec<f64>> = names.iter().map(|name| column(&history, name)).collect();
            Ok((names, columns, bits(&model.get_weights()), bits(&[model.predict(&x)?])))
        };
        let run = |seed| run(seed).expect("training works");
        let first = run(7);
        assert_eq!(first.0, ["accuracy", "loss", "val_accuracy", "val_loss"]);
        assert_eq!(first, run(7));
        let other = run(8);
        assert_ne!(first.1, other.1);
        assert_ne!(first.2, other.2);
    });
}

#[test]
fn the_last_short_batch_is_used() -> Result<()> {
    // Ten samples in batches of four. The last two have another label: were they left out, the
    // loss would be 0.
    let x = Tensor::ones((10, 1));
    let y = Tensor::from_vec(vec![0, 0, 0, 0, 0, 0, 0, 0, 10, 10], (10, 1))?;
    let mut model = predicts_zero(&["mae"])?;
    let fit = Fit { batch_size: 4, shuffle: false, ..quiet(1) };
    let history = model.fit(&x, &y, fit)?;
    // The mean over the samples; the mean of the batches' means would be 100 / 3.
    assert_eq!(column(&history, "loss"), [20.0]);
    assert_eq!(column(&history, "mae"), [2.0]);
    let evaluate = Evaluate { batch_size: 4, verbose: 0 };
    assert_eq!(model.evaluate(&x, &y, evaluate)?, [20.0, 2.0]);
    assert_eq!(model.predict_with(&x, Predict { batch_size: 4, verbose: 0 })?.shape(), (10, 1));
    Ok(())
}

#[test]
fn the_validation_split_takes_the_last_samples_before_shuffling() -> Result<()> {
    let x = Tensor::ones((10, 1));
    let y = Tensor::from_vec(vec![1, 1, 1, 1, 1, 1, 1, 3, 3, 3], (10, 1))?;
    for shuffle in [true, false] {
        let mut model = predicts_zero(&[])?;
        let fit = Fit { validation_split: 0.3, shuffle, batch_size: 2, ..quiet(2) };
        let history = model.fit(&x, &y, fit)?;
        assert_eq!(column(&history, "loss"), [1.0, 1.0]);
        assert_eq!(column(&history, "val_loss"), [9.0, 9.0]);
    }
    Ok(())
}

#[test]
fn validation_data_is_measured_and_not_trained_on() -> Result<()> {
    let (x, y) = (Tensor::ones((6, 1)), Tensor::ones((6, 1)));
    let validation_data = Some((Tensor::ones((3, 1)), Tensor::full((3, 1), 5.0)));
    let mut model = predicts_zero(&["mae"])?;
    // Given data goes before a split, as in Keras.
    let fit = Fit { validation_data, validation_split: 0.5, ..quiet(1) };
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
    let score = model.evaluate(&x, &y, Evaluate { batch_size: 7, verbose: 0 })?;
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

#[test]
fn xor_is_learned() {
    own_process::run("training::xor_is_learned", || {
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
            assert!(losses[299] < 0.05 && losses[0] > 0.5, "{} to {}", losses[0], losses[299]);
            assert_eq!(column(&history, "accuracy")[299], 1.0);
            let above_half: Vec<bool> =
                model.predict(&x)?.to_vec::<f32>().iter().map(|p| *p > 0.5).collect();
            assert_eq!(above_half, [false, true, true, false]);
            Ok(())
        };
        run().expect("training works");
    });
}

/// Stochastic gradient descent on one sample at a time depends on the order.
fn after_one_epoch(shuffle: bool) -> Result<Tensor> {
    let mut model = Sequential::named("order");
    model.add(Dense::new(1).kernel_initializer("zeros").use_bias(false).input_shape(1))?;
    let mut compile = compile("sgd", "mse", &[]);
    compile.optimizer = SGD::new().learning_rate(0.1).into();
    model.compile(compile)?;
    let x = Tensor::ones((32, 1));
    let fit = Fit { shuffle, batch_size: 1, ..quiet(1) };
    model.fit(&x, &Tensor::arange(32), fit)?;
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
    let halves = train(&[quiet(2), Fit { initial_epoch: 2, ..quiet(5) }])?;
    assert_eq!(whole.0, [0, 1, 2, 3, 4]);
    // Also the optimizer went on where it was.
    assert_eq!(whole, halves);
    assert!(train(&[Fit { initial_epoch: 5, ..quiet(5) }])?.0.is_empty());
    Ok(())
}

#[test]
fn dropout_and_batch_normalization_train() {
    own_process::run("training::dropout_and_batch_normalization_train", || {
        let run = || -> Result<()> {
            set_random_seed(3);
            let (x, y) = two_sides(400)?;
            let mut model = random_model()?;
            let before = model.get_weights();
            let history = model.fit(&x, &y, quiet(20))?;
            let accuracies = column(&history, "accuracy");
            assert!(accuracies[19] > 0.85, "accuracy {}", accuracies[19]);
            let score = model.evaluate(&x, &y, Evaluate { verbose: 0, ..Evaluate::default() })?;
            assert!(score[1] > 0.93, "accuracy without dropout {}", score[1]);
            for (position, (before, after)) in before.iter().zip(model.get_weights()).enumerate() {
                assert_ne!(*before, after, "weight {position} moves");
            }
            // Predictions draw nothing and change nothing.
            let weights = model.get_weights();
            assert_eq!(model.predict(&x)?, model.predict(&x)?);
            assert_eq!(weights, model.get_weights());
            Ok(())
        };
        run().expect("training works");
    });
}

#[test]
fn frozen_layers_stay_as_they_are() -> Result<()> {
    let (x, y) = two_sides(64)?;
    let mut model = Sequential::named("frozen");
    model.add(Dense::new(8).activation("relu").trainable(false).input_shape(2))?;
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
    model.train_on_batch(&Tensor::ones((1, 2)), &Tensor::from_vec(vec![0, 3], (1, 2))?)?;
    let after = model.get_weights();
    assert_ne!(after[0], after[2]);
    assert!(after.iter().all(|weight| *weight != kernel && *weight != bias));
    assert_eq!(kernel, Tensor::ones((2, 2)));
    Ok(())
}

#[test]
fn a_model_that_is_built_anew_trains() -> Result<()> {
    let mut model = Sequential::named("anew");
    model.add(Dense::new(3))?;
    model.add(Dense::new(1))?;
    model.compile(compile("adam", "mse", &[]))?;
    model.fit(&Tensor::ones((4, 2)), &Tensor::ones((4, 1)), quiet(1))?;
    model.build(5)?;
    model.fit(&Tensor::ones((4, 5)), &Tensor::ones((4, 1)), quiet(1))?;
    assert_eq!(model.count_params()?, 5 * 3 + 3 + 3 + 1);
    assert!(model.pop());
    model.add(Dense::new(7))?;
    model.fit(&Tensor::ones((4, 5)), &Tensor::ones((4, 7)), quiet(1))?;
    assert_eq!(model.predict(&Tensor::ones((4, 5)))?.shape(), (4, 7));
    Ok(())
}

/// The memory of this process in KiB, where the system tells.
fn resident_kib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn memory_stays_flat() {
    own_process::run("training::memory_stays_flat", || {
        let run = || -> Result<()> {
            let (x, y) = crate::formula::pictures(0, 256);
            let x = &x / 255.0;
            let mut model = crate::formula::tutorial_model()?;
            let compile = compile("adam", "sparse_categorical_crossentropy", &["accuracy"]);
            model.compile(compile)?;
            model.fit(&x, &y, quiet(2))?;
            let Some(after_two) = resident_kib() else {
                own_process::say("the system does not tell the memory of a process: not checked");
                return Ok(());
            };
            model.fit(&x, &y, Fit { initial_epoch: 2, ..quiet(10) })?;
            let after_ten = resident_kib().unwrap_or(f64::INFINITY);
            // Keeping one activation of the convolution for each step would add 230 MB.
            let bound = after_two * 1.1 + 20_000.0;
            assert!(after_ten < bound, "{after_two} KiB after 2 epochs, {after_ten} after 10");
            Ok(())
        };
        run().expect("training works");
    });
}
