//! JupyterLab in a real browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::executed::stand_in;
use super::python::{one_at_a_time, python, script, succeed};

/// The browser, installed from the system's packages if need be.
fn chromium() -> PathBuf {
    let output = Command::new("sh").arg(script("chromium.sh")).output();
    let output = output.expect("a shell");
    // What installing it says goes to the other stream.
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && path.exists(), "{errors}");
    path
}

/// Leaves pictures of every step in `target/tmp/screenshots/`.
#[test]
fn the_tutorial_lives_in_jupyterlab() {
    let _alone = one_at_a_time();
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), "cifar10", 10_000, 400);
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    let said = succeed(
        python(home.path())
            .arg(script("browser.py"))
            .arg(&screenshots)
            .env("CHROMIUM", chromium())
            .env("KERUST_HOME", home.path()),
    );
    println!("{said}pictures: {}", screenshots.display());
}
