//! An outline of the standard library's sources, for rust-analyzer.
//!
//! evcxr asks rust-analyzer for the types of variables, and rust-analyzer reads the whole standard
//! library first. Almost half of that are the processors' instructions of `core::arch`, and most
//! of the rest are the bodies of functions; neither says anything about a type. Without them a
//! session starts in a fraction of the time. The outline is made once for each compiler.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ra_ap_syntax::SyntaxKind;

use crate::source::file_tokens;

/// The crates whose types a cell can meet. The workspace's manifest is left out, so that
/// rust-analyzer takes these crates as they are instead of asking cargo about them.
const CRATES: [&str; 9] = [
    "alloc",
    "backtrace",
    "core",
    "panic_abort",
    "panic_unwind",
    "proc_macro",
    "std",
    "test",
    "unwind",
];

/// The module with the processors' instructions, and what stands in its place.
const INSTRUCTIONS: (&str, &str) = ("stdarch/crates/core_arch/src/mod.rs", "pub mod arch {}\n");

/// The module of portable vectors, whose files are elsewhere.
const VECTORS: &str = "portable-simd/crates/core_simd/src";

/// The files that use the crate behind the standard library's hash tables, which is not among its
/// sources, and the module that stands in for it: the types exist, and depend on what they should.
const HASH_TABLES: [&str; 2] = [
    "std/src/collections/hash/map.rs",
    "std/src/collections/hash/set.rs",
];
const HASH_TABLE_STAND_IN: &str = "
mod hashbrown {
    pub mod hash_map {
        use crate::marker::PhantomData;
        pub struct HashMap<K, V, S, A>(PhantomData<(K, V, S, A)>);
        pub struct Iter<'a, K, V>(PhantomData<&'a (K, V)>);
        pub struct IterMut<'a, K, V>(PhantomData<&'a mut (K, V)>);
        pub struct IntoIter<K, V, A>(PhantomData<(K, V, A)>);
        pub struct Drain<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
        pub struct ExtractIf<'a, K, V, F, A>(PhantomData<&'a mut (K, V, F, A)>);
        pub struct RustcOccupiedEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
        pub struct RustcVacantEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
    }
    pub mod hash_set {
        use crate::marker::PhantomData;
        pub struct HashSet<T, S, A>(PhantomData<(T, S, A)>);
        pub struct Iter<'a, T>(PhantomData<&'a T>);
        pub struct IntoIter<T, A>(PhantomData<(T, A)>);
        pub struct Drain<'a, T, A>(PhantomData<&'a mut (T, A)>);
        pub struct ExtractIf<'a, T, F, A>(PhantomData<&'a mut (T, F, A)>);
        pub struct OccupiedEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
        pub struct VacantEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
    }
}
";

/// The form of the outline; a new number makes every cache make it again.
const FORM: u32 = 2;

/// Where the sources are in a compiler's folder.
const SOURCES: &str = "lib/rustlib/src/rust/library";

/// The folder under `cache` for the outline of the compiler that `compiler` names.
pub(crate) fn folder(cache: &Path, compiler: &str) -> PathBuf {
    cache.join("std").join(format!("{compiler}-{FORM}"))
}

/// Where the sources of the compiler in `sysroot` are, if it comes with them.
pub(super) fn sources(sysroot: &Path) -> PathBuf {
    sysroot.join(SOURCES)
}

/// The outline of the standard library of the compiler in `sysroot`, made under `cache` if it is
/// not there yet. Nothing if the compiler comes without sources.
pub(crate) fn make(cache: &Path, sysroot: &Path, compiler: &str) -> io::Result<Option<PathBuf>> {
    let finished = folder(cache, compiler);
    let outlines = cache.join("std");
    if finished.join("core").exists() {
        return Ok(Some(finished));
    }
    let sources = sources(sysroot);
    if !sources.join("core").exists() {
        return Ok(None);
    }
    fs::create_dir_all(&outlines)?;
    let draft = tempfile::Builder::new()
        .prefix(".draft-")
        .tempdir_in(&outlines)?;
    for name in CRATES
        .into_iter()
        .map(|name| format!("{name}/src"))
        .chain([VECTORS.to_owned()])
    {
        if sources.join(&name).exists() {
            copy(&sources.join(&name), &draft.path().join(&name))?;
        }
    }
    let instructions = draft.path().join(INSTRUCTIONS.0);
    if let Some(folder) = instructions.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(instructions, INSTRUCTIONS.1)?;
    stand_in_for_hash_tables(draft.path())?;
    let draft = draft.keep();
    if let Err(error) = fs::rename(&draft, &finished) {
        // Another session was faster, or there is a real problem.
        fs::remove_dir_all(&draft)?;
        if !finished.join("core").exists() {
            return Err(error);
        }
    }
    Ok(Some(finished))
}

fn stand_in_for_hash_tables(outline: &Path) -> io::Result<()> {
    for file in HASH_TABLES.map(|file| outline.join(file)) {
        let text = fs::read_to_string(&file)?;
        fs::write(
            &file,
            text.replace("use hashbrown::", "use crate::hashbrown::"),
        )?;
    }
    let std = outline.join("std/src/lib.rs");
    let text = fs::read_to_string(&std)?;
    fs::write(std, text + HASH_TABLE_STAND_IN)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else if from.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&from)?;
            fs::write(to, without_bodies(&text))?;
        }
    }
    Ok(())
}

/// `text` without what is in the bodies of its functions, also of those in macros.
pub(crate) fn without_bodies(text: &str) -> String {
    let tokens = file_tokens(text);
    let mut outline = String::with_capacity(text.len() / 2);
    let mut index = 0;
    while index < tokens.len() {
        let (kind, token) = tokens[index];
        outline.push_str(token);
        index += 1;
        if kind != SyntaxKind::FN_KW {
            continue;
        }
        if let Some((open, close)) = body(&tokens[index..]) {
            for (_, token) in &tokens[index..=index + open] {
                outline.push_str(token);
            }
            index += close;
        }
    }
    outline
}

/// Where the braces of a function's body are in `tokens`, which follow its `fn`.
fn body(tokens: &[(SyntaxKind, &str)]) -> Option<(usize, usize)> {
    use SyntaxKind as K;
    let mut named = false;
    let mut depth = 0;
    for (open, (kind, _)) in tokens.iter().enumerate() {
        match kind {
            K::WHITESPACE | K::COMMENT => {}
            K::IDENT if !named => named = true,
            K::DOLLAR if !named => {}
            // Not a function but the type of one, or a pattern of a macro.
            _ if !named => return None,
            K::L_PAREN | K::L_BRACK => depth += 1,
            K::R_PAREN | K::R_BRACK | K::R_CURLY => {
                depth -= 1;
                if depth < 0 {
                    return None;
                }
            }
            K::SEMICOLON if depth == 0 => return None,
            K::L_CURLY if depth == 0 => {
                let close = closing(&tokens[open..])?;
                return Some((open, open + close));
            }
            _ => {}
        }
    }
    None
}

/// Where the brace that `tokens` start with is closed.
fn closing(tokens: &[(SyntaxKind, &str)]) -> Option<usize> {
    let mut depth = 0;
    for (index, (kind, _)) in tokens.iter().enumerate() {
        match kind {
            SyntaxKind::L_CURLY => depth += 1,
            SyntaxKind::R_CURLY => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}
