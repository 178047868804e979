//! What the requests of clients hold, as types.
//!
//! A field that is missing, or `null`, has the value that the protocol gives it; one of a wrong type
//! makes the whole request a [`BadRequest`]; fields that are not known are ignored.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::message::Message;

/// Why a request cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRequest {
    msg_type: String,
    reason: String,
}

impl BadRequest {
    /// The content of the reply that says so.
    pub fn reply(&self) -> Value {
        json!({
            "status": "error",
            "ename": "BadRequest",
            "evalue": self.to_string(),
            "traceback": [],
        })
    }
}

impl std::fmt::Display for BadRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}`: {}", self.msg_type, self.reason)
    }
}

impl std::error::Error for BadRequest {}

/// The content of `message` as the type of its request.
///
/// # Errors
/// If a field has a wrong type, or one that cannot be missing is.
pub fn content<T: DeserializeOwned>(message: &Message) -> Result<T, BadRequest> {
    T::deserialize(&message.content).map_err(|error| BadRequest {
        msg_type: message.msg_type().to_owned(),
        reason: error.to_string(),
    })
}

/// `null` is as good as nothing.
fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn yes() -> bool {
    true
}

fn nullable_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::deserialize(deserializer).map(|value| value.unwrap_or(true))
}

/// `execute_request`: run a cell.
#[derive(Clone, Debug, Deserialize)]
pub struct ExecuteRequest {
    /// The cell.
    pub code: String,
    /// Whether nothing of it is to be shown or counted.
    #[serde(default, deserialize_with = "nullable")]
    pub silent: bool,
    /// Whether it belongs in the history; a silent cell never does.
    #[serde(default = "yes", deserialize_with = "nullable_yes")]
    pub store_history: bool,
    /// Expressions to evaluate after it, by names of the client's choice.
    #[serde(default, deserialize_with = "nullable")]
    pub user_expressions: Map<String, Value>,
    /// Whether the client can be asked for a line.
    #[serde(default, deserialize_with = "nullable")]
    pub allow_stdin: bool,
    /// Whether cells that are already sent are aborted when this one fails.
    #[serde(default = "yes", deserialize_with = "nullable_yes")]
    pub stop_on_error: bool,
}

impl ExecuteRequest {
    /// Whether the cell gets a number and a place in the history.
    pub fn counts(&self) -> bool {
        self.store_history && !self.silent
    }
}

/// `complete_request` and `inspect_request`: a place in a cell.
#[derive(Clone, Debug, Deserialize)]
pub struct CursorRequest {
    /// The cell.
    pub code: String,
    /// The place, in code points; the cell's end if it is not given.
    #[serde(default)]
    pub cursor_pos: Option<usize>,
    /// How much is wanted to know: 0 or 1.
    #[serde(default, deserialize_with = "nullable")]
    pub detail_level: u8,
}

impl CursorRequest {
    /// The place as an offset in bytes.
    pub fn position(&self) -> usize {
        match self.cursor_pos {
            Some(points) => crate::positions::byte_offset(&self.code, points),
            None => self.code.len(),
        }
    }
}

/// `is_complete_request`: can a cell be run as it stands?
#[derive(Clone, Debug, Deserialize)]
pub struct IsCompleteRequest {
    /// The cell.
    pub code: String,
}

/// Which part of the history a [`HistoryRequest`] is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryAccess {
    /// The last `n` cells.
    #[default]
    Tail,
    /// Cells `start` to `stop` of a session.
    Range,
    /// Cells that match `pattern`.
    Search,
}

/// `history_request`: what ran before.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HistoryRequest {
    /// Whether results are wanted too.
    #[serde(default, deserialize_with = "nullable")]
    pub output: bool,
    /// Whether the cells are wanted as they were written; here they are never anything else.
    #[serde(default, deserialize_with = "nullable")]
    pub raw: bool,
    /// Which part is wanted.
    #[serde(default, deserialize_with = "nullable")]
    pub hist_access_type: HistoryAccess,
    /// A session's number; 0 for this one, -1 for the one before.
    #[serde(default, deserialize_with = "nullable")]
    pub session: i64,
    /// The first cell's number.
    #[serde(default, deserialize_with = "nullable")]
    pub start: i64,
    /// The number after the last cell's.
    #[serde(default)]
    pub stop: Option<i64>,
    /// How many cells at most.
    #[serde(default)]
    pub n: Option<i64>,
    /// What cells have to match, with `*`, `?` and `[…]`.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Whether cells that are the same are wanted once.
    #[serde(default, deserialize_with = "nullable")]
    pub unique: bool,
}

/// `comm_info_request`: which comms are open?
#[derive(Clone, Debug, Deserialize)]
pub struct CommInfoRequest {
    /// Only those of this target.
    #[serde(default)]
    pub target_name: Option<String>,
}

/// `comm_open`, `comm_msg` and `comm_close`.
#[derive(Clone, Debug, Deserialize)]
pub struct CommMessage {
    /// Which comm.
    pub comm_id: String,
}

/// `shutdown_request`: end.
#[derive(Clone, Debug, Deserialize)]
pub struct ShutdownRequest {
    /// Whether the client starts another kernel afterwards.
    #[serde(default, deserialize_with = "nullable")]
    pub restart: bool,
}

/// `input_reply`: the line that a cell asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct InputReply {
    /// The line.
    #[serde(default, deserialize_with = "nullable")]
    pub value: String,
}
