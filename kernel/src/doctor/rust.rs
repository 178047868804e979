//! Rust: the compiler, and what it needs to make a program.

use std::path::Path;
use std::process::Command;

use super::Finding;
use super::programs::{ask, find, short};

const INSTALL_RUST: &str = "install Rust from https://rustup.rs";
const INSTALL_COMPILER: &str = "install gcc or clang, on Debian and Ubuntu by \
     `sudo apt install build-essential`";

pub(super) fn look() -> Vec<Finding> {
    let (compiler, version) = compiler();
    let mut findings = vec![compiler, cargo()];
    findings.push(c_compiler());
    findings.push(linker());
    if version.is_some() {
        findings.push(trial());
        findings.push(sources());
    }
    findings
}

/// The compiler, and its version if it works.
fn compiler() -> (Finding, Option<String>) {
    const SUBJECT: &str = "Rust";
    let answer = match ask(Command::new("rustc").arg("-V")) {
        Ok(answer) => answer,
        Err(reason) => {
            let text = format!("`rustc` cannot be run: {reason}");
            return (Finding::problem(SUBJECT, text, INSTALL_RUST), None);
        }
    };
    let version = answer
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let finding = if number(&version) >= number(needed) {
        Finding::ok(SUBJECT, format!("rustc {version}"))
    } else {
        Finding::problem(
            SUBJECT,
            format!("rustc {version} is too old: {needed} is needed"),
            "`rustup update stable`",
        )
    };
    (finding, Some(version))
}

/// The first two parts of a version.
fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

fn cargo() -> Finding {
    const SUBJECT: &str = "cargo";
    match find("cargo") {
        Some(cargo) => match ask(Command::new(&cargo).arg("-V")) {
            Ok(answer) => {
                let version = answer.split_whitespace().nth(1).unwrap_or_default();
                Finding::ok(SUBJECT, format!("cargo {version}, {}", short(&cargo)))
            }
            Err(reason) => Finding::problem(
                SUBJECT,
                format!("{} does not work: {reason}", short(&cargo)),
                INSTALL_RUST,
            ),
        },
        None => Finding::problem(
            SUBJECT,
            "there is no `cargo` on the path",
            "put ~/.cargo/bin on the path (`. ~/.cargo/env`), or install Rust from \
             https://rustup.rs",
        ),
    }
}

fn c_compiler() -> Finding {
    const SUBJECT: &str = "C compiler";
    match ask(Command::new("cc").arg("--version")) {
        Ok(answer) => {
            let line = answer.lines().next().unwrap_or_default().trim();
            Finding::ok(SUBJECT, line)
        }
        Err(reason) => Finding::problem(
            SUBJECT,
            format!("`cc`, with which Rust links, cannot be run: {reason}"),
            INSTALL_COMPILER,
        ),
    }
}

fn linker() -> Finding {
    const SUBJECT: &str = "linker";
    for (program, version_of) in [("mold", "mold"), ("lld", "ld.lld")] {
        if find(program).is_some() {
            let answer = ask(Command::new(version_of).arg("--version")).unwrap_or_default();
            let line = answer.lines().next().unwrap_or(program);
            let line = line.split(" (").next().unwrap_or(line);
            return Finding::ok(SUBJECT, line);
        }
    }
    if rust_brings_lld() {
        return Finding::ok(SUBJECT, "rust-lld, which comes with Rust");
    }
    Finding::warning(
        SUBJECT,
        "the system's own, which makes each cell slower",
        "install mold, on Debian and Ubuntu by `sudo apt install mold`",
    )
}

/// Whether the compiler links with a fast linker of its own unless told otherwise.
fn rust_brings_lld() -> bool {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return cfg!(target_os = "macos");
    }
    let Some(root) = sysroot() else {
        return false;
    };
    Path::new(&root)
        .join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld")
        .is_file()
}

fn sysroot() -> Option<String> {
    let answer = ask(Command::new("rustc").args(["--print", "sysroot"])).ok()?;
    Some(answer.trim().to_owned())
}

/// Makes a program, which is the proof that cells can be compiled.
fn trial() -> Finding {
    const SUBJECT: &str = "a program";
    const FIX: &str = "look at the first lines above that are not ok";
    let made = tempfile::tempdir()
        .map_err(|error| error.to_string())
        .and_then(|folder| {
            let source = folder.path().join("trial.rs");
            std::fs::write(&source, "fn main() { println!(\"it works\"); }\n")
                .map_err(|error| error.to_string())?;
            let program = folder.path().join("trial");
            ask(Command::new("rustc").arg("-o").arg(&program).arg(&source))?;
            ask(&mut Command::new(&program))
        });
    match made {
        Ok(answer) if answer.trim() == "it works" => {
            Finding::ok(SUBJECT, "compiles, links and runs")
        }
        Ok(_) => Finding::problem(SUBJECT, "compiles, but does not run as it should", FIX),
        Err(reason) => Finding::problem(SUBJECT, format!("cannot be made: {reason}"), FIX),
    }
}

fn sources() -> Finding {
    const SUBJECT: &str = "rust-src";
    let there = sysroot().is_some_and(|root| {
        Path::new(&root)
            .join("lib/rustlib/src/rust/library/std/src/lib.rs")
            .is_file()
    });
    if there {
        return Finding::ok(SUBJECT, "the standard library's sources are there");
    }
    let fix = if find("rustup").is_some() {
        "`rustup component add rust-src`"
    } else {
        "install the package rust-src that belongs to your Rust"
    };
    Finding::warning(
        SUBJECT,
        "the standard library's sources are missing, so the types of many variables have to be \
         written out",
        fix,
    )
}
