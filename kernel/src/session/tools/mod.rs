//! Stand-ins for `cargo`, `rustc`, `rustup` and `sh` that this program is itself.
//!
//! evcxr runs `cargo build` for every cell, and cargo takes longer to find out that nothing but the
//! cell has changed than the compiler takes for the cell. So evcxr gets this program in cargo's
//! place. It lets cargo do the first build and notes how cargo called the compiler; for the next
//! cells it makes the same call itself (`call.rs`), as long as everything that cargo looks at is
//! what it was, or gives what the call gave before (`results.rs`).
//!
//! evcxr and rust-analyzer also ask a dozen questions when a session starts, about the compiler and
//! the packages. The answers are remembered (`answers.rs`). evcxr's own rust-analyzer is told that
//! there is nothing to load (`empty.rs`): the kernel's one does that work.
//!
//! Whatever else is asked goes to the real programs, in the environment that the user has. That is
//! why `sh` is among them: evcxr runs it for the lines that begin with `!`.

mod answers;
mod call;
mod empty;
mod environment;
pub(crate) mod inputs;
mod order;
mod results;
mod validation;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};

use self::call::CALL_VARIABLE;
pub(crate) use self::environment::Environment;
use super::slots::Place;

/// Names the folder of the session's slot.
const SLOT_VARIABLE: &str = "KERUST_SLOT";
/// Set for what the kernel's own rust-analyzer asks.
pub(crate) const ANALYSIS_VARIABLE: &str = "KERUST_ANALYSIS";
/// The names under which this program is called.
const CARGO: &str = "cargo";
const RUSTC: &str = "rustc";
const RUSTUP: &str = "rustup";
const SHELL: &str = "sh";
const RECORDER: &str = "record-rustc";

/// The real programs.
pub(crate) struct Programs {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) rustup: Option<PathBuf>,
    pub(crate) shell: Option<PathBuf>,
}

/// Makes the folder of the stand-ins, in the form of a home of cargo, where rust-analyzer looks
/// first. Beside them are links to the real programs, and the user's `own` environment.
pub(crate) fn make(place: &Place, programs: &Programs, own: &Environment) -> io::Result<()> {
    let folder = place.tools();
    // Another place of this program or of the compiler would leave old links behind.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder.join("bin"))?,
    }
    own.write(&folder)?;
    let tools = Tools {
        place: place.clone(),
    };
    let program = std::env::current_exe()?;
    symlink(&program, tools.program(RECORDER))?;
    for (name, real) in [
        (CARGO, Some(&programs.cargo)),
        (RUSTC, Some(&programs.rustc)),
        (RUSTUP, programs.rustup.as_ref()),
        (SHELL, programs.shell.as_ref()),
    ] {
        if let Some(real) = real {
            symlink(&program, tools.program(name))?;
            symlink(real, tools.link(name))?;
        }
    }
    Ok(())
}

/// Does the work of a stand-in if this program was called as one.
///
/// Call it first in `main`, while the process has one thread.
pub fn stand_in() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let called = PathBuf::from(arguments.next()?);
    let name = called.file_name()?.to_str()?;
    let arguments: Vec<OsString> = arguments.collect();
    let done = if name == RECORDER {
        call::record(&arguments, &std::env::var_os(CALL_VARIABLE)?)
    } else if [CARGO, RUSTC, RUSTUP, SHELL].contains(&name) {
        let tools = Tools {
            place: Place::new(PathBuf::from(std::env::var_os(SLOT_VARIABLE)?)),
        };
        tools.stand_in(name, &arguments)
    } else {
        return None;
    };
    Some(done.unwrap_or_else(|error| {
        eprintln!("error: {}: {error}", called.display());
        ExitCode::FAILURE
    }))
}

/// The stand-ins of a slot.
struct Tools {
    place: Place,
}

impl Tools {
    /// The stand-in called `name`.
    fn program(&self, name: &str) -> PathBuf {
        self.place.tools().join("bin").join(name)
    }

    fn link(&self, name: &str) -> PathBuf {
        self.place.tools().join(format!("real-{name}"))
    }

    /// The real program called `name`.
    fn real(&self, name: &str) -> io::Result<PathBuf> {
        fs::read_link(self.link(name))
    }

    /// The real program called `name`, about to be run.
    fn command(&self, name: &str) -> io::Result<Command> {
        let mut command = Command::new(self.real(name)?);
        command.arg0(name);
        Ok(command)
    }

    /// Replaces this process by the real program.
    fn pass_on(&self, name: &str, arguments: &[OsString]) -> io::Result<ExitCode> {
        Err(self.command(name)?.args(arguments).exec())
    }

    fn stand_in(&self, name: &str, arguments: &[OsString]) -> io::Result<ExitCode> {
        let for_analysis = std::env::var_os(ANALYSIS_VARIABLE).is_some();
        let compiler = std::env::var_os(RUSTC.to_ascii_uppercase());
        // SAFETY: `main` calls this first, so the process has one thread.
        unsafe {
            Environment::read(&self.place)?.restore();
            std::env::remove_var(ANALYSIS_VARIABLE);
        }
        match name {
            CARGO => self.cargo(arguments, compiler.as_deref(), for_analysis),
            RUSTC => self.rustc(arguments, for_analysis),
            RUSTUP => self.rustup(arguments),
            _ => self.pass_on(name, arguments),
        }
    }

    /// evcxr names a `compiler` that may be the stand-in.
    fn cargo(
        &self,
        arguments: &[OsString],
        compiler: Option<&OsStr>,
        for_analysis: bool,
    ) -> io::Result<ExitCode> {
        let asks = self.is_for_cells() && answers::is_for_cargo(arguments, &self.manifest());
        let compiler = match compiler {
            Some(compiler) if compiler == self.program(RUSTC) => Some(self.real(RUSTC)?),
            Some(compiler) => Some(PathBuf::from(compiler)),
            // rustup would take a while to find the same.
            None if asks => Some(self.real(RUSTC)?),
            None => None,
        };
        if let Some(compiler) = compiler {
            // SAFETY: `stand_in` is called first in `main`, so the process has one thread.
            unsafe { std::env::set_var(RUSTC.to_ascii_uppercase(), compiler) };
        }
        if asks {
            if !for_analysis && empty::is_about_packages(arguments) {
                println!("{}", empty::packages(&self.place.work()));
                return Ok(ExitCode::SUCCESS);
            }
            return answers::give(self, CARGO, arguments);
        }
        if self.is_for_cells() && validation::is_meant(arguments) {
            return validation::run(self, arguments);
        }
        if let Some(host) = compiles_cell_for(arguments)
            && std::env::var_os("RUSTC_WRAPPER").is_none()
        {
            // When a cell has errors that evcxr did not expect, it asks for them by `cargo check`.
            // For that alone, cargo would go through all packages once more: a minute for a typo.
            let mut arguments = arguments.to_vec();
            arguments[0] = OsString::from("build");
            return call::compile(self, host, &arguments);
        }
        self.pass_on(CARGO, arguments)
    }

    fn rustc(&self, arguments: &[OsString], for_analysis: bool) -> io::Result<ExitCode> {
        if !answers::is_for_rustc(arguments) {
            return self.pass_on(RUSTC, arguments);
        }
        if !for_analysis && self.is_for_cells() && empty::is_about_sources(arguments) {
            eprintln!("error: the kernel reads the standard library elsewhere");
            return Ok(ExitCode::FAILURE);
        }
        answers::give(self, RUSTC, arguments)
    }

    /// evcxr asks rustup for the paths of cargo and rustc, past which it would call the real ones.
    fn rustup(&self, arguments: &[OsString]) -> io::Result<ExitCode> {
        match arguments {
            [which, tool] if which == "which" && (tool == CARGO || tool == RUSTC) => {
                println!("{}", self.place.tools().join("bin").join(tool).display());
                Ok(ExitCode::SUCCESS)
            }
            // Of another toolchain, whose compiler evcxr names when it calls cargo.
            [_, which, tool] if which == "which" && tool == CARGO => {
                let output = self.command(RUSTUP)?.args(arguments).output()?;
                if output.status.success() {
                    println!("{}", self.program(CARGO).display());
                }
                Ok(exit_code(output.status))
            }
            _ => self.pass_on(RUSTUP, arguments),
        }
    }

    /// Whether this process runs in the folder where the cells are compiled.
    fn is_for_cells(&self) -> bool {
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let work = fs::canonicalize(self.place.work());
        matches!((here, work), (Ok(here), Ok(work)) if here == work)
    }

    /// The cells' manifest.
    fn manifest(&self) -> PathBuf {
        self.place.work().join("Cargo.toml")
    }
}

/// The target for which evcxr has a cell compiled or checked, if these are cargo's arguments for it.
fn compiles_cell_for(arguments: &[OsString]) -> Option<&OsStr> {
    let [command, flag, host, format] = arguments else {
        return None;
    };
    let asks = command == "build" || command == "check";
    (asks && flag == "--target" && format == "--message-format=json").then_some(host)
}

/// The code by which this process tells how another ended.
fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_built_even_where_evcxr_would_check_them() {
        let target = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            compiles_cell_for(&arguments).map(OsStr::to_os_string)
        };
        let here = Some(OsString::from("here"));
        assert_eq!(target("build --target here --message-format=json"), here);
        assert_eq!(target("check --target here --message-format=json"), here);
        assert_eq!(target("clean --target here --message-format=json"), None);
        assert_eq!(target("check"), None);
    }
}
