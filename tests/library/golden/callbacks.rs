//! Callbacks: what they decide over given sequences of a watched value.

use kerust::callbacks::{Callback, SharedCallback};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, Golden, count, list, number, text, truth};

/// Puts the values of a case in the place of what was measured, and notes the learning rates.
#[derive(Debug)]
struct Given(Vec<f64>);

impl Callback for Given {
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        training.set_weights(&[Tensor::full((1, 1), epoch as f32)])
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        logs.set("rate", training.learning_rate().into());
        logs.set("val_loss", self.0[epoch]);
        Ok(())
    }
}

fn callback(class_name: &str, config: &Value) -> Option<SharedCallback> {
    let whole = |name: &str| config.get(name).map_or(0, count);
    let real = |name: &str| config.get(name).map(number);
    let mode = config.get("mode").map_or("auto", text);
    Some(match class_name {
        "EarlyStopping" => {
            let best = config.get("restore_best_weights").is_some_and(truth);
            let mut made = EarlyStopping::new()
                .mode(mode)
                .patience(whole("patience"))
                .min_delta(real("min_delta").unwrap_or(0.0))
                .restore_best_weights(best)
                .start_from_epoch(whole("start_from_epoch"));
            if let Some(baseline) = real("baseline") {
                made = made.baseline(baseline);
            }
            made.into()
        }
        "ReduceLROnPlateau" => ReduceLROnPlateau::new()
            .mode(mode)
            .factor(number(&config["factor"]))
            .patience(whole("patience"))
            .min_delta(real("min_delta").unwrap_or(1e-4))
            .cooldown(whole("cooldown"))
            .min_lr(real("min_lr").unwrap_or(0.0))
            .into(),
        _ => return None,
    })
}

/// The weights that callbacks see after each epoch.
#[derive(Debug)]
struct Seen;

impl Callback for Seen {
    fn on_epoch_end(
        &mut self,
        _: usize,
        logs: &mut Logs,
        training: &mut Training<'_>,
    ) -> Result<()> {
        logs.set("weight", training.model().get_weights()[0].item(0)?);
        Ok(())
    }
}

#[test]
fn averages_are_measured_as_by_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("callbacks");
    let swapping = |case: &&Value| text(&case["class_name"]) == "SwapEMAWeights";
    for case in cases.iter().filter(swapping) {
        let mut model = Sequential::new();
        model.add(Dense::new(1).use_bias(false).input_shape(1))?;
        let optimizer = SGD::new().learning_rate(0.125).use_ema(true);
        model.compile(Compile {
            optimizer: optimizer.ema_momentum(0.5).into(),
            loss: "mse".into(),
            ..Compile::default()
        })?;
        model.set_weights(&[Tensor::zeros((1, 1))])?;
        let on_epoch = case["config"].get("swap_on_epoch").is_some_and(truth);
        let swapping = SwapEMAWeights::new().swap_on_epoch(on_epoch);
        let one = Tensor::ones((2, 1));
        let fit = Fit {
            batch_size: 1,
            epochs: 3,
            validation_data: (&one, &one).into(),
            callbacks: vec![swapping.into(), Seen.into()],
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&one, &one, fit)?;
        for (name, key) in [("val_loss", "val_loss"), ("weight", "after")] {
            let expected: Vec<f64> = list(&case[key]).iter().map(number).collect();
            let ours = history.get(name).unwrap_or_default();
            golden.compare_numbers(case, name, FORWARD, ours, &expected);
        }
        let last = [model.get_weights()[0].item(0)?];
        golden.compare_numbers(
            case,
            "final weight",
            FORWARD,
            &last,
            &[number(&case["final"])],
        );
        golden.done();
    }
    golden.finish(2, &[]);
    Ok(())
}

/// Where Keras would leave the weights of the last step in the model.
#[test]
fn a_run_that_ends_early_ends_with_averages() -> Result<()> {
    let last = |callbacks: Vec<SharedCallback>| {
        let mut model = Sequential::new();
        model.add(Dense::new(1).use_bias(false).input_shape(1))?;
        model.compile(Compile {
            optimizer: SGD::new().use_ema(true).into(),
            loss: "mse".into(),
            ..Compile::default()
        })?;
        model.set_weights(&[Tensor::zeros((1, 1))])?;
        let one = Tensor::ones((2, 1));
        let fit = Fit {
            epochs: 9,
            callbacks,
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&one, &one, fit)?;
        model.get_weights()[0].item(0)
    };
    let stopping = || EarlyStopping::new().monitor("loss").min_delta(1.0).into();
    let swapping = SwapEMAWeights::new().swap_on_epoch(true).into();
    assert_eq!(last(vec![swapping, stopping()])?, last(vec![stopping()])?);
    Ok(())
}

#[test]
fn callbacks_decide_as_kerass_do() -> Result<()> {
    let (mut golden, cases) = Golden::read("callbacks");
    for case in &cases {
        let Some(callback) = callback(text(&case["class_name"]), &case["config"]) else {
            assert_eq!(text(&case["class_name"]), "SwapEMAWeights");
            continue;
        };
        let values: Vec<f64> = list(&case["values"]).iter().map(number).collect();
        let mut model = Sequential::new();
        model.add(Dense::new(1).use_bias(false).input_shape(1))?;
        model.compile(Compile {
            optimizer: SGD::new().learning_rate(0.5).into(),
            loss: "mse".into(),
            ..Compile::default()
        })?;
        let x = Tensor::zeros((1, 1));
        let fit = Fit {
            epochs: values.len(),
            callbacks: vec![Given(values).into(), callback],
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&x, &x, fit)?;
        let rates: Vec<f64> = list(&case["rates"]).iter().map(number).collect();
        let ours = history.get("rate").unwrap_or_default();
        let epochs = [history.epoch.len() as f64];
        golden.compare_numbers(case, "epochs", 0.0, &epochs, &[number(&case["epochs"])]);
        golden.compare_numbers(case, "rates", 1e-7, ours, &rates);
        let weight = model.get_weights()[0].to_vec::<f64>();
        golden.compare_numbers(
            case,
            "weights",
            0.0,
            &weight,
            &[number(&case["weights_of"])],
        );
        golden.done();
    }
    golden.finish(42, &[]);
    Ok(())
}
