//! The kernel's server thread: it owns the sockets, answers requests, publishes outputs.

mod budget;
mod cells;
mod history;
mod outputs;
mod pager;
mod progress;
mod questions;
mod replies;
mod sockets;
mod tail;

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
use crate::events::{CellError, Event, EventReceiver, JobResult, Output, event_channel};
use crate::protocol::connection::ConnectionInfo;
use crate::protocol::message::Message;
use crate::protocol::requests::{self, BadRequest};
use crate::session::SessionHandle;

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
    // What this process starts is in its group, so that nothing is left when it is killed. A client
    // may have made the group already, and then this fails.
    // SAFETY: `setpgid` reads only its arguments.
    unsafe { libc::setpgid(0, 0) };
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
        pacer: Pacer::new(Instant::now()),
        progress: ProgressDisplay::default(),
        history: History::open(kerust::datasets::cache::home().ok().as_deref()),
        ready: false,
        greeted: false,
        input: None,
        parent,
        shut_down: false,
    };
    server.run();
    server.sockets.close();
    // evcxr may have started another compiler meanwhile.
    server.session.kill();
    Ok(())
}

/// The process that started this one, if it is a Jupyter client that wants the kernel to end with
/// it.
fn started_by() -> Option<i32> {
    std::env::var_os("JPY_PARENT_PID")?;
    // SAFETY: `getppid` has no preconditions.
    Some(unsafe { libc::getppid() })
}

/// The most events taken before other work gets its turn.
const MOST_EVENTS: usize = 256;

/// The running cell.
struct Current {
    job: u64,
    request: Message,
    silent: bool,
    /// Whether the history has it.
    counts: bool,
    stop_on_error: bool,
    /// What to evaluate after it, with the client's names for it.
    expressions: Vec<(String, String)>,
    /// Whether anything was shown by now.
    has_output: bool,
    /// What its reply asks the client to show beside the cell.
    payload: Vec<Value>,
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
            // Outputs that cannot be passed on yet stay where they are, and hold up the cell.
            let has_room = self.pacer.has_room(Instant::now());
            let events = has_room.then(|| self.events.descriptor());
            let readiness = self.sockets.wait(events, self.timeout());
            if readiness.iopub {
                self.welcome();
            }
            if readiness.control {
                self.drain(Channel::Control);
            }
            if readiness.events {
                self.take_events();
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
        for deadline in self.pacer.deadline(now).into_iter().chain(progress) {
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
                self.take_input(&message);
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
        match self.content_of_answer(request) {
            Ok(Some(content)) => self.reply(channel, request, &reply_type(request), content),
            Ok(None) => {}
            Err(error) => self.refuse(channel, request, &error),
        }
    }

    /// What is answered to `request`; nothing if it gets no reply.
    fn content_of_answer(&mut self, request: &Message) -> Result<Option<Value>, BadRequest> {
        Ok(Some(match request.msg_type() {
            "kernel_info_request" => replies::kernel_info(self.current.is_some()),
            "is_complete_request" => replies::is_complete(&requests::content(request)?),
            "history_request" => self.history.reply(&requests::content(request)?),
            "connect_request" => self.sockets.ports(),
            "comm_info_request" => {
                // No comm is ever opened, so none of any target is.
                let _: requests::CommInfoRequest = requests::content(request)?;
                json!({ "status": "ok", "comms": {} })
            }
            "comm_open" => {
                // No target is known here, and the protocol says to close it at once.
                let comm: requests::CommMessage = requests::content(request)?;
                let content = json!({ "comm_id": comm.comm_id, "data": {} });
                self.publish("comm_close", &request.header, content);
                return Ok(None);
            }
            "comm_msg" | "comm_close" => return Ok(None),
            "interrupt_request" => {
                self.interrupt();
                json!({ "status": "ok" })
            }
            "shutdown_request" => {
                let wanted: requests::ShutdownRequest = requests::content(request)?;
                self.shut_down = true;
                let content = json!({ "status": "ok", "restart": wanted.restart });
                self.publish("shutdown_reply", &request.header, content.clone());
                content
            }
            other => {
                crate::log::note(&format!("a message of unknown type `{other}` was ignored"));
                return Ok(None);
            }
        }))
    }

    /// Answers a request that cannot be understood.
    fn refuse(&self, channel: Channel, request: &Message, error: &BadRequest) {
        crate::log::note(&format!("a request was refused: {error}"));
        if request.msg_type().ends_with("_request") {
            self.reply(channel, request, &reply_type(request), error.reply());
        }
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

    fn take_events(&mut self) {
        for _ in 0..MOST_EVENTS {
            if !self.pacer.has_room(Instant::now()) {
                return;
            }
            let Some(event) = self.events.next() else {
                return;
            };
            self.take_event(event);
        }
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
            if let (true, Output::Result(display)) = (current.counts, &output)
                && let Some(text) = display.data.get("text/plain").and_then(Value::as_str)
            {
                self.history.add_output(text);
            }
        }
        self.pacer
            .push(output, self.execution_count, Instant::now());
    }

    fn publish_ready(&mut self) {
        for (msg_type, content) in self.pacer.take_ready(Instant::now()) {
            self.publish(msg_type, &self.last_cell, content);
        }
    }

    fn finish(&mut self, result: JobResult) {
        match result {
            JobResult::Executed(result) => self.finish_cell(result),
            JobResult::Evaluated(values) => self.complete_cell(Ok(values)),
        }
    }

    fn interrupt(&mut self) {
        // Whoever waits for an answer gets an empty one.
        self.input = None;
        let Some(current) = &self.current else {
            return;
        };
        self.pacer.hurry(Instant::now());
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

/// The type of the reply to `request`.
fn reply_type(request: &Message) -> String {
    let msg_type = request.msg_type();
    let name = msg_type.strip_suffix("_request").unwrap_or(msg_type);
    format!("{name}_reply")
}
