//! The public conformance suite for kernels, and what it leaves out, both spoken by Jupyter's own
//! client library.

use super::python::{one_at_a_time, python, register_stock_kernel, script, succeed};
use super::support::root;

/// Runs a module of `unittest` tests, of which none may fail or be skipped.
fn all_pass(name: &str, least: usize) {
    let _alone = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let said = succeed(python(folder.path()).arg(script(name)).arg("--verbose"));
    let passed = said.matches(" ... ok").count();
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    assert_eq!(last, "OK", "{said}");
    assert!(passed >= least, "{passed} tests passed:\n{said}");
}

#[test]
fn the_public_suite_passes_in_full() {
    all_pass("conformance.py", 15);
}

#[test]
fn the_protocol_is_spoken_in_full() {
    all_pass("protocol.py", 20);
}

#[test]
fn the_readme_compares_what_was_measured() {
    let _alone = one_at_a_time();
    register_stock_kernel();
    let folder = tempfile::tempdir().unwrap();
    // evcxr's own folder, which must not lie in this workspace.
    let work = tempfile::tempdir().unwrap();
    let output = python(folder.path())
        .arg(script("compare_kernels.py"))
        .arg("stock-rust")
        .env("EVCXR_TMPDIR", work.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let table = String::from_utf8_lossy(&output.stdout);
    let readme = std::fs::read_to_string(root().join("kernel/README.md")).unwrap();
    let rows = |text: &str| -> Vec<(String, String)> {
        let lines = text.lines().filter(|line| line.starts_with("| "));
        lines
            .map(|line| {
                let cells: Vec<&str> = line.split(" | ").collect();
                let first = cells[0].trim_start_matches("| ").to_owned();
                let last = cells[cells.len() - 1].trim_end_matches(" |").to_owned();
                (first, last)
            })
            .collect()
    };
    let shown = rows(&readme);
    let measured = rows(&table);
    assert_eq!(measured.len(), 17, "{table}");
    for row in measured.iter().skip(1) {
        assert!(
            shown.contains(row),
            "the README lacks {row:?}; now it is\n{table}"
        );
    }
}
