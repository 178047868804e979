//! Notebooks of this repository, executed, and what is in their cells.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;

use super::notebooks::read_json;
use super::python::succeed;
use super::support::{program, root};

/// Trainings run one after the other: two at once would take each other's time.
pub(crate) static TRAINING: Mutex<()> = Mutex::new(());

/// Puts a stand-in for a data set into the data folder `home`, by the command that users call.
pub(crate) fn stand_in(home: &Path, name: &str, train: usize, test: usize) {
    let (train, test) = (train.to_string(), test.to_string());
    succeed(
        Command::new(program())
            .args(["datasets", "stand-in", name])
            .args(["--train", &train, "--test", &test])
            .env("KERUST_HOME", home),
    );
}

pub(crate) fn notebook(name: &str) -> PathBuf {
    root().join("notebooks").join(name)
}

/// The outputs of the code cell with this id.
pub(crate) fn outputs<'a>(executed: &'a Value, id: &str) -> &'a [Value] {
    let cells = executed["cells"].as_array().expect("a notebook has cells");
    let cell = cells
        .iter()
        .find(|cell| cell["id"] == id)
        .unwrap_or_else(|| panic!("no cell {id}"));
    cell["outputs"].as_array().expect("code cells have outputs")
}

/// A text that a notebook stores as one string or as a list of lines.
pub(crate) fn text(stored: &Value) -> String {
    match stored {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_string(),
    }
}

/// Fails with the first error that a cell ended with.
#[track_caller]
pub(crate) fn no_errors(executed: &Value) {
    for cell in executed["cells"].as_array().expect("a notebook has cells") {
        for output in cell["outputs"].as_array().into_iter().flatten() {
            assert_ne!(
                output["output_type"],
                "error",
                "{}: {output}",
                text(&cell["source"])
            );
        }
    }
}

/// All that was printed to a stream by a cell.
pub(crate) fn printed(outputs: &[Value]) -> String {
    outputs
        .iter()
        .filter(|o| o["output_type"] == "stream")
        .map(|o| text(&o["text"]))
        .collect()
}

pub(crate) fn number_after(text: &str, label: &str) -> f64 {
    let rest = text
        .split(label)
        .nth(1)
        .unwrap_or_else(|| panic!("`{label}` is missing in {text}"));
    rest.split_whitespace()
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number")
}

/// All that a cell shows in one form: `text/plain`, `text/html`, `image/svg+xml`.
pub(crate) fn shown(executed: &Value, id: &str, form: &str) -> String {
    let outputs = outputs(executed, id).iter();
    outputs.map(|o| text(&o["data"][form])).collect()
}

/// Runs a notebook by `kerust run`, with the data sets in `home` and temporary files apart; fails
/// with the first error of a cell.
pub(crate) fn execute(name: &str, home: &Path) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let result = folder.path().join(name);
    succeed(
        Command::new(program())
            .arg("run")
            .arg(notebook(name))
            .arg("--output")
            .arg(&result)
            .env("KERUST_HOME", home)
            .env("TMPDIR", folder.path()),
    );
    let executed = read_json(&result);
    no_errors(&executed);
    executed
}

/// Runs a notebook on a stand-in of so many samples.
pub(crate) fn execute_on_stand_in(name: &str, data: &str, train: usize, test: usize) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), data, train, test);
    execute(name, home.path())
}

/// Runs a notebook that needs no data.
pub(crate) fn execute_without_data(name: &str) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    execute(name, home.path())
}
