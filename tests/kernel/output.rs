//! Cells that print or show more than a browser takes.

use std::time::{Duration, Instant};

use kerust_kernel::run::client::{Client, Source};
use serde_json::json;

use super::support::{
    COMPILING, LIMIT, Outcome, collect, request_cell, run, run_within, shared, start,
};

/// What the process `id` holds in memory, in bytes.
fn memory(id: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// Runs `code` and returns what came of it and how much the kernel's memory grew at most.
fn run_watched(kernel: &mut Client, code: &str) -> (Outcome, usize) {
    let (id, process) = (request_cell(kernel, code), kernel.process_id());
    let before = memory(process);
    let mut most = before;
    let mut looked = Instant::now();
    let outcome = collect(kernel, &id, LIMIT, |_, _| {
        if looked.elapsed() > Duration::from_millis(50) {
            looked = Instant::now();
            most = most.max(memory(process));
        }
    });
    (outcome, most - before)
}

fn text_of(outcome: &Outcome, stream: &str) -> String {
    let streams = outcome.of_type("stream");
    let texts = streams
        .iter()
        .filter(|content| content["name"] == stream)
        .map(|content| content["text"].as_str().unwrap());
    texts.collect()
}

#[test]
fn a_million_lines_do_not_flood_the_browser() {
    let mut kernel = start();
    // What reads the packages has its memory by then.
    run(&mut kernel, "let settled = vec![1];").assert_ok();
    let started = Instant::now();
    let (outcome, growth) = run_watched(
        &mut kernel,
        "for i in 0..1_000_000 { println!(\"line {i}\"); }\neprintln!(\"done\");",
    );
    outcome.assert_ok();
    let took = started.elapsed();
    let text = text_of(&outcome, "stdout");
    let messages = outcome.outputs.len();
    eprintln!(
        "{messages} messages, {} bytes, {took:?}, {growth} bytes more",
        text.len()
    );
    assert!(text.starts_with("line 0\nline 1\nline 2\n"));
    assert!(
        text.ends_with("\nline 999998\nline 999999\n"),
        "{}",
        &text[text.len() - 200..]
    );
    assert_eq!(text_of(&outcome, "stderr"), "done\n");
    let seconds = took.as_secs() as usize + 1;
    assert!(messages < 100 + 20 * seconds, "{messages} messages");
    assert!(
        text.len() < 800_000 + 50_000 * seconds,
        "{} bytes",
        text.len()
    );
    assert!(growth < 64 << 20, "the kernel holds {growth} bytes more");
    // Nothing is missing but what the notes tell.
    let mut told = 0;
    let mut next = 0;
    for line in text.lines() {
        if let Some(note) = line.strip_prefix("[… ") {
            let number = note.split(' ').next().unwrap().replace(',', "");
            let left_out: usize = number.parse().unwrap();
            told += left_out;
            next += left_out;
        } else {
            assert_eq!(line, format!("line {next}"));
            next += 1;
        }
    }
    assert_eq!(next, 1_000_000);
    assert!(told > 500_000, "{told}");
}

#[test]
fn streams_by_turns_stay_few_messages() {
    let outcome = run(
        &mut shared(),
        "for i in 0..20_000 { println!(\"out {i}\"); eprintln!(\"err {i}\"); }",
    );
    outcome.assert_ok();
    let messages = outcome.of_type("stream").len();
    assert!(messages < 3_000, "{messages} messages");
    for (stream, last) in [("stdout", "out 19999\n"), ("stderr", "err 19999\n")] {
        let text = text_of(&outcome, stream);
        let end = text.len().saturating_sub(200);
        assert!(text.ends_with(last), "{}", &text[end..]);
    }
}

#[test]
fn a_progress_bar_of_carriage_returns_keeps_its_last_state() {
    let outcome = run(
        &mut shared(),
        "use std::io::Write;\nlet mut out = std::io::stdout();\n\
         for i in 0..=300_000 { write!(out, \"\\r{i:>40} of 300000\").unwrap(); out.flush().unwrap(); }\n\
         println!(\" end\");",
    );
    outcome.assert_ok();
    let text = text_of(&outcome, "stdout");
    assert!(
        text.ends_with("300000 of 300000 end\n"),
        "{}",
        &text[text.len() - 99..]
    );
    assert!(
        !text.contains("left out"),
        "nothing that a terminal shows is missing"
    );
    assert!(text.len() < 1_500_000, "{} bytes", text.len());
}

#[test]
fn one_endless_line_is_cut_inside_characters_never() {
    let outcome = run(
        &mut shared(),
        "for _ in 0..400_000 { print!(\"√Ω😀\"); }\nprint!(\"!\");",
    );
    outcome.assert_ok();
    let text = text_of(&outcome, "stdout");
    assert!(text.starts_with("√Ω😀√Ω😀"));
    assert!(text.ends_with("√Ω😀!"));
    assert!(text.contains("\n[… ") && text.contains(" left out …]\n"));
    assert!(!text.contains('\u{fffd}'));
}

#[test]
fn bytes_that_are_no_text_are_bounded_too() {
    let outcome = run(
        &mut shared(),
        "use std::io::Write;\nfor _ in 0..20_000 { std::io::stdout().write_all(&[0xff; 100]).unwrap(); }\n\
         std::io::stdout().write_all(b\"\\nlast\").unwrap();",
    );
    outcome.assert_ok();
    let text = text_of(&outcome, "stdout");
    assert!(text.ends_with("\u{fffd}\nlast"));
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
}

/// A function of cells that shows text, in `bytes` bytes.
const SHOW: &str = r#"fn show_padded(text: &str, bytes: usize) {
    let padding = "-".repeat(bytes);
    let content = format!(
        "{{\"msg_type\":\"display_data\",\"content\":{{\"data\":{{\"text/plain\":\"{text}\",\"text/html\":\"{padding}\"}},\"metadata\":{{}}}}}}"
    );
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    write!(out, "\x1b_kerust;{};{content}\x1b\\", content.len()).and_then(|()| out.flush()).unwrap();
}"#;

#[test]
fn many_displays_all_arrive_in_order() {
    let mut kernel = shared();
    run(&mut kernel, SHOW).assert_ok();
    let started = Instant::now();
    let outcome = run(
        &mut kernel,
        "for i in 0..300 { show_padded(&format!(\"number {i}\"), 0); println!(\"after {i}\"); }",
    );
    outcome.assert_ok();
    let took = started.elapsed();
    let wanted: Vec<String> = (0..300)
        .flat_map(|i| {
            [
                format!("display_data: number {i}"),
                format!("stdout: after {i}\n"),
            ]
        })
        .collect();
    assert_eq!(outcome.summary(), wanted);
    assert!(
        took > Duration::from_millis(1_500),
        "they were paced: {took:?}"
    );
}

#[test]
fn displays_that_cannot_be_passed_on_hold_up_the_cell() {
    let mut kernel = start();
    run(&mut kernel, SHOW).assert_ok();
    // What completion needs is there before memory is measured.
    let question = json!({ "code": "1", "cursor_pos": 1 });
    kernel
        .request(Source::Shell, "complete_request", question, LIMIT)
        .unwrap();
    let code = "for i in 0..40 { show_padded(&format!(\"{i}\"), 100_000); }";
    let (outcome, growth) = run_watched(&mut kernel, code);
    outcome.assert_ok();
    assert_eq!(outcome.of_type("display_data").len(), 40);
    assert!(growth < 64 << 20, "the kernel holds {growth} bytes more");

    // Meanwhile the kernel answers, and the cell can be stopped.
    let endless = "for i in 0.. { show_padded(&format!(\"{i}\"), 10); if kerust::notebook::interrupted() { break; } }";
    let id = request_cell(&kernel, endless);
    let (mut shown, mut asked, mut answered) = (0, None, None);
    let outcome = collect_with_answers(&mut kernel, &id, |client, msg_type| {
        shown += usize::from(msg_type == "display_data");
        if shown == 250 && asked.is_none() {
            asked = Some(Instant::now());
            let to = kerust_kernel::run::client::Source::Control;
            client.send(to, "interrupt_request", json!({})).unwrap();
        }
        if msg_type == "interrupt_reply" {
            answered = asked.map(|asked| asked.elapsed());
        }
    });
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    assert!(answered.unwrap() < Duration::from_secs(1), "{answered:?}");
    assert!(
        asked.unwrap().elapsed() < Duration::from_secs(4),
        "{:?}",
        asked.unwrap().elapsed()
    );
}

/// Like [`collect`], but `watch` also sees what answers other requests.
fn collect_with_answers(
    kernel: &mut Client,
    id: &str,
    mut watch: impl FnMut(&Client, &str),
) -> Outcome {
    let deadline = Instant::now() + LIMIT;
    let (mut reply, mut outputs, mut idle) = (None, Vec::new(), false);
    while reply.is_none() || !idle {
        let (_, message) = kernel
            .receive(deadline)
            .unwrap()
            .expect("the cell ends in time");
        watch(kernel, message.msg_type());
        if message.parent_id() != id {
            continue;
        }
        idle = idle || message.content["execution_state"] == "idle";
        if message.msg_type() == "execute_reply" {
            reply = Some(message.content);
        } else {
            outputs.push(message);
        }
    }
    Outcome {
        reply: reply.unwrap(),
        outputs,
    }
}

#[test]
fn what_other_crates_print_is_shown() {
    // As plotters' figure and plotly's plot print themselves: the value of the cell, and in a loop.
    let outcome = run(
        &mut shared(),
        r#"struct Figure(u32);
impl Figure {
    fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n<div style=\"\"><svg width=\"{}\">\n</svg></div>\nEVCXR_END_CONTENT", self.0);
    }
}
struct Plot;
impl Plot {
    fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT application/vnd.plotly.v1+json\n{{\"data\": [{{\"x\": [1, 2]}}]}}\nEVCXR_END_CONTENT");
    }
}
for width in [1, 2] { Figure(width).evcxr_display(); }
println!("then");
Plot.evcxr_display();
println!("and");
Figure(3)"#,
    );
    outcome.assert_ok();
    let displays = outcome.of_type("display_data");
    assert_eq!(displays.len(), 3, "{:?}", outcome.summary());
    assert_eq!(
        displays[0]["data"]["text/html"],
        "<div style=\"\"><svg width=\"1\">\n</svg></div>"
    );
    assert_eq!(
        displays[2]["data"]["application/vnd.plotly.v1+json"],
        json!({ "data": [{ "x": [1, 2] }] })
    );
    let results = outcome.of_type("execute_result");
    assert_eq!(
        results[0]["data"]["text/html"],
        "<div style=\"\"><svg width=\"3\">\n</svg></div>"
    );
}

#[test]
fn plotters_draws_into_the_notebook() {
    let mut kernel = start();
    let outcome = run_within(
        &mut kernel,
        ":dep plotters = { version = \"0.3\", default-features = false, features = [\"evcxr\", \"line_series\"] }",
        COMPILING,
    );
    assert_eq!(outcome.reply["status"], "ok", "{}", outcome.reply);
    let outcome = run_within(
        &mut kernel,
        r#"use plotters::prelude::*;
evcxr_figure((320, 200), |root| {
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root).build_cartesian_2d(0f32..1f32, 0f32..1f32)?;
    chart.draw_series(LineSeries::new((0..5).map(|i| (i as f32 / 4.0, (i as f32 / 4.0).powi(2))), &RED))?;
    Ok(())
})"#,
        COMPILING,
    );
    outcome.assert_ok();
    let results = outcome.of_type("execute_result");
    let html = results[0]["data"]["text/html"].as_str().unwrap();
    assert!(
        html.contains("<svg") && html.contains("<polyline"),
        "{html}"
    );
}
