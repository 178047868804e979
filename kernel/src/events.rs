//! What the other threads tell the server thread.

use std::sync::mpsc::Sender;

use serde_json::{Map, Value};

use crate::analysis::Answer;
pub(crate) use crate::event_queue::{EventReceiver, EventSender, event_channel};

/// Which standard stream a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// One output of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    Text {
        stream: Stream,
        text: String,
    },
    Display(Display),
    /// Replaces the content of an earlier display with the same `transient.display_id`.
    Update(Display),
    /// The value of the cell; the first one per cell is its result.
    Result(Display),
    Clear {
        wait: bool,
    },
}

/// One thing to show, in several MIME types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Display {
    pub(crate) data: Map<String, Value>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) transient: Map<String, Value>,
}

impl Display {
    /// Plain text.
    pub(crate) fn text(text: &str) -> Self {
        let mut display = Display::default();
        display.data.insert("text/plain".to_owned(), text.into());
        display
    }

    /// The same thing as HTML and as plain text.
    pub(crate) fn html(html: String, text: String) -> Self {
        let mut display = Display::text(&text);
        display.data.insert("text/html".to_owned(), html.into());
        display
    }

    pub(crate) fn from_content(content: &Value) -> Self {
        let part = |name: &str| content[name].as_object().cloned().unwrap_or_default();
        Display {
            data: part("data"),
            metadata: part("metadata"),
            transient: part("transient"),
        }
    }

    pub(crate) fn to_content(&self) -> Value {
        serde_json::json!({
            "data": self.data,
            "metadata": self.metadata,
            "transient": self.transient,
        })
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.transient.get("display_id").and_then(Value::as_str)
    }
}

/// How a cell failed, as the protocol's `error` message has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellError {
    pub(crate) ename: String,
    pub(crate) evalue: String,
    pub(crate) traceback: Vec<String>,
}

impl CellError {
    /// An error whose traceback is its heading in bold red, and a text below it.
    pub(crate) fn new(ename: &str, evalue: &str, details: &[String]) -> Self {
        let mut traceback = vec![format!("\x1b[1;31m{ename}\x1b[0m: {evalue}")];
        traceback.extend(details.iter().cloned());
        CellError {
            ename: ename.to_owned(),
            evalue: evalue.to_owned(),
            traceback,
        }
    }

    /// The content of an `error` message.
    pub(crate) fn to_content(&self) -> Value {
        serde_json::json!({
            "ename": self.ename,
            "evalue": self.evalue,
            "traceback": self.traceback,
        })
    }

    /// The error of a cell that the user stopped.
    pub(crate) fn interrupted(what: &str) -> Self {
        CellError::new("KeyboardInterrupt", what, &[])
    }
}

/// An event for the server thread.
#[derive(Debug)]
pub(crate) enum Event {
    Output(Output),
    /// What the session is busy with before the cell itself runs; `None` when that is over.
    Progress(Option<String>),
    /// The session is up: cells can run.
    Ready,
    /// The job with this number is finished.
    Done {
        job: u64,
        result: JobResult,
    },
    /// The answer to the question with this number.
    Answered {
        number: u64,
        answer: Answer,
    },
    /// The running cell asks the user for a line.
    Input {
        prompt: String,
        password: bool,
        reply: Sender<String>,
    },
}

/// What a job gives.
#[derive(Debug)]
pub(crate) enum JobResult {
    Executed(Result<(), CellError>),
    /// What became of each expression, as the protocol has it.
    Evaluated(Map<String, Value>),
}
