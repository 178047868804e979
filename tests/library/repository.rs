//! The repository keeps its own rules: files stay small, nothing is left undone, the README's code
//! is the notebook's, and notebooks are in order.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// No source file is longer; a reader keeps one in mind at a time.
const LONGEST: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folders: &[&str], endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)
            .expect("the folder is there")
            .flatten()
        {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "__pycache__" {
                open.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty());
    found
}

fn sources() -> Vec<PathBuf> {
    files_below(&["src", "kernel", "tests"], &[".rs", ".py", ".css"])
}

#[test]
fn files_fit_on_a_few_screens() {
    for path in sources() {
        let lines = fs::read_to_string(&path).expect("readable").lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_undone() {
    // Written so that this file does not find itself.
    let forbidden = [
        "TO".to_string() + "DO",
        "FIX".to_string() + "ME",
        "dbg".to_string() + "!(",
    ];
    for path in sources() {
        let text = fs::read_to_string(&path).expect("readable");
        for word in &forbidden {
            assert!(
                !text.contains(word.as_str()),
                "{} contains {word}",
                path.display()
            );
        }
    }
}

fn notebooks() -> Vec<(PathBuf, Value)> {
    let own = files_below(&["notebooks"], &[".ipynb"])
        .into_iter()
        .filter(|path| {
            // What `kerust run` leaves beside a notebook is not part of the repository.
            !path.to_string_lossy().ends_with(".executed.ipynb")
        });
    own.map(|path| {
        let text = fs::read_to_string(&path).expect("readable");
        let notebook = serde_json::from_str(&text).expect("notebooks are JSON");
        (path, notebook)
    })
    .collect()
}

fn cells(notebook: &Value) -> &Vec<Value> {
    notebook["cells"].as_array().expect("notebooks have cells")
}

fn source(cell: &Value) -> String {
    let lines = cell["source"]
        .as_array()
        .expect("sources are lists of lines");
    lines.iter().filter_map(Value::as_str).collect()
}

#[test]
fn notebooks_are_in_order() {
    for (path, notebook) in notebooks() {
        let name = path.display();
        assert_eq!(notebook["nbformat"], 4, "{name}");
        assert_eq!(notebook["nbformat_minor"], 5, "{name}");
        assert_eq!(
            notebook["metadata"]["kernelspec"]["name"], "kerust",
            "{name}"
        );
        let mut count = 0;
        for cell in cells(&notebook) {
            assert!(cell["id"].is_string(), "{name}");
            assert!(
                source(cell).lines().count() <= 25,
                "{name}: {}",
                source(cell)
            );
            if cell["cell_type"] != "code" {
                continue;
            }
            count += 1;
            assert_eq!(
                cell["execution_count"], count,
                "{name}: run from top to bottom"
            );
            for output in cell["outputs"].as_array().expect("a list") {
                assert_ne!(output["output_type"], "error", "{name}");
                assert!(
                    output.to_string().len() < 200_000,
                    "{name}: an output is too large"
                );
            }
        }
        let text = fs::read_to_string(&path).expect("readable");
        for absolute in ["/home/", "/root/", "/tmp/", "/Users/"] {
            assert!(
                !text.contains(absolute),
                "{name} contains a path of some machine"
            );
        }
    }
}

#[test]
fn both_languages_have_the_same_code() {
    let code = |notebook: &Value| -> Vec<String> {
        let code = cells(notebook).iter();
        let code = code.filter(|cell| cell["cell_type"] == "code");
        code.map(source).collect()
    };
    let all = notebooks();
    let in_chinese = |path: &Path| path.to_string_lossy().ends_with("_zh.ipynb");
    let (chinese, english): (Vec<_>, Vec<_>) =
        all.iter().partition(|(path, _)| in_chinese(path.as_path()));
    assert_eq!(chinese.len(), english.len());
    for (path, notebook) in english {
        let twin = path.to_string_lossy().replace(".ipynb", "_zh.ipynb");
        let (_, twin) = chinese
            .iter()
            .find(|(path, _)| path.as_path() == Path::new(&twin))
            .unwrap_or_else(|| panic!("{twin} is missing"));
        assert_eq!(code(notebook), code(twin), "{}", path.display());
    }
}

#[test]
fn the_readme_shows_the_code_of_the_notebook() {
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let (_, notebook) = notebooks()
        .into_iter()
        .find(|(path, _)| path.ends_with("cifar10_tutorial.ipynb"))
        .expect("the tutorial is there");
    let mut rest = readme.as_str();
    for cell in cells(&notebook)
        .iter()
        .filter(|cell| cell["cell_type"] == "code")
    {
        let code = source(cell);
        let at = rest
            .find(&code)
            .unwrap_or_else(|| panic!("the README lacks, in order:\n{code}"));
        rest = &rest[at + code.len()..];
    }
}

#[test]
fn the_readme_names_files_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let links = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.starts_with("http")) {
        assert!(root().join(link).exists(), "the README links to {link}");
    }
}
