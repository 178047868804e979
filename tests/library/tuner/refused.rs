//! Trials that fail, and arguments that are wrong.

use kerust::ErrorKind;
use kerust::prelude::*;
use kerust::tuner::TrialStatus;

use super::{build, folder, quiet, two_sides};

#[test]
fn a_trial_that_fails_is_written_down_and_the_search_goes_on() -> Result<()> {
    let folder = folder();
    let (x, y) = two_sides(40)?;
    let y = y.reshape((40, 1))?;
    let mut tuner = GridSearch::new(|hp| {
        let way = hp
            .choice("way", ["good", "unknown", "nan", "shape", "fine"])
            .get()?;
        let mut model = Sequential::new();
        model.add(Dense::new(1).activation(match way {
            "unknown" => "reluu",
            _ => "linear",
        }))?;
        if way == "shape" {
            model.add(Conv2D::new(2, 3))?;
        }
        let rate = if way == "nan" { f32::MAX } else { 0.01 };
        model.compile(Compile {
            optimizer: SGD::new().learning_rate(rate).into(),
            loss: "mse".into(),
            ..Compile::default()
        })?;
        Ok(model)
    })
    .objective("val_loss")
    .max_consecutive_failed_trials(4)
    .directory(folder.path());
    tuner.search(&x, &y, quiet(3))?;
    let mut trials = tuner.results_summary()?.trials;
    trials.sort_by_key(|trial| trial.trial_id);
    let failed = trials
        .iter()
        .map(|trial| trial.status == TrialStatus::Failed);
    assert_eq!(failed.collect::<Vec<_>>(), [false, true, true, true, false]);
    let message = |i: usize| trials[i].message.clone().unwrap_or_default();
    assert!(message(1).contains("did you mean `relu`"), "{}", message(1));
    assert!(
        message(2).contains("finite") || message(2).contains("NaN"),
        "{}",
        message(2)
    );
    assert!(message(3).contains("Conv2D"), "{}", message(3));
    assert_eq!(tuner.get_best_models(9)?.len(), 2);
    let text = tuner.results_summary()?.to_string();
    assert!(text.contains("\nTrial 2: "), "{text}");
    Ok(())
}

#[test]
fn several_failures_in_a_row_end_the_search() -> Result<()> {
    let folder = folder();
    let tuner = || {
        RandomSearch::default()
            .max_trials(9)
            .directory(folder.path())
    };
    let mut begun = 0;
    let failing = |trial: &mut Trial| -> Result<f64> {
        let _: f64 = trial.hyperparameters.float("x", 0.0, 1.0).get()?;
        Err(Error::data("out of luck"))
    };
    let error = tuner()
        .search_with(|trial| {
            begun += 1;
            failing(trial)
        })
        .expect_err("refused");
    assert_eq!(begun, 3);
    assert_eq!(
        error.to_string(),
        "RandomSearch: `search_with`: 3 trials in a row have failed; trial 3: out of luck"
    );
    // Those of earlier calls do not count: something may have been put right.
    let mut calls = 0;
    tuner().search_with(|trial| {
        calls += 1;
        if calls == 1 { failing(trial) } else { Ok(1.0) }
    })?;
    assert_eq!(calls, 6);
    Ok(())
}

#[test]
fn a_failed_trial_is_tried_again_if_that_is_wanted() -> Result<()> {
    let folder = folder();
    let tuner = RandomSearch::default()
        .max_trials(2)
        .max_retries_per_trial(2);
    let mut tuner = tuner.directory(folder.path());
    let mut calls = Vec::new();
    tuner.search_with(|trial| {
        calls.push(trial.trial_id);
        let x: f64 = trial.hyperparameters.float("x", 0.0, 1.0).get()?;
        // NaN is no score.
        Ok(if calls.len() < 3 { f64::NAN } else { x })
    })?;
    assert_eq!(calls, [1, 1, 1, 2]);
    assert_eq!(tuner.get_best_trials(9)?.len(), 2);
    Ok(())
}

#[test]
fn what_no_trial_could_do_better_ends_the_search_at_once() -> Result<()> {
    let folder = folder();
    let (x, y) = two_sides(40)?;
    let tuner = || {
        RandomSearch::new(build)
            .max_trials(2)
            .directory(folder.path())
    };
    let text = |result: Result<()>| result.expect_err("refused").to_string();
    let error = text(tuner().search(&x, &y, quiet(1)));
    assert!(error.contains(".objective(\"val_accuracy\")"), "{error}");
    let error = text(tuner().objective("beauty").search(&x, &y, quiet(1)));
    assert!(
        error.contains("Objective::new(\"beauty\", \"max\")"),
        "{error}"
    );
    let error = text(tuner().objective("val_auc").search(&x, &y, quiet(1)));
    assert!(
        error.contains("accuracy, loss, val_accuracy, val_loss, got `val_auc`"),
        "{error}"
    );
    // Nothing was found, so that another objective may be tried in the same folder.
    let unsplit = Fit {
        validation_split: 0.0,
        ..quiet(1)
    };
    let error = text(tuner().objective("val_loss").search(&x, &y, unsplit));
    assert!(error.contains("`validation_split`"), "{error}");
    let error = text(tuner().objective("val_loss").search(&x, &y, quiet(0)));
    assert!(error.contains("argument `epochs`"), "{error}");
    tuner().objective("val_loss").search(&x, &y, quiet(1))?;

    let error = text(RandomSearch::default().search(&x, &y, quiet(1)));
    assert!(error.contains("search_with"), "{error}");
    let broken = |_: &mut HyperParameters| -> Result<Sequential> { Err(Error::data("broken")) };
    let broken = RandomSearch::new(broken)
        .objective("val_loss")
        .directory(folder.path());
    let error = text(broken.project_name("broken").search(&x, &y, quiet(1)));
    assert_eq!(error, "RandomSearch: `search`: broken");
    Ok(())
}

#[test]
fn wrong_arguments_are_named() {
    let folder = folder();
    let random = || RandomSearch::default().directory(folder.path());
    let hyperband = || Hyperband::default().directory(folder.path());
    let bayesian = || BayesianOptimization::default().directory(folder.path());
    fn one(_: &mut Trial) -> Result<f64> {
        Ok(1.0)
    }
    let refused = [
        (random().max_trials(0).search_with(one), "`max_trials`"),
        (
            random().executions_per_trial(0).search_with(one),
            "`executions_per_trial`",
        ),
        (
            random().max_consecutive_failed_trials(0).search_with(one),
            "`max_consecutive",
        ),
        (random().project_name("").search_with(one), "`project_name`"),
        (
            random().project_name("../x").search_with(one),
            "`project_name`",
        ),
        (
            random().project_name("..").search_with(one),
            "`project_name`",
        ),
        (
            random().tune_new_entries(false).search_with(one),
            "`tune_new_entries`",
        ),
        (
            random()
                .objective(Objective::new("x", "up"))
                .search_with(one),
            "unknown mode `up`",
        ),
        (hyperband().max_epochs(0).search_with(one), "`max_epochs`"),
        (
            hyperband().max_epochs(usize::MAX).search_with(one),
            "`max_epochs`",
        ),
        (hyperband().factor(1).search_with(one), "`factor`"),
        (
            hyperband().hyperband_iterations(0).search_with(one),
            "`hyperband_iterations`",
        ),
        (bayesian().beta(f64::NAN).search_with(one), "`beta`"),
        (bayesian().alpha(-1.0).search_with(one), "`alpha`"),
    ];
    for (i, (result, part)) in refused.into_iter().enumerate() {
        let error = result.expect_err(&format!("mistake {i}")).to_string();
        assert!(error.contains(part), "mistake {i}: {error}");
    }
    let error = random().get_best_trials(1).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::State);
    assert!(error.to_string().contains("call `search` first"), "{error}");
}
