//! `kerust run`, `install` and `uninstall` as a user calls them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::support::program;

/// Writes a notebook with these cells: markdown where the text starts with `#`, else code.
pub(crate) fn write_notebook(path: &Path, cells: &[&str]) {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(number, source)| {
            if source.starts_with("# ") {
                json!({ "cell_type": "markdown", "id": format!("c{number}"), "metadata": {}, "source": source })
            } else {
                json!({
                    "cell_type": "code", "id": format!("c{number}"), "metadata": {},
                    "source": source, "outputs": [], "execution_count": null,
                })
            }
        })
        .collect();
    let notebook = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells });
    std::fs::write(path, notebook.to_string()).unwrap();
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn kerust(arguments: &[&str], folder: &Path) -> Output {
    Command::new(program())
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

const CELLS: [&str; 6] = [
    "# A title & more\n\nText with `code` and a table:\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "let cwd = std::env::current_dir()?;\nprintln!(\"{}\", cwd.file_name().unwrap().to_string_lossy());",
    "for i in 0..3 { print!(\"\\r{i}/2 <done>\"); }",
    "fn display(kind: &str, text: &str) {\n    let content = format!(\"{{\\\"msg_type\\\":\\\"{kind}\\\",\\\"content\\\":{{\\\"data\\\":{{\\\"text/html\\\":\\\"<b>{text}</b>\\\"}},\\\"metadata\\\":{{}},\\\"transient\\\":{{\\\"display_id\\\":\\\"x\\\"}}}}}}\");\n    print!(\"\\x1b_kerust;{};{content}\\x1b\\\\\", content.len());\n}\ndisplay(\"display_data\", \"old\");",
    "display(\"update_display_data\", \"new\");\n6 * 7",
    "let number: u8 = \"x\".parse()?;",
];

#[test]
fn a_notebook_is_executed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let notebook = folder.path().join("small.ipynb");
    write_notebook(&notebook, &CELLS);
    let before = std::fs::read(&notebook).unwrap();
    let output = kerust(&["run", "small.ipynb"], folder.path());
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{shown}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        shown.contains("[1/5] let cwd = std::env::current_dir()?;"),
        "{shown}"
    );
    assert!(
        shown.contains("[5/5] let number: u8 = \"x\".parse()?; failed"),
        "{shown}"
    );
    assert_eq!(
        std::fs::read(&notebook).unwrap(),
        before,
        "the notebook stays as it is"
    );

    let executed = read_json(&folder.path().join("small.executed.ipynb"));
    assert_eq!(executed["metadata"]["kernelspec"]["name"], "kerust");
    assert_eq!(executed["metadata"]["language_info"]["name"], "rust");
    let cells = executed["cells"].as_array().unwrap();
    let name = folder.path().file_name().unwrap().to_string_lossy();
    assert_eq!(cells[1]["outputs"][0]["text"], json!([format!("{name}\n")]));
    assert_eq!(cells[1]["execution_count"], 1);
    assert_eq!(
        cells[2]["outputs"],
        json!([
            { "output_type": "stream", "name": "stdout", "text": ["2/2 <done>"] }
        ])
    );
    assert_eq!(
        cells[3]["outputs"][0]["data"]["text/html"],
        json!(["<b>new</b>"])
    );
    assert_eq!(
        cells[4]["outputs"],
        json!([{
            "output_type": "execute_result", "execution_count": 4,
            "data": { "text/plain": ["42"] }, "metadata": {},
        }])
    );
    assert_eq!(cells[5]["outputs"][0]["output_type"], "error");
    assert_eq!(cells[5]["outputs"].as_array().unwrap().len(), 1);

    let page = std::fs::read_to_string(folder.path().join("small.executed.html")).unwrap();
    assert!(page.contains("<title>A title &amp; more</title>"));
    assert!(page.contains("<b>new</b>") && page.contains("2/2 &lt;done&gt;"));
    assert!(page.contains("<td>1</td>"));
    assert!(!page.contains("<script") && !page.contains("http://"));
}

#[test]
fn errors_can_be_allowed_and_outputs_named() {
    let folder = tempfile::tempdir().unwrap();
    write_notebook(
        &folder.path().join("n.ipynb"),
        &["panic!(\"one\")", "1 + 1"],
    );
    let arguments = [
        "run",
        "n.ipynb",
        "--allow-errors",
        "--output",
        "o.ipynb",
        "--html",
        "p.html",
    ];
    let output = kerust(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(1));
    let executed = read_json(&folder.path().join("o.ipynb"));
    assert_eq!(executed["cells"][0]["outputs"][0]["evalue"], "one");
    assert_eq!(
        executed["cells"][1]["outputs"][0]["data"]["text/plain"],
        json!(["2"])
    );
    assert!(folder.path().join("p.html").exists());
}

#[test]
fn a_cell_has_a_time_limit() {
    let folder = tempfile::tempdir().unwrap();
    let source = "while !kerust::notebook::interrupted() { std::thread::sleep(std::time::Duration::from_millis(5)); }";
    write_notebook(&folder.path().join("n.ipynb"), &["1", source, "2"]);
    let output = kerust(&["run", "n.ipynb", "--timeout", "20"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let executed = read_json(&folder.path().join("n.executed.ipynb"));
    assert_eq!(
        executed["cells"][1]["outputs"][0]["ename"],
        "KeyboardInterrupt"
    );
    assert_eq!(executed["cells"][2]["outputs"], json!([]));
}

#[test]
fn an_old_notebook_becomes_a_valid_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("笔记 本")).unwrap();
    let picture = json!({ "image/png": "iVBORw0KGgo=" });
    let notebook = json!({ "nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [
        {
            "cell_type": "markdown", "metadata": {},
            "source": ["![one](attachment:my%20picture.png)\n", "![two](attachment:图.png)"],
            "attachments": { "my picture.png": picture, "图.png": picture },
        },
        { "cell_type": "raw", "id": "cell-0", "source": "a < b" },
        { "cell_type": "code", "id": "cell-0", "metadata": {}, "source": "" },
        { "cell_type": "code", "id": "not an id", "metadata": {}, "source": ["1 +\n", "1"] },
    ]});
    let path = folder.path().join("笔记 本/旧 的.ipynb");
    std::fs::write(&path, notebook.to_string()).unwrap();
    let output = kerust(&["run", "笔记 本/旧 的.ipynb"], folder.path());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let executed = read_json(&path.with_extension("executed.ipynb"));
    assert_eq!(executed["nbformat_minor"], 5);
    let cells = executed["cells"].as_array().unwrap();
    let ids: Vec<&str> = cells
        .iter()
        .map(|cell| cell["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["cell-1", "cell-0", "cell-2", "cell-3"]);
    assert_eq!(cells[1]["metadata"], json!({}));
    assert_eq!(cells[2]["outputs"], json!([]));
    assert_eq!(cells[3]["outputs"][0]["data"]["text/plain"], json!(["2"]));
    let page = std::fs::read_to_string(path.with_extension("executed.html")).unwrap();
    assert_eq!(
        page.matches("data:image/png;base64,iVBORw0KGgo=").count(),
        2
    );
    assert!(page.contains("a &lt; b"));
}

#[test]
fn results_replace_neither_the_notebook_nor_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let notebook = folder.path().join("n.ipynb");
    write_notebook(&notebook, &["1"]);
    let before = std::fs::read(&notebook).unwrap();
    for (arguments, reason) in [
        (["--output", "n.ipynb"], "would replace the notebook"),
        (["--html", "./n.ipynb"], "would replace the notebook"),
        (
            ["--output", "o.html"],
            "would replace the executed notebook",
        ),
        (["--output", "missing/o.ipynb"], "cannot be written"),
        (["--html", "."], "is a folder"),
    ] {
        let output = kerust(
            &["run", "n.ipynb", arguments[0], arguments[1]],
            folder.path(),
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read(&notebook).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_no_notebook_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("n.ipynb"), "{").unwrap();
    for (arguments, reason) in [
        (["run", "n.ipynb"], "this is not a notebook"),
        (["run", "missing.ipynb"], "No such file"),
    ] {
        let output = kerust(&arguments, folder.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn the_kernel_is_registered_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let output = kerust(
        &["install", "--prefix", "p", "--name", "my-rust"],
        folder.path(),
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let kernel = folder.path().join("p/share/jupyter/kernels/my-rust");
    let description = read_json(&kernel.join("kernel.json"));
    assert_eq!(
        description["argv"].as_array().unwrap()[1..],
        ["kernel", "-f", "{connection_file}"]
    );
    assert_eq!(description["interrupt_mode"], "message");
    assert_eq!(description["language"], "rust");
    for logo in ["logo-svg.svg", "logo-32x32.png", "logo-64x64.png"] {
        assert!(kernel.join(logo).exists());
    }
    let refused = kerust(
        &["install", "--prefix", "p", "--name", "a/b"],
        folder.path(),
    );
    assert!(!refused.status.success());
    let removed = kerust(
        &["uninstall", "--prefix", "p", "--name", "my-rust"],
        folder.path(),
    );
    assert!(removed.status.success());
    assert!(!kernel.exists());
    assert!(
        !kerust(
            &["uninstall", "--prefix", "p", "--name", "my-rust"],
            folder.path()
        )
        .status
        .success()
    );
}

#[test]
fn kernels_of_others_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let kernel = folder.path().join("p/share/jupyter/kernels/other");
    std::fs::create_dir_all(&kernel).unwrap();
    let theirs =
        r#"{"argv": ["evcxr_jupyter", "--control_file", "{connection_file}"], "language": "rust"}"#;
    std::fs::write(kernel.join("kernel.json"), theirs).unwrap();
    for command in ["install", "uninstall"] {
        let output = kerust(
            &[command, "--prefix", "p", "--name", "other"],
            folder.path(),
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("was not registered by kerust"), "{said}");
    }
    assert_eq!(
        std::fs::read_to_string(kernel.join("kernel.json")).unwrap(),
        theirs
    );

    // What was put beside a registration of ours stays, too.
    let place = ["--prefix", "p", "--name", "mine"];
    let arguments = |command| [&[command], &place[..]].concat();
    assert!(
        kerust(&arguments("install"), folder.path())
            .status
            .success()
    );
    assert!(
        kerust(&arguments("install"), folder.path())
            .status
            .success()
    );
    let mine = kernel.with_file_name("mine");
    std::fs::write(mine.join("kernel.js"), "").unwrap();
    assert!(
        kerust(&arguments("uninstall"), folder.path())
            .status
            .success()
    );
    let left: Vec<_> = std::fs::read_dir(&mine)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["kernel.js"]);
}
