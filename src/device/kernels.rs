//! Kernels: compiled by NVIDIA's compiler library for the GPU that is there, and kept.

use std::fs;
use std::path::PathBuf;

use cudarc::nvrtc::{CompileError, CompileOptions, Ptx, compile_ptx_with_opts};
use sha2::{Digest, Sha256};

use super::work::Source;
use crate::{Error, ErrorKind, Result};

/// What stands in front of every file.
const PRELUDE: &str = include_str!("prelude.cuh");

/// Compiles for a GPU of this compute capability, unless a former process has.
pub(super) fn compile(source: &Source, (major, minor): (i32, i32)) -> Result<Ptx> {
    let arch = format!("compute_{major}{minor}");
    let kept = kept_at(source, &arch);
    if let Some(text) = kept.as_ref().and_then(|path| fs::read_to_string(path).ok()) {
        return Ok(Ptx::from_src(text));
    }
    let options = CompileOptions {
        // Rounded as on the processor, so that results agree.
        prec_div: Some(true),
        prec_sqrt: Some(true),
        options: vec![format!("--gpu-architecture={arch}")],
        name: Some(format!("{}.cu", source.name)),
        ..CompileOptions::default()
    };
    let ptx = compile_ptx_with_opts(format!("{PRELUDE}\n#line 1\n{}", source.text), options)
        .map_err(|e| not_compiled(source, e))?;
    if let Some(path) = kept {
        keep(&path, &ptx.to_src());
    }
    Ok(ptx)
}

fn not_compiled(source: &Source, error: CompileError) -> Error {
    let why = match &error {
        CompileError::CompileError { log, .. } => log.to_string_lossy().trim().to_owned(),
        other => other.to_string(),
    };
    Error::new(
        ErrorKind::Device,
        format!("the GPU's kernels `{}` do not compile: {why}", source.name),
    )
    .remedy("the CUDA toolkit may be too old for this GPU: `kerust doctor` names both")
}

/// Where what was compiled is kept; nowhere when there is no home.
fn kept_at(source: &Source, arch: &str) -> Option<PathBuf> {
    let folder = crate::datasets::cache::home().ok()?.join("cuda");
    let mut hash = Sha256::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        arch,
        &compiler(),
        PRELUDE,
        source.text,
    ] {
        hash.update(part);
        hash.update([0]);
    }
    let hash: String = hash.finalize()[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(folder.join(format!("{}-{hash}.ptx", source.name)))
}

/// The version of the compiler: an older driver refuses what a newer compiler wrote.
pub(super) fn compiler() -> String {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: it only writes the two numbers.
    unsafe { cudarc::nvrtc::sys::nvrtcVersion(&mut major, &mut minor) };
    format!("{major}.{minor}")
}

/// Whole or not at all; a disk that is full costs only time.
fn keep(path: &std::path::Path, text: &str) {
    let Some(folder) = path.parent() else { return };
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let draft = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(draft.path(), text)?;
        draft.persist(path)?;
        Ok(())
    };
    let _ = write();
}
