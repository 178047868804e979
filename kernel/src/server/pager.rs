//! A cell `?name`, as IPython has it: its reply carries what is known about the name as a page,
//! which Jupyter's clients show.

use serde_json::json;

use super::{Channel, Server, replies};
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
    /// Answers the running cell, which asked about a name, with the text and HTML found for it.
    pub(super) fn finish_page(&mut self, found: Option<(String, String)>) {
        let Some((text, html)) = found else {
            let code = self
                .current
                .as_ref()
                .map(|current| &current.request.content["code"]);
            let name = code
                .and_then(|code| subject(code.as_str()?))
                .unwrap_or_default();
            let text = format!("nothing is known about `{name}`\n");
            self.take_output(Output::Text {
                stream: Stream::Stdout,
                text,
            });
            self.finish_cell(Ok(()));
            return;
        };
        self.hide_progress();
        self.pacer.flush();
        self.publish_ready();
        let Some(current) = self.current.take() else {
            return;
        };
        let mut content = replies::executed(self.execution_count, &current.request.content);
        content["payload"] = json!([{
            "source": "page",
            "data": { "text/plain": text, "text/html": html },
            "start": 0,
        }]);
        self.reply(Channel::Shell, &current.request, "execute_reply", content);
        self.publish_status("idle", &current.request.header);
    }
}
