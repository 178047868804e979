//! The types of variables, completion and documentation, on a thread of their own: so completions
//! come while a cell is compiled or runs, and packages are read while evcxr starts.
//!
//! evcxr has a rust-analyzer for the types of variables, but it belongs to the session's thread and
//! is given nothing to read. This one sees what the session tells it after each cell: what the cell
//! defined, and the types of the variables.

mod analyzer;
mod commands;
mod completion;
mod description;
mod document;
mod inspection;
mod items;
mod prime;
mod project;
mod thread;
mod types;

pub use self::analyzer::Analyzer;
pub use self::document::Document;
pub use self::project::Packages;
pub(crate) use self::thread::{AnalysisHandle, Question, QuestionKind};
pub use self::types::Findings;
pub(crate) use self::types::needs_types;

/// One completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What stands there then.
    pub text: String,
    /// What it is: `function`, `class`, `instance`, `property`, `module`, `keyword` and so on.
    pub kind: String,
    /// The signature of a function, the type of anything else that has one.
    pub signature: String,
    /// The first paragraph of its documentation, as Markdown.
    pub documentation: String,
}

/// Completions with the byte range of the cell that they replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// The completions, the likeliest first.
    pub matches: Vec<Completion>,
    /// Where the replaced text starts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Completions {
    fn nothing(position: usize) -> Completions {
        Completions {
            matches: Vec::new(),
            start: position,
            end: position,
        }
    }
}

/// A description of a piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// As plain text.
    pub text: String,
    /// As Markdown.
    pub markdown: String,
    /// As HTML.
    pub html: String,
}

impl Inspection {
    fn new(text: String, markdown: String) -> Inspection {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&markdown));
        Inspection {
            text,
            markdown,
            html,
        }
    }
}

/// The answer to a question.
#[derive(Debug)]
pub(crate) enum Answer {
    Completions(Completions),
    Inspection(Option<Inspection>),
}
