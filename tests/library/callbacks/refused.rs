//! What cannot work is refused before the first epoch.

use kerust::callbacks::SharedCallback;
use kerust::models::Ending;
use kerust::prelude::*;

use super::train;
use crate::own_process;

#[test]
fn arguments_that_cannot_work_are_refused_before_the_first_epoch() {
    let cases: Vec<(SharedCallback, &str)> = vec![
        (
            EarlyStopping::new().mode("most").into(),
            "unknown mode `most`",
        ),
        (
            EarlyStopping::new().monitor("beauty").into(),
            "`auto` for `beauty`",
        ),
        (
            ReduceLROnPlateau::new().factor(1.0).into(),
            "argument `factor`",
        ),
        (
            ModelCheckpoint::new("a.keras")
                .save_weights_only(true)
                .into(),
            "`.safetensors`",
        ),
        (
            ModelCheckpoint::new("a.ckpt").into(),
            "`.safetensors`, `.weights.h5`, `.npz` or `.keras`",
        ),
        (
            ModelCheckpoint::new("{epoch.safetensors").into(),
            "not closed",
        ),
        (
            ModelCheckpoint::new("a.safetensors").save_freq(0).into(),
            "argument `save_freq`",
        ),
        (
            ModelCheckpoint::new("a.safetensors")
                .save_freq("batch")
                .into(),
            "unknown save_freq `batch`",
        ),
        (
            ModelCheckpoint::new("a.safetensors")
                .save_weights_only(false)
                .into(),
            "a path that ends in `.keras`",
        ),
        (BackupAndRestore::new("").into(), "argument `backup_dir`"),
        (
            CSVLogger::new("a.csv").separator("").into(),
            "argument `separator`",
        ),
        (
            SwapEMAWeights::new().into(),
            "SwapEMAWeights: the optimizer keeps no averages",
        ),
        (
            LearningRateScheduler::new(|_, _| -1.0).into(),
            "LearningRateScheduler",
        ),
    ];
    for (callback, words) in cases {
        let error = train(2, vec![callback]).expect_err(words).to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn a_result_that_is_not_measured_ends_nothing() -> Result<()> {
    let stopping = EarlyStopping::new().monitor("val_accuracy");
    assert_eq!(train(3, vec![stopping.into()])?.1.epoch.len(), 3);
    Ok(())
}

#[test]
fn a_run_without_numbers_ends_when_asked_to() -> Result<()> {
    let (x, y) = (Tensor::ones((4, 2)), Tensor::full((4, 1), f32::NAN));
    let run = |callbacks| {
        let fit = Fit {
            epochs: 3,
            callbacks,
            verbose: 0,
            ..Fit::default()
        };
        super::small_model()?.fit(&x, &y, fit)
    };
    assert!(run(Vec::new()).is_err());
    let history = run(vec![TerminateOnNaN::new().into()])?;
    assert_eq!(history.epoch, [0]);
    assert!(run(vec![TerminateOnNaN::new().raise_error(true).into()]).is_err());
    Ok(())
}

/// Trains on pairs of samples of which the second one has no number.
fn diverge() -> Result<History> {
    let y = [1.0, 1.0, f32::NAN, 1.0, 1.0, 1.0];
    let fit = Fit {
        epochs: 3,
        batch_size: 2,
        shuffle: false,
        callbacks: vec![TerminateOnNaN::new().into()],
        ..Fit::default()
    };
    let (x, y) = (Tensor::ones((6, 2)), Tensor::from_vec(y.to_vec(), (6, 1))?);
    super::small_model()?.fit(&x, &y, fit)
}

#[test]
fn a_run_without_numbers_is_shown_as_one() -> Result<()> {
    const DIVERGES: &str = "KERUST_TEST_DIVERGES";
    let name = "callbacks::refused::a_run_without_numbers_is_shown_as_one";
    if std::env::var_os(DIVERGES).is_none() {
        let (status, text) = own_process::start(name, &[(DIVERGES, "1")]);
        assert!(status.success(), "{text}");
        let verdict = "\nStopped at epoch 1/3, step 2/3: the loss became NaN\n  help: the weights";
        assert!(text.contains(verdict), "{text}");
        return Ok(());
    }
    let history = diverge()?;
    let Ending::Diverged(what) = &history.ending else {
        panic!("{:?}", history.ending);
    };
    assert!(
        what.starts_with("epoch 1, step 2: the loss became NaN\n"),
        "{what}"
    );
    let shown = history.bundle();
    assert!(shown.plain().contains("\nStopped at epoch 1, step 2: "));
    let red = "color:#d94141;font-weight:600;white-space:pre-wrap\">Stopped at epoch 1, step 2: ";
    assert!(
        shown
            .get("text/html")
            .is_some_and(|html| html.contains(red))
    );
    Ok(())
}

#[test]
fn a_model_that_no_file_can_hold_is_refused_before_the_first_epoch() -> Result<()> {
    let mut model = Sequential::new();
    model
        .add(kerust::layers::Lambda::new(|x, tape| kerust::ops::square(tape, x)).input_shape(1))?;
    model.add(Dense::new(1))?;
    model.compile(Compile {
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let folder = super::folder();
    let fit = |name: &str| Fit {
        callbacks: vec![ModelCheckpoint::new(folder.path().join(name)).into()],
        verbose: 0,
        ..Fit::default()
    };
    let (x, y) = (Tensor::ones((4, 1)), Tensor::ones((4, 1)));
    let before = model.get_weights();
    let error = model.fit(&x, &y, fit("best.keras")).expect_err("no file");
    assert!(error.to_string().contains("ModelCheckpoint"), "{error}");
    assert!(error.to_string().contains("Lambda"), "{error}");
    assert_eq!(model.get_weights(), before);
    model.fit(&x, &y, fit("best.weights.h5"))?;
    Ok(())
}
