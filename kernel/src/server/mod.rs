//! The kernel's server thread: it owns the sockets, answers requests, publishes outputs.

mod history;
mod outputs;
mod progress;
mod replies;
mod sockets;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::history::History;
use self::outputs::Pacer;
use self::progress::ProgressDisplay;
pub(crate) use self::replies::language_info;
use self::sockets::{Channel, Sockets};
use crate::analysis::{Answer, Question, QuestionKind};
use crate::events::{CellError, Event, EventReceiver, JobResult, Output, event_channel};
use crate::positions;
use crate::protocol::connection::ConnectionInfo;
use crate::protocol::message::Message;
use crate::session::{SessionHandle, Task};

/// How often the kernel looks whether the program that started it is still there.
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// Runs a kernel on the sockets of a connection file until a client shuts it down.
///
/// # Errors
/// If the connection file cannot be read or a socket cannot be opened.
pub fn run(connection_file: &Path) -> io::Result<()> {
    // An interrupt comes as a message; the terminal's signal is for the program that started us.
    // SAFETY: ignoring a signal installs no handler.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    let info = ConnectionInfo::read(connection_file)
        .map_err(|error| io::Error::other(format!("{}: {error}", connection_file.display())))?;
    let parent = started_by();
    let (sender, events) = event_channel()?;
    let session = SessionHandle::start(sender)?;
    let sockets = Sockets::bind(&info)?;
    let mut server = Server {
        sockets,
        session,
        events,
        id: uuid::Uuid::new_v4().to_string(),
        queue: VecDeque::new(),
        questions: HashMap::new(),
        current: None,
        last_cell: json!({}),
        last_job: 0,
        execution_count: 0,
        pacer: Pacer::default(),
        progress: ProgressDisplay::default(),
        history: History::default(),
        ready: false,
        greeted: false,
        input: None,
        parent,
        shut_down: false,
    };
    server.run();
    server.sockets.close();
    Ok(())
}

/// The process that started this one, if it is a Jupyter client that wants the kernel to end with
/// it.
fn started_by() -> Option<i32> {
    std::env::var_os("JPY_PARENT_PID")?;
    // SAFETY: `getppid` has no preconditions.
    Some(unsafe { libc::getppid() })
}

/// The running cell.
struct Current {
    job: u64,
    request: Message,
    silent: bool,
    stop_on_error: bool,
    /// Whether anything was shown by now.
    has_output: bool,
}

struct Server {
    sockets: Sockets,
    session: SessionHandle,
    events: EventReceiver,
    /// This process's name in headers.
    id: String,
    /// Cells to run, in order.
    queue: VecDeque<Message>,
    /// Requests that the analysis works on.
    questions: HashMap<u64, Message>,
    current: Option<Current>,
    /// The header of the last cell's request, the parent of output that comes late.
    last_cell: Value,
    last_job: u64,
    execution_count: u32,
    pacer: Pacer,
    progress: ProgressDisplay,
    history: History,
    /// Whether the session has started.
    ready: bool,
    greeted: bool,
    /// Where the answer to the running cell's question goes.
    input: Option<Sender<String>>,
    parent: Option<i32>,
    shut_down: bool,
}

impl Server {
    fn run(&mut self) {
        let mut parent_checked = Instant::now();
        while !self.shut_down {
            let readiness = self.sockets.wait(self.events.descriptor(), self.timeout());
            if readiness.iopub {
                self.welcome();
            }
            if readiness.control {
                self.drain(Channel::Control);
            }
            if readiness.events {
                for event in self.events.next() {
                    self.take_event(event);
                }
            }
            if readiness.stdin {
                self.drain(Channel::Stdin);
            }
            if readiness.shell {
                self.drain(Channel::Shell);
            }
            self.show_progress();
            self.publish_ready();
            self.start_next();
            if parent_checked.elapsed() > PARENT_CHECK {
                parent_checked = Instant::now();
                // SAFETY: `getppid` has no preconditions.
                let parent = unsafe { libc::getppid() };
                if self.parent.is_some_and(|started_by| started_by != parent) {
                    self.shut_down = true;
                }
            }
        }
        self.session.kill();
    }

    /// How long nothing is due, in milliseconds.
    fn timeout(&self) -> i64 {
        let mut wait = PARENT_CHECK;
        let now = Instant::now();
        let waiting = self.current.is_some();
        let progress = self.progress.deadline().filter(|_| waiting);
        for deadline in self.pacer.deadline().into_iter().chain(progress) {
            wait = wait.min(deadline.saturating_duration_since(now));
        }
        wait.as_micros().div_ceil(1000) as i64
    }

    fn drain(&mut self, channel: Channel) {
        while let Some(message) = self.sockets.receive(channel) {
            self.take_message(channel, message);
        }
    }

    fn take_message(&mut self, channel: Channel, message: Message) {
        match (channel, message.msg_type()) {
            (Channel::Shell, "execute_request") => self.queue.push_back(message),
            (Channel::Shell, "complete_request" | "inspect_request") => self.ask_analysis(message),
            (Channel::Stdin, "input_reply") => {
                let value = message.content["value"].as_str().unwrap_or_default();
                if let Some(input) = self.input.take() {
                    // The cell may have been ended meanwhile.
                    let _ = input.send(value.to_owned());
                }
            }
            (Channel::Stdin, _) => {}
            _ => {
                self.publish_status("busy", &message.header);
                self.answer(channel, &message);
                self.publish_status("idle", &message.header);
                self.publish_still_busy();
            }
        }
    }

    /// Clients show the last status they saw, and a cell may still run.
    fn publish_still_busy(&self) {
        if let Some(current) = &self.current {
            self.publish_status("busy", &current.request.header);
        }
    }

    /// Answers a request that needs no session.
    fn answer(&mut self, channel: Channel, request: &Message) {
        let (reply_type, content) = match request.msg_type() {
            "kernel_info_request" => (
                "kernel_info_reply",
                replies::kernel_info(self.current.is_some()),
            ),
            "is_complete_request" => ("is_complete_reply", replies::is_complete(&request.content)),
            "history_request" => ("history_reply", self.history.reply(&request.content)),
            "comm_info_request" => ("comm_info_reply", json!({ "status": "ok", "comms": {} })),
            "comm_open" => {
                let content = json!({ "comm_id": request.content["comm_id"], "data": {} });
                self.publish("comm_close", &request.header, content);
                return;
            }
            "interrupt_request" => {
                self.interrupt();
                ("interrupt_reply", json!({ "status": "ok" }))
            }
            "shutdown_request" => {
                self.shut_down = true;
                let restart = request.content["restart"].as_bool().unwrap_or(false);
                let content = json!({ "status": "ok", "restart": restart });
                self.publish("shutdown_reply", &request.header, content.clone());
                ("shutdown_reply", content)
            }
            other => {
                crate::log::note(&format!("a message of unknown type `{other}` was ignored"));
                return;
            }
        };
        self.reply(channel, request, reply_type, content);
    }

    fn reply(&self, channel: Channel, request: &Message, reply_type: &str, content: Value) {
        let mut message = Message::new(&self.id, reply_type, request.header.clone(), content);
        message.identities.clone_from(&request.identities);
        self.sockets.send(channel, &message);
    }

    fn publish(&self, msg_type: &str, parent: &Value, content: Value) {
        let mut message = Message::new(&self.id, msg_type, parent.clone(), content);
        message.identities = vec![format!("kernel.{}.{msg_type}", self.id).into_bytes()];
        self.sockets.publish(&message);
    }

    fn publish_status(&self, state: &str, parent: &Value) {
        self.publish("status", parent, json!({ "execution_state": state }));
    }

    /// Greets new subscribers, so that they know that from now on they miss nothing.
    fn welcome(&mut self) {
        while let Some(topic) = self.sockets.next_subscription() {
            let text = String::from_utf8_lossy(&topic).into_owned();
            let content = json!({ "subscription": text });
            let mut message = Message::new(&self.id, "iopub_welcome", json!({}), content);
            message.identities = vec![topic];
            self.sockets.publish(&message);
            if !self.greeted {
                self.greeted = true;
                self.publish_status("starting", &json!({}));
            }
        }
    }

    /// Gives the session its next cell.
    fn start_next(&mut self) {
        while self.current.is_none() {
            let Some(request) = self.queue.pop_front() else {
                return;
            };
            self.publish_status("busy", &request.header);
            self.start_cell(request);
        }
    }

    fn start_cell(&mut self, request: Message) {
        let content = &request.content;
        let flag = |name: &str, default: bool| content[name].as_bool().unwrap_or(default);
        let code = content["code"].as_str().unwrap_or_default().to_owned();
        let silent = flag("silent", false);
        let input = flag("allow_stdin", false);
        let stop_on_error = flag("stop_on_error", true);
        if !silent && flag("store_history", true) {
            self.execution_count += 1;
            self.history.add(self.execution_count, &code);
        }
        if !silent {
            let content = json!({ "code": code, "execution_count": self.execution_count });
            self.publish("execute_input", &request.header, content);
        }
        self.pacer.start_cell();
        self.last_cell = request.header.clone();
        self.last_job += 1;
        self.current = Some(Current {
            job: self.last_job,
            request,
            silent,
            stop_on_error,
            has_output: false,
        });
        if code.trim().is_empty() {
            self.finish_cell(Ok(()));
        } else {
            self.session
                .submit(self.last_job, Task::Execute { code, input });
        }
    }

    fn ask_analysis(&mut self, request: Message) {
        let content = &request.content;
        let code = content["code"].as_str().unwrap_or_default().to_owned();
        let cursor = content["cursor_pos"].as_u64().unwrap_or(0) as usize;
        let question = Question {
            position: positions::byte_offset(&code, cursor),
            kind: match request.msg_type() {
                "complete_request" => QuestionKind::Complete,
                _ => QuestionKind::Inspect {
                    detailed: content["detail_level"].as_u64().unwrap_or(0) > 0,
                },
            },
            code,
        };
        self.last_job += 1;
        self.session.analysis.ask(self.last_job, question);
        self.questions.insert(self.last_job, request);
    }

    fn answer_question(&mut self, number: u64, answer: Answer) {
        let Some(request) = self.questions.remove(&number) else {
            return;
        };
        let (reply_type, content) = match answer {
            Answer::Completions(found) => (
                "complete_reply",
                replies::completions(&request.content, &found),
            ),
            Answer::Inspection(found) => ("inspect_reply", replies::inspection(found)),
        };
        self.publish_status("busy", &request.header);
        self.reply(Channel::Shell, &request, reply_type, content);
        self.publish_status("idle", &request.header);
        self.publish_still_busy();
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Output(output) => self.take_output(output),
            Event::Progress(text) => {
                if text.is_none() {
                    self.hide_progress();
                }
                self.progress.set(text);
            }
            Event::Ready => self.ready = true,
            Event::Answered { number, answer } => self.answer_question(number, answer),
            Event::Done { job, result } => {
                if self
                    .current
                    .as_ref()
                    .is_some_and(|current| current.job == job)
                {
                    self.finish(result);
                }
            }
            Event::Input {
                prompt,
                password,
                reply,
            } => self.ask(&prompt, password, reply),
        }
    }

    fn take_output(&mut self, output: Output) {
        self.hide_progress();
        if let Some(current) = &mut self.current {
            if current.silent && matches!(output, Output::Result(_)) {
                return;
            }
            current.has_output = true;
        }
        self.pacer.push(output, self.execution_count);
    }

    fn publish_ready(&mut self) {
        for (msg_type, content) in self.pacer.take_ready() {
            self.publish(msg_type, &self.last_cell, content);
        }
    }

    fn ask(&mut self, prompt: &str, password: bool, reply: Sender<String>) {
        self.pacer.flush();
        self.publish_ready();
        let Some(current) = &self.current else {
            return;
        };
        let content = json!({ "prompt": prompt, "password": password });
        self.reply(Channel::Stdin, &current.request, "input_request", content);
        self.input = Some(reply);
    }

    fn finish(&mut self, result: JobResult) {
        match result {
            JobResult::Executed(result) => self.finish_cell(result),
        }
    }

    fn finish_cell(&mut self, result: Result<(), CellError>) {
        self.hide_progress();
        self.input = None;
        self.pacer.flush();
        self.publish_ready();
        let Some(current) = self.current.take() else {
            return;
        };
        let header = &current.request.header;
        let abort = result.is_err() && current.stop_on_error;
        if abort {
            // Cells sent before the failure is known are aborted, but none sent because of it.
            self.drain(Channel::Shell);
        }
        let content = match result {
            Ok(()) => replies::executed(self.execution_count, &current.request.content),
            Err(error) => {
                let content = json!({
                    "ename": error.ename,
                    "evalue": error.evalue,
                    "traceback": error.traceback,
                });
                self.publish("error", header, content.clone());
                replies::failed(self.execution_count, content)
            }
        };
        self.reply(Channel::Shell, &current.request, "execute_reply", content);
        self.publish_status("idle", header);
        if abort {
            self.abort_queue();
        }
    }

    /// Answers the cells that were already sent when one before them failed.
    fn abort_queue(&mut self) {
        for request in std::mem::take(&mut self.queue) {
            self.publish_status("busy", &request.header);
            let content = replies::aborted(self.execution_count);
            self.reply(Channel::Shell, &request, "execute_reply", content);
            self.publish_status("idle", &request.header);
        }
    }

    fn interrupt(&mut self) {
        // Whoever waits for an answer gets an empty one.
        self.input = None;
        let Some(current) = &self.current else {
            return;
        };
        if self.ready {
            self.session.interrupt();
        } else {
            self.session.skip(current.job);
            self.finish_cell(Err(CellError::interrupted(
                "the cell was stopped before the session had started",
            )));
        }
    }
}
