//! Bytes to text, where pieces may end inside a character; how wide text is on a screen.

/// Decodes UTF-8 that comes in pieces; invalid bytes become replacement characters.
#[derive(Default)]
pub(crate) struct Decoder {
    tail: Vec<u8>,
}

impl Decoder {
    /// The text of `bytes`, without a character that is not complete yet.
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> String {
        self.tail.extend_from_slice(bytes);
        let complete = self.tail.len() - incomplete_tail(&self.tail);
        let text = String::from_utf8_lossy(&self.tail[..complete]).into_owned();
        self.tail.drain(..complete);
        text
    }

    /// What is left when nothing follows any more.
    pub(crate) fn finish(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.tail).into_owned();
        self.tail.clear();
        text
    }
}

/// How many bytes at the end are the start of a character whose rest is still to come.
fn incomplete_tail(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// How many columns a character takes in a monospaced font.
pub(crate) fn width(character: char) -> usize {
    let is_wide = matches!(character as u32,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD);
    if is_wide { 2 } else { 1 }
}
