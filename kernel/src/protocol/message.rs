//! One message of the protocol, without its wire form.

use serde_json::{Value, json};
use uuid::Uuid;

use super::PROTOCOL_VERSION;

/// A Jupyter message.
///
/// Headers stay JSON values: a kernel copies a request's header into its replies as it came,
/// including fields that it does not know.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The routing prefix: a client's socket identities, or the topic on the output channel.
    pub identities: Vec<Vec<u8>>,
    /// What this message is.
    pub header: Value,
    /// The header of the request that caused it, `{}` without one.
    pub parent_header: Value,
    /// Free-form additions.
    pub metadata: Value,
    /// The message itself.
    pub content: Value,
    /// Raw binary attachments.
    pub buffers: Vec<Vec<u8>>,
}

impl Message {
    /// A message of type `msg_type` from the process known as `session`, caused by the message
    /// with the header `parent_header`.
    pub fn new(session: &str, msg_type: &str, parent_header: Value, content: Value) -> Self {
        Message {
            identities: Vec::new(),
            header: json!({
                "msg_id": Uuid::new_v4().to_string(),
                "session": session,
                "username": "kerust",
                "date": jiff::Timestamp::now().to_string(),
                "msg_type": msg_type,
                "version": PROTOCOL_VERSION,
            }),
            parent_header,
            metadata: json!({}),
            content,
            buffers: Vec::new(),
        }
    }

    /// The header's `msg_type`, empty if it has none.
    pub fn msg_type(&self) -> &str {
        self.header["msg_type"].as_str().unwrap_or_default()
    }

    /// The header's `msg_id`, empty if it has none.
    pub fn msg_id(&self) -> &str {
        self.header["msg_id"].as_str().unwrap_or_default()
    }

    /// The `msg_id` of the request that caused this message, empty if none did.
    pub fn parent_id(&self) -> &str {
        self.parent_header["msg_id"].as_str().unwrap_or_default()
    }
}
