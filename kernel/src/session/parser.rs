//! Splits what the cells' process writes to standard output into text, evcxr's control lines,
//! display blocks, and the library's frames, whatever pieces it arrives in.

use serde_json::Value;

/// One piece of the stream, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// What the user printed.
    Text(Vec<u8>),
    /// One of evcxr's control lines, without its line end.
    Marker(String),
    /// A display block in evcxr's form.
    Block {
        /// Its MIME type.
        mime: String,
        /// Its content, without the last line end.
        content: Vec<u8>,
    },
    /// A message from the kerust library.
    Frame(Value),
    /// A synchronisation mark that the kernel itself wrote into the stream.
    Sync(u64),
}

const FRAME_START: &[u8] = b"\x1b_kerust;";
const SYNC_START: &[u8] = b"\x1b_kerust-sync;";
const FRAME_END: &[u8] = b"\x1b\\";
const BEGIN_BLOCK: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const END_BLOCK: &[u8] = b"EVCXR_END_CONTENT";

/// Control lines that are complete as they stand.
const WHOLE_MARKERS: [&[u8]; 3] = [
    b"EVCXR_EXECUTION_COMPLETE",
    b"EVCXR_PANIC_NOTIFICATION",
    b"EVCXR_ERROR_OCCURRED",
];
/// Control lines that carry something up to the end of their line.
const PREFIX_MARKERS: [&[u8]; 3] = [
    b"EVCXR_VARIABLE_CHANGED_TYPE:",
    b"EVCXR_INPUT_REQUEST:",
    b"EVCXR_INPUT_REQUEST_PASSWORD:",
];

/// The longest frame header: the start, twenty digits, the semicolon.
const LONGEST_FRAME_HEADER: usize = FRAME_START.len() + 21;

/// The bytes of the mark that makes the parser report [`Item::Sync`] with `number`.
pub fn sync_mark(number: u64) -> Vec<u8> {
    let mut mark = SYNC_START.to_vec();
    mark.extend_from_slice(number.to_string().as_bytes());
    mark.extend_from_slice(FRAME_END);
    mark
}

/// The parser; [`push`](Parser::push) takes bytes as they come.
#[derive(Default)]
pub struct Parser {
    buffer: Vec<u8>,
    block: Option<OpenBlock>,
}

struct OpenBlock {
    mime: String,
    content: Vec<u8>,
}

/// What stands at one position of the buffer.
enum Found {
    /// Nothing special.
    Nothing,
    /// Perhaps the start of something special: more bytes will tell.
    Perhaps,
    /// A complete special piece of this many bytes.
    Marker(String, usize),
    BeginBlock(String, usize),
    EndBlock(usize),
    Frame(Value, usize),
    Sync(u64, usize),
    /// A frame that was cut off, to be dropped.
    Broken(usize),
}

impl Parser {
    /// Takes the next bytes and returns the pieces that are complete by now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Item> {
        self.buffer.extend_from_slice(bytes);
        let mut items = Vec::new();
        let mut text_end = 0;
        loop {
            let Some(offset) = self.buffer[text_end..]
                .iter()
                .position(|byte| matches!(byte, b'\x1b' | b'E'))
            else {
                self.take_text(self.buffer.len(), &mut items);
                return items;
            };
            let position = text_end + offset;
            match find(&self.buffer[position..]) {
                Found::Nothing => text_end = position + 1,
                Found::Perhaps => {
                    self.take_text(position, &mut items);
                    return items;
                }
                found => {
                    self.take_text(position, &mut items);
                    self.take_found(found, &mut items);
                    text_end = 0;
                }
            }
        }
    }

    /// Gives out text that was held back because it might have become a control line, for when
    /// nothing has followed it for a while.
    pub fn release(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        let waits_for_more = self.buffer.starts_with(FRAME_START)
            || self.buffer.starts_with(SYNC_START)
            || self.buffer.starts_with(BEGIN_BLOCK)
            || WHOLE_MARKERS
                .iter()
                .chain(&PREFIX_MARKERS)
                .any(|m| self.buffer.starts_with(m));
        if !waits_for_more && self.block.is_none() {
            self.take_text(self.buffer.len(), &mut items);
        }
        items
    }

    /// Whether bytes are held back.
    pub fn holds_back(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Takes `length` bytes off the buffer as text, or as content of the open block.
    fn take_text(&mut self, length: usize, items: &mut Vec<Item>) {
        if length == 0 {
            return;
        }
        let text: Vec<u8> = self.buffer.drain(..length).collect();
        if let Some(block) = &mut self.block {
            block.content.extend_from_slice(&text);
        } else if let Some(Item::Text(last)) = items.last_mut() {
            last.extend_from_slice(&text);
        } else {
            items.push(Item::Text(text));
        }
    }

    fn take_found(&mut self, found: Found, items: &mut Vec<Item>) {
        let length = match found {
            Found::Nothing | Found::Perhaps => 0,
            Found::Marker(line, length) => {
                // A block that is still open when the cell ends will not be closed any more.
                self.close_block(items);
                items.push(Item::Marker(line));
                length
            }
            Found::BeginBlock(mime, length) => {
                self.close_block(items);
                self.block = Some(OpenBlock {
                    mime,
                    content: Vec::new(),
                });
                length
            }
            Found::EndBlock(length) => {
                self.close_block(items);
                length
            }
            Found::Frame(payload, length) => {
                items.push(Item::Frame(payload));
                length
            }
            Found::Sync(number, length) => {
                self.close_block(items);
                items.push(Item::Sync(number));
                length
            }
            Found::Broken(length) => length,
        };
        self.buffer.drain(..length);
    }

    fn close_block(&mut self, items: &mut Vec<Item>) {
        if let Some(mut block) = self.block.take() {
            if block.content.last() == Some(&b'\n') {
                block.content.pop();
            }
            items.push(Item::Block {
                mime: block.mime,
                content: block.content,
            });
        }
    }
}

fn find(bytes: &[u8]) -> Found {
    if bytes[0] == b'\x1b' {
        find_frame(bytes)
    } else {
        find_marker(bytes)
    }
}

fn find_marker(bytes: &[u8]) -> Found {
    let mut perhaps = false;
    for marker in WHOLE_MARKERS.into_iter().chain([END_BLOCK]) {
        match after(bytes, marker) {
            After::Rest(rest) => match line_end(rest) {
                LineEnd::At(0, end) if marker == END_BLOCK => {
                    return Found::EndBlock(marker.len() + end);
                }
                LineEnd::At(0, end) => {
                    let line = String::from_utf8_lossy(marker).into_owned();
                    return Found::Marker(line, marker.len() + end);
                }
                LineEnd::At(..) => {}
                LineEnd::Missing => perhaps |= rest.is_empty() || rest == b"\r",
            },
            After::Cut => perhaps = true,
            After::Different => {}
        }
    }
    for marker in PREFIX_MARKERS.into_iter().chain([BEGIN_BLOCK]) {
        match after(bytes, marker) {
            After::Rest(rest) => match line_end(rest) {
                LineEnd::At(length, end) => {
                    let value = String::from_utf8_lossy(&rest[..length]).into_owned();
                    if marker == BEGIN_BLOCK {
                        let mime = value.split(' ').next().unwrap_or_default().to_owned();
                        return Found::BeginBlock(mime, marker.len() + end);
                    }
                    let line = String::from_utf8_lossy(marker).into_owned() + &value;
                    return Found::Marker(line, marker.len() + end);
                }
                LineEnd::Missing => perhaps = true,
            },
            After::Cut => perhaps = true,
            After::Different => {}
        }
    }
    if perhaps {
        Found::Perhaps
    } else {
        Found::Nothing
    }
}

fn find_frame(bytes: &[u8]) -> Found {
    match after(bytes, SYNC_START) {
        After::Rest(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = std::str::from_utf8(&rest[..digits]).ok();
            return match (
                after(&rest[digits..], FRAME_END),
                number.and_then(|n| n.parse().ok()),
            ) {
                (After::Rest(_), Some(number)) => {
                    Found::Sync(number, SYNC_START.len() + digits + FRAME_END.len())
                }
                (After::Cut, _) => Found::Perhaps,
                _ => Found::Nothing,
            };
        }
        After::Cut => return Found::Perhaps,
        After::Different => {}
    }
    let rest = match after(bytes, FRAME_START) {
        After::Rest(rest) => rest,
        After::Cut => return Found::Perhaps,
        After::Different => return Found::Nothing,
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == rest.len() {
        let longest = bytes.len() >= LONGEST_FRAME_HEADER;
        return if longest {
            Found::Nothing
        } else {
            Found::Perhaps
        };
    }
    let length = std::str::from_utf8(&rest[..digits])
        .ok()
        .and_then(|digits| digits.parse::<usize>().ok());
    let (Some(length), b';') = (length, rest[digits]) else {
        return Found::Nothing;
    };
    let header = FRAME_START.len() + digits + 1;
    let payload_end = bytes.len().min(header.saturating_add(length));
    let payload = &bytes[header..payload_end];
    // A payload holds no control character, so one means that the writer died in its middle, or
    // that another one wrote in between; then a control line of evcxr must not get lost.
    if let Some(cut) = payload
        .iter()
        .position(|byte| matches!(byte, b'\x1b' | b'\n'))
    {
        let marker = WHOLE_MARKERS
            .iter()
            .find(|marker| payload[cut] == b'\n' && payload[..cut].ends_with(marker));
        return Found::Broken(header + cut - marker.map_or(0, |marker| marker.len()));
    }
    if payload.len() < length {
        return Found::Perhaps;
    }
    match after(&bytes[payload_end..], FRAME_END) {
        After::Rest(_) => {
            let whole = payload_end + FRAME_END.len();
            match serde_json::from_slice(payload) {
                Ok(value) => Found::Frame(value, whole),
                Err(_) => Found::Broken(whole),
            }
        }
        After::Cut => Found::Perhaps,
        After::Different => Found::Broken(payload_end),
    }
}

enum After<'a> {
    /// The bytes start with the pattern; this follows it.
    Rest(&'a [u8]),
    /// The bytes end inside the pattern.
    Cut,
    Different,
}

fn after<'a>(bytes: &'a [u8], pattern: &[u8]) -> After<'a> {
    if let Some(rest) = bytes.strip_prefix(pattern) {
        After::Rest(rest)
    } else if pattern.starts_with(bytes) {
        After::Cut
    } else {
        After::Different
    }
}

enum LineEnd {
    /// The line has this many bytes; the next one starts at the second number.
    At(usize, usize),
    Missing,
}

fn line_end(bytes: &[u8]) -> LineEnd {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && bytes[end - 1] == b'\r' => LineEnd::At(end - 1, end + 1),
        Some(end) => LineEnd::At(end, end + 1),
        None => LineEnd::Missing,
    }
}
