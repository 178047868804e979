//! Positions in text: the protocol counts code points, Rust and evcxr count bytes.

/// The byte offset of code point number `code_points`, at most the end of `text`.
pub fn byte_offset(text: &str, code_points: usize) -> usize {
    text.char_indices()
        .nth(code_points)
        .map_or(text.len(), |(offset, _)| offset)
}

/// How many code points stand before byte `offset`, which is moved back to a character's start.
pub fn code_points(text: &str, offset: usize) -> usize {
    text.char_indices()
        .take_while(|(start, character)| start + character.len_utf8() <= offset)
        .count()
}
