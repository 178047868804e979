//! rust-analyzer's descriptions, made fit for notebooks.
//!
//! A description is Markdown: code blocks with where the thing is defined and with its signature,
//! then a rule, then the documentation.

use ra_ap_ide::Markup;
use ra_ap_ide_db::documentation::Documentation;
use ra_ap_ide_db::rust_doc::format_docs;

/// The name of the crate that cells are in, which says nothing to the user.
const CELLS_CRATE: &str = "ctx";

/// What stands in the place of the fields that a crate keeps to itself.
const HIDDEN_FIELDS: &str = "    // private fields";

/// A description, in parts.
pub(super) struct Description {
    /// Where the thing is defined, and its signature.
    head: String,
    /// Its documentation.
    pub(super) documentation: String,
}

impl Description {
    /// Takes rust-analyzer's description apart, without what the user cannot use: the name of the
    /// cells' crate, other crates' private fields, and what examples need only as tests.
    pub(super) fn new(markup: &Markup) -> Description {
        let text = Documentation::new_owned(markup.as_str().to_owned());
        let text = format_docs(&text);
        let (head, documentation) = match text.split_once("\n---\n") {
            Some((head, documentation)) => (head.trim(), documentation.trim()),
            None => (text.trim(), ""),
        };
        let own = format!("```rust\n{CELLS_CRATE}\n```");
        let head = match head.strip_prefix(&own) {
            Some(head) => head.trim().to_owned(),
            None => without_private_fields(head),
        };
        Description {
            head,
            documentation: documentation.to_owned(),
        }
    }

    /// The name of the type of a variable or field, without what it refers to.
    pub(super) fn type_name(&self) -> &str {
        let Some((_, kind)) = self.head.rsplit_once(": ") else {
            return "";
        };
        let kind = kind.trim_start_matches('&').trim_start_matches("mut ");
        let end = kind.find(|character: char| !character.is_alphanumeric() && character != '_');
        &kind[..end.unwrap_or(kind.len())]
    }

    pub(super) fn markdown(&self) -> String {
        match self.documentation.as_str() {
            "" => self.head.clone(),
            documentation => format!("{}\n\n---\n\n{documentation}", self.head),
        }
    }
}

/// `head` with one line in the place of a struct's fields that are not public.
fn without_private_fields(head: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_struct = false;
    for line in head.lines() {
        if line.ends_with('{') && line.split_whitespace().any(|word| word == "struct") {
            in_struct = true;
        } else if line.starts_with('}') {
            in_struct = false;
        } else if in_struct && line.starts_with("    ") && !line.trim_start().starts_with("pub") {
            if lines.last() != Some(&HIDDEN_FIELDS) {
                lines.push(HIDDEN_FIELDS);
            }
            continue;
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The description without the marks that only stand for how Markdown looks.
pub(super) fn plain(markdown: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        let line = if in_code {
            line
        } else if line == "---" {
            continue;
        } else {
            line.trim_start_matches('#').trim_start()
        };
        let is_blank = line.trim().is_empty();
        if is_blank && lines.last().is_none_or(|last| last.trim().is_empty()) {
            continue;
        }
        lines.push(line);
    }
    lines.join("\n").trim_end().to_owned()
}
