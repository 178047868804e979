//! Rust code as HTML with classes for its tokens, named as Pygments names them.

use kerust::display::escape;
use ra_ap_syntax::{Edition, SyntaxKind};

use crate::source::{self, Token};

/// `code` as HTML.
pub(crate) fn rust(code: &str) -> String {
    let mut html = String::with_capacity(code.len() * 2);
    // Lines that are commands are no Rust, and would confuse the parser for the rest.
    let mut run = String::new();
    for line in code.split_inclusive('\n') {
        if source::is_command(line) {
            rust_only(&run, &mut html);
            run.clear();
            html.push_str(&format!("<span class=\"cp\">{}</span>", escape(line)));
        } else {
            run.push_str(line);
        }
    }
    rust_only(&run, &mut html);
    html
}

fn rust_only(code: &str, html: &mut String) {
    for token in source::tokens(code) {
        match class(&token) {
            Some(class) => {
                html.push_str(&format!(
                    "<span class=\"{class}\">{}</span>",
                    escape(token.text)
                ));
            }
            None => html.push_str(&escape(token.text)),
        }
    }
}

fn class(token: &Token<'_>) -> Option<&'static str> {
    use SyntaxKind as K;
    Some(match token.kind {
        K::COMMENT => "c",
        K::STRING | K::BYTE_STRING | K::C_STRING | K::CHAR | K::BYTE => "s",
        K::INT_NUMBER | K::FLOAT_NUMBER => "m",
        K::LIFETIME_IDENT => "nl",
        K::TRUE_KW | K::FALSE_KW => "kc",
        kind if kind.is_keyword(Edition::Edition2024) => "k",
        K::IDENT => match token.next {
            Some(K::BANG) => "nm",
            Some(K::L_PAREN) if starts_lower(token.text) => "nf",
            _ if token.text.starts_with(char::is_uppercase) => "nc",
            _ if PRIMITIVES.contains(&token.text) => "kt",
            _ => return None,
        },
        _ => return None,
    })
}

fn starts_lower(text: &str) -> bool {
    text.starts_with(|character: char| character.is_lowercase() || character == '_')
}

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
    "u32", "u64", "u128", "usize",
];
