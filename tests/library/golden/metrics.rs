//! Metrics: the running result after each of two batches of different size, with and without
//! weights, and the configuration.

use kerust::Setting;
use kerust::metrics::{
    self, AUC, F1Score, FBetaScore, Mean, MeanMetricWrapper, Metric, Precision, R2Score, Recall,
    Sum,
};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, Golden, config, list, number, same_round_trip, text};

#[test]
fn metrics_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("metrics");
    let of_predictions = |case: &&Value| case["kind"] == "metric";
    for case in cases.iter().filter(of_predictions) {
        let class_name = text(&case["class_name"]);
        let mut metric = metrics::from_config(class_name, &config(&case["config"]))?;
        metric.check_arguments()?;
        for updates in [&case["updates"], &case["weighted"]] {
            // Some take no weights in Keras.
            for update in updates.as_array().into_iter().flatten() {
                let (y_true, y_pred, weight) = batch(&golden, update);
                metric.update(&y_true, &y_pred, weight.as_ref())?;
                let expected = mean(&update["result"]);
                golden.compare_numbers(case, "result", FORWARD, &[metric.result()], &[expected]);
            }
            metric.reset();
            assert_eq!(metric.result(), 0.0, "{case}");
        }
        golden.done();
    }
    golden.finish(135, &[]);
    Ok(())
}

#[test]
fn means_and_sums_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("metrics");
    for case in cases.iter().filter(|case| case["kind"] == "reduction") {
        let (mut mean, mut sum) = (Mean::new().name("numbers"), Sum::new().name("numbers"));
        let is_mean = text(&case["class_name"]) == "Mean";
        for update in list(&case["updates"]) {
            let values = golden.tensor(&update["values"]);
            let weight = update["sample_weight"].as_str();
            let weight = weight.map(|name| golden.tensor(&name.into()));
            mean.update(&values, weight.as_ref())?;
            sum.update(&values, weight.as_ref())?;
            let ours = if is_mean { mean.result() } else { sum.result() };
            let expected = [number(&update["result"])];
            golden.compare_numbers(case, "result", FORWARD, &[ours], &expected);
        }
        same_round_trip(case, &case["full_config"], |_| match is_mean {
            true => mean.get_config(),
            false => sum.get_config(),
        })?;
        golden.done();
    }
    golden.finish(12, &[]);
    Ok(())
}

fn batch(golden: &Golden, update: &Value) -> (Tensor, Tensor, Option<Tensor>) {
    let weight = update.get("sample_weight").map(|name| golden.tensor(name));
    (
        golden.tensor(&update["y_true"]),
        golden.tensor(&update["y_pred"]),
        weight,
    )
}

/// A number, or the mean of several.
fn mean(result: &Value) -> f64 {
    match result.as_array() {
        Some(results) => results.iter().map(number).sum::<f64>() / results.len() as f64,
        None => number(result),
    }
}

#[test]
fn accuracy_is_chosen_by_the_shapes() -> Result<()> {
    let (mut golden, cases) = Golden::read("metrics");
    for case in &cases {
        let class_name = text(&case["class_name"]);
        let chosen = [
            "BinaryAccuracy",
            "CategoricalAccuracy",
            "SparseCategoricalAccuracy",
        ];
        if !chosen.contains(&class_name) || text(&case["name"]).ends_with("threshold") {
            continue;
        }
        let mut metric = Setting::<Box<dyn Metric>>::from("acc").get()?.clone();
        assert_eq!(metric.name(), "acc");
        for update in list(&case["updates"]) {
            let (y_true, y_pred, _) = batch(&golden, update);
            // With several outputs it is not binary.
            if class_name == "BinaryAccuracy" && y_pred.shape().last() > 1 {
                continue;
            }
            metric.update(&y_true, &y_pred, None)?;
            let expected = [number(&update["result"])];
            golden.compare_numbers(case, "accuracy", FORWARD, &[metric.result()], &expected);
        }
        golden.done();
    }
    golden.finish(12, &[]);
    Ok(())
}

/// Numbers of which Keras gives several.
#[test]
fn results_are_those_of_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("metrics");
    for case in &cases {
        let config = case["full_config"].clone();
        let Some(several) = list(&case["updates"])[0]["result"].as_array() else {
            continue;
        };
        let expected: Vec<f64> = several.iter().map(number).collect();
        let (y_true, y_pred, _) = batch(&golden, &list(&case["updates"])[0]);
        let thresholds =
            || -> Vec<f64> { list(&config["thresholds"]).iter().map(number).collect() };
        let ours = match text(&case["class_name"]) {
            "Precision" => {
                let mut metric = Precision::new().thresholds(thresholds());
                metric.update(&y_true, &y_pred, None)?;
                metric.results()
            }
            "Recall" => {
                let mut metric = Recall::new().thresholds(thresholds());
                metric.update(&y_true, &y_pred, None)?;
                metric.results()
            }
            "F1Score" => {
                let mut metric = F1Score::new();
                metric.update(&y_true, &y_pred, None)?;
                metric.results()
            }
            "FBetaScore" => {
                let mut metric = FBetaScore::new().beta(2.0).threshold(0.6);
                metric.update(&y_true, &y_pred, None)?;
                metric.results()
            }
            "R2Score" => {
                let mut metric = R2Score::new().class_aggregation("none");
                metric.update(&y_true, &y_pred, None)?;
                metric.results()
            }
            _ => continue,
        };
        golden.compare_numbers(case, "results", FORWARD, &ours, &expected);
        golden.done();
    }
    golden.finish(5, &[]);
    Ok(())
}

#[test]
fn configurations_are_those_of_keras() -> Result<()> {
    let (_, cases) = Golden::read("metrics");
    // Functions have none.
    let classes = cases
        .iter()
        .filter(|case| case["kind"] == "metric" && !case["full_config"].is_null());
    for case in classes {
        let class_name = text(&case["class_name"]);
        same_round_trip(case, &case["full_config"], |config| {
            let metric = metrics::from_config(class_name, config)?;
            assert_eq!(metric.class_name(), class_name);
            metric.get_config()
        })?;
        let metric = metrics::from_config(class_name, &config(&case["config"]))?;
        let again = metrics::from_config(class_name, &metric.get_config()?)?;
        assert_eq!(format!("{again:?}"), format!("{metric:?}"));
    }
    Ok(())
}

#[test]
fn a_wrapped_loss_keeps_its_arguments() -> Result<()> {
    let metric = MeanMetricWrapper::new(Huber::new().delta(0.5))?.name("near");
    let config = metric.get_config()?;
    let mut again = metrics::from_config(metric.class_name(), &config)?;
    assert_eq!((again.name(), again.get_config()?), ("near", config));
    again.update(&Tensor::zeros((1, 1)), &Tensor::ones((1, 1)), None)?;
    assert_eq!(again.result(), 0.375);
    Ok(())
}

#[test]
fn objects_get_names_as_in_keras() {
    let name = |metric: &dyn Metric| metric.name().to_string();
    // Names are counted for the whole process, in which other tests make metrics as well.
    assert!(name(&AUC::new()).starts_with("auc"));
    assert_ne!(name(&AUC::new()), name(&AUC::new()));
    assert_eq!(name(&AUC::new().name("area")), "area");
    assert_eq!(name(&F1Score::new()), "f1_score");
    assert_eq!(name(&metrics::LogCoshError::new()), "logcosh");
}
