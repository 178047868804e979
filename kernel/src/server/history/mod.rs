//! What ran in this session and in those before it, for clients that ask.

mod glob;
mod store;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::{Value, json};

use self::store::{Entry, Store};
use crate::protocol::requests::{HistoryAccess, HistoryRequest};

/// Results longer than this are kept up to here, in bytes.
const LONGEST_OUTPUT: usize = 10_000;

/// The history. Without a folder, or if it cannot be written, only this session's.
pub(crate) struct History {
    store: Option<Store>,
    /// This session's cells; their session's number counts only when it is known.
    own: Vec<Entry>,
}

impl History {
    /// The history in `folder`.
    pub(crate) fn open(folder: Option<&Path>) -> History {
        History {
            store: folder.map(Store::open),
            own: Vec::new(),
        }
    }

    /// Notes a cell that starts.
    pub(crate) fn add(&mut self, line: u32, input: &str) {
        self.own.push(Entry {
            session: 0,
            line,
            input: input.to_owned(),
            output: None,
        });
        let written = self
            .store
            .as_mut()
            .map(|store| store.add_input(line, input));
        self.give_up_if(written);
    }

    /// Notes the result of the last cell.
    pub(crate) fn add_output(&mut self, output: &str) {
        let Some(entry) = self.own.last_mut().filter(|entry| entry.output.is_none()) else {
            return;
        };
        let end = (0..=output.len().min(LONGEST_OUTPUT))
            .rev()
            .find(|end| output.is_char_boundary(*end))
            .unwrap_or(0);
        let output = &output[..end];
        entry.output = Some(output.to_owned());
        let line = entry.line;
        let written = self
            .store
            .as_ref()
            .map(|store| store.add_output(line, output));
        self.give_up_if(written);
    }

    /// Goes on in memory alone after a failure.
    fn give_up_if(&mut self, written: Option<std::io::Result<()>>) {
        if let Some(Err(error)) = written {
            self.store = None;
            crate::log::note(&format!(
                "the history of this session cannot be kept for later ones: {error}"
            ));
        }
    }

    /// The content of the reply to `request`.
    pub(crate) fn reply(&self, request: &HistoryRequest) -> Value {
        let chosen = match request.hist_access_type {
            HistoryAccess::Range => self.range(request),
            HistoryAccess::Tail => {
                let mut all = self.all();
                keep_last(&mut all, request.n);
                all
            }
            HistoryAccess::Search => {
                let mut found = self.all();
                let pattern = request.pattern.as_deref().unwrap_or("*");
                found.retain(|entry| glob::matches(pattern, &entry.input));
                if request.unique {
                    keep_newest_of_each(&mut found);
                }
                keep_last(&mut found, request.n);
                found
            }
        };
        let history: Vec<Value> = chosen
            .iter()
            .map(|entry| {
                let cell = if request.output {
                    json!([entry.input, entry.output])
                } else {
                    json!(entry.input)
                };
                json!([entry.session, entry.line, cell])
            })
            .collect();
        json!({ "status": "ok", "history": history })
    }

    /// This session's number: the one it has, else the one it would get.
    fn number(&self, others: &[Entry]) -> i64 {
        let next = others.iter().map(|entry| entry.session).max().unwrap_or(0) + 1;
        self.store.as_ref().and_then(Store::session).unwrap_or(next)
    }

    /// The cells of the other sessions, a session's all together, in the order of their numbers.
    fn others(&self) -> Vec<Entry> {
        let Some(store) = &self.store else {
            return Vec::new();
        };
        let mut entries = store.read();
        entries.retain(|entry| Some(entry.session) != store.session());
        entries.sort_by_key(|entry| (entry.session, entry.line));
        entries
    }

    /// All cells, this session's last.
    fn all(&self) -> Vec<Entry> {
        let mut all = self.others();
        let session = self.number(&all);
        all.extend(
            self.own
                .iter()
                .cloned()
                .map(|entry| Entry { session, ..entry }),
        );
        all
    }

    fn range(&self, request: &HistoryRequest) -> Vec<Entry> {
        let others = self.others();
        let number = self.number(&others);
        let session = if request.session > 0 {
            request.session
        } else {
            number.saturating_add(request.session)
        };
        let is_own = session == number;
        let mut chosen = if is_own { self.own.clone() } else { others };
        // In this session negative numbers count from the end, where the next cell will be.
        let next = self.own.last().map_or(1, |entry| i64::from(entry.line) + 1);
        let line_at = |number: i64| match number {
            ..0 if is_own => number.saturating_add(next),
            _ => number,
        };
        let start = line_at(request.start);
        let stop = request.stop.filter(|stop| *stop != 0).map(line_at);
        chosen.retain(|entry| {
            let line = i64::from(entry.line);
            (is_own || entry.session == session)
                && line >= start
                && stop.is_none_or(|stop| line < stop)
        });
        // This session's cells are known as the client has called it: 0, or by its number.
        if is_own {
            chosen
                .iter_mut()
                .for_each(|entry| entry.session = request.session);
        }
        chosen
    }
}

/// Keeps the last `n`; all of them without a number.
fn keep_last(entries: &mut Vec<Entry>, n: Option<i64>) {
    if let Some(n) = n.and_then(|n| usize::try_from(n).ok()) {
        entries.drain(..entries.len().saturating_sub(n));
    }
}

fn keep_newest_of_each(entries: &mut Vec<Entry>) {
    let mut seen = std::collections::HashSet::new();
    let mut kept: Vec<Entry> = std::mem::take(entries)
        .into_iter()
        .rev()
        .filter(|entry| seen.insert(entry.input.clone()))
        .collect();
    kept.reverse();
    *entries = kept;
}
