//! kerust against the values that Keras computed (`tests/golden/README.md`).
//!
//! Each file compares one kind of case. What kerust does not have yet is listed there by name, so
//! that a new class fails the test until its cases are compared.

mod activations;
mod applications;
mod augmentation;
mod callbacks;
mod families;
mod images;
mod initializers;
mod layers;
mod losses;
mod metrics;
mod model_json;
mod models;
mod optimizers;
mod penalties;
mod preprocessing;
mod recurrent;
mod regularizers;
mod schedules;
mod texts;
mod tuner;
mod tutorial;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use kerust::Config;
use kerust::prelude::*;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::own_process::say;

/// How far results may be from Keras's.
pub(crate) const FORWARD: f64 = 1e-5;
/// How far gradients may be.
pub(crate) const GRADIENT: f64 = 1e-4;
/// How far losses, sums of weights and outputs may be after steps of training.
pub(crate) const LOSS_CURVE: f64 = 1e-3;

/// The golden values of one kind, and what the comparison with them has found so far.
pub(crate) struct Golden {
    kind: &'static str,
    tensors: HashMap<String, Tensor>,
    /// For every quantity, the worst error and the case that it occurred in.
    worst: BTreeMap<&'static str, (f64, String)>,
    compared: usize,
    missing: Vec<String>,
    failures: Vec<String>,
}

/// A file beside the script that made the golden values.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// All tensors of a kind by their names.
fn read_tensors(kind: &str) -> HashMap<String, Tensor> {
    let Ok(bytes) = std::fs::read(file(&format!("{kind}.safetensors"))) else {
        // Some kinds have numbers in the cases alone.
        return HashMap::new();
    };
    let tensors = SafeTensors::deserialize(&bytes).expect("the file is whole");
    let read = tensors.iter().map(|(name, view)| {
        let words = view
            .data()
            .chunks_exact(4)
            .map(|b| [b[0], b[1], b[2], b[3]]);
        let shape = view.shape().to_vec();
        let tensor = match view.dtype() {
            Dtype::F32 => Tensor::from_vec(words.map(f32::from_le_bytes).collect(), shape),
            Dtype::I32 => Tensor::from_vec(words.map(i32::from_le_bytes).collect(), shape),
            other => panic!("{name}: no tensor has type {other:?}"),
        };
        (name.to_string(), tensor.expect("the sizes agree"))
    });
    read.collect()
}

impl Golden {
    /// Reads the cases of `<kind>.json`.
    pub(crate) fn read(kind: &'static str) -> (Golden, Vec<Value>) {
        let text = std::fs::read(file(&format!("{kind}.json"))).expect("the cases are there");
        let json: Value = serde_json::from_slice(&text).expect("the cases are JSON");
        let cases = json["cases"].as_array().expect("`cases` is a list").clone();
        let golden = Golden {
            kind,
            tensors: read_tensors(kind),
            worst: BTreeMap::new(),
            compared: 0,
            missing: Vec::new(),
            failures: Vec::new(),
        };
        (golden, cases)
    }

    /// The tensor that a case names.
    pub(crate) fn tensor(&self, name: &Value) -> Tensor {
        let name = name.as_str().expect("the name of a tensor");
        self.tensors.get(name).expect("the tensor is there").clone()
    }

    /// Notes a case whose class kerust does not have.
    pub(crate) fn not_there(&mut self, case: &Value) {
        self.missing.push(title(case));
    }

    /// Notes that all of a case was compared.
    pub(crate) fn done(&mut self) {
        self.compared += 1;
    }

    /// Compares a tensor: errors are relative to its largest number.
    pub(crate) fn compare(
        &mut self,
        case: &Value,
        what: &'static str,
        tolerance: f64,
        ours: &Tensor,
        golden: &Tensor,
    ) {
        if ours.shape() != golden.shape() {
            let (ours, golden) = (ours.shape(), golden.shape());
            self.failures.push(format!(
                "{}: {what}: shape {ours}, Keras {golden}",
                title(case)
            ));
            return;
        }
        let (ours, golden) = (ours.to_vec::<f64>(), golden.to_vec::<f64>());
        self.compare_numbers(case, what, tolerance, &ours, &golden);
    }

    /// Compares numbers: errors are relative to the largest of them.
    pub(crate) fn compare_numbers(
        &mut self,
        case: &Value,
        what: &'static str,
        tolerance: f64,
        ours: &[f64],
        golden: &[f64],
    ) {
        assert_eq!(ours.len(), golden.len(), "{}: {what}", title(case));
        let finite = golden.iter().filter(|g| g.is_finite()).map(|g| g.abs());
        let largest = finite.fold(0.0, f64::max);
        let error = |(ours, golden): (&f64, &f64)| {
            if ours == golden || ours.is_nan() && golden.is_nan() {
                0.0
            } else {
                // Where Keras has zeros alone, or infinity or NaN, only the same will do.
                let error = (ours - golden).abs() / largest;
                if error.is_nan() { f64::INFINITY } else { error }
            }
        };
        let error = ours.iter().zip(golden).map(error).fold(0.0, f64::max);
        if error > tolerance {
            self.failures.push(format!(
                "{}: {what}: error {error:.1e} above {tolerance:.0e}\n  ours  {:?}\n  Keras {:?}",
                title(case),
                &ours[..ours.len().min(8)],
                &golden[..golden.len().min(8)],
            ));
        }
        let worst = self.worst.entry(what).or_default();
        if error > worst.0 {
            *worst = (error, title(case));
        }
    }

    /// Fails unless everything was close, exactly `compared` cases were compared, and kerust lacks
    /// exactly the cases whose names start with one of `missing`, each at least once.
    pub(crate) fn finish(self, compared: usize, missing: &[&str]) {
        for (what, (error, case)) in &self.worst {
            say(&format!(
                "{} {what}: worst error {error:.1e} ({case})",
                self.kind
            ));
        }
        assert!(self.failures.is_empty(), "\n{}", self.failures.join("\n"));
        let known = |name: &String| missing.iter().any(|start| name.starts_with(start));
        let surprising: Vec<&String> = self.missing.iter().filter(|name| !known(name)).collect();
        assert!(surprising.is_empty(), "kerust lacks {surprising:?}");
        for start in missing {
            let there = self.missing.iter().any(|name| name.starts_with(start));
            assert!(
                there,
                "`{start}` is no longer missing: take it off the list"
            );
        }
        assert_eq!(self.compared, compared, "cases compared");
    }
}

/// The name of a case.
pub(crate) fn title(case: &Value) -> String {
    text(&case["name"]).to_string()
}

/// A string in a case.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is a string"))
}

/// A number in a case.
pub(crate) fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is a number"))
}

/// A count in a case.
pub(crate) fn count(value: &Value) -> usize {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is a count")) as usize
}

/// A truth value in a case.
pub(crate) fn truth(value: &Value) -> bool {
    value
        .as_bool()
        .unwrap_or_else(|| panic!("{value} is true or false"))
}

/// The items of a list in a case.
pub(crate) fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is a list"))
}

/// A configuration in a case.
pub(crate) fn config(value: &Value) -> Config {
    value.clone().into()
}

/// Whether two configurations say the same; numbers are those of float32.
pub(crate) fn same(ours: &Value, keras: &Value) -> bool {
    match (ours, keras) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().map(|a| a as f32) == b.as_f64().map(|b| b as f32)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => b
            .iter()
            .all(|(name, b)| a.get(name).is_some_and(|a| same(a, b))),
        _ => ours == keras,
    }
}

/// Fails unless `ours` says all that the configuration of a case says, and the same.
pub(crate) fn same_config(case: &Value, ours: &Config) {
    let ours: Value = serde_json::from_str(&ours.to_string()).expect("a configuration is JSON");
    assert!(
        same(&ours, &case["config"]),
        "{}: {ours}, Keras {}",
        title(case),
        case["config"]
    );
}

/// Fails unless `round_trip` of `config`, as Keras wrote it, says the same again.
pub(crate) fn same_round_trip(
    case: &Value,
    config: &Value,
    round_trip: impl FnOnce(&Config) -> Result<Config>,
) -> Result<()> {
    // Keras writes 0 where it means 0.0.
    fn numbers_as_floats(value: &Value) -> Value {
        match value {
            Value::Number(number) => number.as_f64().into(),
            Value::Array(items) => items.iter().map(numbers_as_floats).collect(),
            Value::Object(entries) => entries
                .iter()
                .map(|(name, value)| (name.clone(), numbers_as_floats(value)))
                .collect(),
            other => other.clone(),
        }
    }
    let ours = round_trip(&self::config(config))?.to_string();
    let ours: Value = serde_json::from_str(&ours).expect("a configuration is JSON");
    let ours = numbers_as_floats(&ours);
    assert_eq!(ours, numbers_as_floats(config), "{}", title(case));
    Ok(())
}
