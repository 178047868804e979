//! Jupyter's own programs with the kernel: `nbclient` executes a notebook through the registered
//! kernel.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use super::notebooks::{read_json, write_notebook};
use super::support::{program, root};

/// A Python environment with what `tests/python/requirements.txt` names, made once.
pub(crate) fn environment() -> PathBuf {
    static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();
    ENVIRONMENT.get_or_init(make_environment).clone()
}

fn make_environment() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let requirements = root().join("tests/python/requirements.txt");
    let environment = target.join("python");
    let made_for = environment.join("made-for.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return environment;
    }
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    );
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&requirements),
    );
    std::fs::write(made_for, wanted).unwrap();
    environment
}

pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}\n{said}");
    said
}

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
    let environment = environment();
    succeed(
        Command::new(program())
            .args(["install", "--prefix"])
            .arg(&environment),
    );
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
        Command::new(environment.join("bin/python"))
            .args(["-c", EXECUTE])
            .args([&source, &result])
            .env_remove("JUPYTER_PATH"),
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
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let notebook = folder.path().join("n.ipynb");
    write_notebook(&notebook, &["# Title", "println!(\"x\");\n1", "oops("]);
    let status = Command::new(program())
        .args(["run", "n.ipynb", "--allow-errors"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(1));
    let check = "import sys, nbformat; n = nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT); nbformat.validate(n); assert (n.nbformat, n.nbformat_minor) == (4, 5)";
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-c", check])
            .arg(folder.path().join("n.executed.ipynb")),
    );
}
