//! Where the kerust library comes from, and the settings that bring it into every session.

use std::io;
use std::path::{Path, PathBuf};

use super::slots::Slot;

/// The library that the cells use.
#[derive(Clone, Debug)]
pub(crate) enum Library {
    /// Sources on this machine: the folder of its `Cargo.toml`.
    Sources(PathBuf),
    /// The release of the kernel's own version.
    Release,
}

impl Library {
    /// Finds the library: the folder named by `KERUST_SOURCE`, else the sources that this program
    /// was built from, else the release.
    pub(crate) fn find() -> io::Result<Library> {
        if let Some(path) = std::env::var_os("KERUST_SOURCE").filter(|path| !path.is_empty()) {
            let path = std::path::absolute(path)?;
            if path.join("Cargo.toml").exists() {
                return Ok(Library::Sources(path));
            }
            return Err(io::Error::other(format!(
                "`KERUST_SOURCE` is {}, which has no Cargo.toml",
                path.display()
            )));
        }
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        Ok(
            match built_from.filter(|root| root.join("src/lib.rs").exists()) {
                Some(root) => Library::Sources(root.to_owned()),
                None => Library::Release,
            },
        )
    }

    /// The folder of its sources, if they are on this machine.
    pub(crate) fn root(&self) -> Option<&Path> {
        match self {
            Library::Sources(root) => Some(root),
            Library::Release => None,
        }
    }

    /// The value of its line in a manifest's dependencies.
    pub(crate) fn dependency(&self) -> String {
        match self {
            Library::Sources(root) => {
                let path = root
                    .to_string_lossy()
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"");
                format!("{{ path = \"{path}\" }}")
            }
            Library::Release => format!("\"={}\"", env!("CARGO_PKG_VERSION")),
        }
    }

    /// What stands for the optimisation level in evcxr's settings.
    ///
    /// evcxr writes this text as it is into the manifest that it generates for the cells, as
    /// `opt-level = …` in the table `[profile.dev]`. So it can carry the rest of the manifest that
    /// a session needs, and the library is there from evcxr's first compilation on: naming it by
    /// `:dep` afterwards would make rust-analyzer load everything a second time. The settings that
    /// evcxr writes after the level fall into a profile that nobody uses.
    ///
    /// Cells compile with little optimisation, to be quick, and with line tables, which cost next to
    /// nothing and tell where a cell crashed; the library and all other dependencies
    /// are fully optimised and without checks meant for their developers.
    pub(crate) fn manifest_level(&self, level: &str) -> String {
        let dependency = self.dependency();
        format!(
            r#"{level}
debug = "line-tables-only"
strip = "none"
rpath = true
lto = false
debug-assertions = true
codegen-units = 16
panic = "unwind"
incremental = true
overflow-checks = true

[profile.dev.package."*"]
debug = false
opt-level = 3
debug-assertions = false
overflow-checks = false

[workspace]

[target.'cfg(all())'.dependencies]
kerust = {dependency}

[profile.kerust-unused]
inherits = "dev"
opt-level = 0"#
        )
    }

    /// Prepares `slot` for a session: evcxr's settings, and the library's locked versions.
    pub(crate) fn prepare(&self, slot: &Slot) -> io::Result<()> {
        let settings = slot.place.settings();
        std::fs::create_dir_all(&settings)?;
        let level = self.manifest_level(CELL_LEVEL);
        let text = format!("[evcxr]\nopt_level = '''\n{level}'''\n");
        std::fs::write(settings.join("evcxr.toml"), text)?;
        // For rust-analyzer alone: evcxr's own calls of cargo set `RUSTFLAGS`, which goes first.
        let cargo = slot.place.cargo_settings();
        std::fs::create_dir_all(&cargo)?;
        std::fs::write(
            cargo.join("config.toml"),
            "[build]\nrustflags = [\"--cfg\", \"kerust_outline\"]\n",
        )?;
        // Once; later the slot's own file also holds what the cells' `:dep` lines ask for.
        if let (false, Some(root)) = (slot.is_complete(), self.root()) {
            let own = root.join("Cargo.lock");
            if own.exists() {
                std::fs::copy(own, slot.place.work().join("Cargo.lock"))?;
            }
        }
        Ok(())
    }
}

/// The optimisation level of the cells.
pub(crate) const CELL_LEVEL: &str = "0";
