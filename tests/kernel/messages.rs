//! Requests of clients and what comes back: the parts of the protocol that need no output.

use std::time::Instant;

use kerust_kernel::protocol::message::Message;
use kerust_kernel::protocol::requests::{self, ExecuteRequest, HistoryAccess, HistoryRequest};
use kerust_kernel::run::client::{Client, Source};
use serde_json::{Value, json};

use super::support::{LIMIT, Outcome, collect, history_folder, run, shared, start};

fn message(msg_type: &str, content: Value) -> Message {
    Message::new("client", msg_type, json!({}), content)
}

#[test]
fn missing_fields_have_the_values_of_the_protocol() {
    let cell: ExecuteRequest =
        requests::content(&message("execute_request", json!({ "code": "1" }))).unwrap();
    assert!(!cell.silent && cell.store_history && cell.stop_on_error && !cell.allow_stdin);
    assert!(cell.user_expressions.is_empty() && cell.counts());
    let nulls = json!({
        "code": "1", "silent": null, "store_history": null, "user_expressions": null,
        "unknown": [1],
    });
    let cell: ExecuteRequest = requests::content(&message("execute_request", nulls)).unwrap();
    assert!(cell.counts());
    let history: HistoryRequest =
        requests::content(&message("history_request", json!({}))).unwrap();
    assert_eq!(history.hist_access_type, HistoryAccess::Tail);
    assert_eq!((history.n, history.session, history.stop), (None, 0, None));
}

#[test]
fn wrong_types_are_told() {
    for content in [
        json!({}),
        json!({ "code": 1 }),
        json!({ "code": "1", "silent": "no" }),
        json!({ "code": "1", "user_expressions": [] }),
    ] {
        let error = requests::content::<ExecuteRequest>(&message("execute_request", content))
            .expect_err("a wrong type");
        let reply = error.reply();
        assert_eq!(reply["status"], "error");
        let text = reply["evalue"].as_str().unwrap();
        assert!(text.starts_with("`execute_request`: "), "{text}");
    }
}

#[test]
fn requests_that_make_no_sense_get_an_error() {
    let mut kernel = shared();
    for (msg_type, content) in [
        ("execute_request", json!({ "code": 7 })),
        (
            "execute_request",
            json!({ "code": "1", "stop_on_error": 2 }),
        ),
        ("complete_request", json!({ "code": "x", "cursor_pos": -1 })),
        ("inspect_request", json!({ "cursor_pos": 0 })),
        ("is_complete_request", json!({ "code": null })),
        ("history_request", json!({ "hist_access_type": "all" })),
        ("comm_info_request", json!({ "target_name": {} })),
    ] {
        let id = kernel.send(Source::Shell, msg_type, content).unwrap();
        let outcome = collect(&mut kernel, &id, LIMIT, |_, _| {});
        assert_eq!(outcome.reply["status"], "error", "{msg_type}");
        assert_eq!(outcome.reply["ename"], "BadRequest", "{msg_type}");
        assert_eq!(outcome.of_type("execute_input").len(), 0);
    }
    run(&mut kernel, "1").assert_ok();
}

#[test]
fn comms_are_closed_and_ports_are_told() {
    let mut kernel = shared();
    let id = kernel
        .send(
            Source::Shell,
            "comm_open",
            json!({ "comm_id": "c1", "target_name": "jupyter.widget", "data": {} }),
        )
        .unwrap();
    let published = until_idle(&mut kernel, &id);
    let closed = published
        .iter()
        .find(|m| m.msg_type() == "comm_close")
        .unwrap();
    assert_eq!(closed.content["comm_id"], "c1");
    for msg_type in ["comm_msg", "comm_close"] {
        let id = kernel
            .send(
                Source::Shell,
                msg_type,
                json!({ "comm_id": "c1", "data": {} }),
            )
            .unwrap();
        let published = until_idle(&mut kernel, &id);
        assert!(published.iter().all(|m| m.msg_type() == "status"));
    }
    let comms = request(
        &mut kernel,
        "comm_info_request",
        json!({ "target_name": "x" }),
    );
    assert_eq!(
        (&comms["status"], &comms["comms"]),
        (&json!("ok"), &json!({}))
    );
    let ports = request(&mut kernel, "connect_request", json!({}));
    assert_eq!(ports["shell_port"], kernel.connection().shell_port);
    assert_eq!(ports["hb_port"], kernel.connection().hb_port);
}

fn request(kernel: &mut Client, msg_type: &str, content: Value) -> Value {
    kernel
        .request(Source::Shell, msg_type, content, LIMIT)
        .unwrap()
        .content
}

/// What is published for a message that gets no reply.
fn until_idle(kernel: &mut Client, id: &str) -> Vec<Message> {
    let deadline = Instant::now() + LIMIT;
    let mut published = Vec::new();
    loop {
        let (_, message) = kernel.receive(deadline).unwrap().expect("the end comes");
        if message.parent_id() != id {
            continue;
        }
        let idle = message.content["execution_state"] == "idle";
        published.push(message);
        if idle {
            return published;
        }
    }
}

fn execute(kernel: &mut Client, content: Value) -> Outcome {
    let id = kernel
        .send(Source::Shell, "execute_request", content)
        .unwrap();
    collect(kernel, &id, LIMIT, |_, _| {})
}

#[test]
fn user_expressions_are_evaluated_quietly() {
    let mut kernel = shared();
    run(
        &mut kernel,
        "let named = vec![1, 2];\nlet moved = String::from(\"stays\");",
    )
    .assert_ok();
    let outcome = execute(
        &mut kernel,
        json!({
            "code": "let counted = 5;\ncounted",
            "user_expressions": {
                "name": "named",
                "sum": "named.iter().sum::<i32>() + counted // with a comment",
                "text": "moved",
                "nothing": "{ println!(\"unseen\"); }",
                "unknown": "not_there",
                "statement": "let x = 1;",
                "command": ":vars",
                "panic": "Vec::<u8>::new()[3]",
                "number": 3,
            },
        }),
    );
    outcome.assert_ok();
    let count = &outcome.reply["execution_count"];
    assert_eq!(
        outcome.summary(),
        ["execute_result: 5"],
        "nothing else is shown"
    );
    let values = &outcome.reply["user_expressions"];
    let text = |name: &str| {
        assert_eq!(values[name]["status"], "ok", "{}", values[name]);
        assert!(values[name]["metadata"].is_object());
        values[name]["data"]["text/plain"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(text("name"), "[1, 2]");
    assert_eq!(text("sum"), "8");
    assert_eq!(text("text"), "\"stays\"");
    assert_eq!(text("nothing"), "()");
    assert_eq!(text("number"), "3");
    for name in ["unknown", "statement", "command", "panic"] {
        assert_eq!(values[name]["status"], "error", "{name}");
        assert!(
            !values[name]["evalue"].as_str().unwrap().is_empty(),
            "{name}"
        );
        assert!(values[name]["traceback"].is_array(), "{name}");
    }
    assert_eq!(values["unknown"]["ename"], "E0425");
    assert_eq!(values["panic"]["ename"], "panic");

    let outcome = execute(
        &mut kernel,
        json!({ "code": "", "silent": true, "user_expressions": { "a": "moved.len()" } }),
    );
    outcome.assert_ok();
    assert_eq!(
        &outcome.reply["execution_count"], count,
        "they are not counted"
    );
    assert_eq!(
        outcome.reply["user_expressions"]["a"]["data"]["text/plain"],
        "5"
    );
    let outcome = execute(
        &mut kernel,
        json!({ "code": "panic!()", "user_expressions": { "a": "1" }, "stop_on_error": false }),
    );
    assert_eq!(outcome.error()["ename"], "panic");
    assert_eq!(outcome.reply["user_expressions"], json!({}));
}

#[test]
fn the_history_outlives_the_kernel() {
    let marked = format!("let marked_{} = 1;", std::process::id());
    let mut kernel = start();
    run(&mut kernel, &marked).assert_ok();
    run(&mut kernel, "20 + 3").assert_ok();
    for hidden in [
        json!({ "code": "4000 + 1", "silent": true }),
        json!({ "code": "4000 + 2", "store_history": false }),
    ] {
        execute(&mut kernel, hidden).assert_ok();
    }
    let tail = json!({ "hist_access_type": "tail", "n": 2, "output": true, "raw": true });
    let own = request(&mut kernel, "history_request", tail)["history"].clone();
    assert_eq!(own[0][2], json!([marked, null]));
    assert_eq!(own[1], json!([own[0][0], 3, ["20 + 3", "23"]]));
    let session = own[0][0].as_i64().unwrap();
    kernel.shut_down().unwrap();

    let mut kernel = start();
    let range = json!({
        "hist_access_type": "range", "session": session, "start": 1, "stop": 4,
        "output": true, "raw": true,
    });
    assert_eq!(
        request(&mut kernel, "history_request", range)["history"],
        json!([
            [session, 1, ["1 + 1", "2"]],
            [session, 2, [marked, null]],
            [session, 3, ["20 + 3", "23"]]
        ])
    );
    let search = json!({
        "hist_access_type": "search", "pattern": format!("{}*", &marked[..10]), "n": 1,
    });
    let found = request(&mut kernel, "history_request", search)["history"].clone();
    assert!(
        found[0][2].as_str().unwrap().starts_with("let marked"),
        "{found}"
    );
    let search = json!({ "hist_access_type": "search", "pattern": "4000 + *" });
    assert_eq!(
        request(&mut kernel, "history_request", search)["history"],
        json!([])
    );
    assert!(history_folder().join("history.jsonl").exists());
}

#[test]
fn a_cell_can_ask_through_the_library() {
    let mut kernel = shared();
    let code = "let city = kerust::notebook::input(\"Where to: north or: south? \")?;\n\
        let secret = kerust::notebook::password(\"Password: \")?;\n\
        println!(\"{city}/{secret}\");";
    let content = json!({ "code": code, "allow_stdin": true });
    let id = kernel
        .send(Source::Shell, "execute_request", content)
        .unwrap();
    let mut questions = Vec::new();
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        if message.msg_type() == "input_request" {
            questions.push(message.content.clone());
            let answer = ["a  b\nc ", ""][questions.len() - 1];
            client
                .send(Source::Stdin, "input_reply", json!({ "value": answer }))
                .unwrap();
        }
    });
    outcome.assert_ok();
    assert_eq!(
        questions,
        [
            json!({ "prompt": "Where to: north or: south? ", "password": false }),
            json!({ "prompt": "Password: ", "password": true }),
        ]
    );
    assert_eq!(outcome.summary(), ["stdout: a  b c /\n"]);

    let outcome = execute(
        &mut kernel,
        json!({ "code": "kerust::notebook::input(\"Name: \")?", "allow_stdin": false }),
    );
    let error = outcome.error()["evalue"].as_str().unwrap();
    assert!(error.starts_with("nobody can answer `Name:`"), "{error}");
}
