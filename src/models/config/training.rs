//! What a model was compiled with, as Keras describes it: `compile_config`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::config::Described;
use crate::losses::{self, LOSSES, Loss};
use crate::metrics::{self, METRICS, Metric};
use crate::models::compile::{Compile, Compiled, Losses, Measures};
use crate::optimizers::{self, OPTIMIZERS};
use crate::{Config, Error, Result, Setting};

/// The arguments of `compile`.
pub(super) fn write(compiled: &Compiled) -> Result<Value> {
    let optimizer = compiled.optimizer.optimizer();
    let outputs = &compiled.outputs;
    let losses = outputs.iter().map(|output| loss(&*output.loss));
    let losses: Vec<Value> = losses.collect::<Result<_>>()?;
    let weighs = outputs.iter().any(|output| output.loss_weight != 1.0);
    let weights: Vec<f32> = outputs.iter().map(|output| output.loss_weight).collect();
    let metrics = |weighted| {
        let of_outputs = outputs.iter().map(|output| {
            let metrics = output.metrics.iter().filter(|m| m.weighted == weighted);
            metrics.map(|measured| metric(&*measured.metric)).collect()
        });
        let of_outputs = of_outputs.collect::<Result<Vec<Vec<Value>>>>()?;
        Ok::<Value, Error>(match of_outputs.concat().is_empty() {
            true => Value::Null,
            false => one_or_list(of_outputs.into_iter().map(Value::Array).collect()),
        })
    };
    let class_name = optimizer.class_name();
    let is_known = OPTIMIZERS
        .iter()
        .any(|entry| entry.class_name == class_name);
    let module = is_known.then_some("keras.optimizers");
    Ok(json!({
        "optimizer": Described::new(module, class_name, optimizer.get_config()?),
        "loss": one_or_list(losses),
        "loss_weights": weighs.then_some(weights),
        "metrics": metrics(false)?,
        "weighted_metrics": metrics(true)?,
        "run_eagerly": false,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }))
}

/// That of the only output, or those of all.
fn one_or_list(mut of_outputs: Vec<Value>) -> Value {
    match of_outputs.len() {
        1 => of_outputs.swap_remove(0),
        _ => Value::Array(of_outputs),
    }
}

/// The names that losses and metrics of Keras have, and that it does not find them by.
const NOT_FOUND: &[&str] = &[
    "huber_loss",
    "categorical_generalized_cross_entropy",
    "fbeta_score",
    "logcosh",
];

/// A loss: its name, where that says all.
fn loss(loss: &dyn Loss) -> Result<Value> {
    let named: Setting<Box<dyn Loss>> = loss.name().into();
    let (class_name, config) = (loss.class_name(), loss.get_config()?);
    if !NOT_FOUND.contains(&loss.name())
        && let Ok(named) = named.get()
        && named.class_name() == class_name
        && named.get_config()? == config
    {
        return Ok(json!(loss.name()));
    }
    let is_known = LOSSES.iter().any(|entry| entry.class_name == class_name);
    let module = is_known.then_some("keras.losses");
    Ok(json!(Described::new(module, class_name, config)))
}

/// A metric: its name, where that says all.
fn metric(metric: &dyn Metric) -> Result<Value> {
    let named: Setting<Box<dyn Metric>> = metric.name().into();
    let (class_name, config) = (metric.class_name(), metric.get_config()?);
    if !NOT_FOUND.contains(&metric.name())
        && let Ok(named) = named.get()
        && named.class_name() == class_name
        && named.get_config()? == config
    {
        return Ok(json!(metric.name()));
    }
    let is_known = METRICS.iter().any(|entry| entry.class_name == class_name);
    let module = is_known.then_some("keras.metrics");
    Ok(json!(Described::new(module, class_name, config)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CompileConfig {
    optimizer: Value,
    loss: Value,
    loss_weights: Value,
    metrics: Value,
    weighted_metrics: Value,
}

/// The arguments of `compile` for a model whose outputs have these names; none when it was not
/// compiled, or without a loss, for a loop of somebody's own.
pub(super) fn read(config: &Value, names: &[String]) -> Result<Option<Compile>> {
    if config.is_null() {
        return Ok(None);
    }
    let config = CompileConfig::deserialize(config)
        .map_err(|error| Error::data(format!("this does not describe how to compile: {error}")))?;
    if config.loss.is_null() {
        return Ok(None);
    }
    let optimizer = read_one("optimizer", &config.optimizer, optimizers::from_config)?;
    let losses = of_outputs("loss", &config.loss, names)?;
    let losses = losses
        .iter()
        .map(|loss| read_one("loss", loss, losses::from_config));
    let losses = losses.collect::<Result<Vec<_>>>()?;
    let weights = of_outputs("loss_weights", &config.loss_weights, names)?;
    let weights = weights.iter().map(|weight| {
        let number = weight.as_f64().map(|weight| weight as f32);
        number.ok_or_else(|| Error::argument("loss_weights", "a number", weight))
    });
    Ok(Some(Compile {
        optimizer,
        loss: Losses::from(losses),
        loss_weights: weights.collect::<Result<_>>()?,
        metrics: read_metrics("metrics", &config.metrics, names)?,
        weighted_metrics: read_metrics("weighted_metrics", &config.weighted_metrics, names)?,
    }))
}

/// What is described by its name, or by its class and arguments.
fn read_one<T>(
    argument: &str,
    value: &Value,
    make: impl Fn(&str, &Config) -> Result<T>,
) -> Result<Setting<T>>
where
    Setting<T>: for<'a> From<&'a str>,
{
    let setting = match (value, value["class_name"].as_str()) {
        (Value::String(name), _) => Setting::from(name.as_str()),
        (Value::Object(object), Some(class_name)) => {
            let config = object.get("config").unwrap_or(&Value::Null);
            match config.as_str() {
                // Keras writes functions so.
                Some(name) => Setting::from(name),
                None => Setting::value(make(class_name, &Config::from(config.clone()))?),
            }
        }
        _ => {
            return Err(Error::argument(
                argument,
                "a name, or a class with its arguments",
                value,
            ));
        }
    };
    setting.get().map(drop)?;
    Ok(setting)
}

/// What is given for each output: alone, as a list, or by the name of the output.
fn of_outputs(argument: &str, value: &Value, names: &[String]) -> Result<Vec<Value>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => Ok(items.clone()),
        Value::Object(object) if !object.contains_key("class_name") => {
            by_name(argument, object, names)
        }
        one => Ok(vec![one.clone()]),
    }
}

fn by_name(argument: &str, object: &Map<String, Value>, names: &[String]) -> Result<Vec<Value>> {
    let stranger = object.keys().find(|key| !names.contains(key));
    if let Some(stranger) = stranger {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let family = format!("output in `{argument}`");
        return Err(Error::unknown_name(&family, stranger, &known));
    }
    let values = names.iter().map(|name| object.get(name));
    Ok(values
        .map(|value| value.cloned().unwrap_or_default())
        .collect())
}

fn read_metrics(argument: &str, value: &Value, names: &[String]) -> Result<Vec<Measures>> {
    let all = of_outputs(argument, value, names)?;
    all.iter()
        .map(|of_output| {
            let metrics = match of_output {
                Value::Array(metrics) => metrics.as_slice(),
                Value::Null => &[],
                one => std::slice::from_ref(one),
            };
            let metrics = metrics
                .iter()
                .map(|metric| read_one(argument, metric, metrics::from_config));
            Ok(Measures::from(metrics.collect::<Result<Vec<_>>>()?))
        })
        .collect()
}
