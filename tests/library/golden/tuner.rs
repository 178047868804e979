//! Searches: values and probabilities, the order of a grid, the plan of Hyperband.

use kerust::Config;
use kerust::prelude::*;
use kerust::tuner::Value as Setting;
use serde_json::Value;

use super::{FORWARD, Golden, count, list, number, text, title};

fn setting(value: &Value) -> Setting {
    serde_json::from_value(value.clone()).expect("a value of a hyperparameter")
}

fn settings(values: &Value) -> Vec<Setting> {
    list(values).iter().map(setting).collect()
}

fn hyperparameters(case: &Value) -> Result<HyperParameters> {
    HyperParameters::from_config(&Config::from_json(&case["config"].to_string())?)
}

/// Numbers to compare; words have none.
fn numbers(values: &[Setting]) -> Vec<f64> {
    let number = |value: &Setting| match value {
        Setting::Int(number) => Some(*number as f64),
        Setting::Float(number) => Some(*number),
        _ => None,
    };
    values.iter().filter_map(number).collect()
}

fn compare(golden: &mut Golden, case: &Value, what: &'static str, ours: &[Setting]) {
    let keras = settings(&case[what]);
    if matches!(keras.first(), Some(Setting::Float(_))) {
        golden.compare_numbers(case, what, 1e-12, &numbers(ours), &numbers(&keras));
    } else {
        assert_eq!(ours, keras, "{}: {what}", title(case));
    }
}

fn space(golden: &mut Golden, case: &Value) -> Result<()> {
    let read = hyperparameters(case)?;
    let ours = serde_json::from_str(&read.get_config()?.to_string()).expect("JSON");
    assert!(super::same(&ours, &case["config"]), "{ours}");
    let hp = &read.space()[0];
    let probs = list(&case["probs"]).iter().map(number);
    let values: Vec<Setting> = probs.map(|prob| hp.prob_to_value(prob)).collect();
    compare(golden, case, "values", &values);
    let back: Vec<f64> = values
        .iter()
        .map(|value| hp.value_to_prob(value))
        .collect::<Result<_>>()?;
    let keras: Vec<f64> = list(&case["back"]).iter().map(number).collect();
    golden.compare_numbers(case, "back", FORWARD, &back, &keras);
    let grid = (0..hp.grid_size()).filter_map(|i| hp.grid_value(i));
    compare(golden, case, "grid", &grid.collect::<Vec<Setting>>());
    Ok(())
}

fn grid(case: &Value) -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tuner = GridSearch::default()
        .hyperparameters(hyperparameters(case)?)
        .directory(folder.path());
    let mut tried = Vec::new();
    tuner.search_with(|trial| {
        let values = trial.hyperparameters.values().into_iter();
        let values = values.map(|(name, value)| (name.to_string(), value.clone()));
        tried.push(values.collect::<Vec<_>>());
        Ok(0.0)
    })?;
    let keras = list(&case["trials"]);
    assert_eq!(tried.len(), keras.len(), "{}: {tried:?}", title(case));
    for (ours, keras) in tried.iter().zip(keras) {
        let keras = keras.as_object().expect("names and values");
        assert_eq!(ours.len(), keras.len(), "{}: {ours:?}", title(case));
        for (name, value) in ours {
            let (ours, keras) = (numbers(std::slice::from_ref(value)), setting(&keras[name]));
            match ours.is_empty() {
                true => assert_eq!(*value, keras, "{}", title(case)),
                // Keras Tuner has whole numbers as floats here.
                false => assert_eq!(ours, numbers(&[keras]), "{}", title(case)),
            }
        }
    }
    Ok(())
}

fn hyperband(case: &Value) -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tuner = Hyperband::default()
        .max_epochs(count(&case["max_epochs"]))
        .factor(count(&case["factor"]))
        .hyperband_iterations(count(&case["hyperband_iterations"]))
        .objective(Objective::new("score", "max"))
        .directory(folder.path());
    let scores: Vec<f64> = list(&case["scores"]).iter().map(number).collect();
    let mut plan = Vec::new();
    tuner.search_with(|trial| {
        let _: f64 = trial.hyperparameters.float("x", 0.0, 1.0).get()?;
        let past = trial.continues().map(|past| past - 1);
        plan.push((trial.initial_epoch(), trial.last_epoch(), past));
        Ok(scores[trial.trial_id - 1])
    })?;
    let keras: Vec<_> = list(&case["plan"])
        .iter()
        .map(|trial| {
            let past = trial[2].as_u64().map(|past| past as usize);
            (count(&trial[0]), Some(count(&trial[1])), past)
        })
        .collect();
    assert_eq!(plan, keras, "{}", title(case));
    Ok(())
}

fn directions(case: &Value) -> Result<()> {
    let names = case["directions"].as_object().expect("names");
    for (name, direction) in names {
        // Where Keras Tuner does not know, kerust may.
        if let Some(direction) = direction.as_str() {
            assert_eq!(name.parse::<Objective>()?.direction(), direction, "{name}");
        }
    }
    Ok(())
}

#[test]
fn searches_agree_with_keras_tuner() -> Result<()> {
    let (mut golden, cases) = Golden::read("tuner");
    for case in &cases {
        match text(&case["kind"]) {
            "space" => space(&mut golden, case)?,
            "grid" => grid(case)?,
            "hyperband" => hyperband(case)?,
            "directions" => directions(case)?,
            other => panic!("no case is of kind {other}"),
        }
        golden.done();
    }
    golden.finish(35, &[]);
    Ok(())
}
