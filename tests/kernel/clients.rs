//! Jupyter's own programs with the kernel: what executes notebooks, and the console.

use std::path::Path;

use serde_json::{Value, json};

use super::notebooks::{read_json, write_notebook};
use super::python::{one_at_a_time, python, script, succeed};
use super::support::program;

/// Executes a notebook with nbclient and checks its format with nbformat.
pub(crate) const EXECUTE: &str = r#"
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name="kerust", timeout=900, allow_errors=True).execute()
nbformat.validate(notebook)
nbformat.write(notebook, sys.argv[2])
"#;

#[test]
fn nbclient_executes_a_notebook() {
    let folder = tempfile::tempdir().unwrap();
    let (source, result) = (folder.path().join("a.ipynb"), folder.path().join("b.ipynb"));
    write_notebook(
        &source,
        &[
            "let greeting = \"hello\";\nprintln!(\"{greeting}\");\nprint!(\"no line end\");",
            "for i in 0..2 {\n    println!(\"picture {i}\");\n    println!(\"EVCXR_BEGIN_CONTENT text/html\\n<b>{i}</b>\\nEVCXR_END_CONTENT\");\n}",
            "panic!(\"boom\")",
            "6 * 7",
        ],
    );
    succeed(
        python(folder.path())
            .args(["-c", EXECUTE])
            .args([&source, &result]),
    );
    let executed = read_json(&result);
    let outputs = |cell: usize| executed["cells"][cell]["outputs"].as_array().unwrap();
    assert_eq!(outputs(0).len(), 1);
    assert_eq!(outputs(0)[0]["text"], json!(["hello\n", "no line end"]));
    let kinds: Vec<&str> = outputs(1)
        .iter()
        .map(|output| output["output_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["stream", "display_data", "stream", "display_data"]);
    assert_eq!(outputs(2).len(), 1);
    assert_eq!(outputs(2)[0]["ename"], "panic");
    assert_eq!(outputs(3)[0]["data"]["text/plain"], json!(["42"]));
    assert_eq!(executed["cells"][3]["execution_count"], 4);
}

#[test]
fn executed_notebooks_are_valid() {
    let folder = tempfile::tempdir().unwrap();
    let notebook = folder.path().join("n.ipynb");
    write_notebook(&notebook, &["# Title", "println!(\"x\");\n1", "oops("]);
    let status = std::process::Command::new(program())
        .args(["run", "n.ipynb", "--allow-errors"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(1));
    let check = "import sys, nbformat; n = nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT); nbformat.validate(n); assert (n.nbformat, n.nbformat_minor) == (4, 5)";
    succeed(
        python(folder.path())
            .args(["-c", check])
            .arg(folder.path().join("n.executed.ipynb")),
    );
}

/// A notebook with a chart of kerust's, and one whose second cell fails.
fn write_examples(folder: &Path) {
    write_notebook(
        &folder.join("good.ipynb"),
        &[
            "# A chart",
            "use kerust::prelude::*;\nlet squares: Vec<f32> = (0..5).map(|x| (x * x) as f32).collect();\nprintln!(\"{squares:?}\");",
            "kerust::display::show(&kerust::display::Bundle::text(\"squares\").html(\"<b>squares</b>\"));",
            "squares.len()",
        ],
    );
    write_notebook(
        &folder.join("bad.ipynb"),
        &["1 + 1", "let n: i32 = \"text\";", "println!(\"not run\");"],
    );
}

fn check_good(executed: &Value) {
    let outputs = |cell: usize| executed["cells"][cell]["outputs"].as_array().unwrap();
    assert_eq!(
        outputs(1)[0]["text"],
        json!(["[0.0, 1.0, 4.0, 9.0, 16.0]\n"])
    );
    assert_eq!(
        outputs(2)[0]["data"]["text/html"],
        json!(["<b>squares</b>"])
    );
    assert_eq!(outputs(3)[0]["data"]["text/plain"], json!(["5"]));
    assert_eq!(executed["cells"][3]["execution_count"], 3);
}

/// The second cell's error is there, and the third did not run.
fn check_bad(executed: &Value, second: usize) {
    let cells = executed["cells"].as_array().unwrap();
    let error = &cells[second]["outputs"][0];
    assert_eq!(error["output_type"], "error", "{error}");
    assert!(error["traceback"].to_string().contains("E0308"), "{error}");
    assert_eq!(cells[second + 1]["outputs"], json!([]));
    assert_eq!(cells[second + 1]["execution_count"], Value::Null);
}

#[test]
fn nbconvert_executes_and_converts_notebooks() {
    let _alone = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    write_examples(folder.path());
    let convert = |arguments: &[&str]| {
        let mut command = python(folder.path());
        command
            .args(["-m", "nbconvert", "--execute"])
            .arg("--ExecutePreprocessor.kernel_name=kerust")
            .args(arguments);
        command
    };
    succeed(&mut convert(&[
        "good.ipynb",
        "--to",
        "notebook",
        "--output",
        "executed.ipynb",
    ]));
    check_good(&read_json(&folder.path().join("executed.ipynb")));

    succeed(&mut convert(&["good.ipynb", "--to", "html"]));
    let page = std::fs::read_to_string(folder.path().join("good.html")).unwrap();
    assert!(page.contains("<b>squares</b>") && page.contains("[0.0, 1.0, 4.0, 9.0, 16.0]"));
    // Highlighted as Rust: a keyword is marked.
    assert!(page.contains("highlight hl-rust") || page.contains("<span class=\"k\">"));

    let failed = convert(&["bad.ipynb", "--to", "notebook", "--output", "no.ipynb"])
        .output()
        .unwrap();
    assert!(!failed.status.success());
    let said = String::from_utf8_lossy(&failed.stderr);
    assert!(
        said.contains("CellExecutionError") && said.contains("E0308"),
        "{said}"
    );
}

#[test]
fn papermill_executes_notebooks() {
    let _alone = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    write_examples(folder.path());
    let run = |source: &str, result: &str| {
        python(folder.path())
            .args(["-m", "papermill", source, result, "--kernel", "kerust"])
            .args(["--language", "rust", "--log-output", "--no-progress-bar"])
            .output()
            .unwrap()
    };
    let output = run("good.ipynb", "executed.ipynb");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("[0.0, 1.0, 4.0, 9.0, 16.0]"), "{said}");
    check_good(&read_json(&folder.path().join("executed.ipynb")));

    let output = run("bad.ipynb", "failed.ipynb");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("PapermillExecutionError"), "{said}");
    let executed = read_json(&folder.path().join("failed.ipynb"));
    // papermill puts notes before the first cell and before the one that failed.
    let cells = executed["cells"].as_array().unwrap();
    let second = cells
        .iter()
        .position(|cell| cell["source"].to_string().contains("let n: i32"))
        .expect("the cell that failed");
    check_bad(&executed, second);
}

#[test]
fn the_console_works_at_a_terminal() {
    let _alone = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    succeed(
        python(folder.path())
            .arg(script("console.py"))
            .env("TERM", "xterm-256color")
            .env("PAGER", "cat"),
    );
}
