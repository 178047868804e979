//! evcxr's check of a crate that a cell asks for by `:dep`.
//!
//! For it, evcxr puts a manifest that names this crate alone in the place of the cells' one. There
//! cargo would drop all other versions from the lock file, and the next build would take the newest
//! ones: whenever one of them was released meanwhile, it would compile the library again. So the
//! check has a folder of its own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::process::ExitCode;

use super::{CARGO, Tools, exit_code};

/// Whether cargo is called for this: the kernel's other questions write the form as two words.
pub(super) fn is_meant(arguments: &[OsString]) -> bool {
    let [.., command, form] = arguments else {
        return false;
    };
    command == "metadata" && form == "--format-version=1"
}

/// Lets cargo read the manifest in another folder.
pub(super) fn run(tools: &Tools, arguments: &[OsString]) -> io::Result<ExitCode> {
    let folder = tools.place.validation();
    fs::create_dir_all(&folder)?;
    fs::copy(tools.manifest(), folder.join("Cargo.toml"))?;
    // So that it looks at the versions that are compiled, as far as they serve.
    match fs::copy(
        tools.place.work().join("Cargo.lock"),
        folder.join("Cargo.lock"),
    ) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let status = tools
        .command(CARGO)?
        .args(arguments)
        .current_dir(folder)
        .status()?;
    Ok(exit_code(status))
}
