//! The packages that cells use, as cargo knows them, and their source files.

use std::fs;
use std::path::Path;

use ra_ap_ide_db::FxHashMap;
use ra_ap_project_model::{
    CargoConfig, PackageRoot, ProjectManifest, ProjectWorkspace, ProjectWorkspaceKind,
    RustLibSource,
};
use ra_ap_vfs::AbsPathBuf;
use ra_ap_vfs::loader::Directories;

/// Asks cargo for the packages of the one in `directory`. It never uses the network.
pub(super) fn load(directory: &AbsPathBuf) -> Result<ProjectWorkspace, String> {
    let manifest = ProjectManifest::from_manifest_file(directory.join("Cargo.toml"))
        .map_err(|error| error.to_string())?;
    let config = CargoConfig {
        sysroot: Some(RustLibSource::Discover),
        metadata_extra_args: vec!["--offline".to_owned()],
        extra_env: FxHashMap::from_iter([(
            "CARGO_NET_OFFLINE".to_owned(),
            Some("true".to_owned()),
        )]),
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

/// The Rust files of a package, with their content.
pub(super) fn files(root: &PackageRoot) -> Vec<(AbsPathBuf, Vec<u8>)> {
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
    files
}

fn add_files(folder: &Path, wanted: &Directories, files: &mut Vec<(AbsPathBuf, Vec<u8>)>) {
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
