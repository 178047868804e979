//! Registering the kernel with Jupyter: a folder with a description and logos.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::folders;

/// The name under which the kernel is registered unless another is given.
pub(crate) const DEFAULT_NAME: &str = "kerust";
/// What people see.
pub(crate) const DEFAULT_DISPLAY_NAME: &str = "Rust (kerust)";

const LOGO: &str = include_str!("logo.svg");

/// Where the registration goes.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Jupyter's folder of the user.
    User,
    /// The Python environment that is active.
    ActiveEnvironment,
    /// A folder of choice.
    Prefix(PathBuf),
}

impl Place {
    fn kernels(&self) -> io::Result<PathBuf> {
        let under_prefix = |prefix: &Path| prefix.join("share/jupyter/kernels");
        match self {
            Place::User => folders::jupyter_data()
                .map(|data| data.join("kernels"))
                .ok_or_else(|| io::Error::other("there is no home folder: give `--prefix`")),
            Place::Prefix(prefix) => Ok(under_prefix(&std::path::absolute(prefix)?)),
            Place::ActiveEnvironment => ["VIRTUAL_ENV", "CONDA_PREFIX"]
                .into_iter()
                .find_map(|variable| std::env::var_os(variable).filter(|path| !path.is_empty()))
                .map(|prefix| under_prefix(Path::new(&prefix)))
                .ok_or_else(|| {
                    io::Error::other(
                        "no Python environment is active: activate one, or give `--prefix`",
                    )
                }),
        }
    }

    fn kernel(&self, name: &str) -> io::Result<PathBuf> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if name.is_empty() || name.starts_with('.') || !name.bytes().all(allowed) {
            return Err(io::Error::other(format!(
                "`{name}` cannot name a kernel: use letters, digits, `-`, `.` and `_`"
            )));
        }
        Ok(self.kernels()?.join(name))
    }
}

/// Registers the kernel and returns the folder.
pub(crate) fn install(place: &Place, name: &str, display_name: &str) -> io::Result<PathBuf> {
    let folder = place.kernel(name)?;
    fs::create_dir_all(&folder)?;
    let program = std::env::current_exe()?;
    let description = json!({
        "argv": [program, "kernel", "-f", "{connection_file}"],
        "display_name": display_name,
        "language": "rust",
        "interrupt_mode": "message",
        "kernel_protocol_version": "5.5.0",
        "env": {},
        "metadata": { "debugger": false },
    });
    let text = serde_json::to_string_pretty(&description)?;
    fs::write(folder.join("kernel.json"), text + "\n")?;
    fs::write(folder.join("logo-svg.svg"), LOGO)?;
    Ok(folder)
}

/// Removes the registration and returns the folder that is gone.
pub(crate) fn uninstall(place: &Place, name: &str) -> io::Result<PathBuf> {
    let folder = place.kernel(name)?;
    let description = fs::read_to_string(folder.join("kernel.json")).map_err(|error| {
        io::Error::other(format!(
            "no kernel `{name}` in {}: {error}",
            folder.display()
        ))
    })?;
    let description: serde_json::Value = serde_json::from_str(&description)?;
    let is_ours = description["argv"][1] == "kernel" && description["language"] == "rust";
    if !is_ours {
        return Err(io::Error::other(format!(
            "the kernel `{name}` in {} was not registered by kerust",
            folder.display()
        )));
    }
    fs::remove_dir_all(&folder)?;
    Ok(folder)
}
