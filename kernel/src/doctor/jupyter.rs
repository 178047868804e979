//! Jupyter: whether it is there, and whether it finds this kernel.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Finding;
use super::programs::{ask, find, short};
use crate::folders;
use crate::install;

pub(super) fn look() -> Vec<Finding> {
    let jupyter = find("jupyter");
    vec![lab(jupyter.as_deref()), kernel(jupyter.as_deref())]
}

fn lab(jupyter: Option<&Path>) -> Finding {
    const SUBJECT: &str = "Jupyter";
    let own = kerust::datasets::cache::home()
        .ok()
        .map(|home| home.join("jupyter/bin/jupyter"))
        .filter(|program| program.is_file());
    for program in jupyter.into_iter().chain(own.as_deref()) {
        if let Ok(answer) = ask(Command::new(program).args(["lab", "--version"])) {
            let version = answer.trim();
            return Finding::ok(SUBJECT, format!("JupyterLab {version}, {}", short(program)));
        }
    }
    if let Some(program) = jupyter {
        return Finding::warning(
            SUBJECT,
            format!("{} has no JupyterLab", short(program)),
            "`kerust lab` installs one for itself; other Jupyter programs work without",
        );
    }
    Finding::warning(
        SUBJECT,
        "there is no `jupyter` on the path",
        "`kerust lab` installs its own; `kerust run` needs none",
    )
}

/// A registered kernel of this kind: its name, its folder, and the program that it names.
struct Registered {
    name: String,
    folder: PathBuf,
    program: PathBuf,
}

fn kernel(jupyter: Option<&Path>) -> Finding {
    const SUBJECT: &str = "kernel";
    let registered = jupyter
        .and_then(registered_with)
        .unwrap_or_else(registered_for_user);
    let this = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let Some(best) = registered
        .iter()
        .find(|kernel| kernel.program.canonicalize().ok() == this)
        .or(registered.first())
    else {
        return Finding::warning(
            SUBJECT,
            "not registered: only `kerust lab` and `kerust run` have it",
            "`kerust install` tells all Jupyter programs",
        );
    };
    let name = &best.name;
    if best.program.canonicalize().ok() == this {
        return Finding::ok(
            SUBJECT,
            format!("`{name}` is this program, {}", short(&best.folder)),
        );
    }
    let fix = if name == install::DEFAULT_NAME {
        "`kerust install`".to_owned()
    } else {
        format!("`kerust install --name {name}`")
    };
    if best.program.is_file() {
        return Finding::warning(
            SUBJECT,
            format!("`{name}` is another program: {}", short(&best.program)),
            format!("{fix} registers this one"),
        );
    }
    Finding::problem(
        SUBJECT,
        format!(
            "`{name}` names a program that is gone: {}",
            short(&best.program)
        ),
        fix,
    )
}

/// The kernels that Jupyter itself finds.
fn registered_with(jupyter: &Path) -> Option<Vec<Registered>> {
    let answer = ask(Command::new(jupyter).args(["kernelspec", "list", "--json"])).ok()?;
    let list: Value = serde_json::from_str(&answer).ok()?;
    let kernels = list["kernelspecs"].as_object()?;
    Some(
        kernels
            .iter()
            .filter_map(|(name, kernel)| {
                let folder = PathBuf::from(kernel["resource_dir"].as_str()?);
                registered(name, folder, &kernel["spec"])
            })
            .collect(),
    )
}

/// Without Jupyter: those in the folder of the user.
fn registered_for_user() -> Vec<Registered> {
    let Some(folder) = folders::jupyter_data() else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(folder.join("kernels")) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path().join("kernel.json")).ok()?;
            let description: Value = serde_json::from_str(&text).ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            registered(&name, entry.path(), &description)
        })
        .collect()
}

fn registered(name: &str, folder: PathBuf, description: &Value) -> Option<Registered> {
    if !install::is_ours(description) {
        return None;
    }
    Some(Registered {
        name: name.to_owned(),
        folder,
        program: PathBuf::from(description["argv"][0].as_str()?),
    })
}
