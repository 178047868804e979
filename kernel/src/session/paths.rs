//! Folders in `:dep` lines, which are relative to the notebook.

use std::path::{Path, PathBuf};

/// Names the notebook that a kernel belongs to, for Jupyter's server.
const NOTEBOOK_VARIABLE: &str = "JPY_SESSION_NAME";

/// The notebook's folder: the one that Jupyter names, else the one that the kernel was started in.
fn notebook_folder() -> PathBuf {
    std::env::var_os(NOTEBOOK_VARIABLE)
        .map(PathBuf::from)
        .filter(|notebook| notebook.is_absolute())
        .and_then(|notebook| notebook.parent().map(Path::to_path_buf))
        .filter(|folder| folder.is_dir())
        .or_else(|| std::env::current_dir().ok())
        .unwrap_or_default()
}

/// The arguments of a `:dep` line with its folder made absolute, or unchanged if it names none.
///
/// # Errors
/// If there is no crate in the folder: a sentence that says where it was looked for.
pub(crate) fn resolve(arguments: &str) -> Result<String, String> {
    resolve_from(arguments, &notebook_folder())
}

fn resolve_from(arguments: &str, base: &Path) -> Result<String, String> {
    let Some((start, end)) = folder_in(arguments) else {
        return Ok(arguments.to_owned());
    };
    let given = &arguments[start..end];
    let folder = base.join(given);
    if folder.join("Cargo.toml").is_file() {
        let folder = folder.canonicalize().unwrap_or(folder);
        let folder = folder.to_string_lossy();
        let folder = if start == 0 {
            folder.into_owned()
        } else {
            folder.replace('\\', "\\\\").replace('"', "\\\"")
        };
        return Ok(format!(
            "{}{folder}{}",
            &arguments[..start],
            &arguments[end..]
        ));
    }
    let what = if folder.is_dir() {
        "has no Cargo.toml"
    } else {
        "does not exist"
    };
    if Path::new(given).is_absolute() {
        return Err(format!("the folder `{given}` {what}"));
    }
    Err(format!(
        "the folder `{given}` {what}: it is looked for from the notebook's folder, {}",
        base.display()
    ))
}

/// Where the folder stands in the arguments: after `path =` in quotes, or at the start.
fn folder_in(arguments: &str) -> Option<(usize, usize)> {
    if arguments.starts_with(['.', '/']) {
        let end = arguments.find('=').unwrap_or(arguments.len());
        return Some((0, arguments[..end].trim_end().len()));
    }
    let mut from = 0;
    while let Some(found) = arguments[from..].find("path") {
        let start = from + found;
        from = start + "path".len();
        let begins_key = arguments[..start].ends_with(['{', ',', ' ', '\t']);
        let value = arguments[from..]
            .trim_start()
            .strip_prefix('=')
            .map(str::trim_start)
            .and_then(|value| value.strip_prefix(['"', '\'']));
        if let (true, Some(value)) = (begins_key, value) {
            let start = arguments.len() - value.len();
            let length = value.find(['"', '\''])?;
            return Some((start, start + length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::resolve_from;

    #[test]
    fn folders_are_relative_to_the_notebook() {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("a path");
        let notebook = base.join("notebooks");
        for folder in ["notebooks", "tools/a crate", "empty"] {
            std::fs::create_dir_all(base.join(folder)).expect("made");
        }
        std::fs::write(base.join("tools/a crate/Cargo.toml"), "").expect("written");
        let tool = base.join("tools/a crate").display().to_string();
        for (given, wanted) in [
            (
                "tool = { path = \"../tools/a crate\", features = [\"x\"] }",
                format!("tool = {{ path = \"{tool}\", features = [\"x\"] }}"),
            ),
            (
                "tool={version=\"1\",path='../tools/a crate'}",
                format!("tool={{version=\"1\",path='{tool}'}}"),
            ),
            ("../tools/a crate", tool.clone()),
            ("path = \"1.0\"", "path = \"1.0\"".to_owned()),
            (
                "mypath = { version = \"1\" }",
                "mypath = { version = \"1\" }".to_owned(),
            ),
            ("serde", "serde".to_owned()),
        ] {
            assert_eq!(
                resolve_from(given, &notebook).as_deref(),
                Ok(&*wanted),
                "{given}"
            );
        }
        for (given, reason) in [
            (
                "a = { path = \"../empty\" }",
                "has no Cargo.toml: it is looked for",
            ),
            (
                "a = { path = \"../none\" }",
                "does not exist: it is looked for",
            ),
            (
                "/no/such/crate",
                "the folder `/no/such/crate` does not exist",
            ),
        ] {
            let error = resolve_from(given, &notebook).expect_err(given);
            assert!(error.contains(reason), "{error}");
        }
    }
}
