//! Cells, and a whole evcxr, that fail in the worst ways: the kernel says what happened and where,
//! and goes on.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kerust_kernel::run::client::{Client, Source};
use kerust_kernel::session::memory::{format_size, parse_size};

use serde_json::json;

use super::support::{
    COMPILING, LIMIT, Outcome, collect, program, request_cell, run, run_within, start,
};

/// The error's text without its colors.
fn block(outcome: &Outcome) -> String {
    let lines: Vec<&str> = outcome.error()["traceback"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let mut plain = String::new();
    let mut rest = lines.join("\n");
    while let Some(start) = rest.find("\x1b[") {
        plain.push_str(&rest[..start]);
        let end = start + rest[start..].find('m').unwrap() + 1;
        rest = rest[end..].to_owned();
    }
    plain + &rest
}

/// Runs `code`, which ends the cells' process, and the cell after it. The failed cell shows one
/// error, which holds all `parts`, and nothing else.
fn fails(kernel: &mut Client, code: &str, ename: &str, parts: &[&str]) {
    let outcome = run(kernel, code);
    let text = block(&outcome);
    assert_eq!(outcome.error()["ename"], ename, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(text.contains("All variables are lost"), "{text}");
    assert_eq!(outcome.summary(), [format!("error: {ename}")]);
    assert_eq!(
        run(kernel, "definition()").summary(),
        ["execute_result: 12"],
        "after {code}"
    );
}

#[test]
fn crashes_show_the_line_that_they_happen_in() {
    let mut kernel = start();
    run(
        &mut kernel,
        "fn definition() -> i32 { 12 }\n\
         fn peek(address: usize) -> u8 {\n    unsafe { (address as *const u8).read_volatile() }\n}",
    )
    .assert_ok();
    let cases: [(&str, &str, &[&str]); 12] = [
        (
            "let address = 8usize;\nlet byte = unsafe { (address as *const u8).read_volatile() };\nbyte",
            "ProcessDied",
            &[
                "segmentation fault (SIGSEGV), at address 0x8",
                "--> 2 | let byte = unsafe",
                "`unsafe` code",
            ],
        ),
        (
            "let here = 1;\npeek(16 + here)",
            "ProcessDied",
            &[
                "at address 0x11",
                "in a function of an earlier cell: unsafe { (address as *const u8)",
                "--> 2 | peek(16 + here)",
            ],
        ),
        (
            "let jump: extern \"C\" fn() = unsafe { std::mem::transmute(24usize) };\njump();",
            "ProcessDied",
            &["segmentation fault", "--> 2 | jump();"],
        ),
        (
            "let code = 3;\nstd::process::exit(code);",
            "ProcessDied",
            &[
                "`std::process::exit(3)`",
                "--> 2 | std::process::exit(code);",
            ],
        ),
        (
            "let a = 1;\n\nstd::process::abort();",
            "ProcessDied",
            &["aborted", "SIGABRT", "--> 3 | std::process::abort();"],
        ),
        (
            "fn down(n: u64) -> u64 {\n    n + down(n + 1)\n}\nlet depth = down(0);\ndepth",
            "StackOverflow",
            &["the stack is used up", "down(n"],
        ),
        (
            "fn deep(n: u64) -> u64 {\n    n + deep(n + 1)\n}\nlet thread = std::thread::spawn(|| deep(0));\nthread.join().unwrap()",
            "StackOverflow",
            &[
                "the stack is used up",
                "deep(n",
                "in a thread that is not the main one",
            ],
        ),
        (
            "let size = 3usize << 20;\nlet large = [size; 3 << 20];\nlarge.len()",
            "StackOverflow",
            &["the stack is used up", "where the cell starts"],
        ),
        (
            "let name = std::thread::Builder::new().name(\"worker\".into());\nlet thread = name.spawn(|| {\n    peek(32)\n}).unwrap();\nthread.join().unwrap()",
            "ProcessDied",
            &[
                "at address 0x20",
                "--> 3 |     peek(32)",
                "in thread `worker`",
            ],
        ),
        (
            "unsafe { std::arch::asm!(\"ud2\") };",
            "ProcessDied",
            &["illegal instruction (SIGILL)", "--> 1 | unsafe"],
        ),
        (
            "struct Bomb;\nimpl Drop for Bomb {\n    fn drop(&mut self) { panic!(\"second\"); }\n}\nlet bomb = Bomb;\nlet number: Result<i32, i32> = Err(1);\nstd::panic::catch_unwind(|| {\n    let _bomb = Bomb;\n    panic!(\"first\");\n}).ok();",
            "ProcessDied",
            &["could not be caught", "second", "--> 3 |"],
        ),
        (
            "unsafe extern \"C\" { fn free(pointer: *mut u8); }\nlet pointer = 8 as *mut u8;\nunsafe { free(pointer.wrapping_add(8)) };",
            "ProcessDied",
            &["--> 3 | unsafe { free(pointer"],
        ),
    ];
    for (code, ename, parts) in cases {
        fails(&mut kernel, code, ename, parts);
    }
}

/// A program that starts the kernel as `line` says, with `$KERUST` and the arguments `"$@"`.
fn wrapper(folder: &Path, line: &str) -> PathBuf {
    let path = folder.join("kerust-wrapper");
    let text = format!("#!/bin/sh\nKERUST='{}'\n{line}\n", program().display());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A kernel started through [`wrapper`], whose session is up.
fn start_by(folder: &Path, line: &str) -> Client {
    let program = wrapper(folder, line);
    let mut client = Client::start(&program, folder, Duration::from_secs(60)).unwrap();
    run_within(&mut client, "fn definition() -> i32 { 12 }", COMPILING).assert_ok();
    client
}

#[test]
fn memory_ends_before_the_machine_suffers() {
    let folder = tempfile::tempdir().unwrap();
    let line = "KERUST_MEMORY_LIMIT=1GiB exec \"$KERUST\" \"$@\"";
    let mut kernel = start_by(folder.path(), line);
    fails(
        &mut kernel,
        "let first = vec![1u8; 100 << 20];\nlet second = vec![1u8; 2 << 30];\nfirst.len() + second.len()",
        "OutOfMemory",
        &[
            "no memory for another 2 GiB (the cells may use 1 GiB)",
            "--> 2 | let second = vec![1u8; 2 << 30];",
            "KERUST_MEMORY_LIMIT",
        ],
    );
    fails(
        &mut kernel,
        "let mut all = Vec::new();\nloop {\n    all.push(vec![1u8; 64 << 20]);\n}",
        "OutOfMemory",
        &["no memory for another 64 MiB", "--> 3 |     all.push"],
    );
    // What fits still fits.
    run(
        &mut kernel,
        "let large = vec![1u8; 400 << 20]; large.len();",
    )
    .assert_ok();

    let line = "KERUST_MEMORY_LIMIT=much exec \"$KERUST\" \"$@\"";
    let program = wrapper(folder.path(), line);
    let mut kernel = Client::start(&program, folder.path(), Duration::from_secs(60)).unwrap();
    let outcome = run(&mut kernel, "1");
    assert!(block(&outcome).contains("`much`, which is not a size"));
}

#[test]
fn sizes_are_read_and_written() {
    assert_eq!(parse_size("8GiB"), Some(8 << 30));
    assert_eq!(parse_size(" 1.5 kb "), Some(1500));
    assert_eq!(parse_size("0"), Some(0));
    assert_eq!(parse_size("4096"), Some(4096));
    for text in ["", "GiB", "-1", "1 apple", "1.2.3", "inf", "1e400"] {
        assert_eq!(parse_size(text), None, "{text}");
    }
    assert_eq!(format_size(8 << 30), "8 GiB");
    assert_eq!(format_size(1536), "1.5 KiB");
    assert_eq!(format_size(10), "10 bytes");
}

/// The parent and the group of each process, with its name.
fn processes() -> Vec<(u32, u32, u32, String)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let process = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (start, fields) = stat.rsplit_once(')')?;
        let name = start.split_once('(')?.1.to_owned();
        let mut fields = fields.split_whitespace();
        // One that has ended and was not asked for yet does no harm.
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        (state != "Z").then_some((id, parent, group, name))
    };
    entries.filter_map(process).collect()
}

fn children(parent: u32) -> Vec<u32> {
    let all = processes().into_iter();
    all.filter(|process| process.1 == parent)
        .map(|process| process.0)
        .collect()
}

fn kill(process: u32) {
    // SAFETY: `kill` reads only its arguments; the process is one that a test has started.
    assert_eq!(unsafe { libc::kill(process as i32, libc::SIGKILL) }, 0);
}

#[test]
fn a_kill_from_outside_is_told_apart() {
    let mut kernel = start();
    run(&mut kernel, "fn definition() -> i32 { 12 }").assert_ok();
    let code =
        "println!(\"up\");\nloop { std::thread::sleep(std::time::Duration::from_millis(1)); }";
    let id = request_cell(&kernel, code);
    let process = kernel.process_id();
    let outcome = collect(&mut kernel, &id, LIMIT, |_, message| {
        if message.msg_type() == "stream" {
            let cells = children(process);
            assert_eq!(cells.len(), 1, "only the cells' process is left");
            kill(cells[0]);
        }
    });
    assert!(block(&outcome).contains("something outside killed"));
    assert_eq!(
        run(&mut kernel, "definition()").summary(),
        ["execute_result: 12"]
    );
    // Between two cells.
    run(&mut kernel, "let kept = 1;").assert_ok();
    kill(children(process)[0]);
    std::thread::sleep(Duration::from_millis(300));
    let text = block(&run(&mut kernel, "kept"));
    assert!(text.contains("It ended before this cell ran"), "{text}");
    assert_eq!(
        run(&mut kernel, "definition()").summary(),
        ["execute_result: 12"]
    );
}

#[test]
fn a_thread_of_an_earlier_cell_is_named() {
    let mut kernel = start();
    run(&mut kernel, "fn definition() -> i32 { 12 }").assert_ok();
    run(
        &mut kernel,
        "let thread = std::thread::spawn(|| {\n    std::thread::sleep(std::time::Duration::from_millis(500));\n    std::process::abort();\n    #[allow(unreachable_code)]\n    ()\n});",
    )
    .assert_ok();
    std::thread::sleep(Duration::from_secs(1));
    let outcome = run(&mut kernel, "1 + 1");
    let text = block(&outcome);
    assert!(text.contains("It ended before this cell ran"), "{text}");
    assert!(
        text.contains("--> 3 |     std::process::abort();"),
        "{text}"
    );
    assert!(text.contains("in an earlier cell"), "{text}");
    assert_eq!(
        run(&mut kernel, "definition()").summary(),
        ["execute_result: 12"]
    );
}

#[test]
fn a_panic_of_evcxr_leaves_the_variables() {
    let mut kernel = start();
    run(&mut kernel, "let kept = 7;\nfn definition() -> i32 { 12 }").assert_ok();
    // evcxr 0.22 counts bytes from the statement, but reads from the comment before it.
    let outcome = run(
        &mut kernel,
        "/*n\u{e9}*/ let s = { let t = String::new(); &t[..] };",
    );
    let text = block(&outcome);
    assert_eq!(outcome.error()["ename"], "EvcxrFailed", "{text}");
    assert!(text.contains("not a char boundary"), "{text}");
    assert_eq!(
        run(&mut kernel, "kept + definition()").summary(),
        ["execute_result: 19"]
    );
}

#[test]
fn programs_that_a_cell_starts_are_programs_of_their_own() {
    let mut kernel = start();
    let code = format!(
        "let output = std::process::Command::new({:?}).arg(\"--version\").output().unwrap();\n\
         print!(\"{{}}\", String::from_utf8_lossy(&output.stdout));",
        program()
    );
    let outcome = run(&mut kernel, &code);
    outcome.assert_ok();
    let version = format!("stdout: kerust {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(outcome.summary(), [version]);
    let outcome = run(
        &mut kernel,
        "for name in [\"EVCXR_IS_RUNTIME\", \"KERUST_CHILD_PIPES\"] {\n    println!(\"{:?}\", std::env::var(name).ok());\n}",
    );
    assert_eq!(outcome.summary(), ["stdout: None\nNone\n"]);
    // Even with the variable itself, as older kernels pass it on.
    let output = std::process::Command::new(program())
        .arg("--version")
        .env("EVCXR_IS_RUNTIME", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("kerust "));
}

/// What a kernel does when its client is killed.
enum Moment {
    Idle,
    Running,
    Compiling,
}

/// Waits until `done` is true.
fn wait_for(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < deadline, "{what} takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a kernel under a client process of its own, kills that client, or the kernel, and checks
/// that nothing is left of it.
fn nothing_is_left(moment: &Moment, kill_kernel: bool) {
    let folder = tempfile::tempdir().unwrap();
    let line = "JPY_PARENT_PID=$$ \"$KERUST\" \"$@\" &\nwait";
    let kernel = start_by(folder.path(), line);
    let client = kernel.process_id();
    let started = children(client);
    assert_eq!(started.len(), 1);
    let group = |name: &str| {
        let all = processes();
        let own = all.into_iter().filter(|process| process.2 == started[0]);
        own.filter(|process| process.3.starts_with(name)).count()
    };
    // What reads the packages has ended by then.
    wait_for("reading", LIMIT, || group("") == 2);
    match moment {
        Moment::Idle => {}
        Moment::Running => {
            let mark = folder.path().join("runs");
            request_cell(
                &kernel,
                &format!(
                    "std::fs::write({mark:?}, \"\").unwrap();\nloop {{ std::hint::spin_loop() }}"
                ),
            );
            wait_for("the cell's start", LIMIT, || mark.exists());
        }
        Moment::Compiling => {
            // A crate whose build script takes a minute.
            let package = folder.path().join("slow");
            std::fs::create_dir_all(package.join("src")).unwrap();
            std::fs::write(
                package.join("Cargo.toml"),
                "[package]\nname = \"slow\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
            )
            .unwrap();
            std::fs::write(package.join("src/lib.rs"), "").unwrap();
            std::fs::write(
                package.join("build.rs"),
                "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)) }",
            )
            .unwrap();
            request_cell(&kernel, &format!(":dep slow = {{ path = {package:?} }}\n1"));
            wait_for("the compiler's start", LIMIT, || group("build-script") > 0);
            assert!(group("cargo") > 0);
        }
    }
    kill(if kill_kernel { started[0] } else { client });
    wait_for("the end of everything", Duration::from_secs(6), || {
        group("") == 0
    });
}

#[test]
fn nothing_is_left_when_the_client_is_killed() {
    nothing_is_left(&Moment::Idle, false);
    nothing_is_left(&Moment::Running, false);
    nothing_is_left(&Moment::Compiling, false);
}

#[test]
fn nothing_is_left_when_the_kernel_is_killed() {
    nothing_is_left(&Moment::Running, true);
    nothing_is_left(&Moment::Compiling, true);
}

#[test]
fn deep_nesting_ends_no_kernel() {
    let mut kernel = start();
    let reply = kernel
        .request(
            Source::Shell,
            "is_complete_request",
            json!({ "code": "(".repeat(20_000) }),
            LIMIT,
        )
        .unwrap();
    assert_eq!(reply.content["status"], "incomplete");
    let nested = format!("let nested = {}1{};", "(".repeat(3_000), ")".repeat(3_000));
    let outcome = run(&mut kernel, &nested);
    assert!(outcome.reply["status"].is_string());
    run(&mut kernel, "1 + 1").assert_ok();
}
