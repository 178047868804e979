//! A cell `?name`, as IPython has it: its reply carries what is known about the name as a page,
//! which Jupyter's clients show.

use serde_json::json;

use super::Server;
use crate::analysis::Inspection;
use crate::events::{Output, Stream};

/// The name that a cell asks about, if all of it is `?name`; `??name` asks the same.
pub(super) fn subject(code: &str) -> Option<&str> {
    let name = code.trim().trim_start_matches('?');
    let allowed = |character: char| character.is_alphanumeric() || "_:.!".contains(character);
    let asks = code.trim_start().starts_with('?') && !name.is_empty() && name.chars().all(allowed);
    // A macro's documentation is found by its name alone.
    asks.then(|| name.trim_end_matches('!'))
}

impl Server {
    /// Answers the running cell, which asked about a name, with what was found for it.
    pub(super) fn finish_page(&mut self, found: Option<Inspection>) {
        match (found, &mut self.current) {
            (Some(found), Some(current)) => current.payload.push(json!({
                "source": "page",
                "data": { "text/plain": found.text, "text/html": found.html },
                "start": 0,
            })),
            (None, Some(current)) => {
                let code = current.request.content["code"].as_str().unwrap_or_default();
                let name = subject(code).unwrap_or_default();
                let text = format!("nothing is known about `{name}`\n");
                self.take_output(Output::Text {
                    stream: Stream::Stdout,
                    text,
                });
            }
            (_, None) => {}
        }
        self.finish_cell(Ok(()));
    }
}
