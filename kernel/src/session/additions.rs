//! What is added to a cell before it is compiled, and the way back from a position in the result to
//! one in what the user wrote.
//!
//! Additions stand on the cell's own lines, so that line numbers stay what they are.

/// Stands before and behind every addition.
const MARK: &str = "/*kerust*/";

/// A cell with additions.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// The text that is compiled.
    pub code: String,
    insertions: Vec<Insertion>,
    /// The cell's variables whose type has no name, and what that type is.
    pub(crate) unnameable: Vec<(String, String)>,
}

/// A piece of text that is not the user's.
#[derive(Clone, Debug, PartialEq)]
struct Insertion {
    line: usize,
    /// The column in the compiled text, in characters from 1.
    column: usize,
    length: usize,
}

impl Additions {
    /// `code` with `pieces`, each at a place in bytes of `code`; those for one place in their order.
    pub fn insert(code: &str, mut pieces: Vec<(usize, String)>) -> Additions {
        pieces.sort_by_key(|(offset, _)| *offset);
        let mut additions = Additions::default();
        let mut done = 0;
        for (offset, piece) in pieces {
            additions.code.push_str(&code[done..offset]);
            done = offset;
            let before = &additions.code;
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let piece = format!("{MARK}{piece}{MARK}");
            additions.insertions.push(Insertion {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                length: piece.chars().count(),
            });
            additions.code.push_str(&piece);
        }
        additions.code.push_str(&code[done..]);
        additions
    }

    /// The column in the user's text of a column in the compiled one; both from 1.
    pub fn original_column(&self, line: usize, column: usize) -> usize {
        let before: usize = self
            .insertions
            .iter()
            .filter(|insertion| insertion.line == line && insertion.column < column)
            .map(|insertion| insertion.length.min(column - insertion.column))
            .sum();
        column - before
    }
}

/// Compiled text without the additions in it; lines keep their numbers, though evcxr may have broken
/// lines in an addition.
pub fn removed(compiled: &str) -> String {
    let mut text = String::with_capacity(compiled.len());
    for (index, piece) in compiled.split(MARK).enumerate() {
        if index % 2 == 0 {
            text.push_str(piece);
        } else {
            text.extend(piece.matches('\n'));
        }
    }
    text
}
