//! Completion and documentation: of a package without evcxr, and in a running kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kerust_kernel::analysis::{Analyzer, Completions, Document, Packages};
use kerust_kernel::run::client::{Client, Source};
use kerust_kernel::session::additions::{Additions, removed};
use serde_json::{Value, json};

use super::support::{LIMIT, collect, request_cell, run, shared, start};

/// Writes a package into `folder`.
fn write_package(folder: &Path, name: &str, dependencies: &str, code: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[dependencies]\n{dependencies}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/lib.rs"), code).unwrap();
}

const TINY: &str = "//! A tiny crate.

/// Adds one, says the documentation.
pub fn add_one_more(x: i32) -> i32 { x + 1 }

/// Something with a width.
pub struct Thing { pub width: f32, secret: u8 }

impl Thing {
    /// Makes it.
    pub fn make() -> Thing { Thing { width: 1.0, secret: 0 } }
}
";

/// Completes `code` at the `|` in it.
fn complete(analyzer: &mut Analyzer, document: &Document, code: &str) -> Completions {
    let position = code.find('|').expect("the place is marked");
    analyzer.complete(document, &code.replacen('|', "", 1), position)
}

fn names(completions: &Completions) -> Vec<&str> {
    let matches = &completions.matches;
    matches.iter().map(|found| found.text.as_str()).collect()
}

/// The plain text about what stands at the `|` in `code`.
fn describe(analyzer: &mut Analyzer, document: &Document, code: &str) -> Option<String> {
    let position = code.find('|').expect("the place is marked");
    let code = code.replacen('|', "", 1);
    let found = analyzer.inspect(document, &code, position, false)?;
    assert!(found.html.contains("<pre>"), "{}", found.html);
    assert!(found.markdown.contains("```rust"), "{}", found.markdown);
    Some(found.text)
}

/// Reads what the first question about methods needs: while other tests run, that takes longer than
/// an answer may.
fn warm_up(analyzer: &mut Analyzer) {
    assert!((0..10).any(|_| {
        let found = complete(analyzer, &Document::default(), "vec![1u8].fir|");
        names(&found).contains(&"first")
    }));
}

fn cell(document: &mut Document, code: &str, variables: &[(&str, &str)]) {
    document.start_cell(code);
    let owned = |(name, kind): &(&str, &str)| ((*name).to_owned(), (*kind).to_owned());
    document.end_cell(true, variables.iter().map(owned).collect());
}

/// What a session gives the analyzer of the standard library.
fn standard_library() -> PathBuf {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("standard-library");
    let made = kerust_kernel::session::standard_library(&cache).unwrap();
    made.expect("the compiler's sources, installed by rustup if need be")
}

#[test]
fn an_analyzer_knows_what_cells_define_and_what_they_use() {
    let folder = tempfile::tempdir().unwrap();
    let (cells, tiny) = (folder.path().join("cells"), folder.path().join("tiny"));
    write_package(&tiny, "tiny", "", TINY);
    write_package(&cells, "ctx", "", "");
    let mut analyzer = Analyzer::new(&Packages {
        directory: cells.clone(),
        sources: standard_library(),
    })
    .unwrap();
    let mut document = Document::default();
    assert!(!analyzer.is_loaded());
    assert!(names(&complete(&mut analyzer, &document, "std::|")).is_empty());
    analyzer.refresh().unwrap();
    warm_up(&mut analyzer);
    assert!(analyzer.is_loaded());

    cell(
        &mut document,
        ":dep nothing = \"1\"\n!ls\nuse std::collections::{BTreeMap, HashMap as Map};\n\
         /// How training goes.\nstruct Plan { epochs: usize, epsilon: f32 }\n\
         impl Plan { /// Goes.\n fn go(&self) {} }\nlet some_plan = 1;",
        &[("some_plan", "Plan"), ("some_number", "i32")],
    );
    let found = complete(&mut analyzer, &document, "let √ = 1; some_|");
    assert_eq!(names(&found), ["some_number", "some_plan"]);
    let start = "let √ = 1; ".len();
    assert_eq!((found.start, found.end), (start, start + "some_".len()));
    assert_eq!(found.matches[0].signature, "i32");
    assert_eq!(found.matches[0].kind, "instance");
    let found = complete(&mut analyzer, &document, "let p = Plan { ep|");
    assert_eq!(names(&found), ["epochs", "epsilon"]);
    assert_eq!(found.matches[0].kind, "property");
    let found = complete(&mut analyzer, &document, "some_plan.|");
    assert_eq!(names(&found)[..3], ["epochs", "epsilon", "go"]);
    assert_eq!(found.matches[2].documentation, "Goes.");
    assert_eq!(found.matches[2].signature, "fn go(&self)");
    assert_eq!(
        names(&complete(&mut analyzer, &document, "BTreeM|")),
        ["BTreeMap"]
    );
    assert_eq!(
        names(&complete(&mut analyzer, &document, "Ma|"))[0],
        "Map",
        "the new name of an import"
    );
    // Case only counts where it matters.
    assert_eq!(
        names(&complete(&mut analyzer, &document, "btreem|")),
        ["BTreeMap"]
    );
    let text = describe(&mut analyzer, &document, "some|_plan").unwrap();
    assert_eq!(text, "some_plan: Plan\n\nHow training goes.");

    // Of what is defined twice, the later counts, and a cell that runs counts as well.
    document.start_cell("struct Plan { steps: u8 }\nlet later = vec![1.5f32];");
    let found = complete(&mut analyzer, &document, "later.fir|");
    assert!(names(&found).contains(&"first"), "{found:?}");
    document.end_cell(true, vec![("some_plan".to_owned(), "Plan".to_owned())]);
    let found = complete(&mut analyzer, &document, "some_plan.|");
    assert_eq!(names(&found)[..2], ["steps", "go"]);
    // What a cell defined that failed is not there.
    document.start_cell("fn lost_function() {}");
    document.end_cell(false, Vec::new());
    assert!(names(&complete(&mut analyzer, &document, "lost_f|")).is_empty());

    // New packages are seen when the manifest names them.
    assert!(names(&complete(&mut analyzer, &document, "tiny::|")).is_empty());
    let dependency = "tiny = { path = \"../tiny\" }";
    write_package(&cells, "ctx", dependency, "");
    analyzer.refresh().unwrap();
    warm_up(&mut analyzer);
    let found = complete(&mut analyzer, &document, "use tiny::|");
    assert_eq!(names(&found), ["add_one_more", "Thing"]);
    let found = complete(&mut analyzer, &document, "tiny::Thing { wi|");
    assert_eq!(names(&found), ["width"]);
    let text = describe(&mut analyzer, &document, "tiny::add_one_more(|").unwrap();
    assert!(
        text.contains("pub fn add_one_more(x: i32) -> i32"),
        "{text}"
    );
    assert!(text.contains("Adds one, says the documentation."), "{text}");
    let text = describe(&mut analyzer, &document, "tiny::Th|ing").unwrap();
    assert!(text.contains("pub width: f32"), "{text}");
    assert!(!text.contains("secret"), "{text}");

    // So is what changes in those on this machine.
    let more = format!("{TINY}\npub fn added_later() {{}}\n");
    write_package(&tiny, "tiny", "", &more);
    analyzer.reread();
    let found = complete(&mut analyzer, &document, "use tiny::a|");
    assert_eq!(names(&found), ["add_one_more", "added_later"]);

    // What was known stays when the manifest names what nobody knows.
    write_package(&cells, "ctx", "unheard-of-crate-of-nobody = \"9\"", "");
    assert!(analyzer.refresh().is_err());
    let found = complete(&mut analyzer, &document, "use tiny::|");
    assert_eq!(names(&found), ["add_one_more", "added_later", "Thing"]);

    write_package(&cells, "ctx", dependency, "");
    // Nothing that is typed does harm, wherever the cursor is.
    for code in [
        "",
        "}}}}) some",
        "fn f( { √ let \"unended",
        "let x = |a, | some_plan.go(/* ",
        ":dep x\n:vars some\n!ls p.\nlet y: Vec<",
        "macro_rules! m { ($x:expr) => { $x.  } }\nm!(some_plan",
        "impl Plan { fn other(&self) { self.st } }\nr#\"",
        "#![feature(x)]\n#[derive(",
        "use self::{super::*, crate::{",
        "struct Plan { x: Plan }\nlet z = Plan { x: z }; z.x.x.",
        "match some_plan { Plan { ",
    ] {
        let places = code.char_indices().map(|(place, _)| place);
        for place in places.chain([code.len()]) {
            let found = analyzer.complete(&document, code, place);
            assert!(found.start <= place && place <= found.end, "{code} {place}");
            assert!(found.end <= code.len() && code.is_char_boundary(found.start));
            analyzer.inspect(&document, code, place, true);
            analyzer.refresh().unwrap();
            let found = analyzer.find(&document, code, true).unwrap_or_default();
            for (place, _) in found.additions {
                assert!(code.is_char_boundary(place), "{code} {place}");
            }
            // rust-analyzer may have failed; then it starts afresh.
            analyzer.refresh().unwrap();
        }
    }
    let found = complete(&mut analyzer, &document, "some_plan.|");
    assert!(found.matches.is_empty(), "the variable is gone");
    let found = complete(&mut analyzer, &document, "use tiny::|");
    assert_eq!(names(&found), ["add_one_more", "added_later", "Thing"]);
}

/// `code` with what has to be added before it is compiled.
fn compiled(analyzer: &mut Analyzer, document: &Document, code: &str) -> String {
    let found = analyzer.find(document, code, true).unwrap();
    let whole = Additions::insert(code, found.additions);
    assert_eq!(removed(&whole.code), code);
    whole.code.replace("/*kerust*/", "")
}

#[test]
fn the_types_of_variables_are_written_into_a_cell() {
    let folder = tempfile::tempdir().unwrap();
    let (cells, tiny) = (folder.path().join("cells"), folder.path().join("tiny"));
    write_package(&tiny, "tiny", "", TINY);
    write_package(&cells, "ctx", "tiny = { path = \"../tiny\" }", "");
    let mut analyzer = Analyzer::new(&Packages {
        directory: cells,
        sources: standard_library(),
    })
    .unwrap();
    analyzer.refresh().unwrap();
    warm_up(&mut analyzer);
    let mut document = Document::default();
    cell(
        &mut document,
        "use std::collections::BTreeMap;\n#[derive(Debug, Clone)]\nstruct Plan(f32);\n\
         struct Loud;\nimpl Loud { pub fn evcxr_display(&self) {} }",
        &[("plan", "Plan"), ("loud", "Loud"), ("counts", "Vec<u64>")],
    );

    let cases = [
        ("let a = 1;", "let a: i32 = 1;"),
        (
            "let mut é = \"√\".len();",
            "let mut é: usize = \"√\".len();",
        ),
        (
            "let mut v = Vec::new();\nv.push(1u8);",
            "let mut v: Vec<u8> = Vec::new();\nv.push(1u8);",
        ),
        ("let a: u8 = 1;", "let a: u8 = 1;"),
        (
            "let a: Vec<_> = counts.iter().map(|x| x + 1).collect(); // end",
            "let a: Vec<_> = counts.iter().map(|x| x + 1).collect(); let a: Vec<u64> = a; // end",
        ),
        (
            "let (a, mut b) = (plan.clone(), 2.5f32);",
            "let (a, mut b) = (plan.clone(), 2.5f32); let a: Plan = a; let mut b: f32 = b;",
        ),
        (
            "let tiny::Thing { width, .. } = tiny::Thing::make();",
            "let tiny::Thing { width, .. } = tiny::Thing::make(); let width: f32 = width;",
        ),
        (
            "let Some(n) = counts.first() else { panic!() };",
            "let Some(n) = counts.first() else { panic!() }; let n: &u64 = n;",
        ),
        ("let ref r = plan;", "let ref r = plan; let r: &Plan = r;"),
        (
            "let m = BTreeMap::from([(1u8, tiny::Thing::make())]);",
            "let m: BTreeMap<u8, tiny::Thing> = BTreeMap::from([(1u8, tiny::Thing::make())]);",
        ),
        // A type of the cell's own, and one that replaces another.
        (
            "struct Own;\nlet own = Own;",
            "struct Own;\nlet own: Own = Own;",
        ),
        (
            "struct Plan { x: u8 }\nlet x = Plan { x: 1 }.x;",
            "struct Plan { x: u8 }\nlet x: u8 = Plan { x: 1 }.x;",
        ),
        // What cannot be named is left to evcxr, which says so.
        ("let f = |x: i32| x;", "let f = |x: i32| x;"),
        (
            "let i = counts.iter().map(|x| x + 1);",
            "let i = counts.iter().map(|x| x + 1);",
        ),
        ("let e = nothing_there();", "let e = nothing_there();"),
        // Only what stays after the cell.
        (
            "{ let inner = 1; }",
            "::kerust::notebook::debugged(&({ let inner = 1; }))",
        ),
        // A value that shows itself, one that has to be shown, and one that cannot be.
        ("loud", "loud"),
        ("&&loud", "&&loud"),
        ("plan", "::kerust::notebook::debugged(&(plan))"),
        (
            "let n = 1; // one\nn + 1 // two\n",
            "let n: i32 = 1; // one\n::kerust::notebook::debugged(&(n + 1)) // two\n",
        ),
        ("tiny::Thing::make()", "tiny::Thing::make()"),
        ("nothing_there()", "nothing_there()"),
        (":dep x\nlet a = 1;\n!ls", ":dep x\nlet a: i32 = 1;\n!ls"),
    ];
    for (code, expected) in cases {
        assert_eq!(compiled(&mut analyzer, &document, code), expected);
    }
    let unusual = analyzer.find(&document, "plan", false).unwrap();
    assert_eq!(unusual.additions, [], "the user chose the form of values");
    let opaque = "let i = counts.iter().map(|x| x + 1);";
    let found = analyzer.find(&document, opaque, true).unwrap();
    let [(variable, kind)] = &found.unnameable[..] else {
        panic!("{found:?}");
    };
    assert_eq!(variable, "i");
    assert!(kind.starts_with("std::iter::Map<"), "{kind}");
}

fn ask(kernel: &mut Client, msg_type: &str, code: &str) -> Value {
    let position = code.find('|').expect("the place is marked");
    let cursor = code[..position].chars().count();
    let content = json!({ "code": code.replacen('|', "", 1), "cursor_pos": cursor });
    let reply = kernel.request(Source::Shell, msg_type, content, LIMIT);
    reply.unwrap().content
}

fn matches(reply: &Value) -> Vec<&str> {
    let matches = reply["matches"].as_array().unwrap();
    matches.iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn completion_knows_the_library() {
    let mut kernel = shared();
    run(
        &mut kernel,
        "use kerust::prelude::*;\nlet completed_model = Sequential::new();",
    )
    .assert_ok();
    let reply = ask(&mut kernel, "complete_request", "completed_model.|");
    for method in ["add", "compile", "fit", "predict"] {
        assert!(matches(&reply).contains(&method), "{reply}");
    }
    let typed = reply["metadata"]["_jupyter_types_experimental"].as_array();
    let fit = typed
        .unwrap()
        .iter()
        .find(|found| found["text"] == "fit")
        .unwrap();
    assert_eq!(fit["type"], "function");
    assert_eq!((&fit["start"], &fit["end"]), (&json!(16), &json!(16)));
    let signature = fit["signature"].as_str().unwrap();
    assert!(signature.contains("arguments: Fit"), "{signature}");
    assert_eq!(
        fit["documentation"],
        "Trains the model on samples `x` and labels `y`."
    );
    let reply = ask(&mut kernel, "complete_request", "let arguments = Fit { ep|");
    assert_eq!(matches(&reply), ["epochs"]);
    let reply = ask(&mut kernel, "complete_request", "use kerust::laye|");
    assert_eq!(matches(&reply), ["layers"]);
    // No code is put in but the name.
    let reply = ask(&mut kernel, "complete_request", "let d = Dense::ne|");
    assert_eq!(matches(&reply), ["new"]);
    let reply = ask(&mut kernel, "complete_request", "let a = 1;\n:d|");
    assert_eq!(matches(&reply), [":dep", ":doc"]);
    assert_eq!(
        (&reply["cursor_start"], &reply["cursor_end"]),
        (&json!(11), &json!(13))
    );
    let reply = ask(&mut kernel, "complete_request", ":dep x = \"1\"\n!ls\nDen|");
    assert_eq!(matches(&reply), ["Dense"]);
    let reply = ask(&mut kernel, "complete_request", "!ls comp|");
    assert!(matches(&reply).is_empty());
}

#[test]
fn documentation_of_the_library_shows() {
    let mut kernel = shared();
    run(
        &mut kernel,
        "use kerust::prelude::*;\nlet mut shown_model = Sequential::new();",
    )
    .assert_ok();
    let cases = [
        ("Den|se::new(2)", "on the last axis", "pub struct Dense"),
        (
            "Dense::n|ew(2)",
            "outputs",
            "pub fn new(units: usize) -> Self",
        ),
        (
            "Dense::new(|",
            "outputs",
            "pub fn new(units: usize) -> Self",
        ),
        ("shown_model.fit|", "Trains the model", "arguments: Fit"),
        ("shown_m|odel", "Layers one after the other.", "Sequential"),
        (":de|p regex", "use a crate", ":dep"),
    ];
    for (code, documentation, signature) in cases {
        let reply = ask(&mut kernel, "inspect_request", code);
        assert_eq!(reply["found"], true, "{code}: {reply}");
        for mime in ["text/plain", "text/markdown", "text/html"] {
            let text = reply["data"][mime].as_str().unwrap();
            let text = text.replace("&gt;", ">");
            assert!(text.contains(documentation), "{code}: {text}");
            assert!(text.contains(signature), "{code}: {text}");
        }
    }
    let reply = ask(&mut kernel, "inspect_request", "no_such_name|");
    assert_eq!(reply["found"], false);
}

/// Asks for a completion while the cell `id` is not finished, and returns what it gave, when the
/// answer came, and the last state that was published until then.
fn complete_during(kernel: &mut Client, id: &str, code: &str) -> (Value, Duration, String) {
    let content = json!({ "code": code, "cursor_pos": code.chars().count() });
    let asked = Instant::now();
    let request = kernel
        .send(Source::Shell, "complete_request", content)
        .unwrap();
    let (mut answer, mut states) = (None, Vec::new());
    // The request's own busy and idle, then the cell's busy.
    while answer.is_none() || states.len() < 3 {
        let (source, message) = kernel.receive(asked + LIMIT).unwrap().expect("an answer");
        if source == Source::Shell {
            assert_eq!(message.parent_id(), request, "the cell ended first");
            answer = Some((message.content, asked.elapsed()));
        } else if message.msg_type() == "status" {
            let state = message.content["execution_state"].as_str().unwrap();
            if message.parent_id() == request || (message.parent_id() == id && !states.is_empty()) {
                states.push(state.to_owned());
            }
        }
    }
    assert_eq!(states, ["busy", "idle", "busy"]);
    let (reply, time) = answer.unwrap();
    (reply, time, states.pop().unwrap())
}

/// Starts a cell and waits until the kernel says so.
fn start_cell(kernel: &mut Client, code: &str) -> String {
    let id = request_cell(kernel, code);
    let deadline = Instant::now() + LIMIT;
    loop {
        let (_, message) = kernel.receive(deadline).unwrap().expect("the cell starts");
        if message.parent_id() == id && message.msg_type() == "execute_input" {
            return id;
        }
    }
}

/// Answers usually come within 30 ms; tests share the processors.
const PROMPT: Duration = Duration::from_millis(1500);

#[test]
fn answers_come_while_a_cell_runs_and_while_one_is_compiled() {
    let mut kernel = shared();
    run(
        &mut kernel,
        "use kerust::prelude::*;\nlet busy_model = Sequential::new();",
    )
    .assert_ok();
    ask(&mut kernel, "complete_request", "busy_model.|");

    let running = "let busy_list = vec![1u8];\n\
                   std::thread::sleep(std::time::Duration::from_secs(6));";
    let id = start_cell(&mut kernel, running);
    std::thread::sleep(Duration::from_secs(2));
    for (code, expected) in [("busy_model.", "fit"), ("busy_list.le", "len")] {
        let (reply, time, _) = complete_during(&mut kernel, &id, code);
        assert!(matches(&reply).contains(&expected), "{reply}");
        assert!(time < PROMPT, "{time:?}");
    }
    collect(&mut kernel, &id, LIMIT, |_, _| {}).assert_ok();

    let slow_to_compile = "#[allow(long_running_const_eval)]\nconst COUNTED: u64 = {\n    \
                           let mut count = 0;\n    while count < 1_000_000_000_000 {\n        \
                           count += 1;\n    }\n    count\n};\nCOUNTED";
    let id = start_cell(&mut kernel, slow_to_compile);
    std::thread::sleep(Duration::from_secs(2));
    let (reply, time, _) = complete_during(&mut kernel, &id, "busy_model.f");
    assert!(matches(&reply).contains(&"fit"), "{reply}");
    assert!(time < PROMPT, "{time:?}");
    kernel
        .send(Source::Control, "interrupt_request", json!({}))
        .unwrap();
    let outcome = collect(&mut kernel, &id, LIMIT, |_, _| {});
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
}

#[test]
fn a_crate_that_a_cell_adds_is_known_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    write_package(folder.path(), "tinyanalyzed", "", TINY);
    // Not the kernel of the other tests, which would miss the crate when its folder is gone.
    let mut kernel = start();
    // The packages are read before the crate is named.
    run(&mut kernel, "let before = vec![1];").assert_ok();
    let code = format!(
        ":dep tinyanalyzed = {{ path = {:?} }}\nlet added_thing = tinyanalyzed::Thing::make();",
        folder.path()
    );
    run(&mut kernel, &code).assert_ok();
    let reply = ask(&mut kernel, "complete_request", "tinyanalyzed::|");
    assert_eq!(matches(&reply), ["add_one_more", "Thing"]);
    let reply = ask(&mut kernel, "complete_request", "added_thing.wi|");
    assert_eq!(matches(&reply), ["width"]);
    let reply = ask(
        &mut kernel,
        "inspect_request",
        "tinyanalyzed::add_one_more|(1)",
    );
    let text = reply["data"]["text/plain"].as_str().unwrap();
    assert!(text.contains("Adds one, says the documentation."), "{text}");
}
