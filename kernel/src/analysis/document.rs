//! What the notebook has defined so far, as a Rust file in which a cell can be analyzed.

use std::ops::Range;

use super::items::{self, Item};
use crate::source::{Completeness, completeness, without_commands};

/// The function that stands around the cell.
pub(super) const WRAPPER: &str = "kerust_cell_body";
/// The method that evcxr calls to show a cell's last value.
pub(super) const SHOWN: &str = "evcxr_display";

/// The definitions and variables that cells have left behind.
#[derive(Clone, Debug, Default)]
pub struct Document {
    items: Vec<Item>,
    /// Names and types.
    variables: Vec<(String, String)>,
    /// The running cell.
    running: Option<String>,
}

/// A file with a cell in it.
pub(super) struct File {
    pub(super) text: String,
    /// Where the cell starts, in bytes.
    pub(super) start: usize,
}

impl Document {
    /// Notes that a cell has started: what it defines can be written about already.
    pub fn start_cell(&mut self, code: &str) {
        self.running = Some(code.to_owned());
    }

    /// Notes that the running cell has ended, and which variables there are now. `definitions_stay`
    /// says whether what it defined is there for later cells.
    pub fn end_cell(&mut self, definitions_stay: bool, variables: Vec<(String, String)>) {
        let code = self.running.take();
        self.variables = variables;
        if let Some(code) = code.filter(|_| definitions_stay) {
            self.define(&code);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Document::default();
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn define(&mut self, code: &str) {
        let mut rest = code;
        if let Some(position) = last_clear(code) {
            self.items.clear();
            rest = &code[position..];
        }
        add_items(&mut self.items, rest);
    }

    /// The file for the cell `code`, to look at a place in it.
    pub(super) fn file(&self, code: &str) -> File {
        let mut text = self.opening(&self.items);
        if let Some(running) = &self.running
            && completeness(running) == Completeness::Complete
        {
            text.push_str(&without_commands(running));
            text.push_str("\n;\n");
        }
        let start = text.len();
        text.push_str(&without_commands(code));
        text.push_str("\n;Ok(())\n}\n");
        File { text, start }
    }

    /// The file for the cell `code` as evcxr will compile it: with its items beside the function
    /// that runs it, so that its variables can have their types. Its `value`, if any, is shown behind
    /// it.
    pub(super) fn compiled_file(&self, code: &str, value: Option<&Range<usize>>) -> File {
        let mut items = self.items.clone();
        add_items(&mut items, code);
        let mut text = self.opening(&items);
        let start = text.len();
        text.push_str(&items::blanked(code));
        text.push_str("\n;\n");
        if let Some(value) = value {
            text.push_str(&format!("({}\n).{SHOWN}();\n", &code[value.clone()]));
        }
        text.push_str("Ok(())\n}\n");
        File { text, start }
    }

    /// Everything that stands before a cell: `items`, and the start of the function around it.
    fn opening(&self, items: &[Item]) -> String {
        let mut text = String::from("#![allow(warnings)]\n");
        let (macros, others): (Vec<&Item>, Vec<&Item>) =
            items.iter().partition(|item| item.is_macro);
        for item in macros.into_iter().chain(others) {
            text.push_str(&item.text);
            text.push('\n');
        }
        text.push_str(&format!("async fn {WRAPPER}("));
        for (name, kind) in &self.variables {
            text.push_str(&format!("{name}: {kind}, "));
        }
        text.push_str(") -> Result<(), Box<dyn std::error::Error>> {\n");
        text
    }
}

/// Adds what the cell `code` defines to `items`.
fn add_items(items: &mut Vec<Item>, code: &str) {
    for item in items::of_cell(code) {
        match items.iter_mut().find(|known| known.key == item.key) {
            Some(known) => *known = item,
            None => items.push(item),
        }
    }
}

/// Where the code after the last `:clear` starts.
fn last_clear(code: &str) -> Option<usize> {
    let mut position = 0;
    let mut found = None;
    for line in code.split_inclusive('\n') {
        position += line.len();
        if line.trim_end() == ":clear" {
            found = Some(position);
        }
    }
    found
}
