//! The environment that programs started from here get.

use std::env;

/// Takes away what `cargo run` and `cargo test` tell a program about its own package.
///
/// Build scripts of the crates that cells use look at such variables: with them, a session started
/// by `cargo run` would compile those crates anew, and the next one without cargo again.
///
/// Call it while the process has one thread.
pub fn forget_cargo() {
    let told_by_cargo = |name: &str| {
        matches!(name, "CARGO" | "OUT_DIR")
            || [
                "CARGO_BIN_",
                "CARGO_CRATE_",
                "CARGO_MANIFEST_",
                "CARGO_PKG_",
                "CARGO_PRIMARY_",
            ]
            .iter()
            .any(|start| name.starts_with(start))
    };
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(told_by_cargo) {
            // SAFETY: the process has one thread yet, so nobody reads the environment meanwhile.
            unsafe { env::remove_var(&name) };
        }
    }
}
