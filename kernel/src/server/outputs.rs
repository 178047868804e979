//! The pace of outputs: text in pieces worth a message and not more than a browser takes, updates
//! of a display ten times a second, and displays only as fast as they can be passed on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::budget::Budget;
use super::tail::Tail;
use crate::event_queue::value_bytes;
use crate::events::{Display, Output, Stream};

/// How long text waits for more of it.
const TEXT_HOLD: Duration = Duration::from_millis(20);
/// Text longer than this does not wait.
const TEXT_LIMIT: usize = 32 * 1024;
/// The shortest time between two updates of one display.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// What a cell can print at once without losing anything, in bytes.
const TEXT_AT_ONCE: f64 = 512.0 * 1024.0;
/// What it can print besides, in bytes per second.
const TEXT_PER_SECOND: f64 = 50_000.0;
/// When text has to wait, this much budget is enough to go on, in bytes.
const TEXT_STEP: usize = 16 * 1024;
/// Displays that are passed on at once, and later per second.
const DISPLAYS_AT_ONCE: f64 = 100.0;
const DISPLAYS_PER_SECOND: f64 = 100.0;
/// The same once the user wants the cell to stop.
const DISPLAYS_PER_SECOND_HURRIED: f64 = 500.0;
/// Bytes of all outputs that are passed on at once, and later per second. Jupyter's server drops
/// what goes beyond 3 MB in 3 seconds.
const BYTES_AT_ONCE: f64 = 1_000_000.0;
const BYTES_PER_SECOND: f64 = 600_000.0;

/// A message for the output channel: its type and content.
pub(crate) type Outgoing = (&'static str, Value);

/// Turns outputs into messages. The last state of everything is always sent; text and displays in
/// their order.
pub(crate) struct Pacer {
    text: Tail,
    /// Since when the oldest text waits.
    text_since: Instant,
    text_budget: Budget,
    at_line_start: bool,
    /// Updates to be sent, oldest first.
    updates: Vec<(String, Display)>,
    update_times: HashMap<String, Instant>,
    displays: Budget,
    bytes: Budget,
    result_given: bool,
    ready: Vec<Outgoing>,
}

impl Pacer {
    pub(crate) fn new(now: Instant) -> Self {
        Pacer {
            text: Tail::default(),
            text_since: now,
            text_budget: Budget::new(TEXT_AT_ONCE, TEXT_PER_SECOND, now),
            at_line_start: true,
            updates: Vec::new(),
            update_times: HashMap::new(),
            displays: Budget::new(DISPLAYS_AT_ONCE, DISPLAYS_PER_SECOND, now),
            bytes: Budget::new(BYTES_AT_ONCE, BYTES_PER_SECOND, now),
            result_given: false,
            ready: Vec::new(),
        }
    }

    /// Whether the next output can be taken; if not, the cell has to wait.
    pub(crate) fn has_room(&self, now: Instant) -> bool {
        self.displays.has(1.0, now) && self.bytes.has(0.0, now)
    }

    /// Takes an output of cell number `count`.
    pub(crate) fn push(&mut self, output: Output, count: u32, now: Instant) {
        match output {
            Output::Text { stream, text } => self.push_text(stream, &text, now),
            Output::Update(display) => self.push_update(display, now),
            Output::Display(display) => {
                self.flush(now);
                self.push_display("display_data", display.to_content(), now);
            }
            Output::Result(display) => {
                self.flush(now);
                let mut content = display.to_content();
                if self.result_given {
                    self.push_display("display_data", content, now);
                } else {
                    self.result_given = true;
                    content["execution_count"] = json!(count);
                    self.push_display("execute_result", content, now);
                }
            }
            Output::Clear { wait } => {
                self.flush(now);
                self.push_display("clear_output", json!({ "wait": wait }), now);
            }
        }
    }

    fn push_text(&mut self, stream: Stream, text: &str, now: Instant) {
        if self.text.is_empty() {
            self.text_since = now;
        }
        self.text.push(stream, text);
        if self.text.cost() > TEXT_LIMIT && self.text_is_affordable(now) {
            self.send_text(now);
        }
        self.text.shorten();
    }

    fn push_display(&mut self, msg_type: &'static str, content: Value, now: Instant) {
        self.displays.spend(1.0, now);
        self.bytes.spend(value_bytes(&content) as f64, now);
        self.at_line_start = true;
        self.ready.push((msg_type, content));
    }

    fn push_update(&mut self, display: Display, now: Instant) {
        let Some(id) = display.id().map(str::to_owned) else {
            return;
        };
        self.updates.retain(|(other, _)| *other != id);
        let due = self.update_due(&id).is_none_or(|due| now >= due);
        self.updates.push((id.clone(), display));
        if due {
            self.send_updates(Some(&id), now);
        }
    }

    /// What has to be in the budget before the waiting text is sent.
    fn text_step(&self) -> f64 {
        self.text.cost().min(TEXT_STEP) as f64
    }

    fn text_is_affordable(&self, now: Instant) -> bool {
        self.text_budget.has(self.text_step(), now)
    }

    fn send_text(&mut self, now: Instant) {
        if self.text.is_empty() {
            return;
        }
        let cost = self.text.cost() as f64;
        self.text_budget.spend(cost, now);
        self.bytes.spend(cost, now);
        for (stream, text) in self.text.take(self.at_line_start) {
            self.at_line_start = text.ends_with('\n');
            let content = json!({ "name": stream.name(), "text": text });
            self.ready.push(("stream", content));
        }
    }

    /// Sends the waiting updates, or only that of the display named `only`.
    fn send_updates(&mut self, only: Option<&str>, now: Instant) {
        let (send, keep) = std::mem::take(&mut self.updates)
            .into_iter()
            .partition(|(id, _)| only.is_none_or(|only| only == id));
        self.updates = keep;
        for (id, display) in send {
            let content = display.to_content();
            self.bytes.spend(value_bytes(&content) as f64, now);
            self.ready.push(("update_display_data", content));
            self.update_times.insert(id, now);
        }
    }

    /// Makes everything that waits ready.
    pub(crate) fn flush(&mut self, now: Instant) {
        // An update has no place among the text: it changes what is already shown.
        self.send_updates(None, now);
        self.send_text(now);
    }

    /// Starts a new cell.
    pub(crate) fn start_cell(&mut self, now: Instant) {
        self.flush(now);
        self.result_given = false;
        self.at_line_start = true;
        self.update_times.clear();
        self.text_budget = Budget::new(TEXT_AT_ONCE, TEXT_PER_SECOND, now);
        self.displays.set_pace(DISPLAYS_PER_SECOND, now);
    }

    /// Passes on faster what the cell still shows, because it is to stop.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.displays.set_pace(DISPLAYS_PER_SECOND_HURRIED, now);
    }

    /// What is to be sent now.
    pub(crate) fn take_ready(&mut self, now: Instant) -> Vec<Outgoing> {
        if !self.text.is_empty()
            && now >= self.text_since + TEXT_HOLD
            && self.text_is_affordable(now)
        {
            self.send_text(now);
        }
        let due: Vec<String> = self
            .updates
            .iter()
            .filter(|(id, _)| self.update_due(id).is_none_or(|due| now >= due))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.send_updates(Some(&id), now);
        }
        std::mem::take(&mut self.ready)
    }

    fn update_due(&self, id: &str) -> Option<Instant> {
        self.update_times
            .get(id)
            .map(|sent| *sent + UPDATE_INTERVAL)
    }

    /// When something that waits is due, or there is room again.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let text = (!self.text.is_empty()).then(|| {
            let affordable = self.text_budget.when(self.text_step(), now);
            if self.text_is_affordable(now) {
                self.text_since + TEXT_HOLD
            } else {
                affordable
            }
        });
        let room = (!self.has_room(now))
            .then(|| self.displays.when(1.0, now).max(self.bytes.when(0.0, now)));
        let updates = self
            .updates
            .iter()
            .filter_map(|(id, _)| self.update_due(id));
        text.into_iter().chain(room).chain(updates).min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::{Outgoing, Pacer};
    use crate::events::{Display, Output, Stream};

    fn text(text: &str) -> Output {
        Output::Text {
            stream: Stream::Stdout,
            text: text.to_owned(),
        }
    }

    fn update(id: &str, state: usize) -> Output {
        Output::Update(Display::from_content(&json!({
            "data": { "text/plain": state.to_string() },
            "transient": { "display_id": id },
        })))
    }

    fn texts(messages: &[Outgoing]) -> String {
        let texts = messages
            .iter()
            .filter_map(|(_, content)| content["text"].as_str());
        texts.collect()
    }

    #[test]
    fn text_waits_for_more_but_not_long() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        pacer.push(text("a"), 1, start);
        pacer.push(text("b"), 1, start + Duration::from_millis(10));
        assert!(
            pacer
                .take_ready(start + Duration::from_millis(10))
                .is_empty()
        );
        let due = pacer.deadline(start).expect("text waits");
        assert_eq!(due, start + Duration::from_millis(20));
        assert_eq!(texts(&pacer.take_ready(due)), "ab");
        assert_eq!(pacer.deadline(due), None);
    }

    #[test]
    fn a_flood_is_cut_to_what_the_budget_allows() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let mut sent = Vec::new();
        // A megabyte of lines a second, for ten seconds.
        for step in 0..10_000 {
            let now = start + Duration::from_millis(step);
            pacer.push(text(&format!("{step:>999}\n")), 1, now);
            sent.extend(pacer.take_ready(now));
        }
        let during = texts(&sent);
        let refilled = 10 * 50_000;
        assert!(
            during.len() < 512 * 1024 + refilled + 100_000,
            "{}",
            during.len()
        );
        assert!(
            during.len() > 512 * 1024 + refilled - 100_000,
            "{}",
            during.len()
        );
        assert!(sent.len() < 200, "{} messages", sent.len());
        let end = start + Duration::from_secs(10);
        pacer.flush(end);
        assert!(texts(&pacer.take_ready(end)).ends_with("9999\n"));
        // The next cell starts anew.
        pacer.start_cell(end);
        pacer.push(text(&"x".repeat(40_000)), 2, end);
        assert_eq!(texts(&pacer.take_ready(end)).len(), 40_000);
    }

    #[test]
    fn displays_beyond_the_budget_have_to_wait_outside() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let mut now = start;
        for shown in 0..300 {
            if !pacer.has_room(now) {
                let later = pacer.deadline(now).expect("there will be room");
                assert!(shown >= 100 && later > now);
                now = later;
                assert!(pacer.has_room(now));
            }
            pacer.push(Output::Display(Display::text("x")), 1, now);
        }
        let took = (now - start).as_secs_f64();
        assert!((1.9..2.5).contains(&took), "{took} s");
        assert_eq!(pacer.take_ready(now).len(), 300);
        pacer.hurry(now);
        let sooner = pacer.deadline(now).expect("there will be room");
        assert!(sooner <= now + Duration::from_millis(4));
    }

    #[test]
    fn large_displays_have_to_wait_longer() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let large = Display::text(&"x".repeat(4_000_000));
        pacer.push(Output::Display(large), 1, start);
        assert!(!pacer.has_room(start + Duration::from_secs(4)));
        assert!(pacer.has_room(start + Duration::from_secs(6)));
    }

    #[test]
    fn updates_come_ten_times_a_second_and_the_last_one_always() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let mut sent = Vec::new();
        for step in 0..1000 {
            let now = start + Duration::from_millis(step as u64);
            pacer.push(update("bar", step), 1, now);
            // What is printed meanwhile does not send them earlier.
            pacer.push(text("."), 1, now);
            sent.extend(pacer.take_ready(now));
        }
        pacer.flush(start + Duration::from_secs(1));
        sent.extend(pacer.take_ready(start + Duration::from_secs(1)));
        let states: Vec<&Value> = sent
            .iter()
            .filter(|(msg_type, _)| *msg_type == "update_display_data")
            .map(|(_, content)| &content["data"]["text/plain"])
            .collect();
        assert!((10..=12).contains(&states.len()), "{states:?}");
        assert_eq!(states[states.len() - 1], "999");
        assert_eq!(texts(&sent).len(), 1000);
    }
}
