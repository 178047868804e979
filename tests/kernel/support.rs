//! One running kernel for all tests that do not need one of their own.

#[path = "../emulated_gpu/build.rs"]
pub(crate) mod emulated_gpu;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use kerust_kernel::protocol::message::Message;
use kerust_kernel::run::client::{Client, Source};
use serde_json::{Value, json};

/// The first cell may have to wait until the library is compiled.
pub(crate) const COMPILING: Duration = Duration::from_secs(1800);
/// Every other cell.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_kerust"))
}

/// The folder of this repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the kernels of these tests keep the history, instead of in the user's own.
pub(crate) fn history_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("kerust-home")
}

/// Gives every program that the tests start a home of its own, before any test starts.
extern "C" fn use_own_home() {
    // SAFETY: this runs before `main`, while the process has one thread.
    unsafe { std::env::set_var("KERUST_HOME", history_folder()) };
}

// SAFETY: the section holds addresses of functions to be called when the program starts, and
// `use_own_home` is one that needs nothing of the runtime but the environment.
#[used]
#[unsafe(link_section = ".init_array")]
static USE_OWN_HOME: extern "C" fn() = use_own_home;

/// A kernel whose session is up.
pub(crate) fn start() -> Client {
    let mut client = Client::start(program(), &std::env::temp_dir(), Duration::from_secs(60))
        .expect("the kernel starts");
    let outcome = run_within(&mut client, "1 + 1", COMPILING);
    assert_eq!(outcome.reply["status"], "ok", "{:?}", outcome.reply);
    client
}

/// The kernel that the tests share.
pub(crate) fn shared() -> MutexGuard<'static, Client> {
    static KERNEL: OnceLock<Mutex<Client>> = OnceLock::new();
    KERNEL
        .get_or_init(|| Mutex::new(start()))
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// What came of a cell: its reply, and its outputs in order.
pub(crate) struct Outcome {
    pub(crate) reply: Value,
    pub(crate) outputs: Vec<Message>,
}

impl Outcome {
    /// The outputs in a form that is easy to compare: streams joined, displays as their text.
    pub(crate) fn summary(&self) -> Vec<String> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for message in &self.outputs {
            let content = &message.content;
            let (kind, text) = match message.msg_type() {
                "stream" => (
                    content["name"].as_str().unwrap().to_owned(),
                    &content["text"],
                ),
                "error" => ("error".to_owned(), &content["ename"]),
                "status" | "execute_input" => continue,
                "clear_output" => {
                    lines.clear();
                    continue;
                }
                other => {
                    let data = content["data"].as_object();
                    let text = data
                        .and_then(|data| data.values().next())
                        .unwrap_or(&Value::Null);
                    (other.to_owned(), text)
                }
            };
            let text = text.as_str().unwrap_or_default();
            match lines.last_mut() {
                Some((last, whole)) if *last == kind && kind.starts_with("std") => {
                    whole.push_str(text);
                }
                _ => lines.push((kind, text.to_owned())),
            }
        }
        lines
            .into_iter()
            .map(|(kind, text)| format!("{kind}: {text}"))
            .collect()
    }

    /// The contents of all outputs of a type, without those that were cleared away: a slow machine
    /// shows for a while that it compiles.
    pub(crate) fn of_type(&self, msg_type: &str) -> Vec<&Value> {
        let cleared = self
            .outputs
            .iter()
            .rposition(|message| message.msg_type() == "clear_output");
        self.outputs[cleared.map_or(0, |place| place + 1)..]
            .iter()
            .filter(|message| message.msg_type() == msg_type)
            .map(|message| &message.content)
            .collect()
    }

    /// The one error of a cell that failed.
    pub(crate) fn error(&self) -> &Value {
        assert_eq!(self.reply["status"], "error", "{:?}", self.summary());
        let errors = self.of_type("error");
        assert_eq!(errors.len(), 1, "{:?}", self.summary());
        assert_eq!(errors[0]["ename"], self.reply["ename"]);
        errors[0]
    }

    pub(crate) fn assert_ok(&self) {
        assert_eq!(self.reply["status"], "ok", "{:?}", self.reply);
        assert!(self.of_type("error").is_empty());
    }
}

pub(crate) fn request_cell(client: &Client, code: &str) -> String {
    let content = json!({
        "code": code,
        "silent": false,
        "store_history": true,
        "user_expressions": {},
        "allow_stdin": true,
        "stop_on_error": true,
    });
    client
        .send(Source::Shell, "execute_request", content)
        .unwrap()
}

/// Collects what belongs to the request `id` until both its reply and its end are there. `watch`
/// sees every message.
pub(crate) fn collect(
    client: &mut Client,
    id: &str,
    limit: Duration,
    mut watch: impl FnMut(&Client, &Message),
) -> Outcome {
    let deadline = Instant::now() + limit;
    let (mut reply, mut idle) = (None, false);
    let mut outputs = Vec::new();
    while reply.is_none() || !idle {
        let (source, message) = client
            .receive(deadline)
            .expect("the kernel lives")
            .expect("the cell ends in time");
        if message.parent_id() != id {
            continue;
        }
        watch(client, &message);
        match source {
            Source::Shell => reply = Some(message.content),
            Source::Iopub => {
                assert!(!idle, "{} came after the end", message.msg_type());
                idle =
                    message.msg_type() == "status" && message.content["execution_state"] == "idle";
                outputs.push(message);
            }
            _ => {}
        }
    }
    Outcome {
        reply: reply.unwrap(),
        outputs,
    }
}

pub(crate) fn run_within(client: &mut Client, code: &str, limit: Duration) -> Outcome {
    let id = request_cell(client, code);
    collect(client, &id, limit, |_, _| {})
}

pub(crate) fn run(client: &mut Client, code: &str) -> Outcome {
    run_within(client, code, LIMIT)
}
