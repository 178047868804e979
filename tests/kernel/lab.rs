//! JupyterLab in a real browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::executed::stand_in;
use super::python::{one_at_a_time, python, script, succeed};
use super::support::root;

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

/// What a person sees of each notebook, wide and narrow, light and dark. Leaves pictures in
/// `target/tmp/pages/`.
#[test]
fn every_notebook_is_good_to_look_at() {
    let _alone = one_at_a_time();
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), "cifar10", 2000, 400);
    stand_in(home.path(), "mnist", 3000, 500);
    stand_in(home.path(), "imdb", 1000, 200);
    let folder = root().join("notebooks");
    let mut notebooks: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the notebooks")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ipynb"))
        .collect();
    notebooks.sort();
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let said = succeed(
        python(home.path())
            .arg(script("pages.py"))
            .arg(&pages)
            .args(&notebooks)
            .env("CHROMIUM", chromium())
            .env("KERUST_HOME", home.path()),
    );
    println!("{said}pictures: {}", pages.display());
}
