//! What a session needs before its threads start: the library, a slot, and the environment.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use super::library::Library;
use super::outline;
use super::slots::{Slot, cache_directory};
use super::tools::{self, TOOLS_VARIABLE};

/// Tells rust-analyzer where the standard library's sources are; ignored where there are none.
pub(crate) const SOURCES_VARIABLE: &str = "RUST_SRC_PATH";

/// A claimed place to work in.
pub(crate) struct Workspace {
    cache: PathBuf,
    library: Library,
    slot: Slot,
    compiler: Compiler,
    /// Where programs are looked for, without the stand-ins.
    path: OsString,
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
            std::env::set_var("EVCXR_TMPDIR", slot.work());
            std::env::set_var("EVCXR_CONFIG_DIR", slot.settings());
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        put_tools_on_path(&slot.tools(), &compiler, &path)?;
        if std::env::var_os(SOURCES_VARIABLE).is_none() {
            // SAFETY: as above.
            unsafe { std::env::set_var(SOURCES_VARIABLE, compiler.outline(&cache)) };
        }
        let from_nothing = !slot.work().join("target").exists();
        Ok(Workspace {
            cache,
            library,
            slot,
            compiler,
            path,
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

    /// Where the cells look for programs.
    pub(crate) fn path(&self) -> &OsStr {
        &self.path
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

    /// Writes the settings and starts the slot with what others have compiled.
    pub(crate) fn fill(&self) -> io::Result<()> {
        let make = || outline::make(&self.cache, &self.compiler.sysroot(), &self.compiler.key());
        let mut made = make();
        if matches!(made, Ok(None)) {
            add_sources();
            made = make();
        }
        match made {
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
        self.slot.work().join("Cargo.toml")
    }

    fn first_manifest(&self) -> PathBuf {
        self.slot.work().join("Cargo.first.toml")
    }
}

/// Installs the standard library's sources, as rust-analyzer would do later.
fn add_sources() {
    // Whether it worked shows when the sources are looked for again.
    let _ = Command::new("rustup")
        .args(["component", "add", "rust-src"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
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

/// Puts the stand-ins for cargo and rustup before the real ones on the path.
fn put_tools_on_path(tools: &Path, compiler: &Compiler, path: &OsStr) -> io::Result<()> {
    let find = |name: &str| {
        std::env::split_paths(path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    };
    // Past rustup's own stand-in, which takes a while to find the real one.
    let own = compiler.sysroot().join("bin/cargo");
    let cargo = if own.is_file() {
        Some(own)
    } else {
        find("cargo")
    };
    let cargo = cargo.ok_or_else(|| {
        io::Error::other("`cargo` is not installed: install Rust from https://rustup.rs")
    })?;
    tools::make(tools, &cargo, find("rustup").as_deref())?;
    let folders = std::iter::once(tools.to_owned()).chain(std::env::split_paths(path));
    let joined = std::env::join_paths(folders).map_err(io::Error::other)?;
    // SAFETY: only `Workspace::claim` calls this, which runs while the process has one thread.
    unsafe {
        std::env::set_var("PATH", joined);
        std::env::set_var(TOOLS_VARIABLE, tools);
    }
    Ok(())
}

/// The compiler of the cells.
struct Compiler {
    /// Its version, as it states it itself.
    description: String,
    /// What it compiles for.
    host: String,
    /// Where the standard library is.
    libraries: PathBuf,
}

impl Compiler {
    /// A name for this compiler's version.
    fn key(&self) -> String {
        let field = |name: &str| {
            let line = self
                .description
                .lines()
                .find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let commit: String = field("commit-hash:").chars().take(9).collect();
        format!("{}-{commit}-{}", field("release:"), self.host)
    }

    /// Where the outline of its standard library is, or will be.
    fn outline(&self, cache: &Path) -> PathBuf {
        outline::folder(cache, &self.key())
    }

    /// The folder that it is installed in.
    fn sysroot(&self) -> PathBuf {
        // The libraries are in `lib/rustlib/HOST/lib`.
        self.libraries
            .ancestors()
            .nth(4)
            .unwrap_or(&self.libraries)
            .to_path_buf()
    }

    fn find(directory: &Path) -> io::Result<Compiler> {
        let ask = |arguments: &[&str]| {
            let output = Command::new("rustc")
                .args(arguments)
                .current_dir(directory)
                .stdin(Stdio::null())
                .output()
                .map_err(|error| {
                    io::Error::other(format!(
                        "`rustc` cannot be run ({error}): install Rust from https://rustup.rs"
                    ))
                })?;
            if output.status.success() {
                return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            let reason = String::from_utf8_lossy(&output.stderr);
            Err(io::Error::other(format!(
                "`rustc` does not work: {}",
                reason.trim()
            )))
        };
        let description = ask(&["-vV"])?;
        let host = description
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| io::Error::other("`rustc -vV` does not name its host"))?
            .to_owned();
        let libraries = PathBuf::from(ask(&["--print", "target-libdir"])?.trim());
        Ok(Compiler {
            description,
            host,
            libraries,
        })
    }
}
