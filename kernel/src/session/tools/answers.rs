//! Answers of cargo and rustc to the questions of evcxr and rust-analyzer, remembered.
//!
//! An answer is given again as long as everything that it depends on is what it was. Only questions
//! in the form that these two ask are answered so, and of the failures only that a compiler is not
//! a nightly one.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inputs::{Input, add_environment, conditions, includes_others};
use super::{CARGO, RUSTC, Tools, exit_code};
use crate::session::sealed::{self, Parts};

/// The form of what is remembered; with a new number, everything is asked again.
const FORM: &str = "1";
/// How many answers a slot remembers, and how many bytes of them.
const MOST: usize = 100;
const MOST_BYTES: u64 = 64 << 20;

/// Whether these arguments ask rustc something about itself.
pub(super) fn is_for_rustc(arguments: &[OsString]) -> bool {
    if arguments == ["-vV"] || arguments == ["-Vv"] {
        return true;
    }
    let mut words = arguments.iter().map(|argument| argument.to_str());
    let mut asks = false;
    while let Some(word) = words.next() {
        let known = match word {
            Some("--print") => {
                asks = true;
                matches!(
                    words.next(),
                    Some(Some(
                        "sysroot" | "target-libdir" | "cfg" | "target-spec-json"
                    ))
                )
            }
            Some("--target") => words.next().is_some(),
            Some("-Z") => words.next() == Some(Some("unstable-options")),
            Some("-O") => true,
            _ => false,
        };
        if !known {
            return false;
        }
    }
    asks
}

/// Whether these arguments ask cargo something about the package with this `manifest`.
pub(super) fn is_for_cargo(arguments: &[OsString], manifest: &Path) -> bool {
    let words: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let about_package = words
        .windows(2)
        .any(|pair| pair[0] == "--manifest-path" && Path::new(pair[1]) == manifest);
    match words[..] {
        ["--version"] => true,
        ["-Z", "unstable-options", "config", "get", ..] => true,
        ["rustc", "-Z", "unstable-options", "--print", ..] => true,
        ["locate-project", "--workspace", ..] | ["metadata", "--format-version", "1", ..] => {
            about_package
        }
        _ => false,
    }
}

/// Answers the question `arguments` to `program`, cargo or rustc.
pub(super) fn give(tools: &Tools, program: &str, arguments: &[OsString]) -> io::Result<ExitCode> {
    let directory = std::env::current_dir()?;
    if program == CARGO && includes_others(&directory) {
        return tools.pass_on(program, arguments);
    }
    let path = tools
        .place
        .answers()
        .join(key(tools, program, arguments, &directory)?);
    if let Some(answer) = Answer::read(&path) {
        sealed::note_use(&path);
        return answer.say();
    }
    let output = tools.command(program)?.args(arguments).output()?;
    let about_packages = arguments.first().is_some_and(|word| word == "metadata");
    let inputs = if output.status.success() && about_packages {
        packages(&output.stdout, &directory)
    } else {
        Some(Vec::new())
    };
    let errors = String::from_utf8(output.stderr);
    if let (Some(inputs), Ok(errors), Some(code)) = (inputs, &errors, output.status.code()) {
        let answer = Answer {
            header: Header {
                inputs,
                code: u8::try_from(code).unwrap_or(1),
                errors: errors.clone(),
            },
            text: output.stdout,
        };
        if code == 0 || errors.contains("nightly") {
            // Without it, the question is asked again the next time.
            let _ = answer.write(&path);
            sealed::keep_last_used(&tools.place.answers(), MOST, MOST_BYTES);
        }
        return answer.say();
    }
    let _ = io::stdout().write_all(&output.stdout);
    let _ = io::stderr().write_all(
        &errors
            .unwrap_or_else(|error| error.to_string())
            .into_bytes(),
    );
    Ok(exit_code(output.status))
}

/// A name for the question and everything on which its answer depends, packages left out.
fn key(
    tools: &Tools,
    program: &str,
    arguments: &[OsString],
    directory: &Path,
) -> io::Result<String> {
    let mut hash = Parts::default();
    hash.add(FORM.as_bytes());
    for name in [program, RUSTC] {
        let file = fs::canonicalize(tools.real(name)?)?;
        hash.add(&serde_json::to_vec(&Input::at(&file))?);
    }
    if program == CARGO {
        hash.add(directory.as_os_str().as_encoded_bytes());
        hash.add(conditions(directory).as_bytes());
    }
    add_environment(&mut hash, |name| {
        ["RUST", "LANG", "LC_"]
            .iter()
            .any(|start| name.starts_with(start))
            || name == "HOME"
    });
    for argument in arguments {
        hash.add(argument.as_encoded_bytes());
    }
    Ok(hash.finish())
}

/// The files that an answer about packages depends on: the manifest of each, which is gone when
/// cargo has removed a package; and of those on this machine, where a workspace may be that they
/// belong to, and the folders in which cargo finds what they consist of.
fn packages(answer: &[u8], directory: &Path) -> Option<Vec<Input>> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let mut inputs = Vec::new();
    for package in answer["packages"].as_array()? {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let folder = manifest.parent()?;
        // What is in the cells' own folder is part of the question.
        if folder == directory {
            continue;
        }
        inputs.push(Input::at(manifest));
        if !package["source"].is_null() {
            continue;
        }
        let above = folder.ancestors().skip(1);
        inputs.extend(above.map(|folder| Input::at(&folder.join("Cargo.toml"))));
        for part in ["", "src", "src/bin", "examples", "tests", "benches"] {
            inputs.push(Input::at(&folder.join(part)));
        }
    }
    Some(inputs)
}

/// An answer as it is kept: a line with the header, and the text.
struct Answer {
    header: Header,
    text: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    inputs: Vec<Input>,
    code: u8,
    errors: String,
}

impl Answer {
    fn read(path: &Path) -> Option<Answer> {
        let mut content = sealed::read(path)?;
        let line = content.iter().position(|byte| *byte == b'\n')?;
        let text = content.split_off(line + 1);
        let header: Header = serde_json::from_slice(&content).ok()?;
        header
            .inputs
            .iter()
            .all(Input::is_unchanged)
            .then_some(Answer { header, text })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut content = serde_json::to_vec(&self.header)?;
        content.push(b'\n');
        content.extend_from_slice(&self.text);
        sealed::write(path, &content)
    }

    fn say(&self) -> io::Result<ExitCode> {
        io::stdout().write_all(&self.text)?;
        // Nobody is there to read it when this fails.
        let _ = io::stderr().write_all(self.header.errors.as_bytes());
        Ok(ExitCode::from(self.header.code))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    use serde_json::json;

    use super::{Answer, Header, is_for_cargo, is_for_rustc, packages};

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn only_known_questions_are_answered_from_memory() {
        for line in [
            "-vV",
            "-Vv",
            "--print sysroot",
            "--print target-libdir",
            "--print cfg -O --target x86_64-unknown-linux-gnu",
            "-Z unstable-options --print target-spec-json --target x86_64-unknown-linux-gnu",
        ] {
            assert!(is_for_rustc(&words(line)), "{line}");
        }
        for line in [
            "",
            "-O",
            "main.rs",
            "--print cfg main.rs",
            "--print link-args",
            "--print",
            "+nightly --print cfg",
            "-vV main.rs",
        ] {
            assert!(!is_for_rustc(&words(line)), "{line}");
        }
        let asks = |line| is_for_cargo(&words(line), Path::new("/work/Cargo.toml"));
        for line in [
            "--version",
            "locate-project --workspace --manifest-path /work/Cargo.toml",
            "-Z unstable-options config get --format toml --show-origin",
            "rustc -Z unstable-options --print cfg --target T -- -O",
            "metadata --format-version 1 --no-deps --manifest-path /work/Cargo.toml",
            "metadata --format-version 1 --manifest-path /work/Cargo.toml --filter-platform T",
        ] {
            assert!(asks(line), "{line}");
        }
        for line in [
            "",
            "metadata --format-version 1",
            "metadata --format-version=1",
            "--offline metadata --format-version 1 --manifest-path /work/Cargo.toml",
            "metadata --format-version 1 --manifest-path /other/Cargo.toml",
            "build --target T --message-format=json",
            "rustc --print cfg",
        ] {
            assert!(!asks(line), "{line}");
        }
    }

    #[test]
    fn an_answer_about_packages_is_over_when_one_of_them_changes() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = |name: &str| {
            let package = folder.path().join(name);
            fs::create_dir_all(package.join("src")).unwrap();
            fs::write(package.join("Cargo.toml"), name).unwrap();
            package.join("Cargo.toml")
        };
        let work = manifest("slot/work");
        let told = json!({ "packages": [
            { "manifest_path": work, "source": null },
            { "manifest_path": manifest("local/one"), "source": null },
            { "manifest_path": manifest("registry/two"), "source": "registry" },
        ]});
        let path = folder.path().join("answers/key");
        let remember = || {
            let inputs = packages(told.to_string().as_bytes(), work.parent().unwrap());
            let header = Header {
                inputs: inputs.unwrap(),
                code: 0,
                errors: String::new(),
            };
            let text = b"two\nlines\n".to_vec();
            Answer { header, text }.write(&path).unwrap();
            assert_eq!(Answer::read(&path).unwrap().text, b"two\nlines\n");
        };
        remember();
        fs::write(folder.path().join("slot/work/file"), "").unwrap();
        fs::write(folder.path().join("registry/two/src/lib.rs"), "").unwrap();
        assert!(Answer::read(&path).is_some());
        for changed in [
            "local/one/Cargo.toml",
            "local/one/src/lib.rs",
            "local/one/build.rs",
            "local/Cargo.toml",
            "Cargo.toml",
            "registry/two/Cargo.toml",
        ] {
            remember();
            fs::write(folder.path().join(changed), "something else").unwrap();
            assert!(Answer::read(&path).is_none(), "{changed}");
        }
        remember();
        fs::remove_dir_all(folder.path().join("registry/two")).unwrap();
        assert!(Answer::read(&path).is_none());
        assert!(packages(b"{}", Path::new("/")).is_none());
    }
}
