//! What compiling a cell gave, kept for the next time that the same cell is compiled.
//!
//! A kernel starts with the same few cells every time, and a notebook that is run again consists
//! of cells that were compiled before. The compiler gives the same for the same source, call and
//! libraries, as long as it reads nothing else; so such results only are kept.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{CELL_CRATE, Call};
use super::inputs::{Input, add_environment};
use super::order::ordered;
use super::{Tools, exit_code};
use crate::session::sealed::{self, Parts};

/// The form of what is kept; with a new number, everything is compiled again.
const FORM: &str = "2";
/// How many results a slot keeps, and how many bytes of them.
const MOST: usize = 500;
const MOST_BYTES: u64 = 64 << 20;
/// Where evcxr puts a cell's source, as the compiler is told.
const SOURCE: &str = "src/lib.rs";
/// The one crate beside the standard library that cells use from the start. Others may have macros
/// that read files, of which the compiler tells nothing.
const LIBRARY: &str = "kerust";
/// Parts of words by which a source can have files read that the compiler does not tell of:
/// libraries that it links, and what its assembly includes.
const READING: [&str; 2] = ["link", "asm"];
/// The errors by which evcxr finds out that a value cannot be displayed its way, and that cells may
/// use `?`: the code, and a part of the message. With no other, the same source fails the same way
/// again; other errors may come from the machine.
const PROBES: [(&str, &str); 2] = [
    ("E0599", "no method named `evcxr_display` found"),
    ("E0277", "the `?` operator can only be used in a"),
];

/// Compiles the cell in `directory` by `call`, or does what that did before.
pub(super) fn compile(call: &Call, tools: &Tools, directory: &Path) -> io::Result<ExitCode> {
    let place = directory.join(SOURCE);
    let source = fs::read_to_string(&place)?;
    if !tells_all(call, source.as_bytes()) {
        return Err(call.command().exec());
    }
    let path = tools.place.results().join(key(call, &source));
    if let Some(kept) = Kept::read(&path)
        // Errors name lines.
        && (kept.header.success || kept.header.source == source)
        && kept.give(&call.library()?, &place).is_ok()
    {
        sealed::note_use(&path);
        return Ok(match kept.header.success {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        });
    }
    let list = call.library()?.with_file_name(format!("{CELL_CRATE}.d"));
    // Without a new list, nothing is kept.
    let _ = fs::remove_file(&list);
    let (status, messages) = run(call)?;
    if let Some(kept) = Kept::of(call, source, status, messages, &list) {
        // Without it, the cell is compiled again the next time.
        let _ = kept.write(&path);
        sealed::keep_last_used(&tools.place.results(), MOST, MOST_BYTES);
    }
    Ok(exit_code(status))
}

/// Whether the compiler tells of everything that it may read for this source.
fn tells_all(call: &Call, source: &[u8]) -> bool {
    let own_crates = call
        .values("--extern")
        .all(|value| value.split('=').next() == Some(LIBRARY));
    let reads = READING.iter().any(|word| {
        source
            .windows(word.len())
            .any(|place| place == word.as_bytes())
    });
    own_crates && !reads
}

/// A name for everything on which the result depends.
fn key(call: &Call, source: &str) -> String {
    let mut hash = Parts::default();
    hash.add(FORM.as_bytes());
    hash.add(ordered(source).as_bytes());
    hash.add(call.conditions.as_bytes());
    let compiler = Input::at(Path::new(&call.compiler));
    let told = (
        &call.arguments,
        &call.environment,
        &call.library_folders,
        &call.inputs,
        &compiler,
    );
    hash.add(&serde_json::to_vec(&told).unwrap_or_default());
    // What compilers and linkers look at, and the language of their messages. Not where they load
    // their own libraries from: it changes nothing in what they write.
    add_environment(&mut hash, |name| {
        let named = ["LANG", "LC_", "LD_", "COLLECT_", "GCC_"]
            .iter()
            .any(|start| name.starts_with(start));
        named && name != "LD_LIBRARY_PATH"
            || matches!(name, "LIBRARY_PATH" | "COMPILER_PATH" | "SOURCE_DATE_EPOCH")
    });
    hash.finish()
}

/// Runs the compiler, and returns how it ended and the messages that it passed on.
fn run(call: &Call) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut compiler = call.command().stderr(Stdio::piped()).spawn()?;
    let mut messages = Vec::new();
    if let Some(mut errors) = compiler.stderr.take() {
        let mut part = [0; 1 << 14];
        loop {
            match errors.read(&mut part) {
                Ok(0) => break,
                Ok(count) => {
                    messages.extend_from_slice(&part[..count]);
                    // Nobody is there to read it when this fails.
                    let _ = io::stderr().write_all(&part[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok((compiler.wait()?, messages))
}

/// A result as it is kept: a line with the header, and the library.
struct Kept {
    header: Header,
    library: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    success: bool,
    /// What was compiled.
    source: String,
    /// The compiler's messages, which evcxr reads.
    messages: String,
}

impl Kept {
    /// The result of a compiler that wrote the list of what it had read to `list`, if it is the
    /// same the next time.
    fn of(
        call: &Call,
        source: String,
        status: ExitStatus,
        messages: Vec<u8>,
        list: &Path,
    ) -> Option<Kept> {
        let messages = String::from_utf8(messages).ok()?;
        // The compiler writes it before it looks for most errors.
        if !names_only_the_source(&fs::read_to_string(list).ok()?) {
            return None;
        }
        let (success, library) = match status.code()? {
            0 => (true, fs::read(call.library().ok()?).ok()?),
            1 if is_probe(&messages) => (false, Vec::new()),
            _ => return None,
        };
        Some(Kept {
            header: Header {
                success,
                source,
                messages,
            },
            library,
        })
    }

    fn read(path: &Path) -> Option<Kept> {
        let content = sealed::read(path)?;
        let line = content.iter().position(|byte| *byte == b'\n')?;
        let header: Header = serde_json::from_slice(&content[..line]).ok()?;
        let library = content[line + 1..].to_vec();
        (header.success != library.is_empty()).then_some(Kept { header, library })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut content = serde_json::to_vec(&self.header)?;
        content.push(b'\n');
        content.extend_from_slice(&self.library);
        sealed::write(path, &content)
    }

    /// Does what the compiler did. `place` is where the library belongs, and `source` where its
    /// source does, in whose order it was compiled.
    fn give(&self, place: &Path, source: &Path) -> io::Result<()> {
        if self.header.success {
            let folder = place.parent().unwrap_or(Path::new("."));
            // A file that is there may be one that the cells' process has loaded: its name is
            // given to a new one, and nothing is written into it.
            let mut draft = tempfile::Builder::new()
                .prefix(".draft-")
                .tempfile_in(folder)?;
            draft.write_all(&self.library)?;
            draft.persist(place)?;
            fs::write(source, &self.header.source)?;
        }
        // Nobody is there to read it when this fails.
        let _ = io::stderr().write_all(self.header.messages.as_bytes());
        Ok(())
    }
}

/// Whether the compiler's list of what it has read names the cell's source, no other file and no
/// variable of the environment.
fn names_only_the_source(list: &str) -> bool {
    let mut rules = 0;
    for line in list.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some((_, SOURCE)) if !line.starts_with('#') => rules += 1,
            None if line.strip_suffix(':') == Some(SOURCE) => {}
            _ => return false,
        }
    }
    rules > 0
}

/// Whether the errors among the compiler's messages are all by evcxr's own doing.
fn is_probe(messages: &str) -> bool {
    let mut found = false;
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            return false;
        };
        let level = message["level"].as_str().unwrap_or_default();
        if !level.starts_with("error") {
            continue;
        }
        let text = message["message"].as_str().unwrap_or_default();
        let code = message["code"]["code"].as_str();
        let known = |(known, part): &(&str, &str)| code == Some(*known) && text.contains(part);
        if PROBES.iter().any(known) {
            found = true;
        } else if code.is_some() || !text.starts_with("aborting due to ") {
            return false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::{Header, Kept, is_probe, key, names_only_the_source, sealed, tells_all};
    use crate::session::tools::call::Call;

    fn call(externs: &[&str]) -> Call {
        Call {
            compiler: "rustc".to_owned(),
            arguments: externs
                .iter()
                .flat_map(|value| ["--extern".to_owned(), (*value).to_owned()])
                .collect(),
            environment: BTreeMap::new(),
            library_folders: String::new(),
            conditions: "conditions".to_owned(),
            watched: BTreeMap::new(),
            inputs: Vec::new(),
        }
    }

    #[test]
    fn a_list_with_another_file_or_a_variable_is_told_apart() {
        let only = "/a b/ctx.d: src/lib.rs\n\n/a b/libctx.so: src/lib.rs\n\nsrc/lib.rs:\n";
        assert!(names_only_the_source(only));
        for other in [
            "",
            "src/lib.rs:\n",
            "/a/ctx.d: src/lib.rs data.txt\n\nsrc/lib.rs:\n",
            "/a/ctx.d: src/lib.rs\n\nsrc/lib.rs:\ndata.txt:\n",
            "/a/ctx.d: src/lib.rs\n\nsrc/lib.rs:\n\n# env-dep:HOME=/home\n",
            "/a/ctx.d: src/lib.rs\n\n# env-dep:X\n",
        ] {
            assert!(!names_only_the_source(other), "{other}");
        }
    }

    #[test]
    fn only_sources_that_can_read_nothing_secretly_are_kept() {
        let own = call(&["kerust=/a/libkerust.so", "kerust=/a/libkerust.rlib"]);
        assert!(tells_all(&own, b"fn main() {}"));
        assert!(!tells_all(&own, b"#[link(name = \"m\")] extern {}"));
        assert!(!tells_all(&own, b"core::arch::global_asm!(\".incbin\")"));
        let other = call(&["kerust=/a/libkerust.so", "sqlx=/a/libsqlx.rlib"]);
        assert!(!tells_all(&other, b"fn main() {}"));
    }

    #[test]
    fn everything_counts_for_the_key() {
        let first = key(&call(&[]), "source");
        assert_eq!(first, key(&call(&[]), "source"));
        assert_ne!(first, key(&call(&[]), "Source"));
        assert_ne!(first, key(&call(&["kerust=/a"]), "source"));
        let mut other = call(&[]);
        other.conditions.push('!');
        assert_ne!(first, key(&other, "source"));
        let mut other = call(&[]);
        other.environment.insert("CARGO".to_owned(), String::new());
        assert_ne!(first, key(&other, "source"));
    }

    #[test]
    fn only_failures_that_evcxr_makes_itself_are_kept() {
        let message = |level: &str, code: &str, text: &str| {
            let code = match code {
                "" => serde_json::Value::Null,
                code => serde_json::json!({ "code": code }),
            };
            serde_json::json!({ "level": level, "code": code, "message": text }).to_string()
        };
        let probe = message(
            "error",
            "E0599",
            "no method named `evcxr_display` found for type `i32` in the current scope",
        );
        let end = message("error", "", "aborting due to 1 previous error");
        let warning = message("warning", "unused", "unused");
        let all = [warning.as_str(), &probe, &end].join("\n");
        assert!(is_probe(&all));
        assert!(!is_probe(&end));
        assert!(!is_probe(""));
        for (code, text) in [
            ("", "No space left on device"),
            ("E0463", "can't find crate for `kerust`"),
            ("E0599", "no method named `len` found"),
            ("E0277", "the trait bound is not satisfied"),
        ] {
            let other = message("error", code, text);
            assert!(!is_probe(&format!("{all}\n{other}")), "{text}");
        }
        assert!(!is_probe(&format!("{all}\nnot JSON")));
    }

    #[test]
    fn a_kept_library_is_a_new_file_and_a_damaged_one_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results/key");
        let kept = Kept {
            header: Header {
                success: true,
                source: "fn f() {}".to_owned(),
                messages: "{}\n".to_owned(),
            },
            library: b"\x7fELF\n\0".to_vec(),
        };
        kept.write(&path).unwrap();
        let read = Kept::read(&path).unwrap();
        assert_eq!(read.library, kept.library);
        assert_eq!(read.header.messages, "{}\n");
        let place = folder.path().join("libctx.so");
        fs::write(&place, "loaded").unwrap();
        let loaded = folder.path().join("libcode_1.so");
        fs::hard_link(&place, &loaded).unwrap();
        let source = folder.path().join("lib.rs");
        read.give(&place, &source).unwrap();
        assert_eq!(fs::read(&source).unwrap(), b"fn f() {}");
        assert_eq!(fs::read(&place).unwrap(), kept.library);
        assert_eq!(fs::read(&loaded).unwrap(), b"loaded");
        assert_ne!(inode(&place), inode(&path));
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(Kept::read(&path).is_none());
        sealed::write(
            &path,
            b"{\"success\":true,\"source\":\"\",\"messages\":\"\"}\n",
        )
        .unwrap();
        assert!(Kept::read(&path).is_none(), "a success has a library");
        sealed::write(&path, b"no header").unwrap();
        assert!(Kept::read(&path).is_none());
    }

    fn inode(path: &Path) -> u64 {
        fs::metadata(path).unwrap().ino()
    }
}
