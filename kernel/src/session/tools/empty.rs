//! What evcxr's own rust-analyzer is told: a package that uses nothing, and no standard library.
//!
//! It would load all packages and sources a second time beside the kernel's rust-analyzer, and a
//! session would start only after that. All that is left for it is to read the cell itself.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};

use super::call::CELL_CRATE;

/// Whether a question to cargo is about the packages that the cells use.
pub(super) fn is_about_packages(arguments: &[OsString]) -> bool {
    arguments
        .first()
        .is_some_and(|command| command == "metadata")
}

/// Whether a question to rustc is where the standard library is. rust-analyzer takes a failure for
/// an answer: then there is none.
pub(super) fn is_about_sources(arguments: &[OsString]) -> bool {
    arguments == ["--print", "sysroot"]
}

/// The cells' package in the folder `work`, without dependencies, in the form of `cargo metadata`.
pub(super) fn packages(work: &Path) -> Value {
    let work = work.to_string_lossy();
    let id = format!("path+file://{work}#{CELL_CRATE}@1.0.0");
    json!({
        "packages": [{
            "name": CELL_CRATE,
            "version": "1.0.0",
            "id": id,
            "source": null,
            "dependencies": [],
            "targets": [{
                "kind": ["cdylib"],
                "crate_types": ["cdylib"],
                "name": CELL_CRATE,
                "src_path": format!("{work}/src/lib.rs"),
                "edition": "2024",
            }],
            "features": {},
            "manifest_path": format!("{work}/Cargo.toml"),
            "edition": "2024",
        }],
        "workspace_members": [id],
        "workspace_default_members": [id],
        "resolve": {
            "nodes": [{ "id": id, "dependencies": [], "deps": [], "features": [] }],
            "root": id,
        },
        "target_directory": format!("{work}/target"),
        "version": 1,
        "workspace_root": work,
        "metadata": null,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use ra_ap_project_model::Metadata;

    use super::packages;

    #[test]
    fn rust_analyzer_reads_a_package_without_dependencies() {
        let told = packages(Path::new("/a folder/work")).to_string();
        let metadata: Metadata = serde_json::from_str(&told).unwrap();
        let [package] = &metadata.packages[..] else {
            panic!("{told}");
        };
        assert!(package.dependencies.is_empty());
        assert_eq!(
            metadata.workspace_members,
            std::slice::from_ref(&package.id)
        );
        assert_eq!(package.targets[0].src_path, "/a folder/work/src/lib.rs");
    }
}
