//! What a session needs before its threads start: the library, a slot, and the environment.

use std::path::PathBuf;
use std::{fs, io};

use super::compiler::Compiler;
use super::library::Library;
use super::slots::{Slot, cache_directory};
use super::tools::{self, Environment, Programs};

/// A claimed place to work in.
pub(crate) struct Workspace {
    cache: PathBuf,
    library: Library,
    slot: Slot,
    compiler: Compiler,
    /// What programs get that are none of the session's own.
    environment: Environment,
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
        let compiler = Compiler::find(&cache)?;
        let slot = Slot::claim(&cache, &library, &compiler.description)?;
        // SAFETY: the caller's process has one thread, so nobody reads the environment meanwhile.
        unsafe {
            std::env::set_var("EVCXR_TMPDIR", slot.place.work());
            std::env::set_var("EVCXR_CONFIG_DIR", slot.place.settings());
        }
        let environment = Environment::current();
        tools::make(
            &slot.place,
            &programs(&compiler, &environment)?,
            &environment,
        )?;
        // SAFETY: as above.
        unsafe { environment.lead_to(&slot.place)? };
        let from_nothing = !slot.place.work().join("target").exists();
        Ok(Workspace {
            cache,
            library,
            slot,
            compiler,
            environment,
            from_nothing,
        })
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// The directory in which cargo compiles the cells.
    pub(crate) fn directory(&self) -> PathBuf {
        self.slot.place.work()
    }

    /// The environment in which the cells' process runs programs.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where the standard library's sources are that rust-analyzer should read: those that the user
    /// names, else the outline, which [`Workspace::fill`] makes.
    pub(crate) fn sources(&self) -> PathBuf {
        let own = std::env::var_os("RUST_SRC_PATH").map(PathBuf::from);
        own.unwrap_or_else(|| self.compiler.outline(&self.cache))
    }

    /// Which compiled library the cells are linked with now: the file, and when it was written.
    pub(crate) fn compiled_library(&self) -> Option<(u64, i64, i64)> {
        use std::os::unix::fs::MetadataExt;
        let name = format!(
            "{}kerust{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        );
        let file = self.library_folders().first()?.join(name);
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
    }

    /// Where the libraries are that the cells link.
    pub(crate) fn library_folders(&self) -> Vec<PathBuf> {
        let compiled = self
            .slot
            .place
            .work()
            .join("target")
            .join(&self.compiler.host)
            .join("debug");
        vec![
            compiled.join("deps"),
            compiled,
            self.compiler.libraries.clone(),
        ]
    }

    /// Waits while another session compiles the library; see [`Slot::take_turn`].
    pub(crate) fn take_turn(&self, go_on: impl FnMut() -> bool) -> io::Result<Option<fs::File>> {
        self.slot.take_turn(go_on)
    }

    /// Writes the settings and starts the slot with what others have compiled.
    pub(crate) fn fill(&self) -> io::Result<()> {
        match self.compiler.make_outline(&self.cache) {
            Ok(Some(_)) => {}
            Ok(None) => crate::log::note(
                "the standard library's sources are missing, so the types of many variables have \
                 to be written out; `rustup component add rust-src` installs them",
            ),
            // rust-analyzer reads the real sources then, which only takes longer.
            Err(error) => crate::log::note(&format!("outline of the standard library: {error}")),
        }
        self.slot.seed();
        // The loader forgets folders that are missing when a process starts.
        for folder in self.library_folders() {
            fs::create_dir_all(folder)?;
        }
        self.library.prepare(&self.slot)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.slot.is_complete()
    }

    pub(crate) fn set_complete(&self) {
        self.slot.set_complete();
    }

    /// Keeps the manifest of a session in which nothing is defined.
    pub(crate) fn keep_manifest(&self) {
        // Without it, the next session only reads the packages later.
        let _ = fs::copy(self.manifest(), self.first_manifest());
    }

    /// Puts the manifest in place with which the session will start, so that its packages can be read
    /// before. Returns whether it is known.
    pub(crate) fn restore_manifest(&self) -> bool {
        self.is_complete() && fs::copy(self.first_manifest(), self.manifest()).is_ok()
    }

    fn manifest(&self) -> PathBuf {
        self.slot.place.work().join("Cargo.toml")
    }

    fn first_manifest(&self) -> PathBuf {
        self.slot.place.work().join("Cargo.first.toml")
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

/// The programs for which there are stand-ins.
fn programs(compiler: &Compiler, environment: &Environment) -> io::Result<Programs> {
    let find = |name: &str| {
        std::env::split_paths(&environment.path())
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    };
    // Past rustup's own stand-ins, which take a while to find the real ones.
    let find_own = |name: &str| {
        let own = compiler.sysroot().join("bin").join(name);
        if own.is_file() { Some(own) } else { find(name) }
    };
    let missing = |name: &str| {
        io::Error::other(format!(
            "`{name}` is not installed: install Rust from https://rustup.rs"
        ))
    };
    Ok(Programs {
        cargo: find_own("cargo").ok_or_else(|| missing("cargo"))?,
        rustc: find_own("rustc").ok_or_else(|| missing("rustc"))?,
        rustup: find("rustup"),
        shell: find("sh"),
    })
}
