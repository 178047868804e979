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

/// Where the sources are in a compiler's folder.
const SOURCES: &str = "lib/rustlib/src/rust/library";

/// The outline of the standard library of the compiler in `sysroot`, made under `cache` if it is
/// not there yet. `key` names the compiler. Nothing if the compiler comes without sources.
pub(crate) fn make(cache: &Path, sysroot: &Path, key: &str) -> io::Result<Option<PathBuf>> {
    let outlines = cache.join("std");
    let finished = outlines.join(key);
    if finished.join("core").exists() {
        return Ok(Some(finished));
    }
    let sources = sysroot.join(SOURCES);
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
