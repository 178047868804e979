//! `kerust lab`: JupyterLab with the kernel in it, whatever the machine has installed.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::folders;
use crate::install::{self, DEFAULT_DISPLAY_NAME, DEFAULT_NAME, Place};

/// Replaces this process by JupyterLab, opened at `notebook` if one is given.
pub(crate) fn run(notebook: Option<&Path>) -> io::Result<()> {
    if let Some(notebook) = notebook
        && !notebook.exists()
    {
        return Err(io::Error::other(format!(
            "there is no file {}",
            notebook.display()
        )));
    }
    let home = folders::data()
        .map(|data| data.join("kerust"))
        .ok_or_else(|| io::Error::other("there is no home folder: set `XDG_DATA_HOME`"))?;
    let jupyter = match installed_jupyter() {
        Some(jupyter) => jupyter,
        None => own_jupyter(&home)?,
    };
    // The kernel is registered for this JupyterLab only, beside what the user has.
    let registry = home.join("lab");
    install::install(
        &Place::Prefix(registry.clone()),
        DEFAULT_NAME,
        DEFAULT_DISPLAY_NAME,
    )?;
    let mut path = registry.join("share/jupyter").into_os_string();
    if let Some(others) = std::env::var_os("JUPYTER_PATH").filter(|others| !others.is_empty()) {
        path.push(":");
        path.push(others);
    }
    let mut command = Command::new(&jupyter);
    command.arg("lab").env("JUPYTER_PATH", path);
    if let Some(notebook) = notebook {
        command.arg(notebook);
    }
    // SAFETY: `geteuid` has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        command.arg("--allow-root");
    }
    let error = command.exec();
    Err(io::Error::other(format!(
        "{} cannot be run: {error}",
        jupyter.display()
    )))
}

/// The `jupyter` on the path, if it has JupyterLab.
fn installed_jupyter() -> Option<PathBuf> {
    has_lab(Path::new("jupyter")).then(|| PathBuf::from("jupyter"))
}

fn has_lab(jupyter: &Path) -> bool {
    Command::new(jupyter)
        .args(["lab", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A JupyterLab of kerust's own, in a Python environment under `home`.
fn own_jupyter(home: &Path) -> io::Result<PathBuf> {
    let environment = home.join("jupyter");
    let jupyter = environment.join("bin/jupyter");
    if has_lab(&jupyter) {
        return Ok(jupyter);
    }
    eprintln!(
        "JupyterLab is not installed; making a Python environment for it in {}",
        environment.display()
    );
    fs::create_dir_all(home)?;
    step(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
        "the Python environment could not be made: Python 3 with its `venv` module is needed",
    )?;
    eprintln!("installing JupyterLab from PyPI");
    step(
        Command::new(environment.join("bin/python")).args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--progress-bar",
            "on",
            "jupyterlab",
        ]),
        "JupyterLab could not be installed: is the network there?",
    )?;
    Ok(jupyter)
}

fn step(command: &mut Command, failure: &str) -> io::Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| io::Error::other(format!("{failure} ({error})")))?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(failure.to_owned()))
}
