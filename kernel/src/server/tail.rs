//! Text that waits to be sent: all of it if it is not much, else its end.

use std::collections::VecDeque;

use crate::events::Stream;

/// What waits together is never more than this, in bytes.
const MOST: usize = 64 * 1024;
/// What is left when something has to go; less than [`MOST`], so that not every new line moves all.
const KEPT: usize = 48 * 1024;
/// What a piece costs besides its bytes: each becomes a message of its own.
const PIECE_COST: usize = 512;

/// The waiting text, in pieces of the same stream.
#[derive(Default)]
pub(crate) struct Tail {
    pieces: VecDeque<(Stream, String)>,
    bytes: usize,
    dropped: Option<Dropped>,
}

struct Dropped {
    stream: Stream,
    lines: usize,
    bytes: usize,
}

impl Tail {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.dropped.is_none()
    }

    /// What it costs to send all of it, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.bytes + PIECE_COST * self.pieces.len()
    }

    pub(crate) fn push(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        match self.pieces.back_mut() {
            Some((last, whole)) if *last == stream => whole.push_str(text),
            _ => self.pieces.push_back((stream, text.to_owned())),
        }
    }

    /// Lets go of the oldest lines if there is too much.
    pub(crate) fn shorten(&mut self) {
        if self.cost() <= MOST {
            return;
        }
        while self.cost() > KEPT {
            let excess = self.cost() - KEPT;
            let Some((stream, text)) = self.pieces.front_mut() else {
                return;
            };
            let stream = *stream;
            let end = if excess >= text.len() {
                text.len()
            } else {
                cut(text, excess)
            };
            let removed: String = text.drain(..end).collect();
            self.bytes -= removed.len();
            if text.is_empty() {
                self.pieces.pop_front();
            }
            self.count(stream, &removed);
        }
    }

    fn count(&mut self, stream: Stream, removed: &str) {
        let overwritten_by_next = self
            .pieces
            .front()
            .is_some_and(|(next, text)| *next == stream && text.starts_with('\r'));
        // A line that goes back to its start shows only its last state: nothing is lost of it.
        let shown = match (overwritten_by_next, removed.rfind('\n')) {
            (true, Some(end)) => &removed[..=end],
            (true, None) => return,
            (false, _) => removed,
        };
        let dropped = self.dropped.get_or_insert(Dropped {
            stream,
            lines: 0,
            bytes: 0,
        });
        dropped.lines += shown.bytes().filter(|byte| *byte == b'\n').count();
        dropped.bytes += shown.len();
    }

    /// All of it, with a note in the place of what is missing. `at_line_start` says whether what
    /// was sent before ended its line.
    pub(crate) fn take(&mut self, at_line_start: bool) -> Vec<(Stream, String)> {
        self.bytes = 0;
        let mut pieces: Vec<(Stream, String)> = self.pieces.drain(..).collect();
        if let Some(dropped) = self.dropped.take() {
            let note = note(&dropped, at_line_start);
            match pieces.first_mut() {
                Some((stream, text)) if *stream == dropped.stream => text.insert_str(0, &note),
                _ => pieces.insert(0, (dropped.stream, note)),
            }
        }
        pieces
    }
}

/// Where to cut `text` so that at least `least` bytes go, and if possible whole lines.
fn cut(text: &str, least: usize) -> usize {
    let bytes = text.as_bytes();
    let after = least.saturating_sub(1);
    if let Some(offset) = bytes[after..].iter().position(|byte| *byte == b'\n') {
        return after + offset + 1;
    }
    if let Some(offset) = bytes[least..].iter().position(|byte| *byte == b'\r') {
        return least + offset;
    }
    (least..=text.len())
        .find(|position| text.is_char_boundary(*position))
        .unwrap_or(text.len())
}

fn note(dropped: &Dropped, at_line_start: bool) -> String {
    let start = if at_line_start { "" } else { "\n" };
    let size = size(dropped.bytes);
    match dropped.lines {
        0 => format!("{start}[… {size} left out …]\n"),
        1 => format!("{start}[… 1 line ({size}) left out …]\n"),
        lines => format!("{start}[… {} lines ({size}) left out …]\n", grouped(lines)),
    }
}

/// A number with a comma before every third digit.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
