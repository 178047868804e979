//! A notebook file, nbformat 4.5.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// A notebook in memory.
pub struct Notebook {
    root: Value,
}

impl Notebook {
    /// Reads a notebook and brings it to format 4.5.
    ///
    /// # Errors
    /// If the file cannot be read or is no notebook.
    pub fn read(path: &Path) -> io::Result<Notebook> {
        let failed = |what: &str| io::Error::other(format!("{}: {what}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| failed(&error.to_string()))?;
        let mut root: Value = serde_json::from_str(&text)
            .map_err(|error| failed(&format!("this is not a notebook: {error}")))?;
        if root["nbformat"] != 4 {
            return Err(failed("only notebooks of format 4 are supported"));
        }
        let Some(cells) = root["cells"].as_array_mut() else {
            return Err(failed("this is not a notebook: it has no cells"));
        };
        for (number, cell) in cells.iter_mut().enumerate() {
            if !cell.is_object() {
                return Err(failed(&format!("cell {number} is not a cell")));
            }
            if !cell["metadata"].is_object() {
                cell["metadata"] = json!({});
            }
            if !cell["source"].is_string() && !cell["source"].is_array() {
                cell["source"] = json!("");
            }
        }
        give_ids(cells);
        if !root["metadata"].is_object() {
            root["metadata"] = json!({});
        }
        if root["nbformat_minor"]
            .as_u64()
            .is_none_or(|minor| minor < 5)
        {
            root["nbformat_minor"] = json!(5);
        }
        Ok(Notebook { root })
    }

    /// Notes which kernel ran the notebook.
    pub(crate) fn set_kernel(&mut self, language: Value) {
        self.root["metadata"]["kernelspec"] = json!({
            "name": crate::install::DEFAULT_NAME,
            "display_name": crate::install::DEFAULT_DISPLAY_NAME,
            "language": "rust",
        });
        self.root["metadata"]["language_info"] = language;
    }

    pub(crate) fn cells(&self) -> &[Value] {
        self.root["cells"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn cell_mut(&mut self, index: usize) -> &mut Value {
        &mut self.root["cells"][index]
    }

    /// The notebook's title: its first heading.
    pub fn title(&self) -> Option<String> {
        self.cells()
            .iter()
            .filter(|cell| cell["cell_type"] == "markdown")
            .flat_map(|cell| source(cell).lines().map(str::to_owned).collect::<Vec<_>>())
            .find_map(|line| Some(line.strip_prefix("# ")?.trim().to_owned()))
    }

    /// Writes the notebook; whoever reads the file meanwhile sees the old one or the new one.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        serde::Serialize::serialize(&self.root, &mut serializer)?;
        text.push(b'\n');
        write_whole(path, &text)
    }
}

/// Gives an id to every cell without one of its own in the form that the format asks for.
fn give_ids(cells: &mut [Value]) {
    let mut seen = HashSet::new();
    let lacks_id: Vec<bool> = cells
        .iter()
        .map(|cell| {
            !cell["id"]
                .as_str()
                .is_some_and(|id| is_id(id) && seen.insert(id.to_owned()))
        })
        .collect();
    let mut fresh = (0..).map(|number| format!("cell-{number}"));
    for (cell, lacks_id) in cells.iter_mut().zip(lacks_id) {
        if lacks_id {
            cell["id"] = fresh.find(|id| !seen.contains(id)).into();
        }
    }
}

fn is_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&id.len()) && id.bytes().all(allowed)
}

/// Fails if [`write_whole`] could not write a file at `path`.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::other(format!("{} is a folder", path.display())));
    }
    draft(path).map(drop)
}

/// A temporary file that is to become the one at `path`.
fn draft(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".kerust-")
        .tempfile_in(folder)
        .map_err(|error| {
            io::Error::other(format!(
                "{} cannot be written ({error}): give another place by `--output` and `--html`",
                path.display()
            ))
        })
}

/// Writes a file in one step.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let failed = |error: io::Error| io::Error::other(format!("{}: {error}", path.display()));
    let mut file = draft(path)?;
    file.write_all(content).map_err(failed)?;
    // Temporary files are private; a notebook has the usual permissions.
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A cell's source text.
pub(crate) fn source(cell: &Value) -> String {
    joined(&cell["source"])
}

/// A text that the format stores as a string or as a list of lines.
pub(crate) fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// A text as the list of lines that the format stores.
pub(crate) fn lines(text: &str) -> Value {
    text.split_inclusive('\n').map(Value::from).collect()
}
