//! Stand-ins for `cargo` and `rustup` that this program is itself, to compile a cell without cargo.
//!
//! evcxr runs `cargo build` for every cell, and cargo takes longer to find out that nothing but the
//! cell has changed than the compiler takes for the cell. So evcxr gets this program in cargo's
//! place. It lets cargo do the first build and notes how cargo called the compiler; for the next
//! cells it makes the same call itself, as long as everything that cargo looks at is what it was.
//! Whatever else is asked of `cargo` or `rustup` goes to the real ones.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Names the folder of the stand-ins.
pub(crate) const TOOLS_VARIABLE: &str = "KERUST_TOOLS";
/// Names the file for the compiler's call.
const CALL_VARIABLE: &str = "KERUST_COMPILER_CALL";
/// The compiler's call as it is kept in the folder where cargo runs.
const CALL: &str = "compiler-call.json";
/// The call of a build that is not finished.
const DRAFT: &str = "compiler-call.draft.json";
/// The names under which this program is called.
const CARGO: &str = "cargo";
const RUSTUP: &str = "rustup";
const RECORDER: &str = "record-rustc";
/// evcxr's name for the crate that a cell becomes.
const CELL_CRATE: &str = "ctx";
/// The files beside the cell's source on which cargo's decisions depend.
const SETTINGS: [&str; 4] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "../.cargo/config.toml",
];

/// Makes the folder of the stand-ins, with links to the real programs beside them.
pub(crate) fn make(folder: &Path, cargo: &Path, rustup: Option<&Path>) -> io::Result<()> {
    // Another place of this program or of the compiler would leave old links behind.
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    let program = std::env::current_exe()?;
    symlink(&program, folder.join(CARGO))?;
    symlink(&program, folder.join(RECORDER))?;
    symlink(cargo, real(folder, CARGO))?;
    if let Some(rustup) = rustup {
        symlink(&program, folder.join(RUSTUP))?;
        symlink(rustup, real(folder, RUSTUP))?;
    }
    Ok(())
}

fn real(folder: &Path, tool: &str) -> PathBuf {
    folder.join(format!("real-{tool}"))
}

/// Does the work of a stand-in if this program was called as one.
///
/// Call it first in `main`.
pub fn stand_in() -> Option<ExitCode> {
    let folder = PathBuf::from(std::env::var_os(TOOLS_VARIABLE)?);
    let mut arguments = std::env::args_os();
    let called = PathBuf::from(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    let error = match called.file_name()?.to_str()? {
        CARGO => cargo(&folder, &arguments),
        RUSTUP => rustup(&folder, &arguments),
        RECORDER => record(&arguments),
        _ => return None,
    };
    Some(match error {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}: {error}", called.display());
            ExitCode::FAILURE
        }
    })
}

/// Replaces this process by the real tool.
fn pass_on(folder: &Path, tool: &str, arguments: &[OsString]) -> io::Result<ExitCode> {
    Err(Command::new(real(folder, tool))
        .arg0(tool)
        .args(arguments)
        .exec())
}

/// evcxr asks rustup for the path of cargo, past which it would call the real one.
fn rustup(folder: &Path, arguments: &[OsString]) -> io::Result<ExitCode> {
    if arguments == ["which", CARGO] {
        println!("{}", folder.join(CARGO).display());
        return Ok(ExitCode::SUCCESS);
    }
    pass_on(folder, RUSTUP, arguments)
}

fn cargo(folder: &Path, arguments: &[OsString]) -> io::Result<ExitCode> {
    let [command, flag, host, format] = arguments else {
        return pass_on(folder, CARGO, arguments);
    };
    let of_a_cell = command == "build" && flag == "--target" && format == "--message-format=json";
    if !of_a_cell || std::env::var_os("RUSTC_WRAPPER").is_some() {
        return pass_on(folder, CARGO, arguments);
    }
    let directory = std::env::current_dir()?;
    if let Some(call) = Call::read(&directory.join(CALL))
        && call.conditions == conditions(&directory)
        && call.inputs.iter().all(Input::is_unchanged)
    {
        return Err(call.make());
    }
    let draft = directory.join(DRAFT);
    for old in [&draft, &directory.join(CALL)] {
        match fs::remove_file(old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let status = Command::new(real(folder, CARGO))
        .arg0(CARGO)
        .args(arguments)
        .env("RUSTC_WORKSPACE_WRAPPER", folder.join(RECORDER))
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
        call.conditions = conditions(&directory);
        call.inputs = call
            .libraries()
            .chain(listed_sources(&sources)?)
            .filter(|path| !path.starts_with(directory.join("src")))
            .filter_map(|path| Input::at(&path))
            .collect();
        fs::write(directory.join(CALL), serde_json::to_vec(&call)?)?;
    }
    Ok(match status.code() {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Calls the compiler for cargo, and notes the call if it is for a cell.
fn record(arguments: &[OsString]) -> io::Result<ExitCode> {
    let (compiler, arguments) = arguments
        .split_first()
        .ok_or_else(|| io::Error::other("no compiler is named"))?;
    let of_a_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == CELL_CRATE);
    if let (true, Some(draft)) = (of_a_cell, std::env::var_os(CALL_VARIABLE)) {
        // A call that is not UTF-8 is made by cargo every time.
        if let Some(call) = Call::current(compiler, arguments) {
            fs::write(draft, serde_json::to_vec(&call)?)?;
        }
    }
    Err(Command::new(compiler).args(arguments).exec())
}

/// How cargo called the compiler for a cell, and on what that depends.
#[derive(Serialize, Deserialize)]
struct Call {
    compiler: String,
    arguments: Vec<String>,
    /// What cargo tells the compiler by its environment.
    environment: BTreeMap<String, String>,
    /// The settings and the environment under which cargo ran.
    conditions: String,
    inputs: Vec<Input>,
}

impl Call {
    fn current(compiler: &OsStr, arguments: &[OsString]) -> Option<Call> {
        let arguments = arguments
            .iter()
            .map(|argument| argument.to_str().map(str::to_owned))
            .collect::<Option<_>>()?;
        let told = |name: &str| {
            name.starts_with("CARGO") || matches!(name, "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH")
        };
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| told(name))
            .collect();
        Some(Call {
            compiler: compiler.to_str()?.to_owned(),
            arguments,
            environment,
            conditions: String::new(),
            inputs: Vec::new(),
        })
    }

    fn read(path: &Path) -> Option<Call> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// The compiled libraries that the cell is linked with.
    fn libraries(&self) -> impl Iterator<Item = PathBuf> {
        self.arguments
            .windows(2)
            .filter(|pair| pair[0] == "--extern")
            .filter_map(|pair| Some(PathBuf::from(pair[1].split_once('=')?.1)))
    }

    /// Replaces this process by the compiler, having said where its result will be.
    fn make(&self) -> io::Error {
        let folder = self
            .arguments
            .windows(2)
            .find(|pair| pair[0] == "--out-dir")
            .map(|pair| Path::new(&pair[1]));
        let Some(folder) = folder else {
            return io::Error::other("the compiler's call names no folder");
        };
        let library = format!(
            "{}{CELL_CRATE}{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        );
        println!(
            "{}",
            json!({
                "reason": "compiler-artifact",
                "target": { "name": CELL_CRATE },
                "filenames": [folder.join(library)],
            })
        );
        Command::new(&self.compiler)
            .args(&self.arguments)
            .envs(&self.environment)
            .exec()
    }
}

/// A file as it was when cargo looked at it.
#[derive(Serialize, Deserialize, PartialEq)]
struct Input {
    path: PathBuf,
    size: u64,
    modified: (i64, i64),
}

impl Input {
    fn at(path: &Path) -> Option<Input> {
        let metadata = fs::metadata(path).ok()?;
        Some(Input {
            path: path.to_owned(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    fn is_unchanged(&self) -> bool {
        Input::at(&self.path).is_some_and(|now| now == *self)
    }
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

/// The settings for cargo in `directory` and its environment, as a hash.
fn conditions(directory: &Path) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for name in SETTINGS {
        add(&fs::read(directory.join(name)).unwrap_or_default());
    }
    let matters = |name: &str| {
        name.starts_with("CARGO")
            || name.starts_with("RUST")
            || matches!(
                name,
                "PATH" | "CC" | "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH"
            )
    };
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(matters))
        .collect();
    for (name, value) in &environment {
        add(name.as_encoded_bytes());
        add(value.as_encoded_bytes());
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
