//! The pace of outputs: text in pieces worth a message, displays at most ten times a second.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::events::{Display, Output, Stream};

/// How long text waits for more of it.
const TEXT_HOLD: Duration = Duration::from_millis(20);
/// Text longer than this does not wait.
const TEXT_LIMIT: usize = 32 * 1024;
/// The shortest time between two updates of one display.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// A message for the output channel: its type and content.
pub(crate) type Outgoing = (&'static str, Value);

/// Turns outputs into messages. The last state of everything is always sent, and before whatever
/// follows it.
#[derive(Default)]
pub(crate) struct Pacer {
    text: Option<(Stream, String, Instant)>,
    /// Updates to be sent, oldest first.
    updates: Vec<(String, Display)>,
    update_times: HashMap<String, Instant>,
    result_given: bool,
    ready: Vec<Outgoing>,
}

impl Pacer {
    /// Takes an output of cell number `count`.
    pub(crate) fn push(&mut self, output: Output, count: u32) {
        match output {
            Output::Text { stream, text } => {
                self.send_updates(None);
                let now = Instant::now();
                match &mut self.text {
                    Some((last, held, _)) if *last == stream => held.push_str(&text),
                    _ => {
                        self.send_text();
                        self.text = Some((stream, text, now));
                    }
                }
                if self
                    .text
                    .as_ref()
                    .is_some_and(|(_, held, _)| held.len() > TEXT_LIMIT)
                {
                    self.send_text();
                }
            }
            Output::Update(display) => self.push_update(display),
            Output::Display(display) => {
                self.flush();
                self.ready.push(("display_data", display.to_content()));
            }
            Output::Result(display) => {
                self.flush();
                let mut content = display.to_content();
                if self.result_given {
                    self.ready.push(("display_data", content));
                } else {
                    self.result_given = true;
                    content["execution_count"] = json!(count);
                    self.ready.push(("execute_result", content));
                }
            }
            Output::Clear { wait } => {
                self.flush();
                self.ready.push(("clear_output", json!({ "wait": wait })));
            }
        }
    }

    fn push_update(&mut self, display: Display) {
        self.send_text();
        let Some(id) = display.id().map(str::to_owned) else {
            return;
        };
        let recent = self
            .update_times
            .get(&id)
            .is_some_and(|sent| sent.elapsed() < UPDATE_INTERVAL);
        self.updates.retain(|(other, _)| *other != id);
        self.updates.push((id.clone(), display));
        if !recent {
            self.send_updates(Some(&id));
        }
    }

    fn send_text(&mut self) {
        if let Some((stream, text, _)) = self.text.take()
            && !text.is_empty()
        {
            let content = json!({ "name": stream.name(), "text": text });
            self.ready.push(("stream", content));
        }
    }

    /// Sends the waiting updates, or only that of the display named `only`.
    fn send_updates(&mut self, only: Option<&str>) {
        let (send, keep) = std::mem::take(&mut self.updates)
            .into_iter()
            .partition(|(id, _)| only.is_none_or(|only| only == id));
        self.updates = keep;
        for (id, display) in send {
            self.ready
                .push(("update_display_data", display.to_content()));
            self.update_times.insert(id, Instant::now());
        }
    }

    /// Makes everything that waits ready.
    pub(crate) fn flush(&mut self) {
        self.send_text();
        self.send_updates(None);
    }

    /// Starts a new cell.
    pub(crate) fn start_cell(&mut self) {
        self.flush();
        self.result_given = false;
        self.update_times.clear();
    }

    /// What is to be sent now.
    pub(crate) fn take_ready(&mut self) -> Vec<Outgoing> {
        let now = Instant::now();
        if self
            .text
            .as_ref()
            .is_some_and(|(_, _, since)| now >= *since + TEXT_HOLD)
        {
            self.send_text();
        }
        let due: Vec<String> = self
            .updates
            .iter()
            .filter(|(id, _)| self.update_due(id).is_none_or(|due| now >= due))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.send_updates(Some(&id));
        }
        std::mem::take(&mut self.ready)
    }

    fn update_due(&self, id: &str) -> Option<Instant> {
        self.update_times
            .get(id)
            .map(|sent| *sent + UPDATE_INTERVAL)
    }

    /// When something that waits is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let text = self.text.as_ref().map(|(_, _, since)| *since + TEXT_HOLD);
        let updates = self
            .updates
            .iter()
            .filter_map(|(id, _)| self.update_due(id));
        text.into_iter().chain(updates).min()
    }
}
