//! The parser of what the cells print, fed in every way the bytes can be cut.

use kerust_kernel::session::parser::{Item, Parser, sync_mark};
use serde_json::json;

fn frame(payload: &str) -> String {
    format!("\x1b_kerust;{};{payload}\x1b\\", payload.len())
}

/// Joins neighbouring texts, which may be cut anywhere.
fn joined(items: Vec<Item>) -> Vec<Item> {
    let mut result: Vec<Item> = Vec::new();
    for item in items {
        match (result.last_mut(), item) {
            (Some(Item::Text(last)), Item::Text(text)) => last.extend(text),
            (_, item) => result.push(item),
        }
    }
    result
}

fn parse(pieces: &[&[u8]]) -> Vec<Item> {
    let mut parser = Parser::default();
    let mut items: Vec<Item> = pieces.iter().flat_map(|piece| parser.push(piece)).collect();
    items.extend(parser.release());
    joined(items)
}

fn text(text: &str) -> Item {
    Item::Text(text.as_bytes().to_vec())
}

fn marker(line: &str) -> Item {
    Item::Marker(line.to_owned())
}

/// Checks that `stream` gives `expected` whole, cut once at every place, and byte by byte.
fn check(stream: &[u8], expected: &[Item]) {
    assert_eq!(parse(&[stream]), expected, "in one piece");
    for cut in 1..stream.len() {
        let (head, tail) = stream.split_at(cut);
        assert_eq!(parse(&[head, tail]), expected, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(parse(&bytes), expected, "byte by byte");
}

#[test]
fn plain_text_stays_as_it_is() {
    check(
        b"Every EVCXR is \x1b[31mred\x1b[0m\r\xff\xfe E",
        &[Item::Text(
            b"Every EVCXR is \x1b[31mred\x1b[0m\r\xff\xfe E".to_vec(),
        )],
    );
}

#[test]
fn markers_are_found_after_text_without_a_line_end() {
    check(
        b"textEVCXR_EXECUTION_COMPLETE\nmore",
        &[
            text("text"),
            marker("EVCXR_EXECUTION_COMPLETE"),
            text("more"),
        ],
    );
    check(
        b"aEVCXR_PANIC_NOTIFICATION\nEVCXR_ERROR_OCCURRED\nEVCXR_VARIABLE_CHANGED_TYPE:x\n",
        &[
            text("a"),
            marker("EVCXR_PANIC_NOTIFICATION"),
            marker("EVCXR_ERROR_OCCURRED"),
            marker("EVCXR_VARIABLE_CHANGED_TYPE:x"),
        ],
    );
    check(
        b"EVCXR_INPUT_REQUEST:name?\nEVCXR_INPUT_REQUEST_PASSWORD:word?\n",
        &[
            marker("EVCXR_INPUT_REQUEST:name?"),
            marker("EVCXR_INPUT_REQUEST_PASSWORD:word?"),
        ],
    );
}

#[test]
fn a_marker_that_goes_on_is_text() {
    let stream = b"EVCXR_EXECUTION_COMPLETELY different\n";
    check(stream, &[Item::Text(stream.to_vec())]);
}

#[test]
fn frames_are_found_anywhere() {
    let value =
        json!({ "msg_type": "display_data", "content": { "text": "é\nEVCXR_END_CONTENT" } });
    let stream = format!("before{}after", frame(&value.to_string()));
    check(
        stream.as_bytes(),
        &[text("before"), Item::Frame(value), text("after")],
    );
}

#[test]
fn blocks_have_a_type_and_content() {
    check(
        b"xEVCXR_BEGIN_CONTENT text/html\n<b>1</b>\n<i>2</i>\nEVCXR_END_CONTENT\ny",
        &[
            text("x"),
            Item::Block {
                mime: "text/html".to_owned(),
                content: b"<b>1</b>\n<i>2</i>".to_vec(),
            },
            text("y"),
        ],
    );
}

#[test]
fn a_frame_inside_a_block_leaves_the_block_whole() {
    let value = json!({ "msg_type": "flushed", "content": {} });
    let stream = format!(
        "EVCXR_BEGIN_CONTENT text/plain\nab{}cd\nEVCXR_END_CONTENT\n",
        frame(&value.to_string())
    );
    check(
        stream.as_bytes(),
        &[
            Item::Frame(value),
            Item::Block {
                mime: "text/plain".to_owned(),
                content: b"abcd".to_vec(),
            },
        ],
    );
}

#[test]
fn an_open_block_does_not_swallow_the_end_of_the_cell() {
    check(
        b"EVCXR_BEGIN_CONTENT text/plain\nlost\nEVCXR_EXECUTION_COMPLETE\n",
        &[
            Item::Block {
                mime: "text/plain".to_owned(),
                content: b"lost".to_vec(),
            },
            marker("EVCXR_EXECUTION_COMPLETE"),
        ],
    );
}

#[test]
fn a_frame_that_was_cut_off_is_dropped_at_the_next_mark() {
    let mut stream = b"a\x1b_kerust;100;{\"msg_type\":".to_vec();
    stream.extend(sync_mark(7));
    stream.extend(b"b");
    check(&stream, &[text("a"), Item::Sync(7), text("b")]);
}

#[test]
fn held_text_is_released() {
    let mut parser = Parser::default();
    assert_eq!(parser.push(b"progress E"), [text("progress ")]);
    assert!(parser.holds_back());
    assert_eq!(parser.release(), [text("E")]);
    assert!(!parser.holds_back());
}

#[test]
fn the_end_of_a_cell_inside_a_frame_of_another_thread_is_found() {
    check(
        b"a\x1b_kerust;100;{\"msg_type\":EVCXR_EXECUTION_COMPLETE\nb",
        &[text("a"), marker("EVCXR_EXECUTION_COMPLETE"), text("b")],
    );
}
