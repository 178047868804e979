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

/// The file that Jupyter reads.
const DESCRIPTION: &str = "kernel.json";
/// The pictures that front ends look for; the small ones are drawn from the first.
const LOGOS: [(&str, &[u8]); 3] = [
    ("logo-svg.svg", include_bytes!("logo.svg")),
    ("logo-32x32.png", include_bytes!("logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("logo-64x64.png")),
];
/// With what Jupyter calls this program.
const ARGUMENTS: [&str; 3] = ["kernel", "-f", "{connection_file}"];

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
    if fs::exists(folder.join(DESCRIPTION))? {
        check_ours(&folder, name)?;
    }
    fs::create_dir_all(&folder)?;
    let program = std::env::current_exe()?;
    let program = program.to_str().ok_or_else(|| {
        io::Error::other(format!(
            "Jupyter cannot start {}: its path is not UTF-8",
            program.display()
        ))
    })?;
    let description = json!({
        "argv": [program, ARGUMENTS[0], ARGUMENTS[1], ARGUMENTS[2]],
        "display_name": display_name,
        "language": "rust",
        "interrupt_mode": "message",
        "kernel_protocol_version": "5.5.0",
        "env": {},
        "metadata": { "debugger": false },
    });
    let text = serde_json::to_string_pretty(&description)?;
    fs::write(folder.join(DESCRIPTION), text + "\n")?;
    for (name, picture) in LOGOS {
        fs::write(folder.join(name), picture)?;
    }
    Ok(folder)
}

/// Removes the registration, though nothing that others have put beside it, and returns the folder.
pub(crate) fn uninstall(place: &Place, name: &str) -> io::Result<PathBuf> {
    let folder = place.kernel(name)?;
    check_ours(&folder, name)?;
    fs::remove_file(folder.join(DESCRIPTION))?;
    for (name, _) in LOGOS {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match fs::remove_dir(&folder) {
        // Without a description the folder is no kernel any more.
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(folder),
    }
}

/// Whether the kernel in `folder` was registered by this program, else the reason why not.
fn check_ours(folder: &Path, name: &str) -> io::Result<()> {
    let text = fs::read_to_string(folder.join(DESCRIPTION)).map_err(|error| {
        io::Error::other(format!(
            "no kernel `{name}` in {}: {error}",
            folder.display()
        ))
    })?;
    if is_ours(&serde_json::from_str(&text).unwrap_or_default()) {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the kernel `{name}` in {} was not registered by kerust: give another `--name`",
        folder.display()
    )))
}

/// Whether a kernel with this description was registered by this program.
pub(crate) fn is_ours(description: &serde_json::Value) -> bool {
    let arguments = description["argv"]
        .as_array()
        .and_then(|argv| argv.get(1..));
    description["language"] == "rust" && arguments.is_some_and(|arguments| *arguments == ARGUMENTS)
}
