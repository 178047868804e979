//! Running one cell after another through a client.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, Source};
use super::collector::Collector;
use super::terminal::Progress;

/// How often the running cell's state is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How often the user asked this program to stop.
static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_interrupt(_signal: libc::c_int) {
    INTERRUPTS.fetch_add(1, Ordering::Relaxed);
}

/// Passes the interrupt key, and what else asks this program to end, on to the running cell: so
/// the results up to then are written.
pub(crate) fn catch_interrupts() {
    let handler: extern "C" fn(libc::c_int) = count_interrupt;
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler only adds to an atomic number, which a signal handler may do.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// How a cell ended.
pub(crate) struct Outcome {
    /// Its execution count.
    pub(crate) count: Value,
    /// Its error, as a terminal shows it.
    pub(crate) error: Option<String>,
}

/// Runs cells.
pub(crate) struct Runner {
    client: Client,
    limit: Option<Duration>,
    interrupts_passed_on: usize,
}

impl Runner {
    pub(crate) fn new(client: Client, limit: Option<Duration>) -> Self {
        Runner {
            client,
            limit,
            interrupts_passed_on: 0,
        }
    }

    /// Whether the user stopped a cell.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interrupts_passed_on > 0
    }

    /// Runs one cell to its end.
    pub(crate) fn execute(
        &mut self,
        code: &str,
        collector: &mut Collector,
        progress: &mut Progress,
    ) -> io::Result<Outcome> {
        let content = json!({
            "code": code,
            "silent": false,
            "store_history": true,
            "user_expressions": {},
            "allow_stdin": false,
            "stop_on_error": true,
        });
        let id = self
            .client
            .send(Source::Shell, "execute_request", content)?;
        // A limit beyond the end of time is none.
        let deadline = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit));
        let mut out_of_time = false;
        let (mut reply, mut busy, mut idle) = (None, false, false);
        while reply.is_none() || !idle {
            // The kernel has nothing to interrupt before it has taken the cell.
            if busy {
                self.pass_on_interrupts()?;
            }
            if busy && !out_of_time && deadline.is_some_and(|deadline| Instant::now() > deadline) {
                out_of_time = true;
                self.client
                    .send(Source::Control, "interrupt_request", json!({}))?;
            }
            let received = self.client.receive(Instant::now() + LOOK)?;
            if let Some((source, message)) = received
                && message.parent_id() == id
            {
                match (source, message.msg_type()) {
                    (Source::Shell, "execute_reply") => reply = Some(message.content),
                    (Source::Iopub, "status") => {
                        busy = true;
                        idle = message.content["execution_state"] == "idle";
                    }
                    (Source::Iopub, _) => {
                        collector.take(&message);
                    }
                    _ => {}
                }
            }
            progress.state(|| collector.last_text());
        }
        let reply = reply.unwrap_or_default();
        let mut error = (reply["status"] != "ok").then(|| traceback(&reply));
        if let (Some(text), true) = (&mut error, out_of_time) {
            text.push_str("\nthe cell took longer than `--timeout` allows");
        }
        Ok(Outcome {
            count: reply["execution_count"].clone(),
            error,
        })
    }

    fn pass_on_interrupts(&mut self) -> io::Result<()> {
        let interrupts = INTERRUPTS.load(Ordering::Relaxed);
        if interrupts > self.interrupts_passed_on {
            self.interrupts_passed_on = interrupts;
            self.client
                .send(Source::Control, "interrupt_request", json!({}))?;
        }
        Ok(())
    }
}

fn traceback(reply: &Value) -> String {
    let lines: Vec<&str> = reply["traceback"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if lines.is_empty() {
        return format!("the cell ended with status {}", reply["status"]);
    }
    lines.join("\n")
}
