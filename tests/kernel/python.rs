//! A Python environment with Jupyter's own programs, in which the kernel is registered.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::json;

use super::support::{program, root};

/// The Python environment with what `tests/python/requirements.txt` names, made once, and with the
/// kernel `kerust`.
pub(crate) fn environment() -> PathBuf {
    static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            let environment = make_environment();
            succeed(
                Command::new(program())
                    .args(["install", "--prefix"])
                    .arg(&environment),
            );
            environment
        })
        .clone()
}

fn make_environment() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let requirements = root().join("tests/python/requirements.txt");
    let environment = target.join("python");
    let made_for = environment.join("made-for.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return environment;
    }
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    );
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&requirements),
    );
    std::fs::write(made_for, wanted).unwrap();
    environment
}

/// Registers the stock kernel, which cargo has built as the example `stock_evcxr_jupyter`, as
/// `stock-rust`.
pub(crate) fn register_stock_kernel() {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let program = program()
            .with_file_name("examples")
            .join("stock_evcxr_jupyter");
        assert!(
            program.exists(),
            "{} is built by `cargo test`",
            program.display()
        );
        let folder = environment().join("share/jupyter/kernels/stock-rust");
        std::fs::create_dir_all(&folder).expect("writable");
        let description = json!({
            "argv": [program, "--control_file", "{connection_file}"],
            "display_name": "Rust (stock)",
            "language": "rust",
            "interrupt_mode": "message",
        });
        std::fs::write(folder.join("kernel.json"), description.to_string()).expect("writable");
    });
}

/// Python in the environment, working in `folder`, with nothing of the user's Jupyter and nothing
/// that `cargo test` sets for its own programs.
pub(crate) fn python(folder: &Path) -> Command {
    let mut command = Command::new(environment().join("bin/python"));
    command
        .current_dir(folder)
        .env("JUPYTER_CONFIG_DIR", folder.join("jupyter-config"))
        .env("JUPYTER_DATA_DIR", folder.join("jupyter-data"))
        .env("JUPYTER_RUNTIME_DIR", folder.join("jupyter-runtime"))
        .env("IPYTHONDIR", folder.join("ipython"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("JUPYTER_PATH")
        .env_remove("LD_LIBRARY_PATH");
    command
}

/// A script of `tests/python`.
pub(crate) fn script(name: &str) -> PathBuf {
    let folder = root().join("tests/python").canonicalize();
    folder.expect("the scripts are there").join(name)
}

/// These clients run one after the other: several at once would take each other's time, and some
/// of them wait for answers only so long.
pub(crate) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static CLIENTS: Mutex<()> = Mutex::new(());
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `command`, which must succeed, and returns all that it said.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}\n{said}");
    said
}
