//! The thread that reads what the cells print and turns it into outputs, in one order.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::child::COMPLETE;
use super::crash_report::{Death, are_last_words, without_last_words};
use super::parser::{Item, Parser};
use super::shared::{Panic, Phase, Question, Shared};
use crate::events::{Display, Event, EventSender, Output, Stream};
use crate::text::Decoder;

/// How often a running cell's standard output is flushed.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);
/// How long the end of a cell waits for the last flush.
const LAST_FLUSH: Duration = Duration::from_millis(200);
/// How long text on standard error is held, for it may be the error of a `?`.
const ERROR_TEXT_HOLD: Duration = Duration::from_millis(20);
/// How often standard error is read in a row.
const MOST_READS: usize = 16;
/// Text on standard error longer than this, in bytes, is not held.
const LONGEST_HELD: usize = 64 * 1024;
/// How long it is held when the end of the process should follow.
const LAST_WORDS_HOLD: Duration = Duration::from_millis(500);
/// How long a display block waits for more MIME types of the same thing.
const BLOCK_HOLD: Duration = Duration::from_millis(20);
/// How long it waits when it may be the cell's value, which the cell's end must follow.
const VALUE_HOLD: Duration = Duration::from_millis(300);

pub(crate) struct Reader {
    shared: Arc<Shared>,
    events: EventSender,
    synced: Sender<u64>,
    output: Parser,
    errors: Parser,
    output_text: Decoder,
    error_text: Decoder,
    /// Text on standard error not yet given out, and since when.
    held_errors: Option<(String, Instant)>,
    /// A display block not yet given out, and since when.
    held_block: Option<(Map<String, Value>, Instant)>,
    /// The cell's end, waiting for this many flushes, until then at the latest.
    ending: Option<(u64, Instant)>,
    flushes_asked: u64,
    flushes_done: u64,
    last_flush: Instant,
    last_read: Instant,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, events: EventSender, synced: Sender<u64>) -> Self {
        let now = Instant::now();
        Reader {
            shared,
            events,
            synced,
            output: Parser::default(),
            errors: Parser::default(),
            output_text: Decoder::default(),
            error_text: Decoder::default(),
            held_errors: None,
            held_block: None,
            ending: None,
            flushes_asked: 0,
            flushes_done: 0,
            last_flush: now,
            last_read: now,
        }
    }

    /// Reads for as long as the process lives.
    pub(crate) fn run(mut self) {
        loop {
            let (output_ready, errors_ready) = self.wait();
            if output_ready {
                self.read_output();
            }
            if errors_ready {
                self.read_errors();
            }
            self.keep_time(output_ready);
        }
    }

    /// Waits for something to read, or for the next thing to do.
    fn wait(&self) -> (bool, bool) {
        let mut wait = Duration::from_secs(1);
        let now = Instant::now();
        let mut at_most = |deadline: Instant| {
            wait = wait.min(deadline.saturating_duration_since(now));
        };
        if let Some((text, since)) = &self.held_errors {
            at_most(*since + error_hold(text));
        }
        if let Some((_, since)) = &self.held_block {
            at_most(*since + self.block_hold());
        }
        if let Some((_, deadline)) = self.ending {
            at_most(deadline);
        }
        if self.output.holds_back() {
            at_most(self.last_read + BLOCK_HOLD);
        }
        if self.shared.attached() && self.shared.cell().phase == Phase::Running {
            at_most(self.last_flush + FLUSH_INTERVAL);
        }
        let milliseconds = wait.as_micros().div_ceil(1000) as i32;
        let readable = |descriptor| libc::pollfd {
            fd: descriptor,
            events: libc::POLLIN,
            revents: 0,
        };
        let mut sources = [
            readable(self.shared.pipes.output.0.as_raw_fd()),
            readable(self.shared.pipes.errors.0.as_raw_fd()),
        ];
        // SAFETY: the array holds two valid entries, and both descriptors live as long as `self`.
        unsafe { libc::poll(sources.as_mut_ptr(), 2, milliseconds) };
        (
            sources[0].revents & libc::POLLIN != 0,
            sources[1].revents & libc::POLLIN != 0,
        )
    }

    fn read_output(&mut self) {
        let mut buffer = [0u8; 65536];
        // The descriptor does not block, and the kernel holds the other end, so an error or an
        // end only means that there is nothing to read now.
        let Ok(count) = (&self.shared.pipes.output.0).read(&mut buffer) else {
            return;
        };
        self.last_read = Instant::now();
        for item in self.output.push(&buffer[..count]) {
            self.take(item);
        }
    }

    fn read_errors(&mut self) {
        let mut buffer = [0u8; 65536];
        // The descriptor does not block: an error means that everything is read. Standard output
        // gets its turn, too.
        for _ in 0..MOST_READS {
            let Ok(count) = (&self.shared.pipes.errors.0).read(&mut buffer) else {
                break;
            };
            for item in self.errors.push(&buffer[..count]) {
                match item {
                    Item::Text(bytes) => self.hold_errors(&bytes),
                    Item::Sync(number) => {
                        self.end_of_errors();
                        let _ = self.synced.send(number);
                    }
                    // Standard error carries no control lines; these are the user's text.
                    Item::Marker(line) => self.hold_errors(format!("{line}\n").as_bytes()),
                    Item::Block { content, .. } => self.hold_errors(&content),
                    Item::Frame(_) => {}
                }
            }
            if count < buffer.len() {
                break;
            }
        }
        for item in self.errors.release() {
            if let Item::Text(bytes) = item {
                self.hold_errors(&bytes);
            }
        }
    }

    fn hold_errors(&mut self, bytes: &[u8]) {
        let text = self.error_text.decode(bytes);
        let held = self
            .held_errors
            .get_or_insert((String::new(), Instant::now()));
        held.0.push_str(&text);
        if held.0.len() > LONGEST_HELD {
            self.release_errors();
        }
    }

    fn release_errors(&mut self) {
        if let Some((text, _)) = self.held_errors.take() {
            self.give_text(Stream::Stderr, text);
        }
    }

    fn end_of_errors(&mut self) {
        let rest = self.error_text.finish();
        if !rest.is_empty() {
            let held = self
                .held_errors
                .get_or_insert((String::new(), Instant::now()));
            held.0.push_str(&rest);
        }
        self.release_errors();
    }

    fn block_hold(&self) -> Duration {
        if self.shared.cell().has_value {
            VALUE_HOLD
        } else {
            BLOCK_HOLD
        }
    }

    /// Does what is due. `more_output` says whether there may be more to read at once: what is
    /// held back may be the first half of a control line, and is only text when nothing follows.
    fn keep_time(&mut self, more_output: bool) {
        let now = Instant::now();
        if !more_output && self.output.holds_back() && now >= self.last_read + BLOCK_HOLD {
            for item in self.output.release() {
                self.take(item);
            }
        }
        if self
            .held_errors
            .as_ref()
            .is_some_and(|(text, since)| now >= *since + error_hold(text))
        {
            self.release_errors();
        }
        if self
            .held_block
            .as_ref()
            .is_some_and(|(_, since)| now >= *since + self.block_hold())
        {
            self.release_block(false);
        }
        if self.ending.is_some_and(|(_, deadline)| now >= deadline) {
            self.end_cell();
        }
        if self.shared.attached()
            && now >= self.last_flush + FLUSH_INTERVAL
            && self.shared.cell().phase == Phase::Running
        {
            self.ask_for_flush();
        }
    }

    fn ask_for_flush(&mut self) {
        if self.shared.pipes.send_control(b'f') {
            self.flushes_asked += 1;
        }
        self.last_flush = Instant::now();
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Text(bytes) => {
                let text = self.output_text.decode(&bytes);
                if !text.is_empty() {
                    self.before_output();
                    self.give_text(Stream::Stdout, text);
                }
            }
            Item::Block { mime, content } => self.take_block(mime, &content),
            Item::Marker(line) => self.take_marker(line),
            Item::Frame(frame) => self.take_frame(&frame),
            Item::Sync(number) => {
                // The process may have died, so whatever was waiting for it is over.
                if self.ending.is_some() {
                    self.end_cell();
                }
                self.finish_text();
                self.release_block(false);
                let _ = self.synced.send(number);
            }
        }
    }

    /// Gives out what is held, because something else follows it.
    fn before_output(&mut self) {
        self.release_errors();
        self.release_block(false);
    }

    fn finish_text(&mut self) {
        let rest = self.output_text.finish();
        if !rest.is_empty() {
            self.give_text(Stream::Stdout, rest);
        }
    }

    fn take_block(&mut self, mime: String, content: &[u8]) {
        self.release_errors();
        let text = String::from_utf8_lossy(content).into_owned();
        let value = if mime.contains("json") {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        } else {
            Value::String(text)
        };
        if self
            .held_block
            .as_ref()
            .is_some_and(|(data, _)| data.contains_key(&mime))
        {
            self.release_block(false);
        }
        let held = self.held_block.get_or_insert((Map::new(), Instant::now()));
        held.0.insert(mime, value);
    }

    fn release_block(&mut self, is_value: bool) {
        let Some((data, _)) = self.held_block.take() else {
            return;
        };
        let unit = data.len() == 1 && data.get("text/plain").is_some_and(|text| text == "()");
        if is_value && unit {
            return;
        }
        let display = Display {
            data,
            ..Display::default()
        };
        self.give(if is_value {
            Output::Result(display)
        } else {
            Output::Display(display)
        });
    }

    fn take_marker(&mut self, line: String) {
        match line.as_str() {
            COMPLETE => {
                let deadline = Instant::now() + LAST_FLUSH;
                if self.shared.attached() {
                    self.ask_for_flush();
                    self.ending = Some((self.flushes_asked, deadline));
                } else {
                    self.end_cell();
                }
                return;
            }
            "EVCXR_PANIC_NOTIFICATION" => self.shared.cell().panicked = true,
            "EVCXR_ERROR_OCCURRED" => {
                self.read_errors();
                let text = self
                    .held_errors
                    .take()
                    .map(|(text, _)| text)
                    .unwrap_or_default();
                self.shared.cell().user_error = Some(text.trim_end().to_owned());
            }
            _ => {
                self.before_output();
                self.note_question(&line);
            }
        }
        self.shared.pipes.send_mark(&line);
    }

    /// Keeps the whole prompt of a question: evcxr passes on only what stands before a colon.
    fn note_question(&mut self, line: &str) {
        let prompt = line
            .strip_prefix("EVCXR_INPUT_REQUEST:")
            .or_else(|| line.strip_prefix("EVCXR_INPUT_REQUEST_PASSWORD:"));
        if let Some(prompt) = prompt {
            self.finish_text();
            self.shared.cell().question.get_or_insert(Question {
                prompt: prompt.to_owned(),
                by_library: false,
            });
        }
    }

    /// Everything the cell printed is given out: tells evcxr that it is complete.
    fn end_cell(&mut self) {
        self.ending = None;
        self.finish_text();
        self.read_errors();
        let is_value = {
            let mut cell = self.shared.cell();
            cell.phase = Phase::Compiling;
            cell.ended = Some(Instant::now());
            cell.has_value && !cell.panicked && cell.user_error.is_none()
        };
        self.release_block(is_value);
        self.end_of_errors();
        self.shared.pipes.send_mark(COMPLETE);
    }

    fn take_frame(&mut self, frame: &Value) {
        let content = &frame["content"];
        let output = match frame["msg_type"].as_str().unwrap_or_default() {
            "running" => {
                {
                    let mut cell = self.shared.cell();
                    cell.phase = Phase::Running;
                    cell.ran.get_or_insert_with(Instant::now);
                    cell.library = content["library"].as_str().map(str::to_owned);
                }
                self.events.send(Event::Progress(None));
                return;
            }
            "attached" => {
                self.shared.set_attached(true);
                self.flushes_done = self.flushes_asked;
                return;
            }
            "died" => {
                self.take_death(content);
                return;
            }
            "flushed" => {
                self.flushes_done += 1;
                if self
                    .ending
                    .is_some_and(|(wanted, _)| self.flushes_done >= wanted)
                {
                    self.end_cell();
                }
                return;
            }
            "error" => {
                let location = &content["location"];
                self.shared.cell().panics.push(Panic {
                    message: content["evalue"].as_str().unwrap_or_default().to_owned(),
                    file: location["file"].as_str().unwrap_or_default().to_owned(),
                    line: location["line"].as_u64().unwrap_or_default() as usize,
                    thread: content["thread"].as_str().map(str::to_owned),
                });
                return;
            }
            "input_request" => {
                self.shared.cell().question = Some(Question {
                    prompt: content["prompt"].as_str().unwrap_or_default().to_owned(),
                    by_library: true,
                });
                return;
            }
            "display_data" => Output::Display(Display::from_content(content)),
            "update_display_data" => Output::Update(Display::from_content(content)),
            "execute_result" => Output::Result(Display::from_content(content)),
            "clear_output" => Output::Clear {
                wait: content["wait"].as_bool().unwrap_or(false),
            },
            _ => return,
        };
        self.before_output();
        self.give(output);
    }

    /// The cells' process says how it ends; what it printed about that is part of it.
    fn take_death(&mut self, content: &Value) {
        self.read_errors();
        let errors = self
            .held_errors
            .take()
            .map(|(text, _)| text)
            .unwrap_or_default();
        let first = self.shared.take_death();
        let death = Death::from_content(content, &errors, first);
        self.shared.set_death(death);
        let rest = without_last_words(&errors);
        if !rest.is_empty() {
            self.give_text(Stream::Stderr, rest);
        }
    }

    fn give_text(&self, stream: Stream, text: String) {
        self.give(Output::Text { stream, text });
    }

    fn give(&self, output: Output) {
        let is_hidden = self.shared.cell().hidden;
        match output {
            output if !is_hidden => self.events.send(Event::Output(output)),
            Output::Text {
                stream: Stream::Stderr,
                text,
            } => crate::log::note(text.trim_end()),
            Output::Result(value) => self.shared.cell().value = Some(value),
            _ => {}
        }
    }
}

fn error_hold(text: &str) -> Duration {
    if are_last_words(text) {
        LAST_WORDS_HOLD
    } else {
        ERROR_TEXT_HOLD
    }
}
