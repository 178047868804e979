//! What a session needs before its threads start: the library, a slot, and the environment.

use std::io;
use std::path::PathBuf;

use super::engine::compiler_version;
use super::library::Library;
use super::slots::{Slot, cache_directory};

/// A claimed place to work in.
pub(crate) struct Workspace {
    library: Library,
    slot: Slot,
    /// Whether nothing was compiled here when the session started.
    pub(crate) from_nothing: bool,
}

impl Workspace {
    /// Claims a slot and points evcxr to it. Call it while the process has one thread, for it
    /// changes the environment.
    pub(crate) fn claim() -> io::Result<Workspace> {
        put_cargo_on_path();
        let library = Library::find()?;
        let cache = cache_directory()?;
        std::fs::create_dir_all(&cache)?;
        let slot = Slot::claim(&cache, &library, &compiler_version(&cache)?)?;
        // SAFETY: the caller's process has one thread, so nobody reads the environment meanwhile.
        unsafe {
            std::env::set_var("EVCXR_TMPDIR", slot.work());
            std::env::set_var("EVCXR_CONFIG_DIR", slot.settings());
        }
        let from_nothing = !slot.work().join("target").exists();
        Ok(Workspace {
            library,
            slot,
            from_nothing,
        })
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// The directory in which cargo compiles the cells.
    pub(crate) fn directory(&self) -> PathBuf {
        self.slot.work()
    }

    /// Writes the settings and starts the slot with what others have compiled.
    pub(crate) fn fill(&self) -> io::Result<()> {
        self.slot.seed();
        self.library.prepare(&self.slot)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.slot.is_complete()
    }

    pub(crate) fn set_complete(&self) {
        self.slot.set_complete();
    }
}

/// Programs with a desktop's environment often miss the line that installs Rust in a shell's.
fn put_cargo_on_path() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join("cargo").is_file());
    let Some(bin) = std::env::home_dir().map(|home| home.join(".cargo/bin")) else {
        return;
    };
    if found || !bin.join("cargo").is_file() {
        return;
    }
    let folders = std::env::split_paths(&path).chain([bin]);
    if let Ok(joined) = std::env::join_paths(folders) {
        // SAFETY: only `Workspace::claim` calls this, which runs while the process has one thread.
        unsafe { std::env::set_var("PATH", joined) };
    }
}
