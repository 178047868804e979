//! Cells that are stopped: where they can be, and what is kept.

use std::time::{Duration, Instant};

use kerust_kernel::run::client::{Client, Source};
use kerust_kernel::session::additions::{Additions, removed};
use kerust_kernel::session::stops::stops;
use serde_json::json;

use super::support::{LIMIT, Outcome, collect, request_cell, run, shared};

/// `code` with every stop as `@`, and with `<` and `>` around a closure's expression.
fn marked(code: &str) -> String {
    let stops = Additions::insert(code, stops(code));
    assert_eq!(removed(&stops.code), code);
    stops
        .code
        .replace(
            "/*kerust*/{ ::kerust::notebook::keep_running(); /*kerust*/",
            "<",
        )
        .replace("/*kerust*/ }/*kerust*/", ">")
        .replace("/*kerust*/", "")
        .replace(" ::kerust::notebook::keep_running();", "@")
}

#[test]
fn stops_are_in_loops_functions_and_closures() {
    let cases = [
        ("loop {}", "loop {@}"),
        ("for i in 0..9 { f(i) }", "for i in 0..9 {@ f(i) }"),
        ("'a: while x {\n g();\n}", "'a: while x {@\n g();\n}"),
        ("fn f(n: u64) -> u64 { n }", "fn f(n: u64) -> u64 {@ n }"),
        ("(0..9).map(|x| x + 1)", "(0..9).map(|x| <x + 1>)"),
        ("let f = move || { g() };", "let f = move || {@ g() };"),
        ("let f = || || 1;", "let f = || <|| <1>>;"),
        ("let f = || unsafe { g() };", "let f = || <unsafe { g() }>;"),
        (":dep x\nloop {}", ":dep x\nloop {@}"),
        ("impl A { fn f(&self) {} }", "impl A { fn f(&self) {@} }"),
    ];
    for (code, expected) in cases {
        assert_eq!(marked(code), expected);
    }
}

#[test]
fn nothing_is_asked_where_it_cannot_be() {
    let untouched = [
        "const fn f() -> u8 { let mut i = 0; while i < 9 { i += 1; } i }",
        "const N: u8 = { let mut i = 0; loop { i += 1; if i == 9 { break i; } } };",
        "static N: fn() -> u8 = || 1;",
        "let a = [0u8; { let mut i = 0; while i < 9 { i += 1; } i }];",
        "let n = const { let mut i = 0; while i < 9 { i += 1; } i };",
        "impl Drop for A { fn drop(&mut self) { for i in 0..9 {} } }",
        "impl std::ops::Drop for A { fn drop(&mut self) {} }",
        "extern \"C\" fn f() { loop {} }",
        "println!(\"{}\", loop { break 1 });",
        "macro_rules! m { () => { loop {} } }",
        "enum E { A = { let mut i = 0; while i < 9 { i += 1; } i } }",
        "loop { {",
        "}",
        "1 + 1",
    ];
    for code in untouched {
        assert_eq!(marked(code), code);
    }
}

#[test]
fn columns_are_those_of_the_user() {
    let code = "é; loop { for x in y { z } }\nloop { a }";
    let stops = Additions::insert(code, stops(code));
    let column = |text: &str, line: usize| {
        let line = stops.code.lines().nth(line - 1).unwrap();
        line[..line.find(text).unwrap()].chars().count() + 1
    };
    assert_eq!(stops.original_column(1, column("é", 1)), 1);
    assert_eq!(stops.original_column(1, column("for", 1)), 11);
    assert_eq!(stops.original_column(1, column("z }", 1)), 24);
    assert_eq!(stops.original_column(2, column("a }", 2)), 8);
}

/// Runs `code`, which prints a line when it is busy, and stops it then.
fn stop(kernel: &mut Client, code: &str) -> Outcome {
    let id = request_cell(kernel, code);
    let mut asked = None;
    let outcome = collect(kernel, &id, LIMIT, |client, message| {
        if message.msg_type() == "stream" && asked.is_none() {
            asked = Some(Instant::now());
            client
                .send(Source::Control, "interrupt_request", json!({}))
                .unwrap();
        }
    });
    let asked = asked.expect("the cell printed its line");
    assert!(asked.elapsed() < Duration::from_secs(1), "{code}");
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    outcome
}

#[test]
fn cells_stop_and_variables_stay() {
    let mut kernel = shared();
    run(
        &mut kernel,
        "let kept_by_stops = vec![1, 2, 3];\nlet mut count_of_stops = 0u64;\nfn fibonacci(n: u64) -> u64 { if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) } }",
    )
    .assert_ok();
    let busy = [
        "println!(\"busy\");\nloop { std::hint::spin_loop(); }",
        "println!(\"busy\");\nloop { count_of_stops += 1; }",
        "println!(\"busy\");\nfibonacci(80)",
        "println!(\"busy\");\nlet n = (0..u64::MAX).map(|x| x ^ 1).max();",
        "println!(\"busy\");\nstd::thread::scope(|s| { s.spawn(|| loop {}); });",
        "struct Slow;\nimpl Drop for Slow { fn drop(&mut self) { for _ in 0..3 {} } }\nlet _slow = Slow;\nprintln!(\"busy\");\nwhile true {}",
    ];
    for code in busy {
        stop(&mut kernel, code);
        assert_eq!(
            run(&mut kernel, "kept_by_stops.len()").summary(),
            ["execute_result: 3"]
        );
    }
    let outcome = run(&mut kernel, "count_of_stops > 0");
    assert_eq!(outcome.summary(), ["execute_result: true"]);
}

#[test]
fn optimized_cells_carry_no_stops() {
    let mut kernel = shared();
    run(&mut kernel, ":opt 3").assert_ok();
    let outcome = run(
        &mut kernel,
        "let mut sum_at_three = 0u32;\nfor i in 0..1000 { sum_at_three += i; }\nsum_at_three",
    );
    assert_eq!(outcome.summary(), ["execute_result: 499500"]);
    run(&mut kernel, ":opt 0").assert_ok();
}

#[test]
fn errors_in_loops_point_at_the_users_column() {
    let mut kernel = shared();
    let outcome = run(&mut kernel, "for i in 0..3 { let x: i32 = \"a\"; }");
    let traceback = outcome.error()["traceback"].to_string();
    assert!(traceback.contains("cell:1:30"), "{traceback}");
    assert!(!traceback.contains("keep_running"), "{traceback}");
}
