//! The packages that cells use, as cargo knows them, and their source files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use ra_ap_ide_db::{FxHashMap, FxHashSet};
use ra_ap_project_model::{
    CargoConfig, Package, PackageRoot, ProjectManifest, ProjectWorkspace, ProjectWorkspaceKind,
    RustLibSource, TargetKind,
};
use ra_ap_vfs::AbsPathBuf;
use ra_ap_vfs::loader::Directories;

use crate::session::outline::without_bodies;
use crate::session::tools::ANALYSIS_VARIABLE;

/// Where the packages of cells are.
#[derive(Clone, Debug)]
pub struct Packages {
    /// The folder of the package that a cell becomes.
    pub directory: PathBuf,
    /// The sources of the standard library; if they are not there, the compiler's own are read.
    pub sources: PathBuf,
}

/// Asks cargo for the packages of the one in `directory`. It never uses the network.
pub(super) fn load(
    directory: &AbsPathBuf,
    sources: &AbsPathBuf,
) -> Result<ProjectWorkspace, String> {
    let manifest = ProjectManifest::from_manifest_file(directory.join("Cargo.toml"))
        .map_err(|error| error.to_string())?;
    let config = CargoConfig {
        sysroot: Some(RustLibSource::Discover),
        sysroot_src: AsRef::<Path>::as_ref(&sources.join("core"))
            .exists()
            .then(|| sources.clone()),
        metadata_extra_args: vec!["--offline".to_owned()],
        extra_env: FxHashMap::from_iter([
            ("CARGO_NET_OFFLINE".to_owned(), Some("true".to_owned())),
            (ANALYSIS_VARIABLE.to_owned(), Some("1".to_owned())),
        ]),
        ..CargoConfig::default()
    };
    let workspace =
        ProjectWorkspace::load(manifest, &config, &|_| {}).map_err(|error| format!("{error:#}"))?;
    match &workspace.kind {
        ProjectWorkspaceKind::Cargo {
            error: Some(error), ..
        } => Err(format!("{error:#}")),
        _ => Ok(workspace),
    }
}

/// The packages to read: all but those that only the procedural macros of others use, for these are
/// not run here.
pub(super) fn roots(workspace: &ProjectWorkspace) -> Vec<PackageRoot> {
    let mut roots = workspace.to_roots();
    let ProjectWorkspaceKind::Cargo { cargo, .. } = &workspace.kind else {
        return roots;
    };
    let is_macro = |package: Package| {
        cargo[package].targets.iter().any(|target| {
            let kind = cargo[*target].kind;
            matches!(
                kind,
                TargetKind::Lib {
                    is_proc_macro: true
                }
            )
        })
    };
    let mut needed: FxHashSet<Package> = FxHashSet::default();
    let mut open: Vec<Package> = cargo
        .packages()
        .filter(|package| cargo[*package].is_member)
        .collect();
    while let Some(package) = open.pop() {
        if needed.insert(package) && !is_macro(package) {
            open.extend(cargo[package].dependencies.iter().map(|used| used.pkg));
        }
    }
    let unneeded: Vec<AbsPathBuf> = cargo
        .packages()
        .filter(|package| !needed.contains(package))
        .map(|package| cargo[package].manifest.parent().to_path_buf())
        .collect();
    roots.retain(|root| !root.include.iter().any(|path| unneeded.contains(path)));
    roots
}

/// A Rust file and its content.
pub(super) type File = (AbsPathBuf, Vec<u8>);

/// How many threads read files: more would only wait for the disk.
const READERS: usize = 2;

/// The Rust files of packages, with their content. Of those that nobody edits, what functions do is
/// left out: it says nothing about how they are used, and takes most of the memory. From those in
/// `outlined` it is left out already.
pub(super) fn files(roots: &[&PackageRoot], outlined: &AbsPathBuf) -> Vec<File> {
    let next = AtomicUsize::new(0);
    let read = || {
        let mut read = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(root) = roots.get(index) else {
                return read;
            };
            read.push((index, files_of(root, outlined)));
        }
    };
    let mut read: Vec<(usize, Vec<File>)> = std::thread::scope(|scope| {
        let readers: Vec<_> = (1..READERS).map(|_| scope.spawn(read)).collect();
        let mut all = read();
        for reader in readers {
            // Nothing in it panics.
            all.extend(reader.join().unwrap_or_default());
        }
        all
    });
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().flat_map(|(_, files)| files).collect()
}

fn files_of(root: &PackageRoot, outlined: &AbsPathBuf) -> Vec<File> {
    let directories = Directories {
        extensions: vec!["rs".to_owned()],
        include: root.include.clone(),
        exclude: root.exclude.clone(),
    };
    let mut files = Vec::new();
    for include in &root.include {
        let path: &Path = include.as_ref();
        add_files(path, &directories, &mut files);
    }
    let is_outlined = |path: &AbsPathBuf| path.starts_with(outlined);
    if !root.is_local && !root.include.iter().all(is_outlined) {
        for (_, content) in &mut files {
            if let Ok(text) = std::str::from_utf8(content) {
                *content = without_bodies(text).into_bytes();
            }
        }
    }
    files
}

fn add_files(folder: &Path, wanted: &Directories, files: &mut Vec<File>) {
    // What cannot be read is missing in the analysis, and that is all.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let (Ok(kind), Some(Ok(absolute))) =
            (entry.file_type(), path.to_str().map(AbsPathBuf::try_from))
        else {
            continue;
        };
        if kind.is_dir() {
            if wanted.contains_dir(&absolute) {
                add_files(&path, wanted, files);
            }
        } else if wanted.contains_file(&absolute)
            && let Ok(content) = fs::read(&path)
        {
            files.push((absolute, content));
        }
    }
}
