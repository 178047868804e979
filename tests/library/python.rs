//! Programs in Python that tests ask, each in an environment made for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::golden::file;

/// Python with the packages that a list in `tests/golden` names: an environment made once.
pub(crate) fn environment(name: &str, requirements: &str) -> PathBuf {
    static MADE_BY_ONE: Mutex<()> = Mutex::new(());
    // A test that failed while making it has left no mark, so that the next one makes it anew.
    let _one = MADE_BY_ONE
        .lock()
        .unwrap_or_else(|error| error.into_inner());
    let requirements = file(requirements);
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let made_for = environment.join("made-for.txt");
    let wanted = std::fs::read_to_string(&requirements).expect("the list of packages");
    let program = environment.join("bin/python");
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return program;
    }
    let arguments = ["-m", "venv", "--clear"];
    succeed(Command::new("python3").args(arguments).arg(&environment));
    let arguments = ["-m", "pip", "install", "--quiet", "--requirement"];
    succeed(Command::new(&program).args(arguments).arg(requirements));
    std::fs::write(made_for, wanted).expect("the environment is ours");
    program
}

/// Runs a script of `tests/python` with Keras and NumPy, on what it is to do in a folder; fails unless
/// it succeeds.
pub(crate) fn keras(script: &str, todo: &str, folder: &Path) {
    let python = environment("python-keras", "requirements.txt");
    run(&python, script, &[Path::new(todo), folder]);
}

/// Runs a script of `tests/python`; fails unless it succeeds.
pub(crate) fn run(python: &Path, script: &str, arguments: &[&Path]) {
    let script = file(&format!("../python/{script}"));
    let mut command = Command::new(python);
    command.arg(script).args(arguments);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    succeed(command.env_remove("LD_LIBRARY_PATH"));
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
}
