//! The display that tells, while a cell waits for compilers, what they are doing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Server;

/// A wait shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the display is renewed.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is shown about the work before a cell runs.
#[derive(Default)]
pub(crate) struct ProgressDisplay {
    text: Option<String>,
    since: Option<Instant>,
    shown: Option<String>,
    renewed: Option<Instant>,
}

impl ProgressDisplay {
    pub(crate) fn set(&mut self, text: Option<String>) {
        if text.is_none() {
            self.since = None;
        } else if self.since.is_none() {
            self.since = Some(Instant::now());
        }
        self.text = text;
    }

    /// When something is to be shown.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let since = self.since?;
        Some(match self.renewed {
            Some(renewed) => renewed + INTERVAL,
            None => since + PATIENCE,
        })
    }

    fn content(&self, id: &str) -> Value {
        let seconds = self.since.map_or(0, |since| since.elapsed().as_secs());
        let text = self.text.as_deref().unwrap_or("starting");
        let line = format!("{text} ({seconds} s)");
        json!({
            "data": { "text/plain": line },
            "metadata": {},
            "transient": { "display_id": id },
        })
    }
}

impl Server {
    /// Shows what the session is busy with, if the cell has waited for a while.
    pub(super) fn show_progress(&mut self) {
        let Some(current) = &self.current else {
            return;
        };
        let due = self
            .progress
            .deadline()
            .is_some_and(|due| Instant::now() >= due);
        if !due || current.silent {
            return;
        }
        let header = current.request.header.clone();
        let (msg_type, id) = match &self.progress.shown {
            Some(id) => ("update_display_data", id.clone()),
            None => ("display_data", uuid::Uuid::new_v4().to_string()),
        };
        self.pacer.flush(Instant::now());
        self.publish_ready();
        self.publish(msg_type, &header, self.progress.content(&id));
        self.progress.shown = Some(id);
        self.progress.renewed = Some(Instant::now());
    }

    /// Takes the display away again.
    pub(super) fn hide_progress(&mut self) {
        self.progress.renewed = None;
        let Some(id) = self.progress.shown.take() else {
            return;
        };
        let Some(current) = &self.current else {
            return;
        };
        let header = current.request.header.clone();
        if current.has_output {
            // Clearing would take the cell's own output away too.
            let content = json!({
                "data": { "text/plain": "compiled" },
                "metadata": {},
                "transient": { "display_id": id },
            });
            self.publish("update_display_data", &header, content);
        } else {
            self.publish("clear_output", &header, json!({ "wait": false }));
        }
    }
}
