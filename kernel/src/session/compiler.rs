//! The compiler of the cells, and what it says about itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::outline;
use super::sealed::{self, Parts};
use super::tools::inputs::Input;

/// The file in the cache that keeps what the compiler said.
const KEPT: &str = "compiler";

/// The compiler of the cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Compiler {
    /// Its version, as it states it itself.
    pub(super) description: String,
    /// What it compiles for.
    pub(super) host: String,
    /// Where the standard library is.
    pub(super) libraries: PathBuf,
}

/// What a compiler said, and on what that depends.
#[derive(Serialize, Deserialize)]
struct Kept {
    choice: String,
    inputs: Vec<Input>,
    compiler: Compiler,
}

impl Compiler {
    /// Asks the `rustc` on the path, unless the answer is known, which is kept in the folder
    /// `cache`.
    ///
    /// # Errors
    /// If there is no compiler, or it does not work.
    pub(super) fn find(cache: &Path) -> io::Result<Compiler> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .map(|folder| folder.join("rustc"))
            .find(|program| program.is_file());
        let choice = choice(program.as_deref(), cache);
        let file = cache.join(KEPT);
        if let Some(kept) = sealed::read(&file)
            && let Ok(kept) = serde_json::from_slice::<Kept>(&kept)
            && kept.choice == choice
            && kept.inputs.iter().all(Input::is_unchanged)
        {
            return Ok(kept.compiler);
        }
        let compiler = Compiler::ask(cache)?;
        if let Some(program) = program
            && let Some(inputs) = compiler.inputs(&program)
            && let Ok(kept) = serde_json::to_vec(&Kept {
                choice,
                inputs,
                compiler: compiler.clone(),
            })
        {
            // Without it, the compiler is asked again the next time.
            let _ = sealed::write(&file, &kept);
        }
        Ok(compiler)
    }

    fn ask(directory: &Path) -> io::Result<Compiler> {
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

    /// A name for this compiler's version.
    pub(super) fn key(&self) -> String {
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
    pub(super) fn outline(&self, cache: &Path) -> PathBuf {
        outline::folder(cache, &self.key())
    }

    /// Makes that outline, if it is not there yet. The sources are installed before, if they are
    /// missing and rustup can get them; nothing if not.
    pub(super) fn make_outline(&self, cache: &Path) -> io::Result<Option<PathBuf>> {
        let make = || outline::make(cache, &self.sysroot(), &self.key());
        let made = make()?;
        if made.is_some() {
            return Ok(made);
        }
        // Only one process at a time, for rustup undoes what it finds half done.
        let lock = File::create(cache.join("rustup.lock"))?;
        lock.lock()?;
        if !outline::sources(&self.sysroot()).exists() {
            add_sources();
        }
        make()
    }

    /// The folder that it is installed in.
    pub(super) fn sysroot(&self) -> PathBuf {
        // The libraries are in `lib/rustlib/HOST/lib`.
        self.libraries
            .ancestors()
            .nth(4)
            .unwrap_or(&self.libraries)
            .to_path_buf()
    }

    /// What changes when another version is installed in its place. Nothing if `program`, by which
    /// it was called, is neither the compiler itself nor rustup: others choose in unknown ways.
    fn inputs(&self, program: &Path) -> Option<Vec<Input>> {
        let own = self.sysroot().join("bin/rustc");
        let real = fs::canonicalize(program).ok()?;
        let known = is_rustup(program, &real) || fs::canonicalize(&own).ok()? == real;
        let lib = self.sysroot().join("lib");
        let manifest = lib.join("rustlib/multirust-channel-manifest.toml");
        known.then(|| [program, &own, &lib, &manifest].map(Input::at).into())
    }
}

/// Whether `program`, which is really the file `real`, is rustup, which comes as a link or a copy.
fn is_rustup(program: &Path, real: &Path) -> bool {
    let rustup = program.with_file_name("rustup");
    let content = |path: &Path| fs::read(path).ok();
    real.file_name().is_some_and(|name| name == "rustup")
        || fs::canonicalize(&rustup).is_ok_and(|rustup| rustup == real)
        || content(&rustup).is_some_and(|rustup| content(real) == Some(rustup))
}

/// Everything by which rustup chooses a compiler for the folder `directory`, as a hash.
fn choice(program: Option<&Path>, directory: &Path) -> String {
    let mut hash = Parts::default();
    let program = program.unwrap_or(Path::new(""));
    hash.add(program.as_os_str().as_encoded_bytes());
    hash.add(directory.as_os_str().as_encoded_bytes());
    for name in ["HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        let value = std::env::var_os(name).unwrap_or_default();
        hash.add(value.as_encoded_bytes());
    }
    let home = std::env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".rustup")));
    let settings = home
        .map(|home| home.join("settings.toml"))
        .into_iter()
        .chain([PathBuf::from("/etc/rustup/settings.toml")]);
    let overrides = directory
        .ancestors()
        .flat_map(|folder| ["rust-toolchain", "rust-toolchain.toml"].map(|name| folder.join(name)));
    for file in settings.chain(overrides) {
        hash.add(&fs::read(file).unwrap_or_default());
    }
    hash.finish()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::os::unix::fs::symlink;

    use super::{Compiler, choice, is_rustup};

    #[test]
    fn a_remembered_compiler_is_the_one_that_answers() {
        let cache = tempfile::tempdir().unwrap();
        let asked = Compiler::ask(cache.path()).unwrap();
        assert_eq!(Compiler::find(cache.path()).unwrap(), asked);
        assert_eq!(Compiler::find(cache.path()).unwrap(), asked);
        fs::write(cache.path().join("compiler"), "damaged").unwrap();
        assert_eq!(Compiler::find(cache.path()).unwrap(), asked);
    }

    #[test]
    fn another_toolchain_for_the_folder_is_another_choice() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        let before = choice(None, &cache);
        assert_eq!(choice(None, &cache), before);
        fs::write(folder.path().join("rust-toolchain.toml"), "nightly").unwrap();
        assert_ne!(choice(None, &cache), before);
    }

    #[test]
    fn rustup_is_known_as_a_link_and_as_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let rustup = folder.path().join("rustup");
        fs::write(&rustup, "rustup").unwrap();
        let rustc = folder.path().join("rustc");
        symlink("rustup", &rustc).unwrap();
        assert!(is_rustup(&rustc, &rustup));
        fs::remove_file(&rustc).unwrap();
        fs::write(&rustc, "a script").unwrap();
        assert!(!is_rustup(&rustc, &rustc));
        fs::write(&rustc, "rustup").unwrap();
        assert!(is_rustup(&rustc, &rustc));
    }
}
