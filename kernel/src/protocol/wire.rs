//! Messages as ZeroMQ frames, signed with HMAC-SHA256.

use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::message::Message;

/// The frame between the routing prefix and the signature.
pub const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Signs and checks messages with the connection's key; an empty key means unsigned messages.
#[derive(Clone)]
pub struct Signer {
    key: Vec<u8>,
}

/// Why frames are not a message.
#[derive(Debug, PartialEq, Eq)]
pub enum WireError {
    /// No delimiter frame.
    NoDelimiter,
    /// Fewer frames than a message has.
    TooFewFrames,
    /// The signature does not belong to the frames.
    BadSignature,
    /// A frame that should be a JSON object is not; the name says which.
    NotAnObject(&'static str),
}

impl std::fmt::Display for WireError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WireError::NoDelimiter => write!(formatter, "the delimiter frame is missing"),
            WireError::TooFewFrames => write!(formatter, "the message has too few frames"),
            WireError::BadSignature => write!(formatter, "the signature is wrong"),
            WireError::NotAnObject(part) => write!(formatter, "the {part} is not a JSON object"),
        }
    }
}

impl std::error::Error for WireError {}

impl Signer {
    /// A signer for `key`, the connection file's `key` field.
    pub fn new(key: &str) -> Self {
        Signer {
            key: key.as_bytes().to_vec(),
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        mac
    }

    /// The hexadecimal signature of the four JSON frames; empty when messages are unsigned.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        if self.key.is_empty() {
            return String::new();
        }
        let digest = self.mac(parts).finalize().into_bytes();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether `signature` is that of the four JSON frames, compared in constant time.
    pub fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        if self.key.is_empty() {
            return true;
        }
        let Some(digest) = decode_hex(signature) else {
            return false;
        };
        self.mac(parts).verify_slice(&digest).is_ok()
    }
}

fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| {
        // Two digits of four bits fit into a byte.
        Some((digit(high)? << 4 | digit(low)?) as u8)
    });
    if rest.is_empty() {
        bytes.collect()
    } else {
        None
    }
}

/// The frames of `message`, routing prefix first.
pub fn encode(message: &Message, signer: &Signer) -> Vec<Vec<u8>> {
    let parts = [
        &message.header,
        &message.parent_header,
        &message.metadata,
        &message.content,
    ]
    .map(|part| part.to_string().into_bytes());
    let signature = signer.sign(&[&parts[0], &parts[1], &parts[2], &parts[3]]);
    let mut frames = message.identities.clone();
    frames.push(DELIMITER.to_vec());
    frames.push(signature.into_bytes());
    frames.extend(parts);
    frames.extend(message.buffers.iter().cloned());
    frames
}

/// The message in `frames`.
///
/// # Errors
/// If the frames are not a message, or the signature is wrong.
pub fn decode(frames: Vec<Vec<u8>>, signer: &Signer) -> Result<Message, WireError> {
    let delimiter = frames
        .iter()
        .position(|frame| frame == DELIMITER)
        .ok_or(WireError::NoDelimiter)?;
    let mut frames = frames;
    let mut rest = frames.split_off(delimiter).into_iter().skip(1);
    let mut next = || rest.next().ok_or(WireError::TooFewFrames);
    let signature = next()?;
    let [header, parent_header, metadata, content] = [next()?, next()?, next()?, next()?];
    if !signer.verify(&[&header, &parent_header, &metadata, &content], &signature) {
        return Err(WireError::BadSignature);
    }
    Ok(Message {
        identities: frames,
        header: object(&header, "header")?,
        parent_header: object(&parent_header, "parent header")?,
        metadata: object(&metadata, "metadata")?,
        content: object(&content, "content")?,
        buffers: rest.collect(),
    })
}

fn object(bytes: &[u8], part: &'static str) -> Result<Value, WireError> {
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .filter(Value::is_object)
        .ok_or(WireError::NotAnObject(part))
}
