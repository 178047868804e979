//! The tutorial on real pictures: the CIFAR-10 sample of 5,000 + 1,000 pictures.
//!
//! The folder comes from `KERUST_TEST_DATA`, or is `shared/data/cifar-10-sample` beside the
//! workspace. Without it the test says so and passes.

use std::path::{Path, PathBuf};

use kerust::datasets::cifar10;
use kerust::prelude::*;

use crate::{formula, own_process};

/// Keras reached 0.494 on average on the same pictures with the same model and arguments (five
/// runs, 0.483 to 0.516, standard deviation 0.013; `tests/golden/keras_sample_baseline.json`).
/// Three standard deviations less is what chance alone does not reach.
const EXPECTED_ACCURACY: f64 = 0.45;

/// The folder of the sample, when it is at hand.
pub(crate) fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("KERUST_TEST_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cifar-10-sample");
    given.or_else(|| beside.is_dir().then_some(beside))
}

/// The tutorial's ten epochs; the accuracy on the test pictures.
fn tutorial(folder: &Path, seed: u64) -> Result<f64> {
    let ((x_train, y_train), (x_test, y_test)) = cifar10::load_from(folder)?;
    assert_eq!(x_train.shape(), (5000, 32, 32, 3));
    assert_eq!(x_test.shape(), (1000, 32, 32, 3));
    let (x_train, x_test) = (&x_train / 255.0, &x_test / 255.0);

    set_random_seed(seed);
    let mut model = formula::tutorial_model()?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    let fit = Fit {
        epochs: 10,
        batch_size: 32,
        validation_split: 0.2,
        verbose: 0,
        ..Fit::default()
    };
    let history = model.fit(&x_train, &y_train, fit)?;
    assert_eq!(history.epoch.len(), 10);
    for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        let values = history.get(name).unwrap_or_default();
        assert!(
            values.len() == 10 && values.iter().all(|v| v.is_finite()),
            "{name}: {values:?}"
        );
    }
    let losses = history.get("loss").unwrap_or_default();
    assert!(
        losses.windows(2).all(|pair| pair[1] < pair[0]),
        "the loss falls: {losses:?}"
    );

    let evaluate = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    let score = model.evaluate(&x_test, &y_test, evaluate)?;
    let predicted = model.predict(&x_test)?.argmax(-1)?.to_vec::<usize>();
    let right = predicted
        .iter()
        .zip(y_test.to_vec::<usize>())
        .filter(|(p, y)| **p == *y)
        .count();
    assert!(
        (score[1] - right as f64 / 1000.0).abs() < 1e-9,
        "predict and evaluate agree"
    );
    Ok(score[1])
}

/// The best network of the notebook `better_cifar10`, in 20 epochs of smaller batches, as so few
/// pictures need; the accuracy on the test pictures.
fn better_network(folder: &Path, seed: u64) -> Result<f64> {
    let ((x_train, y_train), (x_test, y_test)) = cifar10::load_from(folder)?;
    let (x_train, x_test) = (&x_train / 255.0, &x_test / 255.0);

    set_random_seed(seed);
    let mut model = Sequential::new();
    model.add(RandomFlip::new("horizontal").input_shape((32, 32, 3)))?;
    model.add(RandomTranslation::new(0.1, 0.1))?;
    for (filters, convolutions) in [(32, 2), (64, 1), (128, 1)] {
        for _ in 0..convolutions {
            let convolution = Conv2D::new(filters, (3, 3));
            model.add(convolution.padding("same").use_bias(false))?;
            model.add(BatchNormalization::new().momentum(0.9))?;
            model.add(Activation::layer("relu"))?;
        }
        model.add(MaxPooling2D::new((2, 2)))?;
    }
    model.add(GlobalAveragePooling2D::new())?;
    model.add(Dropout::new(0.2))?;
    model.add(Dense::new(10).activation("softmax"))?;
    let (epochs, batch_size) = (20, 32);
    let steps = (x_train.len().div_ceil(batch_size) * epochs) as u64;
    let schedule = CosineDecay::new(0.0003, steps - steps / 10)
        .warmup_target(0.003)
        .warmup_steps(steps / 10);
    model.compile(Compile {
        optimizer: Adam::new().learning_rate(schedule).into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    let fit = Fit {
        epochs,
        batch_size,
        verbose: 0,
        ..Fit::default()
    };
    model.fit(&x_train, &y_train, fit)?;
    let evaluate = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    Ok(model.evaluate(&x_test, &y_test, evaluate)?[1])
}

/// The seeds to train with; more by `KERUST_TEST_SEEDS=1,2,3`.
fn seeds() -> Vec<u64> {
    let given = std::env::var("KERUST_TEST_SEEDS").unwrap_or_else(|_| "1".to_string());
    given
        .split(',')
        .map(|seed| seed.trim().parse().expect("seeds are whole numbers"))
        .collect()
}

/// Checks the mean accuracy over the seeds, in a process of its own, where the sample is at hand.
/// `test` is the name of the test that calls this.
fn check_mean(test: &str, train: fn(&Path, u64) -> Result<f64>, check: fn(f64)) {
    own_process::run(&format!("real_cifar10::{test}"), || {
        let Some(folder) = folder() else {
            own_process::say("no CIFAR-10 sample: set KERUST_TEST_DATA to train on real pictures");
            return;
        };
        let of_seed = |seed| train(&folder, seed).expect("training works");
        let accuracies: Vec<f64> = seeds().into_iter().map(of_seed).collect();
        let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
        own_process::say(&format!(
            "CIFAR-10 sample, {test}: test accuracy {accuracies:?}, mean {mean:.3}"
        ));
        check(mean);
    });
}

#[test]
fn the_tutorial_learns_real_pictures_as_well_as_keras_does() {
    let name = "the_tutorial_learns_real_pictures_as_well_as_keras_does";
    check_mean(name, tutorial, |mean| {
        assert!(mean >= EXPECTED_ACCURACY, "Keras reaches 0.494 on average");
    });
}

#[test]
fn the_better_network_is_better_on_real_pictures() {
    let name = "the_better_network_is_better_on_real_pictures";
    check_mean(name, better_network, |mean| {
        assert!(
            mean > 0.55,
            "the tutorial's network reaches 0.494 on average"
        );
    });
}
