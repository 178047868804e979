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

/// Where to cut `text` so that at least `least` bytes go: after a line if one ends soon, else where
/// a line goes back to its start, else between two characters.
fn cut(text: &str, least: usize) -> usize {
    let bytes = text.as_bytes();
    let soon = text.len().min(least + KEPT / 2);
    let find = |from: usize, wanted: u8| {
        let found = bytes[from..soon].iter().position(|byte| *byte == wanted);
        found.map(|offset| from + offset)
    };
    if let Some(end) = find(least.saturating_sub(1), b'\n') {
        return end + 1;
    }
    if let Some(start) = find(least, b'\r') {
        return start;
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

#[cfg(test)]
mod tests {
    use super::{KEPT, MOST, Tail};
    use crate::events::Stream::{Stderr, Stdout};

    /// What is left of `text`, printed in pieces of `step` characters.
    fn left(text: &str, step: usize, at_line_start: bool) -> String {
        let mut tail = Tail::default();
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.chunks(step) {
            tail.push(Stdout, &piece.iter().collect::<String>());
            tail.shorten();
            assert!(tail.cost() <= MOST);
        }
        let pieces = tail.take(at_line_start);
        assert!(tail.is_empty() && tail.cost() == 0);
        pieces.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn little_text_stays_as_it_is() {
        assert_eq!(left("a\r\n√b", 1, true), "a\r\n√b");
        assert_eq!(left("", 1, false), "");
    }

    #[test]
    fn the_oldest_lines_go_and_are_counted() {
        let text: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
        for step in [1, 1000, 1_000_000] {
            let left = left(&text, step, true);
            let (note, rest) = left.split_once('\n').expect("a note");
            assert!(text.ends_with(rest) && rest.starts_with("line "), "{note}");
            assert!(rest.len() > KEPT / 2);
            let lines = 100_000 - rest.lines().count();
            let (thousands, ones) = (lines / 1000, lines % 1000);
            assert!(
                note.starts_with(&format!("[… {thousands},{ones:03} lines (")),
                "{note}"
            );
            assert!(note.ends_with(" MB) left out …]"), "{note}");
        }
        assert!(left(&text, 1000, false).starts_with("\n[… "));
    }

    #[test]
    fn a_line_that_is_written_over_loses_nothing() {
        let text: String = (0..50_000).map(|i| format!("\r{i} of 50000")).collect();
        let left = left(&(text + "\n"), 500, true);
        assert!(left.starts_with('\r') && left.ends_with("\r49999 of 50000\n"));
        assert!(!left.contains("left out"));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let left = left(&"√".repeat(100_000), 7, true);
        let (note, rest) = left.split_once('\n').expect("a note");
        assert!(
            note.starts_with("[… ") && note.ends_with(" kB left out …]"),
            "{note}"
        );
        assert!(rest.chars().all(|character| character == '√') && rest.len() > KEPT / 2);
    }

    #[test]
    fn streams_keep_their_order() {
        let mut tail = Tail::default();
        for i in 0..10_000 {
            tail.push(Stdout, &format!("out {i}\n"));
            tail.push(Stderr, &format!("err {i}\n"));
            tail.shorten();
        }
        let pieces = tail.take(true);
        assert!(pieces.len() < 200, "{} messages", pieces.len());
        assert!(pieces[0].1.starts_with("[… "));
        let last: Vec<_> = pieces[pieces.len() - 2..].to_vec();
        assert_eq!(last[0], (Stdout, "out 9999\n".to_owned()));
        assert_eq!(last[1], (Stderr, "err 9999\n".to_owned()));
    }
}
