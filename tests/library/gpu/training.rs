//! A training on the GPU: what is copied when, and the same results as on the processor.

use kerust::callbacks::TerminateOnNaN;
use kerust::ops;
use kerust::prelude::*;

use super::{alone, alone_with_log};

/// A network for which everything has kernels, and data for it.
fn model() -> (Sequential, Tensor, Tensor) {
    set_random_seed(3);
    let mut model = Sequential::new();
    for layer in [
        Dense::new(8).activation("relu").input_shape(300),
        Dense::new(1),
    ] {
        model.add(layer).expect("fits");
    }
    let x: Vec<f32> = (0..64 * 300)
        .map(|i| (i * 37 % 100) as f32 / 100.0 - 0.5)
        .collect();
    let y: Vec<f32> = (0..64).map(|i| (i % 5) as f32 / 5.0).collect();
    let x = Tensor::from_vec(x, (64, 300)).expect("fits");
    (model, x, Tensor::from_vec(y, (64, 1)).expect("fits"))
}

fn compile(model: &mut Sequential, optimizer: impl Optimizer + 'static) {
    let compile = Compile {
        optimizer: optimizer.into(),
        loss: "mse".into(),
        metrics: vec!["mae".into()],
        ..Compile::default()
    };
    model.compile(compile).expect("fits");
}

#[test]
fn the_samples_are_copied_once_and_nothing_waits_for_a_step() {
    let name = "gpu::training::the_samples_are_copied_once_and_nothing_waits_for_a_step";
    let ran = alone_with_log(name, &[], || {
        let (mut model, x, y) = model();
        compile(&mut model, Adam::new());
        let (epochs, batch_size) = (3, 8);
        let fit = Fit {
            epochs,
            batch_size,
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&x, &y, fit).expect("trains");
        let losses = history.get("loss").expect("measured");
        assert!(losses[2] < losses[0], "{losses:?}");
        println!("losses {losses:?}");
    });
    let Some((said, log)) = ran else { return };
    assert!(!said.contains("no kernels"), "{said}");
    let large = format!("copy to-device {}", 4 * 64 * 300);
    assert_eq!(log.matches(&large).count(), 1, "{log}");
    // Of each of the 24 steps: the loss, the flag and the predictions.
    let to_host: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("to-host"))
        .collect();
    assert_eq!(to_host.len(), 3 * 24, "{to_host:?}");
    assert!(
        !log.contains("wait"),
        "nobody waits for all of the GPU: {log}"
    );
    let (before, _) = log.split_once("see").expect("somebody looks in the end");
    let ahead = before.matches("launch adam ").count();
    assert_eq!(
        ahead, 8,
        "nobody looks before all steps of the epoch are begun"
    );
    let updates = log.matches("launch adam ").count();
    assert_eq!(updates, 24, "one launch for all weights");
}

#[test]
fn predictions_wait_for_nothing_but_the_last_batch() {
    let name = "gpu::training::predictions_wait_for_nothing_but_the_last_batch";
    let ran = alone_with_log(name, &[], || {
        let (mut model, x, _) = model();
        let predict = |batch_size| Predict {
            batch_size,
            verbose: 0,
            ..Predict::default()
        };
        let parts = model.predict_with(&x, predict(12)).expect("predicts");
        let whole = model.predict_with(&x, predict(64)).expect("predicts");
        assert_eq!(parts, whole);
    });
    let Some((_, log)) = ran else { return };
    let (before, _) = log.split_once("see").expect("somebody looks in the end");
    let batches = before.matches("copy to-host").count();
    assert_eq!(batches, 6, "all batches are on their way: {log}");
    assert!(!log.contains("wait"), "{log}");
}

#[test]
fn a_step_that_diverges_leaves_the_weights_although_it_is_seen_late() {
    let name = "gpu::training::a_step_that_diverges_leaves_the_weights_although_it_is_seen_late";
    let said = alone(name, &[], || {
        let (mut model, x, y) = model();
        compile(&mut model, SGD::new());
        let fit = |model: &mut Sequential, x: &Tensor, y: &Tensor| {
            let fit = Fit {
                batch_size: 8,
                shuffle: false,
                verbose: 0,
                ..Fit::default()
            };
            model.fit(x, y, fit)
        };
        // Two good steps, then a bad one, then good ones again.
        let half = |y: &Tensor| y.slice(0..16).expect("there");
        let (mut same, ..) = self::model();
        compile(&mut same, SGD::new());
        fit(&mut same, &half(&x), &half(&y)).expect("trains");
        let mut bad = y.to_vec::<f32>();
        bad[20] = f32::NAN;
        let bad = Tensor::from_vec(bad, (64, 1)).expect("fits");
        let error = fit(&mut model, &x, &bad).expect_err("diverges");
        assert!(error.to_string().contains("epoch 1, step 3"), "{error}");
        assert!(error.to_string().contains("the loss became NaN"), "{error}");
        assert_eq!(model.get_weights(), same.get_weights());
        // It goes on from there.
        fit(&mut model, &x, &y).expect("trains");
        let callbacks = vec![TerminateOnNaN::new().into()];
        let stop = Fit {
            batch_size: 8,
            callbacks,
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&x, &bad, stop).expect("ends");
        assert!(format!("{:?}", history.ending).contains("Diverged"));
    });
    let Some(said) = said else { return };
    assert!(said.contains("Invalid loss"), "{said}");
}

#[test]
fn both_devices_learn_the_same() {
    const NAME: &str = "gpu::training::both_devices_learn_the_same";
    let learn = || {
        let mut results = Vec::new();
        for clips in [false, true] {
            let (mut model, x, y) = model();
            let optimizer = Adam::new().learning_rate(0.01);
            match clips {
                true => compile(&mut model, optimizer.global_clipnorm(0.1).use_ema(true)),
                false => compile(&mut model, optimizer.gradient_accumulation_steps(2)),
            }
            let fit = Fit {
                epochs: 2,
                batch_size: 8,
                verbose: 0,
                ..Fit::default()
            };
            let history = model.fit(&x, &y, fit).expect("trains");
            let quiet = Evaluate {
                verbose: 0,
                ..Evaluate::default()
            };
            let scores = model.evaluate(&x, &y, quiet).expect("measures");
            results.push((history.get("loss").expect("measured").to_vec(), scores));
            results.push((
                Vec::new(),
                vec![model.predict(&x).expect("predicts").sum().into()],
            ));
        }
        results
    };
    let here = learn();
    let said = alone(NAME, &[], || {
        assert_eq!(Device::current(), Device::Cuda(0));
        for result in learn() {
            println!("learned {result:?}");
        }
    });
    let Some(said) = said else { return };
    let numbers = |text: &str| -> Vec<f64> {
        let parts = text.split(|c: char| !c.is_ascii_digit() && !"-.e".contains(c));
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    let there = said.lines().filter(|line| line.starts_with("learned"));
    let there: Vec<f64> = there.flat_map(numbers).collect();
    let here: Vec<f64> = here
        .iter()
        .flat_map(|result| numbers(&format!("{result:?}")))
        .collect();
    assert_eq!(here.len(), there.len(), "{said}");
    for (here, there) in here.iter().zip(&there) {
        assert!(
            (here - there).abs() < 1e-4 * here.abs().max(1e-2),
            "{here} {there}"
        );
    }
}

#[test]
fn mixed_precision_rounds_the_factors_of_products() {
    let name = "gpu::training::mixed_precision_rounds_the_factors_of_products";
    alone(name, &[], || {
        let (mut model, x, _) = model();
        let exact = model.predict(&x).expect("predicts");
        for (policy, least, most) in [
            ("mixed_bfloat16", 1e-5, 1e-2),
            ("mixed_float16", 1e-7, 2e-3),
        ] {
            kerust::mixed_precision::set_global_policy(policy).expect("known");
            let rounded = model.predict(&x).expect("predicts");
            let distances = exact
                .to_vec::<f32>()
                .into_iter()
                .zip(rounded.to_vec::<f32>());
            let distance = distances.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(distance > least && distance < most, "{policy}: {distance}");
        }
    });
}

#[test]
fn a_relu_behind_batch_normalization_has_no_launches_of_its_own() {
    let name = "gpu::training::a_relu_behind_batch_normalization_has_no_launches_of_its_own";
    let ran = alone_with_log(name, &[], || {
        crate::training::together::assert_relu_behind_batch_normalization();
    });
    let Some((_, log)) = ran else { return };
    // Of the network whose relu stands apart: nine steps and a prediction of one batch.
    assert_eq!(log.matches("launch relu_slope ").count(), 9, "{log}");
    assert_eq!(log.matches("launch relu ").count(), 10, "{log}");
}

#[test]
fn a_step_of_a_deeper_network_takes_few_launches() {
    let name = "gpu::training::a_step_of_a_deeper_network_takes_few_launches";
    let ran = alone_with_log(name, &[], || {
        let mut model = Sequential::new();
        model.add(Input::new((16, 16, 3))).expect("fits");
        for filters in [4, 8, 16] {
            let convolution = Conv2D::new(filters, (3, 3)).padding("same");
            model.add(convolution).expect("fits");
            model.add(BatchNormalization::new()).expect("fits");
            model.add(Activation::layer("relu")).expect("fits");
            model.add(MaxPooling2D::new((2, 2))).expect("fits");
        }
        model.add(Flatten::new()).expect("fits");
        let dense = Dense::new(12).activation("relu");
        model.add(dense).expect("fits");
        model
            .add(Dense::new(10).activation("softmax"))
            .expect("fits");
        let compile = Compile {
            optimizer: "adam".into(),
            loss: "sparse_categorical_crossentropy".into(),
            metrics: vec!["accuracy".into()],
            ..Compile::default()
        };
        model.compile(compile).expect("fits");
        let x = Tensor::ones((32, 16, 16, 3));
        let fit = Fit {
            batch_size: 8,
            epochs: 2,
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&x, Tensor::zeros(32), fit).expect("trains");
    });
    let Some((_, log)) = ran else { return };
    let steps: Vec<&str> = log.split("launch adam ").collect();
    assert_eq!(steps.len(), 9, "{log}");
    let work = |step: &str| {
        let lines = step.lines().skip(1);
        lines
            .filter(|line| line.starts_with("launch") || line.starts_with("product"))
            .count()
            + 1
    };
    // Larger pictures take a few more: see tests/benches/gpu/host.py.
    assert_eq!(work(steps[3]), 62, "{log}");
    // What a step needs, others have left.
    assert!(!steps[7].contains("allocate"), "{log}");
}

#[test]
fn a_bias_that_batch_normalization_takes_out_again_has_no_gradient() {
    let name = "gpu::training::a_bias_that_batch_normalization_takes_out_again_has_no_gradient";
    let ran = alone_with_log(name, &[], || {
        // The gradient of a bias, whose rows of 4 are normalized as rows of so many.
        let of_bias = |columns: usize, elsewhere: Option<bool>, relu: bool| -> Result<Vec<f32>> {
            let mut tape = Tape::recording();
            let bias = tape.watch(&Tensor::from_vec(vec![0.5, -0.25, 1.0, 0.0], 4)?);
            let x = Tensor::from_vec((0..16).map(|i| (i * i % 7) as f32).collect(), (4, 4))?;
            let unit: Vec<f32> = (0..16)
                .map(|i| if i % 5 == 0 { 1.0 } else { 0.0 })
                .collect();
            let unit = Tensor::from_vec(unit, (4, 4))?;
            let y = ops::dense(&mut tape, &x, &unit, Some(&bias), relu)?;
            let rows = y.reshape((16 / columns, columns))?;
            let before = ops::multiply(&mut tape, &rows, &Tensor::scalar(1.0))?;
            let statistics = ops::batch_statistics(&rows)?;
            let z =
                ops::batch_normalization(&mut tape, &rows, None, None, &statistics, 1e-3, true)?;
            let factors: Vec<f32> = (0..16).map(|i| (i * 3 % 5) as f32).collect();
            let factors = Tensor::from_vec(factors, rows.shape())?;
            let mut z = ops::multiply(&mut tape, &z, &factors)?;
            // Used before or behind the normalization, too.
            if let Some(is_before) = elsewhere {
                z = ops::add(&mut tape, &z, if is_before { &before } else { &rows })?;
            }
            Ok(tape.gradient(&z, &[&bias])?[0].to_vec())
        };
        let is_far_from =
            |gradient: &[f32], value: f32| gradient.iter().any(|g| (g - value).abs() > 1e-2);
        assert_eq!(of_bias(4, None, false).expect("works"), [0.0; 4]);
        assert_eq!(of_bias(8, None, false).expect("works"), [0.0; 4]);
        let narrower = of_bias(2, None, false).expect("works");
        assert!(is_far_from(&narrower, 0.0), "{narrower:?}");
        for is_before in [false, true] {
            let used = of_bias(4, Some(is_before), false).expect("works");
            assert!(!is_far_from(&used, 4.0), "{is_before}: {used:?}");
        }
        let cut = of_bias(4, None, true).expect("works");
        assert!(is_far_from(&cut, 0.0), "{cut:?}");
    });
    let Some((_, log)) = ran else { return };
    assert_eq!(log.matches("launch reduce_middle").count(), 4, "{log}");
}
