//! The outputs of a notebook's cells, gathered as a front end gathers them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::notebook::{joined, lines};
use crate::protocol::message::Message;

/// The outputs of all cells so far.
#[derive(Default)]
pub(crate) struct Collector {
    cells: Vec<Vec<Value>>,
    /// Where the displays with an id are: cell and place.
    displays: HashMap<String, Vec<(usize, usize)>>,
    /// Whether the running cell's outputs go away when the next one comes.
    clear_next: bool,
    /// The place of the running cell's output that changed last.
    latest: usize,
}

impl Collector {
    /// Starts the next cell.
    pub(crate) fn start_cell(&mut self) {
        self.cells.push(Vec::new());
        self.clear_next = false;
        self.latest = 0;
    }

    /// Takes an output message of the running cell. Returns whether it was one.
    pub(crate) fn take(&mut self, message: &Message) -> bool {
        let content = &message.content;
        match message.msg_type() {
            "stream" => {
                self.prepare();
                let text = content["text"].as_str().unwrap_or_default();
                let last = self.cells.last_mut().and_then(|cell| cell.last_mut());
                match last {
                    Some(last)
                        if last["name"] == content["name"] && last["output_type"] == "stream" =>
                    {
                        if let Value::String(whole) = &mut last["text"] {
                            whole.push_str(text);
                        }
                        self.latest = self.cells.last().map_or(0, |cell| cell.len() - 1);
                    }
                    _ => self.add(json!({
                        "output_type": "stream",
                        "name": content["name"],
                        "text": text,
                    })),
                }
            }
            "display_data" => self.add_display(content, json!({ "output_type": "display_data" })),
            "execute_result" => self.add_display(
                content,
                json!({
                    "output_type": "execute_result",
                    "execution_count": content["execution_count"],
                }),
            ),
            "update_display_data" => self.update(content),
            "error" => {
                self.prepare();
                self.add(json!({
                    "output_type": "error",
                    "ename": content["ename"],
                    "evalue": content["evalue"],
                    "traceback": content["traceback"],
                }));
            }
            "clear_output" => {
                if content["wait"].as_bool().unwrap_or(false) {
                    self.clear_next = true;
                } else {
                    self.clear();
                }
            }
            _ => return false,
        }
        true
    }

    /// What the running cell showed or changed last, as text, for a terminal.
    pub(crate) fn last_text(&self) -> Option<String> {
        let last = self.cells.last()?.get(self.latest)?;
        let text = match last["output_type"].as_str()? {
            "stream" => Cow::Borrowed(last["text"].as_str()?),
            "error" => return None,
            _ => Cow::Owned(joined(&last["data"]["text/plain"])),
        };
        let line = resolve(text.trim_end().lines().last()?);
        let line = line.trim_end();
        (!line.is_empty()).then(|| line.to_owned())
    }

    /// The outputs of cell number `index` among those started, as a notebook stores them.
    pub(crate) fn outputs(&self, index: usize) -> Value {
        self.cells[index].iter().cloned().map(finished).collect()
    }

    fn prepare(&mut self) {
        if self.clear_next {
            self.clear_next = false;
            self.clear();
        }
    }

    fn clear(&mut self) {
        let running = self.cells.len().saturating_sub(1);
        if let Some(cell) = self.cells.last_mut() {
            cell.clear();
        }
        self.latest = 0;
        for places in self.displays.values_mut() {
            places.retain(|(cell, _)| *cell != running);
        }
    }

    fn add(&mut self, output: Value) {
        if let Some(cell) = self.cells.last_mut() {
            cell.push(output);
            self.latest = cell.len() - 1;
        }
    }

    fn add_display(&mut self, content: &Value, mut output: Value) {
        self.prepare();
        output["data"] = object(&content["data"]);
        output["metadata"] = object(&content["metadata"]);
        if let Some(id) = content["transient"]["display_id"].as_str() {
            let cell = self.cells.len().saturating_sub(1);
            let place = self.cells.last().map_or(0, Vec::len);
            self.displays
                .entry(id.to_owned())
                .or_default()
                .push((cell, place));
        }
        self.add(output);
    }

    fn update(&mut self, content: &Value) {
        let Some(id) = content["transient"]["display_id"].as_str() else {
            return;
        };
        let running = self.cells.len().saturating_sub(1);
        for (cell, place) in self.displays.get(id).into_iter().flatten() {
            if let Some(output) = self
                .cells
                .get_mut(*cell)
                .and_then(|cell| cell.get_mut(*place))
            {
                output["data"] = object(&content["data"]);
                output["metadata"] = object(&content["metadata"]);
                if *cell == running {
                    self.latest = *place;
                }
            }
        }
    }
}

fn object(value: &Value) -> Value {
    Value::Object(value.as_object().cloned().unwrap_or_default())
}

/// An output in the form that the format prescribes.
fn finished(mut output: Value) -> Value {
    if output["output_type"] == "stream" {
        output["text"] = lines(&resolve(&joined(&output["text"])));
    } else if let Some(data) = output["data"].as_object() {
        let data: Map<String, Value> = data
            .iter()
            .map(|(mime, value)| (mime.clone(), stored(mime, value)))
            .collect();
        output["data"] = Value::Object(data);
    }
    output
}

fn stored(mime: &str, value: &Value) -> Value {
    let is_text =
        mime.starts_with("text/") || matches!(mime, "image/svg+xml" | "application/javascript");
    match value {
        Value::String(text) if is_text => lines(text),
        _ => value.clone(),
    }
}

/// What a terminal shows of `text`: carriage returns and backspaces overwrite what they go back
/// over.
pub(crate) fn resolve(text: &str) -> String {
    if !text.contains(['\r', '\x08']) {
        return text.to_owned();
    }
    let mut resolved = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        let mut shown: Vec<char> = Vec::new();
        let mut column = 0usize;
        for character in line.chars() {
            match character {
                '\r' => column = 0,
                '\x08' => column = column.saturating_sub(1),
                _ if column < shown.len() => {
                    shown[column] = character;
                    column += 1;
                }
                _ => {
                    shown.push(character);
                    column += 1;
                }
            }
        }
        resolved.extend(shown);
        resolved.push_str(end);
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display(msg_type: &str, id: &str, text: &str) -> Message {
        let content = json!({
            "data": { "text/plain": text },
            "metadata": {},
            "transient": { "display_id": id },
        });
        Message::new("session", msg_type, json!({}), content)
    }

    #[test]
    fn a_terminal_shows_what_changed_last() {
        let mut collector = Collector::default();
        collector.start_cell();
        assert_eq!(collector.last_text(), None);
        collector.take(&display("display_data", "bar", "Epoch 1\n1/2"));
        collector.take(&display("display_data", "chart", "<chart>"));
        assert_eq!(collector.last_text().as_deref(), Some("<chart>"));
        collector.take(&display("update_display_data", "bar", "Epoch 1\n2/2"));
        assert_eq!(collector.last_text().as_deref(), Some("2/2"));
        collector.start_cell();
        collector.take(&display("display_data", "other", "next"));
        collector.take(&display("update_display_data", "chart", "<longer chart>"));
        assert_eq!(collector.last_text().as_deref(), Some("next"));
        assert_eq!(
            collector.outputs(0)[1]["data"]["text/plain"],
            json!(["<longer chart>"])
        );
    }
}
