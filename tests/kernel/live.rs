//! A real kernel over ZeroMQ.

use std::time::{Duration, Instant};

use kerust_kernel::protocol::message::Message;
use kerust_kernel::protocol::wire::{Signer, encode};
use kerust_kernel::run::client::{Client, Source};
use serde_json::{Value, json};

use super::support::{LIMIT, collect, request_cell, run, shared, start};

/// A function of cells that shows HTML through kerust's own protocol.
const SHOW: &str = r#"fn show(text: &str) {
    let content = format!(
        "{{\"msg_type\":\"display_data\",\"content\":{{\"data\":{{\"text/html\":\"{text}\"}},\"metadata\":{{}}}}}}"
    );
    print!("\x1b_kerust;{};{content}\x1b\\", content.len());
}"#;

#[test]
fn text_and_displays_come_in_order() {
    let mut kernel = shared();
    run(&mut kernel, SHOW).assert_ok();
    let outcome = run(
        &mut kernel,
        "println!(\"first\");\nfor i in 0..3 { show(&format!(\"<b>{i}</b>\")); }\nprintln!(\"last\");",
    );
    outcome.assert_ok();
    assert_eq!(
        outcome.summary(),
        [
            "stdout: first\n",
            "display_data: <b>0</b>",
            "display_data: <b>1</b>",
            "display_data: <b>2</b>",
            "stdout: last\n",
        ]
    );
}

#[test]
fn blocks_of_other_crates_all_show() {
    let outcome = run(
        &mut shared(),
        r#"for i in 0..3 {
    println!("line {i}");
    println!("EVCXR_BEGIN_CONTENT text/html\n<i>{i}</i>\nEVCXR_END_CONTENT");
}
println!("EVCXR_BEGIN_CONTENT text/html\n<p>\nEVCXR_END_CONTENT");
println!("EVCXR_BEGIN_CONTENT text/plain\np\nEVCXR_END_CONTENT");"#,
    );
    outcome.assert_ok();
    assert_eq!(outcome.of_type("stream").len(), 3);
    let displays = outcome.of_type("display_data");
    assert_eq!(displays.len(), 4);
    assert_eq!(displays[1]["data"], json!({ "text/html": "<i>1</i>" }));
    assert_eq!(
        displays[3]["data"],
        json!({ "text/html": "<p>", "text/plain": "p" })
    );
}

#[test]
fn partial_lines_come_live_and_before_the_end() {
    let mut kernel = shared();
    let code = "print!(\"\\r1/2\");\nstd::thread::sleep(std::time::Duration::from_millis(600));\nprint!(\"\\r2/2\");";
    let id = request_cell(&kernel, code);
    let mut times = Vec::new();
    let outcome = collect(&mut kernel, &id, LIMIT, |_, message| {
        if message.msg_type() == "stream" {
            times.push(Instant::now());
        }
    });
    outcome.assert_ok();
    assert_eq!(outcome.summary(), ["stdout: \r1/2\r2/2"]);
    assert_eq!(times.len(), 2, "each part comes when it is printed");
    assert!(times[1] - times[0] > Duration::from_millis(300));
}

#[test]
fn text_that_is_not_utf8_does_no_harm() {
    let outcome = run(
        &mut shared(),
        "use std::io::Write;\nstd::io::stdout().write_all(b\"a\\xffb\\n\").unwrap();\neprintln!(\"err\");",
    );
    outcome.assert_ok();
    assert_eq!(outcome.summary(), ["stdout: a\u{fffd}b\n", "stderr: err\n"]);
}

#[test]
fn the_last_expression_is_the_result() {
    let mut kernel = shared();
    let outcome = run(&mut kernel, "let six = 6;\nsix * 7");
    outcome.assert_ok();
    let results = outcome.of_type("execute_result");
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["data"]["text/plain"], "42");
    assert_eq!(
        results[0]["execution_count"],
        outcome.reply["execution_count"]
    );
    for code in [
        "six;",
        "println!(\"x\")",
        "for _ in 0..2 {}",
        "let other = six;",
        "()",
    ] {
        let outcome = run(&mut kernel, code);
        outcome.assert_ok();
        assert!(outcome.of_type("execute_result").is_empty(), "{code}");
    }
}

#[test]
fn updates_are_paced_and_the_last_one_arrives() {
    let mut kernel = shared();
    let outcome = run(
        &mut kernel,
        r#"fn update(kind: &str, step: usize) {
    let content = format!(
        "{{\"msg_type\":\"{kind}\",\"content\":{{\"data\":{{\"text/plain\":\"step {step}\"}},\"metadata\":{{}},\"transient\":{{\"display_id\":\"bar\"}}}}}}"
    );
    print!("\x1b_kerust;{};{content}\x1b\\", content.len());
}
update("display_data", 0);
for step in 1..=500 {
    update("update_display_data", step);
    std::thread::sleep(std::time::Duration::from_millis(1));
}
println!("end");"#,
    );
    outcome.assert_ok();
    let updates = outcome.of_type("update_display_data");
    assert!(
        (2..=20).contains(&updates.len()),
        "{} updates",
        updates.len()
    );
    let summary = outcome.summary();
    assert_eq!(
        summary[summary.len() - 2..],
        ["update_display_data: step 500", "stdout: end\n"]
    );
}

#[test]
fn every_failure_is_one_error_and_variables_stay() {
    let mut kernel = shared();
    run(&mut kernel, "let kept = String::from(\"still here\");").assert_ok();
    let outcome = run(
        &mut kernel,
        "println!(\"before\");\nlet lost = 1;\npanic!(\"boom {lost}\");",
    );
    assert_eq!(outcome.error()["ename"], "panic");
    assert_eq!(outcome.error()["evalue"], "boom 1");
    assert_eq!(outcome.summary(), ["stdout: before\n", "error: panic"]);
    let traceback = outcome.error()["traceback"].to_string();
    assert!(traceback.contains("--> 3 |"), "{traceback}");

    let outcome = run(
        &mut kernel,
        "let number: i32 = \"12a\".parse()?;\nprintln!(\"not reached\");",
    );
    assert_eq!(outcome.error()["ename"], "Error");
    assert_eq!(outcome.error()["evalue"], "invalid digit found in string");
    assert_eq!(outcome.summary(), ["error: Error"]);

    let outcome = run(
        &mut kernel,
        "let 数 = 1;\nlet a: i32 = \"text\";\nlet b: bool = 2;",
    );
    let error = outcome.error();
    assert_eq!(error["ename"], "E0308");
    assert_eq!(error["traceback"].as_array().unwrap().len(), 2, "{error}");
    assert!(
        error["traceback"][0].as_str().unwrap().contains("cell:2:"),
        "{error}"
    );

    let outcome = run(&mut kernel, "kept");
    outcome.assert_ok();
    assert_eq!(outcome.summary(), ["execute_result: \"still here\""]);
}

#[test]
fn a_panic_of_another_thread_is_told_but_is_no_failure() {
    let outcome = run(
        &mut shared(),
        "let _ = std::thread::spawn(|| panic!(\"in a thread\")).join();\nprintln!(\"going on\");",
    );
    outcome.assert_ok();
    let text = outcome.summary().join("\n");
    assert!(
        text.contains("going on") && text.contains("in a thread"),
        "{text}"
    );
}

#[test]
fn types_of_the_standard_library_are_known() {
    let mut kernel = shared();
    let outcome = run(
        &mut kernel,
        r#"use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
let mut counts = HashMap::new();
for word in "a b a".split(' ') { *counts.entry(word.to_owned()).or_insert(0) += 1; }
let sorted: BTreeMap<_, _> = counts.iter().map(|(word, count)| (word.clone(), *count)).collect();
let set: HashSet<u8> = [1, 2, 2].into_iter().collect();
let queue = VecDeque::from([1.5, 2.5]);
let boxed: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1);
let shared = std::sync::Arc::new(std::sync::Mutex::new(vec![0u64; 3]));
let started = std::time::Instant::now();
let squares = (0..4).map(|x| x * x).collect::<Vec<i64>>();
let longest = ["a", "bcd"].iter().map(|word| word.len()).max().unwrap_or(0);
let power = 2u32.pow(10).wrapping_add(1).leading_zeros();
let text = format!("{:.2}", 1.0f32.sqrt());
let pair = (text.clone(), [1u8; 4]);"#,
    );
    outcome.assert_ok();
    let outcome = run(
        &mut kernel,
        "format!(\"{sorted:?} {} {} {} {} {squares:?} {longest} {power} {}\", set.len(), queue.len(), boxed(1), shared.lock().unwrap().len(), pair.1.len())",
    );
    outcome.assert_ok();
    assert_eq!(
        outcome.summary(),
        ["execute_result: \"{\\\"a\\\": 2, \\\"b\\\": 1} 2 2 2 3 [0, 1, 4, 9] 3 21 4\""]
    );
}

#[test]
fn statics_of_the_library_are_shared_by_all_cells() {
    let mut kernel = shared();
    let outcome = run(
        &mut kernel,
        "let attached = kerust::notebook::is_attached();\nattached",
    );
    outcome.assert_ok();
    assert_eq!(outcome.summary(), ["execute_result: true"]);
    // Attaching again in a later cell finds that it is done, and starts no second listener.
    run(&mut kernel, "kerust::notebook::attach();").assert_ok();
    let threads = run(
        &mut kernel,
        "std::fs::read_dir(\"/proc/self/task\").unwrap().filter(|task| std::fs::read_to_string(task.as_ref().unwrap().path().join(\"comm\")).unwrap().starts_with(\"kerust-control\")).count()",
    );
    assert_eq!(threads.summary(), ["execute_result: 1"]);
}

#[test]
fn the_library_needs_no_dep_line() {
    let outcome = run(
        &mut shared(),
        ":dep kerust = { path = \"elsewhere\" }\n1 + 1",
    );
    outcome.assert_ok();
    let summary = outcome.summary();
    assert!(summary[0].contains("not needed"), "{summary:?}");
    assert_eq!(summary[1], "execute_result: 2");
}

fn interrupt(kernel: &mut Client) {
    let reply = kernel
        .send(Source::Control, "interrupt_request", json!({}))
        .expect("the interrupt is sent");
    assert!(!reply.is_empty());
}

#[test]
fn an_interrupt_without_a_cell_does_nothing() {
    let mut kernel = shared();
    run(&mut kernel, "let quiet = 5;").assert_ok();
    let reply = kernel
        .request(Source::Control, "interrupt_request", json!({}), LIMIT)
        .unwrap();
    assert_eq!(reply.content["status"], "ok");
    assert_eq!(run(&mut kernel, "quiet").summary(), ["execute_result: 5"]);
}

#[test]
fn an_interrupted_call_ends_early_and_keeps_its_variables() {
    let mut kernel = shared();
    let code = "println!(\"running\");\nlet mut steps = 0u64;\nwhile !kerust::notebook::interrupted() { steps += 1; std::thread::sleep(std::time::Duration::from_millis(1)); }";
    let id = request_cell(&kernel, code);
    let mut asked = None;
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        if message.msg_type() == "stream" && asked.is_none() {
            asked = Some(Instant::now());
            client
                .send(Source::Control, "interrupt_request", json!({}))
                .unwrap();
        }
    });
    assert!(asked.unwrap().elapsed() < Duration::from_secs(3));
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    let outcome = run(&mut kernel, "steps > 0 && !kerust::notebook::interrupted()");
    assert_eq!(outcome.summary(), ["execute_result: true"]);
}

#[test]
fn an_interrupt_ends_the_compiler() {
    let mut kernel = shared();
    run(&mut kernel, "let before = 7;").assert_ok();
    // Computing the constant keeps the compiler busy for a long time.
    let code = "const fn count(n: u64) -> u64 { let mut i = 0; while i < n { i += 1; } i }\n#[allow(long_running_const_eval)]\nconst LONG: u64 = count(u64::MAX);\nprintln!(\"{LONG}\");";
    let id = request_cell(&kernel, code);
    std::thread::sleep(Duration::from_millis(1500));
    let asked = Instant::now();
    interrupt(&mut kernel);
    let outcome = collect(&mut kernel, &id, LIMIT, |_, _| {});
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    assert_eq!(run(&mut kernel, "before").summary(), ["execute_result: 7"]);
}

#[test]
fn an_interrupt_ends_a_shell_line() {
    let mut kernel = shared();
    run(&mut kernel, "let before_shell = 8;").assert_ok();
    let id = request_cell(&kernel, "!sleep 60");
    std::thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    interrupt(&mut kernel);
    let outcome = collect(&mut kernel, &id, LIMIT, |_, _| {});
    assert!(asked.elapsed() < Duration::from_secs(3));
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    assert_eq!(
        run(&mut kernel, "before_shell").summary(),
        ["execute_result: 8"]
    );
}

#[test]
fn a_cell_that_does_not_listen_is_ended_by_force() {
    let mut kernel = start();
    run(&mut kernel, "fn definition() -> i32 { 11 }\nlet gone = 1;").assert_ok();
    let id = request_cell(
        &kernel,
        "println!(\"running\");\nstd::thread::sleep(std::time::Duration::from_secs(600));",
    );
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        if message.msg_type() == "stream" {
            client
                .send(Source::Control, "interrupt_request", json!({}))
                .unwrap();
        }
    });
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    assert!(
        outcome.error()["traceback"]
            .to_string()
            .contains("variables are lost")
    );
    assert_eq!(
        run(&mut kernel, "definition()").summary(),
        ["execute_result: 11"]
    );
    assert_eq!(
        run(&mut kernel, "kerust::notebook::is_attached()").summary(),
        ["execute_result: true"]
    );
}

#[test]
fn a_dead_process_is_replaced() {
    let mut kernel = start();
    run(&mut kernel, "fn definition() -> i32 { 12 }\nlet gone = 1;").assert_ok();
    let outcome = run(
        &mut kernel,
        "println!(\"last words\");\nstd::process::abort();",
    );
    assert_eq!(outcome.error()["ename"], "ProcessDied");
    assert_eq!(outcome.summary()[0], "stdout: last words\n");
    assert_eq!(
        run(&mut kernel, "definition()").summary(),
        ["execute_result: 12"]
    );
    let outcome = run(&mut kernel, "gone");
    assert_eq!(outcome.reply["status"], "error");
    let outcome = run(&mut kernel, "print!(\"no line end\");");
    assert_eq!(outcome.summary(), ["stdout: no line end"]);
}

#[test]
fn cells_after_a_failed_one_are_aborted() {
    let mut kernel = shared();
    let failing = request_cell(&kernel, "panic!(\"stop\")");
    let next = request_cell(&kernel, "println!(\"not run\");");
    let (mut first, mut second) = (Value::Null, Value::Null);
    let deadline = Instant::now() + LIMIT;
    while second.is_null() {
        let (source, message) = kernel
            .receive(deadline)
            .unwrap()
            .expect("both are answered");
        if source == Source::Shell && message.parent_id() == failing {
            first = message.content;
        } else if source == Source::Shell && message.parent_id() == next {
            second = message.content;
        } else {
            assert_ne!(message.content["text"], "not run\n");
        }
    }
    assert_eq!(first["status"], "error");
    assert_eq!(second["status"], "aborted");
    run(&mut kernel, "1").assert_ok();
}

#[test]
fn silent_cells_do_not_count() {
    let mut kernel = shared();
    let before = run(&mut kernel, "1").reply["execution_count"].clone();
    let content = json!({ "code": "2", "silent": true, "store_history": false });
    let id = kernel
        .send(Source::Shell, "execute_request", content)
        .unwrap();
    let outcome = collect(&mut kernel, &id, LIMIT, |_, _| {});
    assert_eq!(outcome.reply["status"], "ok");
    assert_eq!(outcome.reply["execution_count"], before);
    assert!(outcome.summary().is_empty());
}

#[test]
fn requests_beside_cells_are_answered() {
    let mut kernel = shared();
    run(&mut kernel, "let some_number = 3i32;").assert_ok();
    let mut ask = |msg_type: &str, content: Value| {
        kernel
            .request(Source::Shell, msg_type, content, LIMIT)
            .unwrap()
            .content
    };
    let info = ask("kernel_info_request", json!({}));
    assert_eq!(info["language_info"]["name"], "rust");
    assert_eq!(info["protocol_version"], "5.5");
    let reply = ask("is_complete_request", json!({ "code": "fn f() {" }));
    assert_eq!(reply, json!({ "status": "incomplete", "indent": "    " }));
    let code = "let √ = 1; some_num";
    let reply = ask(
        "complete_request",
        json!({ "code": code, "cursor_pos": code.chars().count() }),
    );
    assert!(
        reply["matches"]
            .as_array()
            .unwrap()
            .contains(&json!("some_number")),
        "{reply}"
    );
    assert_eq!(reply["cursor_start"], 11);
    assert_eq!(reply["cursor_end"], 19);
    let reply = ask(
        "inspect_request",
        json!({ "code": "Vec::<u8>::new()", "cursor_pos": 12 }),
    );
    assert_eq!(reply["found"], true, "{reply}");
    let reply = ask(
        "history_request",
        json!({ "hist_access_type": "tail", "n": 1, "output": false, "raw": true }),
    );
    assert_eq!(reply["history"][0][2], "let some_number = 3i32;");
    assert_eq!(ask("comm_info_request", json!({}))["comms"], json!({}));
}

#[test]
fn a_cell_can_ask_for_a_line() {
    let mut kernel = shared();
    let code = "println!(\"EVCXR_INPUT_REQUEST:Your name?\");\nlet mut name = String::new();\nstd::io::stdin().read_line(&mut name)?;\nprintln!(\"Hello, {}\", name.trim());";
    let id = request_cell(&kernel, code);
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        if message.msg_type() == "input_request" {
            assert_eq!(message.content["prompt"], "Your name?");
            client
                .send(Source::Stdin, "input_reply", json!({ "value": "Ada" }))
                .unwrap();
        }
    });
    assert_eq!(outcome.summary(), ["stdout: Hello, Ada\n"]);
}

#[test]
fn forged_and_malformed_messages_are_dropped() {
    let mut kernel = shared();
    let socket = kernel.context().socket(zmq::DEALER).unwrap();
    socket.set_linger(0).unwrap();
    let info = kernel.connection().clone();
    socket.connect(&info.endpoint(info.shell_port)).unwrap();
    let message = Message::new("forger", "kernel_info_request", json!({}), json!({}));
    socket
        .send_multipart(encode(&message, &Signer::new("wrong")), 0)
        .unwrap();
    socket.send_multipart([b"nonsense".as_slice()], 0).unwrap();
    socket
        .send_multipart([b"<IDS|MSG>".as_slice(), b"", b"{"], 0)
        .unwrap();
    assert_eq!(socket.poll(zmq::POLLIN, 500).unwrap(), 0, "nobody answers");
    socket
        .send_multipart(encode(&message, &Signer::new(&info.key)), 0)
        .unwrap();
    assert_eq!(
        socket.poll(zmq::POLLIN, 5000).unwrap(),
        1,
        "the right key is answered"
    );
    run(&mut kernel, "1").assert_ok();
}

#[test]
fn the_heart_beats_while_a_cell_runs() {
    let mut kernel = shared();
    let info = kernel.connection().clone();
    let socket = kernel.context().socket(zmq::REQ).unwrap();
    socket.set_linger(0).unwrap();
    socket.connect(&info.endpoint(info.hb_port)).unwrap();
    let id = request_cell(
        &kernel,
        "std::thread::sleep(std::time::Duration::from_secs(1));",
    );
    for beat in [b"one".as_slice(), b"two"] {
        socket.send(beat, 0).unwrap();
        assert_eq!(socket.poll(zmq::POLLIN, 1000).unwrap(), 1);
        assert_eq!(socket.recv_bytes(0).unwrap(), beat);
    }
    collect(&mut kernel, &id, LIMIT, |_, _| {}).assert_ok();
}

#[test]
fn shutting_down_ends_everything() {
    let mut kernel = start();
    let outcome = run(&mut kernel, "std::process::id()");
    let cells: u32 = outcome.summary()[0]
        .trim_start_matches("execute_result: ")
        .parse()
        .expect("the process id is the result");
    let id = request_cell(&kernel, "println!(\"running\");\nloop {}");
    let deadline = Instant::now() + LIMIT;
    while let Some((_, message)) = kernel.receive(deadline).unwrap() {
        if message.parent_id() == id && message.msg_type() == "stream" {
            break;
        }
    }
    let started = Instant::now();
    let status = kernel.shut_down().unwrap();
    assert!(status.success(), "{status}");
    assert!(started.elapsed() < Duration::from_secs(3));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!std::path::Path::new(&format!("/proc/{cells}")).exists());
}
