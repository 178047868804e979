//! Programs in Python that the tests ask, in environments made for them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::golden::file;

/// Runs a script of `tests/python` with what it is to do and a folder, where Keras and NumPy are;
/// fails unless it succeeds.
pub(crate) fn run(script: &str, todo: &str, folder: &Path) {
    let program = environment("python-keras", "requirements.txt");
    run_with(&program, script, &[Path::new(todo), folder]);
}

/// Runs a script of `tests/python` with a folder, where onnxruntime is; fails unless it succeeds.
pub(crate) fn run_with_onnxruntime(script: &str, folder: &Path) {
    let program = environment("python-onnx", "onnx_requirements.txt");
    run_with(&program, script, &[folder]);
}

fn run_with(program: &Path, script: &str, arguments: &[&Path]) {
    let mut command = Command::new(program);
    command.arg(file("../python").join(script)).args(arguments);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    succeed(command.env_remove("LD_LIBRARY_PATH"));
}

/// Python with the packages that a list in `tests/golden` names: an environment made once.
fn environment(name: &str, requirements: &str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    // A test that failed while making it has left no mark, so that the next one makes it anew.
    let _alone = MAKING.lock().unwrap_or_else(|error| error.into_inner());
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

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
}
