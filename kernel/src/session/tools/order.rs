//! A cell's source without the order that says nothing.
//!
//! evcxr keeps definitions and variables in hash maps, so the same cell of the same notebook comes
//! with them in another order each time. What the compiler makes of it does the same.

use ra_ap_syntax::ast::HasModuleItem;
use ra_ap_syntax::{AstNode, Edition, SourceFile};

/// How evcxr's lines begin that take the variables out of their store, one for each, and put them
/// back; and what is in them in any case.
const LINES: [(&str, &str); 3] = [
    ("vars_ok &= ", "evcxr_variable_store.check_variable::<"),
    ("let ", " = evcxr_variable_store.take_variable::<"),
    ("evcxr_variable_store.put_variable::<", ""),
];

/// `source` with its items and evcxr's lines in alphabetical order; as it is if it cannot be parsed.
pub(super) fn ordered(source: &str) -> String {
    let parse = SourceFile::parse(source, Edition::Edition2024);
    if !parse.errors().is_empty() {
        return source.to_owned();
    }
    let file = parse.tree();
    let mut items: Vec<(usize, String)> = file
        .items()
        .map(|item| {
            let start = usize::from(item.syntax().text_range().start());
            (start, ordered_lines(&item.syntax().text().to_string()))
        })
        .collect();
    let start = items.first().map_or(source.len(), |(start, _)| *start);
    items.sort_by(|(_, one), (_, other)| one.cmp(other));
    let mut text = source[..start].to_owned();
    for (_, item) in items {
        text.push_str(&item);
        text.push('\n');
    }
    text
}

fn ordered_lines(item: &str) -> String {
    let mut lines: Vec<&str> = item.lines().collect();
    let mut start = 0;
    while start < lines.len() {
        let kind = kind(lines[start]);
        let length = lines[start..]
            .iter()
            .take_while(|line| kind.is_some() && self::kind(line) == kind)
            .count();
        lines[start..start + length].sort_unstable();
        start += length.max(1);
    }
    lines.join("\n")
}

/// Which of evcxr's kinds of lines this is.
fn kind(line: &str) -> Option<usize> {
    LINES
        .iter()
        .position(|(start, within)| line.starts_with(start) && line.contains(within))
}

#[cfg(test)]
mod tests {
    use super::ordered;

    const CELL: &str = "#![allow(dead_code)]
use a::b;
fn f() { 1 }
fn run() {
let a = evcxr_variable_store.take_variable::<u8>(stringify!(a));
let b = evcxr_variable_store.take_variable::<u8>(stringify!(b));
let c = 1;
let d = 2;
evcxr_variable_store.put_variable::<u8>(stringify!(a), a);
evcxr_variable_store.put_variable::<u8>(stringify!(b), b);
}
";

    #[test]
    fn only_the_order_of_items_and_variables_says_nothing() {
        let swap = |one: &str, other: &str| {
            let text = CELL.replace(one, "\0").replace(other, one);
            text.replace('\0', other)
        };
        let same = [
            swap("use a::b;", "fn f() { 1 }"),
            swap(
                "let a = evcxr_variable_store.take_variable::<u8>(stringify!(a));",
                "let b = evcxr_variable_store.take_variable::<u8>(stringify!(b));",
            ),
            swap(
                "evcxr_variable_store.put_variable::<u8>(stringify!(a), a);",
                "evcxr_variable_store.put_variable::<u8>(stringify!(b), b);",
            ),
        ];
        for text in same {
            assert_ne!(text, CELL);
            assert_eq!(ordered(&text), ordered(CELL));
        }
        let different = [
            swap("let c = 1;", "let d = 2;"),
            CELL.replace("fn f() { 1 }", "fn f() { 2 }"),
            CELL.replace("dead_code", "warnings"),
            format!("{CELL}fn g() {{}}"),
        ];
        for text in different {
            assert_ne!(ordered(&text), ordered(CELL), "{text}");
        }
        let broken = "fn f( {";
        assert_eq!(ordered(broken), broken);
    }
}
