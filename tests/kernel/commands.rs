//! The commands that the kernel answers itself.

use std::path::Path;
use std::time::{Duration, Instant};

use kerust_kernel::run::client::{Client, Source};
use serde_json::json;

use super::support::{
    COMPILING, LIMIT, collect, program, request_cell, run, run_within, shared, start,
};

#[test]
fn help_lists_all_commands_within_80_columns() {
    let mut kernel = shared();
    let outcome = run(&mut kernel, ":help");
    outcome.assert_ok();
    let displays = outcome.of_type("display_data");
    assert_eq!(displays.len(), 1);
    let text = displays[0]["data"]["text/plain"].as_str().unwrap();
    let html = displays[0]["data"]["text/html"].as_str().unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    // Those that evcxr completes are those that it knows.
    let reply = kernel
        .request(
            Source::Shell,
            "complete_request",
            json!({ "code": ":", "cursor_pos": 1 }),
            LIMIT,
        )
        .unwrap();
    let known = reply.content["matches"].as_array().unwrap().clone();
    assert!(known.len() > 20, "{known:?}");
    for command in known.iter().map(|name| name.as_str().unwrap()) {
        if command == ":quit" {
            continue;
        }
        let listed = text
            .lines()
            .any(|line| line.split_whitespace().next() == Some(command));
        assert!(listed, "{command} is missing");
        assert!(
            html.contains(&format!("<code>{command}")),
            "{command} is missing"
        );
    }
}

#[test]
fn timing_separates_compiling_and_running() {
    let mut kernel = shared();
    run(&mut kernel, ":timing").assert_ok();
    let cell = "std::thread::sleep(std::time::Duration::from_millis(1500));\n6 * 7";
    let outcome = run(&mut kernel, cell);
    outcome.assert_ok();
    let displays = outcome.of_type("display_data");
    let text = displays[0]["data"]["text/plain"].as_str().unwrap();
    let (compiled, ran) = text.split_once(", ran for ").expect(text);
    assert!(compiled.starts_with("compiled in "), "{text}");
    let ran: f64 = ran.strip_suffix(" s").expect(text).parse().unwrap();
    assert!((1.5..5.0).contains(&ran), "{text}");
    let last = outcome.summary().pop().unwrap();
    assert!(last.starts_with("display_data: "), "it comes last: {last}");
    let failed = run(&mut kernel, "let x: u8 = \"\";");
    assert_eq!(failed.error()["ename"], "E0308");
    let text = failed.of_type("display_data")[0]["data"]["text/plain"].to_string();
    assert!(text.contains("nothing was run"), "{text}");
    run(&mut kernel, ":timing").assert_ok();
    let outcome = run(&mut kernel, "1");
    assert_eq!(outcome.summary(), ["execute_result: 1"]);
}

/// A crate that takes a while to build.
fn write_slow_crate(folder: &Path) {
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = "[package]\nname = \"slow\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/lib.rs"), "pub fn answer() -> i32 { 42 }\n").unwrap();
    let build = "fn main() { std::thread::sleep(std::time::Duration::from_secs(6)); }\n";
    std::fs::write(folder.join("build.rs"), build).unwrap();
}

#[test]
fn crates_are_found_beside_the_notebook_and_their_building_shows() {
    let folder = tempfile::tempdir().unwrap();
    let notebooks = folder.path().join("notebooks");
    std::fs::create_dir(&notebooks).unwrap();
    write_slow_crate(&folder.path().join("tools/slow crate"));
    let mut kernel = Client::start(program(), &notebooks, Duration::from_secs(60)).unwrap();
    run_within(&mut kernel, "1", COMPILING).assert_ok();

    let outcome = run(&mut kernel, "1;\n:dep slow = { path = \"../slow\" }");
    let error = outcome.error();
    assert_eq!(error["ename"], "DepFailed");
    let text = error["evalue"].as_str().unwrap();
    assert!(
        text.starts_with("the folder `../slow` does not exist"),
        "{text}"
    );
    assert!(text.contains("notebooks"), "{text}");

    let code = ":offline 1\n:dep slow = { path = \"../tools/slow crate\" }\nslow::answer()";
    let id = request_cell(&kernel, code);
    let started = Instant::now();
    let mut shown = Vec::new();
    let outcome = collect(&mut kernel, &id, LIMIT, |_, message| {
        if message.msg_type().ends_with("display_data") {
            let text = message.content["data"]["text/plain"]
                .as_str()
                .unwrap_or_default();
            shown.push((started.elapsed(), text.to_owned()));
        }
    });
    outcome.assert_ok();
    assert_eq!(
        outcome.of_type("execute_result")[0]["data"]["text/plain"],
        "42"
    );
    let names = |name: &str| {
        let start = format!("compiling: {name} (");
        shown.iter().any(|(_, text)| text.starts_with(&start))
    };
    assert!(names("slow") && !names("kerust"), "{shown:?}");
    assert!(shown.len() >= 2, "it is renewed: {shown:?}");
}

#[test]
fn a_restart_takes_the_variables_and_nothing_else() {
    let mut kernel = start();
    run(
        &mut kernel,
        "fn restarted_twice(x: i32) -> i32 { 2 * x }\nlet restarted = 4;",
    )
    .assert_ok();
    let outcome = run(
        &mut kernel,
        ":restart\nlet restarted = \"new\";\nrestarted_twice(21)",
    );
    outcome.assert_ok();
    assert_eq!(
        outcome.summary(),
        [
            "stdout: The cells have a fresh process: variables are gone, definitions stay.\n",
            "execute_result: 42"
        ]
    );
    let outcome = run(&mut kernel, "restarted");
    assert_eq!(outcome.summary(), ["execute_result: \"new\""]);
    run(&mut kernel, ":restart").assert_ok();
    let outcome = run(&mut kernel, "restarted");
    assert_eq!(outcome.reply["ename"], "E0425");
    run(&mut kernel, "kerust::notebook::is_attached()").assert_ok();
}
