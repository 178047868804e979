//! JupyterLab in a real browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::python::{one_at_a_time, python, script, succeed};
use super::tutorial::drawn_pictures;

/// The browser, installed from the system's packages if need be.
fn chromium() -> PathBuf {
    let said = succeed(Command::new("sh").arg(script("chromium.sh")));
    let path = said.lines().next_back().unwrap_or_default();
    assert!(Path::new(path).exists(), "{said}");
    PathBuf::from(path)
}

/// Leaves pictures of every step in `target/tmp/screenshots/`.
#[test]
fn the_tutorial_lives_in_jupyterlab() {
    let _alone = one_at_a_time();
    let home = tempfile::tempdir().expect("a folder");
    drawn_pictures(home.path(), 2000, 400);
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
