//! What searches find.

use std::collections::HashSet;

use kerust::prelude::*;
use kerust::tuner::TrialStatus;

use super::{build, folder, quiet, two_sides};
use crate::own_process;

#[test]
fn a_search_finds_models_and_gives_them_back() -> Result<()> {
    let folder = folder();
    let (x, y) = two_sides(120)?;
    let mut tuner = RandomSearch::new(build)
        .objective("val_accuracy")
        .max_trials(4)
        .executions_per_trial(2)
        .directory(folder.path())
        .project_name("sides");
    tuner.search(&x, &y, quiet(3))?;
    let trials = tuner.get_best_trials(10)?;
    assert_eq!(trials.len(), 4);
    let scores: Vec<f64> = trials.iter().filter_map(|trial| trial.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    for trial in &trials {
        assert_eq!((trial.status, trial.epochs), (TrialStatus::Completed, 3));
        assert_eq!(trial.metrics.len(), 4, "{:?}", trial.metrics);
        assert!(trial.best_step < Some(3));
    }
    let values: HashSet<String> = trials
        .iter()
        .map(|t| t.hyperparameters.to_string())
        .collect();
    assert_eq!(values.len(), 4, "no values are tried twice");

    // The weights are those of the best epoch: they have its accuracy on the validation.
    let mut single = RandomSearch::new(build)
        .objective("val_accuracy")
        .max_trials(2)
        .directory(folder.path());
    single.search(&x, &y, quiet(5))?;
    let models = single.get_best_models(2)?;
    assert_eq!(models.len(), 2);
    for (mut model, trial) in models.into_iter().zip(single.get_best_trials(2)?) {
        let evaluate = Evaluate {
            verbose: 0,
            ..Evaluate::default()
        };
        let measured = model.evaluate(x.slice(90..120)?, y.slice(90..120)?, evaluate)?;
        assert!((measured[1] - trial.score.expect("completed")).abs() < 1e-6);
    }
    let text = tuner.results_summary()?.to_string();
    assert!(
        text.contains("val_accuracy") && text.contains("* best"),
        "{text}"
    );
    let best = tuner.get_best_hyperparameters(1)?.remove(0);
    assert!(best.get::<usize>("units")? >= 2);
    assert_eq!(tuner.build(&best)?.layer_names().len(), 2);
    Ok(())
}

#[test]
fn a_seed_makes_a_search_repeatable_whatever_else_is_random() {
    let name = "tuner::search::a_seed_makes_a_search_repeatable_whatever_else_is_random";
    own_process::run(name, || search_twice().expect("the searches succeed"));
}

fn search_twice() -> Result<()> {
    let (x, y) = two_sides(60)?;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let folder = folder();
        Tensor::random_uniform(3, 0.0, 1.0);
        let mut tuner = RandomSearch::new(build)
            .objective("val_loss")
            .max_trials(3)
            .seed(11)
            .directory(folder.path());
        tuner.search(&x, &y, quiet(2))?;
        let trials = tuner.get_best_trials(3)?.into_iter();
        seen.push(trials.map(|t| (t.trial_id, t.score)).collect::<Vec<_>>());
    }
    assert_eq!(seen[0], seen[1]);
    Ok(())
}

#[test]
fn a_search_on_a_dataset_is_one_on_its_arrays() {
    let name = "tuner::search::a_search_on_a_dataset_is_one_on_its_arrays";
    own_process::run(name, || search_both().expect("the searches succeed"));
}

fn search_both() -> Result<()> {
    let (x, y) = two_sides(60)?;
    let in_order = |fit: Fit| Fit {
        shuffle: false,
        validation_split: 0.0,
        ..fit
    };
    let tuner = |folder: &std::path::Path| {
        RandomSearch::new(build)
            .objective("val_loss")
            .max_trials(3)
            .seed(7)
            .directory(folder)
    };
    let found = |tuner: &RandomSearch| -> Result<Vec<(usize, Option<f64>)>> {
        let trials = tuner.get_best_trials(3)?.into_iter();
        Ok(trials.map(|trial| (trial.trial_id, trial.score)).collect())
    };
    let of_arrays = folder();
    let mut expected = tuner(of_arrays.path());
    let validated = Fit {
        validation_data: (x.slice(44..60)?, y.slice(44..60)?).into(),
        ..in_order(quiet(2))
    };
    expected.search(x.slice(0..44)?, y.slice(0..44)?, validated)?;

    let batches = |from: usize, to: usize| -> Result<Dataset> {
        let samples = (x.slice(from..to)?, y.slice(from..to)?);
        Ok(Dataset::from_tensor_slices(samples)?.batch(16))
    };
    let of_dataset = folder();
    let mut search = tuner(of_dataset.path());
    let validated = Fit {
        validation_data: (&batches(44, 60)?).into(),
        ..in_order(quiet(2))
    };
    search.search_batches(&batches(0, 44)?, validated.clone())?;
    assert_eq!(found(&search)?, found(&expected)?);
    let model = search.get_best_models(1)?.remove(0);
    assert_eq!(model.layer_names().len(), 2);

    // What cannot be trained on ends the search with its reason.
    let mut empty = tuner(of_dataset.path()).project_name("empty");
    let error = empty.search_batches(&batches(0, 44)?.take(0), validated);
    let error = error.expect_err("no batch").to_string();
    assert!(
        error.starts_with("RandomSearch: `search_batches`: ")
            && error.contains("at least one batch"),
        "{error}"
    );
    Ok(())
}

#[test]
fn hyperband_goes_on_with_the_weights_of_the_round_before() -> Result<()> {
    let folder = folder();
    let (x, y) = two_sides(80)?;
    // Its optimizer counts its steps: what is trained on goes on counting.
    let mut tuner = Hyperband::new(build)
        .objective("val_loss")
        .max_epochs(4)
        .factor(2)
        .directory(folder.path());
    tuner.search(&x, &y, quiet(99))?;
    let trials = tuner.results_summary()?.trials;
    // Three brackets of 4 + 2 + 1, 3 + 2 and 3 trials.
    assert_eq!(trials.len(), 15);
    let by_id = |id: usize| {
        trials
            .iter()
            .find(|trial| trial.trial_id == id)
            .expect("there")
    };
    let mut continued = 0;
    for trial in &trials {
        assert_eq!(Some(trial.epochs), trial.last_epoch());
        let Some(past) = trial.continues().map(by_id) else {
            assert_eq!(trial.initial_epoch(), 0);
            continue;
        };
        continued += 1;
        assert_eq!(Some(trial.initial_epoch()), past.last_epoch());
        assert!(trial.best_step >= Some(trial.initial_epoch()));
        let values = |trial: &Trial| trial.hyperparameters.to_string();
        assert_eq!(values(trial), values(past));
        let loss = |trial: &Trial| trial.metrics["loss"];
        assert!(loss(trial) < loss(past) + 0.05, "it does not begin anew");
    }
    assert_eq!(continued, 5);
    Ok(())
}

#[test]
fn a_grid_finds_what_only_some_trials_define() -> Result<()> {
    let folder = folder();
    let mut tuner = GridSearch::default().directory(folder.path());
    let mut tried = Vec::new();
    tuner.search_with(|trial| {
        let hp = &mut trial.hyperparameters;
        let kind = hp.choice("kind", ["plain", "deep"]).get()?;
        let depth = match kind {
            "deep" => hp.int("depth", 1, 3).parent("kind", ["deep"]).get()?,
            _ => None,
        };
        tried.push((kind, depth));
        Ok(0.0)
    })?;
    assert_eq!(
        tried,
        [
            ("plain", None),
            ("deep", Some(1)),
            ("deep", Some(2)),
            ("deep", Some(3))
        ]
    );
    Ok(())
}

#[test]
fn scopes_that_a_build_did_not_enter_are_explored() -> Result<()> {
    let folder = folder();
    let tuner = RandomSearch::new(|hp| {
        hp.choice("kind", ["a", "b"]).get()?;
        hp.conditional_scope("kind", ["b"], |hp| {
            hp.choice("inner", [1, 2]).get()?;
            hp.conditional_scope("inner", [2], |hp| hp.boolean("innermost").get())
        })?;
        build(hp)
    })
    .directory(folder.path());
    let summary = tuner.search_space_summary()?;
    let names: Vec<&str> = summary.space.iter().map(|hp| hp.name()).collect();
    assert_eq!(names, ["kind", "units", "rate", "inner", "innermost"]);
    let text = summary.to_string();
    assert!(
        text.contains(
            "innermost (Boolean): true, false; default false; only if kind = b and inner = 2"
        ),
        "{text}"
    );
    assert!(
        text.contains("rate (Float): 0.001 to 0.1, log; default 0.001"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_small_space_is_exhausted() -> Result<()> {
    for limit in [100, 2] {
        let folder = folder();
        let mut tuner = RandomSearch::default()
            .max_trials(limit)
            .directory(folder.path());
        tuner.search_with(|trial| {
            let hp = &mut trial.hyperparameters;
            Ok(f64::from(u8::from(hp.boolean("a").get()?)))
        })?;
        // The first trial has brought it to light.
        assert!((1..=2).contains(&tuner.get_best_trials(9)?.len()));
    }
    Ok(())
}

#[test]
fn bayesian_optimization_beats_chance() -> Result<()> {
    let folder = folder();
    let valley = |hp: &mut HyperParameters| -> Result<f64> {
        let x: f64 = hp.float("x", -5.0, 5.0).get()?;
        let y: f64 = hp.float("y", 0.01, 100.0).sampling("log").get()?;
        let kind = hp.choice("kind", ["good", "bad"]).get()?;
        Ok((x - 1.0).powi(2) + y.log10().powi(2) + if kind == "bad" { 2.0 } else { 0.0 })
    };
    let mut best = Vec::new();
    for seed in 0..3 {
        let name = format!("bayes{seed}");
        let mut tuner = BayesianOptimization::default()
            .max_trials(30)
            .seed(seed)
            .directory(folder.path())
            .project_name(&name);
        tuner.search_with(|trial| valley(&mut trial.hyperparameters))?;
        best.extend(tuner.get_best_trials(1)?[0].score);
    }
    // Of random values, one in about 90 is as good.
    assert!(best.iter().all(|score| *score < 0.3), "{best:?}");
    Ok(())
}

#[test]
fn given_hyperparameters_count() -> Result<()> {
    let folder = folder();
    let mut given = HyperParameters::new();
    given.int("units", 4, 4).get()?;
    let tuner = RandomSearch::new(build).objective("val_loss").max_trials(3);
    let mut tuner = tuner
        .hyperparameters(given.clone())
        .tune_new_entries(false)
        .directory(folder.path());
    let (x, y) = two_sides(40)?;
    tuner.search(&x, &y, quiet(1))?;
    let tried = tuner.get_best_hyperparameters(9)?;
    assert_eq!(tried.len(), 1, "there is nothing else to try");
    assert_eq!(tried[0].to_string(), "units: 4\nrate: 0.001\n");
    let tuner = RandomSearch::new(build)
        .objective("val_loss")
        .hyperparameters(given);
    let mut tuner = tuner
        .allow_new_entries(false)
        .directory(folder.path())
        .project_name("other");
    let error = tuner
        .search(&x, &y, quiet(1))
        .expect_err("refused")
        .to_string();
    assert!(error.contains("`rate` is not among those given"), "{error}");
    Ok(())
}

#[test]
fn a_trial_shows_its_values_and_what_came_out() -> Result<()> {
    let folder = folder();
    let mut tuner = GridSearch::default()
        .max_consecutive_failed_trials(9)
        .directory(folder.path());
    tuner.search_with(|trial| {
        let x = trial.hyperparameters.int("<x>", 1, 3).get()?;
        let kind = trial.hyperparameters.choice("kind", ["a"]).get()?;
        match (x, kind) {
            (3, _) => Err(Error::data("three is too many")),
            (x, _) => Ok(f64::from(x) / 2.0),
        }
    })?;
    let trials = tuner.results_summary()?.trials;
    let best = trials[0].to_string();
    assert!(
        best.starts_with("Trial 1: completed\nHyperparameters:\n<x>: 1\nkind: a\nScore: 0.5000"),
        "{best}"
    );
    let bundle = trials[0].bundle();
    let html = bundle.get("text/html").expect("a page");
    assert!(html.contains("&lt;x&gt;"), "{html}");
    let failed = trials[2].to_string();
    assert!(failed.starts_with("Trial 3: failed\n"), "{failed}");
    assert!(failed.ends_with("three is too many\n"), "{failed}");
    // Lists of trials, and of values, are a line each.
    let line = format!("{:?}", trials[1]);
    assert!(
        line.starts_with("Trial 2: completed {<x>: 2, kind: a} Score: 1.0000"),
        "{line}"
    );
    assert!(!line.contains('\n'), "{line}");
    assert_eq!(trials[1].status.to_string(), "completed");
    Ok(())
}
