//! Kernels: compiled by NVIDIA's compiler library for the GPU that is there, and kept.

use std::ffi::{CString, c_char};
use std::fs;
use std::path::{Path, PathBuf};

use cudarc::nvrtc::result::{
    NvrtcError, compile_program, create_program, destroy_program, get_program_log, get_ptx,
};
use cudarc::nvrtc::{Ptx, sys};
use sha2::{Digest, Sha256};

use super::precision::Format;
use super::work::Source;
use crate::{Error, ErrorKind, Result};

/// What stands in front of every file.
const PRELUDE: &str = include_str!("prelude.cuh");

/// For which GPUs kernels are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// For this compute capability alone, in its machine code: a driver takes what newer compilers
    /// of the same major version wrote.
    Exact(i32),
    /// For this and later ones, in an assembly language that the driver translates: the compiler is
    /// older than the GPU.
    From(i32),
}

impl Target {
    fn of((major, minor): (i32, i32)) -> Target {
        let wanted = 10 * major + minor;
        let known = known_targets();
        let older = known.iter().copied().filter(|known| *known < wanted);
        match (known.contains(&wanted), older.max()) {
            (false, Some(older)) => Target::From(older),
            _ => Target::Exact(wanted),
        }
    }

    fn name(self) -> String {
        match self {
            Target::Exact(number) => format!("sm_{number}"),
            Target::From(number) => format!("compute_{number}"),
        }
    }
}

/// The compute capabilities that the compiler knows, times 10; none when it does not say.
fn known_targets() -> Vec<i32> {
    let mut count = 0;
    // SAFETY: it writes one number.
    let counted = unsafe { sys::nvrtcGetNumSupportedArchs(&mut count) }.result();
    let mut known = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: it writes as many numbers as it counted.
    let said =
        counted.and_then(|()| unsafe { sys::nvrtcGetSupportedArchs(known.as_mut_ptr()) }.result());
    match said {
        Ok(()) => known,
        Err(_) => Vec::new(),
    }
}

/// What a former process has compiled for a GPU of this compute capability.
pub(super) fn kept(source: &Source, format: Format, capability: (i32, i32)) -> Option<Ptx> {
    let path = kept_at(source, format, Target::of(capability))?;
    let bytes = fs::read(path).ok()?;
    Some(Ptx::from_binary(bytes))
}

/// Compiles for numbers of this format and a GPU of this compute capability, and keeps what comes out.
pub(super) fn compile(source: &Source, format: Format, capability: (i32, i32)) -> Result<Ptx> {
    let target = Target::of(capability);
    let image = image(source, format, target).map_err(|why| not_compiled(source, &why))?;
    if let Some(path) = kept_at(source, format, target) {
        keep(&path, &image);
    }
    Ok(Ptx::from_binary(image))
}

/// A program of the compiler, which has to be given back.
struct Program(sys::nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: it was created, and nobody uses it any more. A failure costs its memory.
        let _ = unsafe { destroy_program(self.0) };
    }
}

/// What the driver loads, or why it does not compile.
fn image(source: &Source, format: Format, target: Target) -> std::result::Result<Vec<u8>, String> {
    let failed = |error: NvrtcError| format!("{error:?}");
    let without_nul = |text: String| CString::new(text).map_err(|error| error.to_string());
    let chosen = chosen(format);
    let text = without_nul(format!("{chosen}{PRELUDE}\n#line 1\n{}", source.text))?;
    let name = without_nul(format!("{}.cu", source.name))?;
    let program = Program(create_program(&text, Some(&name)).map_err(failed)?);
    let options = [
        format!("--gpu-architecture={}", target.name()),
        // CUDA 11 would take them for an older language.
        "--std=c++17".to_owned(),
        // Rounded as on the processor, so that results agree.
        "--prec-div=true".to_owned(),
        "--prec-sqrt=true".to_owned(),
    ];
    // SAFETY: the program was created above, and its text and name are still there.
    unsafe {
        if let Err(error) = compile_program(program.0, &options) {
            let log = get_program_log(program.0).map(bytes).unwrap_or_default();
            let log = String::from_utf8_lossy(&log);
            return Err(match log.trim_matches(['\0', '\n', ' ']) {
                "" => failed(error),
                log => log.to_owned(),
            });
        }
        match target {
            Target::Exact(_) => machine_code(program.0),
            // It ends with the 0 that the driver looks for.
            Target::From(_) => get_ptx(program.0).map(bytes),
        }
    }
    .map_err(failed)
}

/// Says to the prelude what `Real` is.
fn chosen(format: Format) -> &'static str {
    match format {
        Format::Float32 => "",
        Format::Bfloat16 => "#define BFLOAT16\n",
        Format::Float16 => "#define FLOAT16\n",
    }
}

/// # Safety
/// The program must have been compiled.
unsafe fn machine_code(program: sys::nvrtcProgram) -> std::result::Result<Vec<u8>, NvrtcError> {
    let mut size = 0;
    // SAFETY: it writes one number, and then as many bytes.
    unsafe {
        sys::nvrtcGetCUBINSize(program, &mut size).result()?;
        let mut code = vec![0u8; size];
        sys::nvrtcGetCUBIN(program, code.as_mut_ptr().cast::<c_char>()).result()?;
        Ok(code)
    }
}

fn bytes(characters: Vec<c_char>) -> Vec<u8> {
    characters
        .into_iter()
        .map(|character| character as u8)
        .collect()
}

fn not_compiled(source: &Source, why: &str) -> Error {
    Error::new(
        ErrorKind::Device,
        format!("the GPU's kernels `{}` do not compile: {why}", source.name),
    )
    .remedy("the CUDA toolkit may be too old for this GPU: `kerust doctor` names both")
}

/// Where what was compiled is kept; nowhere when there is no home.
fn kept_at(source: &Source, format: Format, target: Target) -> Option<PathBuf> {
    let folder = crate::datasets::cache::home().ok()?.join("cuda");
    let mut hash = Sha256::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        &target.name(),
        &compiler(),
        chosen(format),
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
    Some(folder.join(format!("{}-{hash}.{}", source.name, target.name())))
}

/// The version of the compiler.
pub(super) fn compiler() -> String {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: it only writes the two numbers.
    unsafe { sys::nvrtcVersion(&mut major, &mut minor) };
    format!("{major}.{minor}")
}

/// Whole or not at all; a disk that is full costs only time.
fn keep(path: &Path, image: &[u8]) {
    let Some(folder) = path.parent() else { return };
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let draft = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(draft.path(), image)?;
        draft.persist(path)?;
        Ok(())
    };
    let _ = write();
}
