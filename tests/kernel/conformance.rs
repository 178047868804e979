//! The public conformance suite for kernels, and what it leaves out, both spoken by Jupyter's own
//! client library.

use super::python::{one_at_a_time, python, register_stock_kernel, script, succeed};

/// Runs a module of `unittest` tests, of which none may fail or be skipped.
fn all_pass(name: &str, least: usize) {
    let _alone = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let said = succeed(python(folder.path()).arg(script(name)).arg("--verbose"));
    // Skipped ones would be named behind the `OK`.
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    assert_eq!(last, "OK", "{said}");
    let count = said
        .lines()
        .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok());
    assert!(count.is_some_and(|count: usize| count >= least), "{said}");
}

#[test]
fn the_public_suite_passes_in_full() {
    all_pass("conformance.py", 15);
}

#[test]
fn the_protocol_is_spoken_in_full() {
    all_pass("protocol.py", 21);
}

/// Prints the table of `kernel/README.md`: `cargo test … -- --ignored --nocapture`.
#[test]
#[ignore = "measures the stock kernel as well, which proves nothing about this one"]
fn the_kernels_are_compared() {
    let _alone = one_at_a_time();
    register_stock_kernel();
    let folder = tempfile::tempdir().unwrap();
    // evcxr's own folder, which must not lie in this workspace.
    let work = tempfile::tempdir().unwrap();
    let output = python(folder.path())
        .arg(script("compare_kernels.py"))
        .args(["kerust", "stock-rust"])
        .env("EVCXR_TMPDIR", work.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let table = String::from_utf8_lossy(&output.stdout);
    println!("{said}\n{table}");
    assert!(table.contains("| passed | 15 of 15 |"), "{said}\n{table}");
}
