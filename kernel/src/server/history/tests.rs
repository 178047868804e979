//! The history over several sessions, and what clients can ask of it.

use std::path::Path;

use serde_json::{Value, json};

use super::History;

fn ask(history: &History, request: Value) -> Value {
    let request = serde_json::from_value(request).expect("a request");
    history.reply(&request)["history"].clone()
}

/// A session that has run these cells; each `=>` separates an input from its result.
fn session(folder: &Path, cells: &[&str]) -> History {
    let mut history = History::open(Some(folder));
    for (line, cell) in (1..).zip(cells) {
        let (input, output) = match cell.split_once(" => ") {
            Some((input, output)) => (input, Some(output)),
            None => (*cell, None),
        };
        history.add(line, input);
        if let Some(output) = output {
            history.add_output(output);
        }
    }
    history
}

#[test]
fn sessions_find_what_ran_before_them() {
    let folder = tempfile::tempdir().expect("a folder");
    session(folder.path(), &["let a = 1;", "a + 1 => 2"]);
    session(folder.path(), &["let b = 2;"]);
    let history = session(folder.path(), &["b => 2", "a + 1 => 3"]);

    let tail = |n: Value| ask(&history, json!({ "hist_access_type": "tail", "n": n }));
    assert_eq!(
        tail(json!(3)),
        json!([[2, 1, "let b = 2;"], [3, 1, "b"], [3, 2, "a + 1"]])
    );
    assert_eq!(tail(Value::Null).as_array().map(Vec::len), Some(5));
    assert_eq!(tail(json!(0)), json!([]));
    assert_eq!(
        ask(
            &history,
            json!({ "hist_access_type": "tail", "n": 2, "output": true })
        ),
        json!([[3, 1, ["b", "2"]], [3, 2, ["a + 1", "3"]]])
    );

    let range = |session: i64, start: i64, stop: Value| {
        let request = json!({
            "hist_access_type": "range", "session": session, "start": start, "stop": stop,
            "output": true, "raw": true,
        });
        ask(&history, request)
    };
    let own = json!([[0, 1, ["b", "2"]], [0, 2, ["a + 1", "3"]]]);
    assert_eq!(range(0, 1, Value::Null), own);
    assert_eq!(range(0, 0, json!(0)), own);
    assert_eq!(
        range(3, 1, json!(9)),
        json!([[3, 1, ["b", "2"]], [3, 2, ["a + 1", "3"]]])
    );
    assert_eq!(range(0, 1, json!(2)), json!([[0, 1, ["b", "2"]]]));
    assert_eq!(range(0, -1, Value::Null), json!([[0, 2, ["a + 1", "3"]]]));
    assert_eq!(
        range(-1, 0, Value::Null),
        json!([[2, 1, ["let b = 2;", null]]])
    );
    assert_eq!(range(1, 2, json!(3)), json!([[1, 2, ["a + 1", "2"]]]));
    assert_eq!(range(-7, 0, Value::Null), json!([]));
    assert_eq!(range(i64::MIN, i64::MIN, json!(i64::MIN)), json!([]));

    let search = |pattern: &str, unique: bool, n: Value| {
        let request = json!({
            "hist_access_type": "search", "pattern": pattern, "unique": unique, "n": n,
        });
        ask(&history, request)
    };
    assert_eq!(
        search("a + *", false, Value::Null),
        json!([[1, 2, "a + 1"], [3, 2, "a + 1"]])
    );
    assert_eq!(search("a + *", true, Value::Null), json!([[3, 2, "a + 1"]]));
    assert_eq!(
        search("let ?*", false, json!(1)),
        json!([[2, 1, "let b = 2;"]])
    );
    assert_eq!(search("nothing", false, Value::Null), json!([]));
}

#[test]
fn sessions_at_the_same_time_have_different_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers: Vec<i64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| session(folder.path(), &["x", "y => 1"]).number(&[])))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a number"))
            .collect()
    });
    let mut sorted = numbers;
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=8).collect::<Vec<i64>>());
    assert_eq!(History::open(Some(folder.path())).all().len(), 16);
}

#[test]
fn broken_lines_and_missing_folders_do_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("history.jsonl");
    let broken = b"{\"session\":4,\"line\":1,\"input\":\"old\"}\n{\"session\":4,\"li\n\xff\xfe\n[]\n7\n{\"session\":\"x\"}\n";
    std::fs::write(&file, broken).expect("written");
    let history = session(folder.path(), &["new"]);
    assert_eq!(
        ask(&history, json!({ "hist_access_type": "tail", "n": 10 })),
        json!([[4, 1, "old"], [5, 1, "new"]])
    );
    // A file stands where the folder should be.
    let mut history = session(&file.join("no folder"), &["in memory"]);
    history.add_output("kept");
    assert_eq!(
        ask(
            &history,
            json!({ "hist_access_type": "tail", "n": 10, "output": true })
        ),
        json!([[1, 1, ["in memory", "kept"]]])
    );
}

#[test]
fn the_newest_cells_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("history.jsonl");
    let text: String = (1..=12_000)
        .map(|line| {
            format!(
                "{}\n",
                json!({ "session": 1, "line": line, "input": format!("cell {line}") })
            )
        })
        .collect();
    std::fs::write(&file, &text).expect("written");
    let history = History::open(Some(folder.path()));
    let all = history.all();
    assert_eq!(all.len(), 10_000);
    assert_eq!(all[0].input, "cell 2001");
    assert_eq!(all[9_999].input, "cell 12000");
    assert_eq!(history.number(&history.others()), 2);
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
