//! How cargo calls the compiler for a cell, to make the same call without cargo.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::inputs::{Input, conditions, variable, watched_variables};
use super::{CARGO, RECORDER, Tools, exit_code, results};

/// Names the file for the compiler's call.
pub(super) const CALL_VARIABLE: &str = "KERUST_COMPILER_CALL";
/// The compiler's call as it is kept in the folder where cargo runs.
const CALL: &str = "compiler-call.json";
/// The call of a build that is not finished.
const DRAFT: &str = "compiler-call.draft.json";
/// Where the loader looks for shared libraries; cargo puts folders in front of the user's own.
const LOADER_VARIABLE: &str = "LD_LIBRARY_PATH";
/// evcxr's name for the crate that a cell becomes.
pub(super) const CELL_CRATE: &str = "ctx";

/// Compiles a cell for the target `host`: by the call that is known, or by cargo with these
/// `arguments`.
pub(super) fn compile(tools: &Tools, host: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    let directory = std::env::current_dir()?;
    if let Some(call) = Call::read(&directory.join(CALL))
        && call.conditions == conditions(&directory)
        && call.inputs.iter().all(Input::is_unchanged)
        && call
            .watched
            .iter()
            .all(|(name, value)| variable(name) == *value)
    {
        return call.make(tools, &directory);
    }
    let draft = directory.join(DRAFT);
    for old in [&draft, &directory.join(CALL)] {
        match fs::remove_file(old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let status = tools
        .command(CARGO)?
        .args(arguments)
        .env("RUSTC_WORKSPACE_WRAPPER", tools.program(RECORDER))
        .env(CALL_VARIABLE, &draft)
        .status()?;
    let draft_call = Call::read(&draft);
    // What was noted is only worth keeping when it is complete.
    let _ = fs::remove_file(&draft);
    if let (true, Some(mut call)) = (status.success(), draft_call) {
        let sources = directory
            .join("target")
            .join(host)
            .join("debug")
            .join(format!("lib{CELL_CRATE}.d"));
        let own = variable(LOADER_VARIABLE).unwrap_or_default();
        call.library_folders = without(&own, &call.library_folders).to_owned();
        call.conditions = conditions(&directory);
        call.watched = watched_variables(&directory.join("target"));
        call.inputs = call
            .libraries()
            .chain(listed_sources(&sources)?)
            .filter(|path| !path.starts_with(directory.join("src")))
            .map(|path| Input::at(&path))
            .collect();
        fs::write(directory.join(CALL), serde_json::to_vec(&call)?)?;
    }
    Ok(exit_code(status))
}

/// Calls the compiler for cargo, and notes the call if it is for a cell.
pub(super) fn record(arguments: &[OsString], draft: &OsStr) -> io::Result<ExitCode> {
    let (compiler, arguments) = arguments
        .split_first()
        .ok_or_else(|| io::Error::other("no compiler is named"))?;
    let of_a_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == CELL_CRATE);
    // A call that is not UTF-8 is made by cargo every time.
    if let (true, Some(call)) = (of_a_cell, Call::current(compiler, arguments)) {
        fs::write(draft, serde_json::to_vec(&call)?)?;
    }
    Err(Command::new(compiler).args(arguments).exec())
}

/// How cargo called the compiler for a cell, and on what that depends.
#[derive(Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) compiler: String,
    pub(super) arguments: Vec<String>,
    /// What cargo tells the compiler by its environment.
    pub(super) environment: BTreeMap<String, String>,
    /// The folders of shared libraries that cargo adds for the compiler. The user's own, which may
    /// be others the next time, come after them.
    pub(super) library_folders: String,
    /// The settings and the environment under which cargo ran.
    pub(super) conditions: String,
    /// What build scripts look at.
    pub(super) watched: BTreeMap<String, Option<String>>,
    pub(super) inputs: Vec<Input>,
}

impl Call {
    fn current(compiler: &OsStr, arguments: &[OsString]) -> Option<Call> {
        let arguments = arguments
            .iter()
            .map(|argument| argument.to_str().map(str::to_owned))
            .collect::<Option<_>>()?;
        let told = |name: &str| {
            // The pipes to cargo that this one names are closed when the call is made again.
            name != "CARGO_MAKEFLAGS" && name.starts_with("CARGO")
        };
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| told(name))
            .collect();
        Some(Call {
            compiler: compiler.to_str()?.to_owned(),
            arguments,
            environment,
            library_folders: variable(LOADER_VARIABLE).unwrap_or_default(),
            conditions: String::new(),
            watched: BTreeMap::new(),
            inputs: Vec::new(),
        })
    }

    fn read(path: &Path) -> Option<Call> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// What follows each `flag` in the arguments.
    pub(super) fn values(&self, flag: &str) -> impl Iterator<Item = &str> {
        self.arguments
            .windows(2)
            .filter(move |pair| pair[0] == flag)
            .map(|pair| pair[1].as_str())
    }

    /// The compiled libraries that the cell is linked with.
    fn libraries(&self) -> impl Iterator<Item = PathBuf> {
        self.values("--extern")
            .filter_map(|value| Some(PathBuf::from(value.split_once('=')?.1)))
    }

    /// Where the compiler puts the cell's library.
    pub(super) fn library(&self) -> io::Result<PathBuf> {
        let folder = self
            .values("--out-dir")
            .next()
            .ok_or_else(|| io::Error::other("the compiler's call names no folder"))?;
        Ok(Path::new(folder).join(format!(
            "{}{CELL_CRATE}{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        )))
    }

    /// The compiler, about to be called.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.compiler);
        command.args(&self.arguments).envs(&self.environment);
        if !self.library_folders.is_empty() {
            let own = std::env::var_os(LOADER_VARIABLE).unwrap_or_default();
            command.env(LOADER_VARIABLE, joined(&self.library_folders, &own));
        }
        command
    }

    /// Says where the library will be, and compiles the cell in `directory`, or gives an earlier
    /// result.
    fn make(&self, tools: &Tools, directory: &Path) -> io::Result<ExitCode> {
        let library = self.library()?;
        println!(
            "{}",
            json!({
                "reason": "compiler-artifact",
                "target": { "name": CELL_CRATE },
                "filenames": [library],
            })
        );
        results::compile(self, tools, directory)
    }
}

/// The folders of `all` without the user's `own`, which are the last ones.
fn without<'a>(own: &str, all: &'a str) -> &'a str {
    let first = all.strip_suffix(own).unwrap_or(all);
    first.strip_suffix(':').unwrap_or(first)
}

/// The folders `first`, and the user's `own` after them.
fn joined(first: &str, own: &OsStr) -> OsString {
    let mut all = OsString::from(first);
    if !own.is_empty() {
        all.push(":");
        all.push(own);
    }
    all
}

/// The sources that cargo lists in a file in the form of a makefile.
fn listed_sources(list: &Path) -> io::Result<Vec<PathBuf>> {
    let text = fs::read_to_string(list)?;
    let sources = text.split_once(": ").map_or("", |(_, sources)| sources);
    Ok(sources
        .trim_end()
        .replace("\\ ", "\0")
        .split(' ')
        .filter(|path| !path.is_empty())
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{joined, without};

    #[test]
    fn the_compiler_gets_cargos_folders_and_the_users_present_ones() {
        for (own, all) in [("", "/a:/b"), ("/c", "/a:/b:/c"), ("/c:/d", "/a:/b:/c:/d")] {
            assert_eq!(without(own, all), "/a:/b");
            assert_eq!(joined("/a:/b", OsStr::new(own)), all);
        }
        assert_eq!(without("/c", "/c"), "");
        assert_eq!(without("/d", "/a:/c"), "/a:/c");
    }
}
