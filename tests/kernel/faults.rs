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
            "println!();\nstd::process::exit(3);",
            "ProcessDied",
            &["`std::process::exit(3)`", "--> 2 | std::process::exit(3);"],
        ),
        (
            "let a = 1;\n\nstd::process::abort();",
            "ProcessDied",
            &["aborted", "SIGABRT", "--> 3 | std::process::abort();"],
        ),
        (
            "fn down(n: u64) -> u64 {\n    n + down(n + 1)\n}\nlet depth = down(0);\ndepth",
            "StackOverflow",
            &["the stack is used up", "--> 2 |     n + down(n + 1)"],
        ),
        (
            "fn deep(n: u64) -> u64 {\n    n + deep(n + 1)\n}\nlet thread = std::thread::spawn(|| deep(0));\nthread.join().unwrap()",
            "StackOverflow",
            &[
                "the stack is used up",
                "--> 2 |     n + deep(n + 1)",
                "in a thread that is not the main one",
            ],
        ),
        (
            "let size = 3usize << 20;\nlet large = [size; 3 << 20];\nlarge.len()",
            "StackOverflow",
            &["the stack is used up", "--> 2 | let large"],
        ),
        (
            "let name = std::thread::Builder::new().name(\"worker\".into());\nlet thread = name.spawn(|| {\n    peek(32)\n}).unwrap();\nthread.join().unwrap()",
            "ProcessDied",
            &["at address 0x20", "--> 3 |     peek(32)", "in thread `worker`"],
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
