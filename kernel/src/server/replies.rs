//! The contents of replies.

use serde_json::{Map, Value, json};

use crate::analysis::{Completions, Inspection};
use crate::positions::code_points;
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::requests::IsCompleteRequest;
use crate::source::{self, Completeness};

pub(crate) fn kernel_info(busy: bool) -> Value {
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL_VERSION,
        "implementation": "kerust",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": language_info(),
        "banner": format!(
            "kerust {}: Rust with Keras-style deep learning\n\
             `use kerust::prelude::*;` needs no `:dep` line.",
            env!("CARGO_PKG_VERSION")
        ),
        "help_links": [
            { "text": "Rust documentation", "url": "https://doc.rust-lang.org/std/" },
            { "text": "Keras documentation", "url": "https://keras.io/api/" },
        ],
        "supported_features": [],
        "debugger": false,
        "execution_state": if busy { "busy" } else { "idle" },
    })
}

/// What notebooks say about their language.
pub(crate) fn language_info() -> Value {
    json!({
        "name": "rust",
        "version": env!("CARGO_PKG_RUST_VERSION"),
        "mimetype": "text/x-rustsrc",
        "file_extension": ".rs",
        "pygments_lexer": "rust",
        "codemirror_mode": "rust",
    })
}

pub(crate) fn is_complete(request: &IsCompleteRequest) -> Value {
    match source::completeness(&request.code) {
        Completeness::Complete => json!({ "status": "complete" }),
        Completeness::Incomplete { indent } => {
            json!({ "status": "incomplete", "indent": indent })
        }
        Completeness::Invalid => json!({ "status": "invalid" }),
    }
}

pub(crate) fn completions(request: &Value, found: &Completions) -> Value {
    let code = request["code"].as_str().unwrap_or_default();
    let (start, end) = (code_points(code, found.start), code_points(code, found.end));
    let typed: Vec<Value> = found
        .matches
        .iter()
        .map(|completion| {
            json!({
                "start": start,
                "end": end,
                "text": completion.text,
                "type": completion.kind,
                "signature": completion.signature,
                "documentation": completion.documentation,
            })
        })
        .collect();
    let matches: Vec<&str> = found
        .matches
        .iter()
        .map(|completion| completion.text.as_str())
        .collect();
    json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        "metadata": { "_jupyter_types_experimental": typed },
    })
}

pub(crate) fn inspection(found: Option<Inspection>) -> Value {
    match found {
        Some(found) => json!({
            "status": "ok",
            "found": true,
            "data": {
                "text/plain": found.text,
                "text/markdown": found.markdown,
                "text/html": found.html,
            },
            "metadata": {},
        }),
        None => json!({ "status": "ok", "found": false, "data": {}, "metadata": {} }),
    }
}

/// The reply for a cell that ran; `expressions` holds what the client wanted evaluated after it.
pub(crate) fn executed(count: u32, expressions: Map<String, Value>, payload: &[Value]) -> Value {
    json!({
        "status": "ok",
        "execution_count": count,
        "user_expressions": expressions,
        "payload": payload,
    })
}

/// The reply for a cell that failed; `error` holds the name, value and traceback.
pub(crate) fn failed(count: u32, mut error: Value) -> Value {
    error["status"] = json!("error");
    error["execution_count"] = json!(count);
    error["user_expressions"] = json!({});
    error["payload"] = json!([]);
    error
}

pub(crate) fn aborted(count: u32) -> Value {
    json!({ "status": "aborted", "execution_count": count })
}
