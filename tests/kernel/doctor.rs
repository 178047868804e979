//! `kerust doctor`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::support::program;

/// What `kerust doctor` prints, and its exit code; `change` sets the environment.
fn doctor(change: impl FnOnce(&mut Command)) -> (String, Option<i32>) {
    let mut command = Command::new(program());
    command
        .arg("doctor")
        .env("XDG_DATA_HOME", std::env::temp_dir().join("no-such-data"));
    command.env_remove("JUPYTER_DATA_DIR");
    change(&mut command);
    let output = command.output().unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains('\x1b'), "no colors outside of a terminal");
    }
    (text, output.status.code())
}

/// The line about `subject`, with those that continue it.
fn about(text: &str, subject: &str) -> String {
    let mut lines = text
        .lines()
        .skip_while(|line| line.get(9..).is_none_or(|rest| !rest.starts_with(subject)));
    let first = lines
        .next()
        .unwrap_or_else(|| panic!("nothing about {subject} in\n{text}"));
    let rest = lines.take_while(|line| line.starts_with("         "));
    std::iter::once(first)
        .chain(rest)
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn write_program(path: &Path, script: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn first_on_path(command: &mut Command, folder: &Path) {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).unwrap());
}

#[test]
fn a_machine_that_runs_these_tests_is_well() {
    let (text, code) = doctor(|_| {});
    assert_eq!(code, Some(0), "{text}");
    for subject in [
        "Rust",
        "cargo",
        "C compiler",
        "a program",
        "CPU",
        "GPU",
        "memory",
        "cache",
    ] {
        assert!(about(&text, subject).starts_with("ok "), "{text}");
    }
    for subject in [
        "linker", "rust-src", "Jupyter", "kernel", "data", "data set",
    ] {
        assert!(!about(&text, subject).starts_with("problem"), "{text}");
    }
    assert!(text.contains("\nEverything "), "{text}");
}

#[test]
fn missing_programs_are_problems_with_a_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let (text, code) = doctor(|command| {
        command.env("PATH", empty.path());
    });
    assert_eq!(code, Some(1));
    assert!(
        about(&text, "Rust").contains("-> install Rust from https://rustup.rs"),
        "{text}"
    );
    assert!(about(&text, "cargo").starts_with("problem"), "{text}");
    assert!(
        about(&text, "C compiler").contains("build-essential"),
        "{text}"
    );
    assert!(
        about(&text, "Jupyter").contains("`kerust lab` installs its own"),
        "{text}"
    );
    assert!(
        text.contains("\nNot everything works: 3 problems"),
        "{text}"
    );
}

#[test]
fn an_old_compiler_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    write_program(
        &folder.path().join("rustc"),
        "echo 'rustc 1.70.0 (90c541806 2023-05-31)'",
    );
    let (text, code) = doctor(|command| first_on_path(command, folder.path()));
    assert_eq!(code, Some(1));
    let rust = about(&text, "Rust");
    assert!(
        rust.starts_with("problem Rust rustc 1.70.0 is too old: "),
        "{rust}"
    );
    assert!(rust.ends_with("-> `rustup update stable`"), "{rust}");
    assert!(about(&text, "a program").starts_with("problem"), "{text}");
}

#[test]
fn folders_that_cannot_be_written_are_problems() {
    let (text, code) = doctor(|command| {
        command
            .env("KERUST_CACHE", "/proc/kerust")
            .env("KERUST_HOME", "/proc/home");
    });
    assert_eq!(code, Some(1));
    assert!(about(&text, "cache").starts_with("problem cache /proc/kerust cannot be written"));
    assert!(about(&text, "data").contains("-> set the environment variable `KERUST_HOME`"));
}

#[test]
fn the_registered_kernel_is_compared_with_this_program() {
    let folder = tempfile::tempdir().unwrap();
    let kernel_of = |argv0: &str| {
        let specs = json!({ "kernelspecs": {
            "python3": { "resource_dir": "/p", "spec": { "argv": ["python"], "language": "python" } },
            "mine": { "resource_dir": "/k/mine", "spec": {
                "argv": [argv0, "kernel", "-f", "{connection_file}"], "language": "rust",
            } },
        } });
        let script = format!("case $1 in lab) echo 4.4.1;; *) echo '{specs}';; esac");
        write_program(&folder.path().join("jupyter"), &script);
        doctor(|command| first_on_path(command, folder.path()))
    };
    let (text, code) = kernel_of(program().to_str().unwrap());
    assert_eq!(code, Some(0), "{text}");
    assert!(
        about(&text, "Jupyter").starts_with("ok Jupyter JupyterLab 4.4.1, "),
        "{text}"
    );
    assert_eq!(
        about(&text, "kernel"),
        "ok kernel `mine` is this program, /k/mine"
    );
    let (text, code) = kernel_of("/bin/sh");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        about(&text, "kernel").starts_with("warning kernel `mine` is another program: /bin/sh")
    );
    let (text, code) = kernel_of("/gone/kerust");
    assert_eq!(code, Some(1), "{text}");
    let kernel = about(&text, "kernel");
    assert!(
        kernel.starts_with("problem kernel `mine` names a program that is gone"),
        "{kernel}"
    );
    assert!(
        kernel.ends_with("-> `kerust install --name mine`"),
        "{kernel}"
    );
}

#[test]
fn a_driver_that_is_half_there_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let smi = folder.path().join("nvidia-smi");
    let (text, _) = doctor(|_| {});
    if !about(&text, "GPU").starts_with("ok GPU no NVIDIA GPU: ") {
        // This machine has one: nothing is missing.
        return;
    }
    write_program(&smi, "echo 'NVIDIA Test 1, 550.54.15, 8192 MiB'");
    let (text, code) = doctor(|command| first_on_path(command, folder.path()));
    assert_eq!(code, Some(0));
    let gpu = about(&text, "GPU");
    assert!(
        gpu.starts_with("warning GPU `nvidia-smi` is here, but the driver's library"),
        "{gpu}"
    );
    assert!(
        gpu.ends_with("start a container with `--gpus all`"),
        "{gpu}"
    );
}
