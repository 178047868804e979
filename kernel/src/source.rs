//! A cell's Rust code, looked at with the same parser that evcxr uses: how it ends, whether it is
//! complete, and what its tokens are.

use std::ops::Range;

use ra_ap_ide_db::syntax_helpers::LexedStr;
use ra_ap_syntax::ast::{self, HasLoopBody};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode, TextSize};

/// What stands before a cell's code to make it the body of a function, for the parser.
pub(crate) const OPENING: &str = "fn f(){";

/// Whether a cell can be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can.
    Complete,
    /// More is needed; the next line should start with this.
    Incomplete {
        /// Spaces for the next line.
        indent: String,
    },
    /// No continuation makes it valid.
    Invalid,
}

/// How a cell ends.
pub(crate) struct Ending {
    /// Where its last statement is, in bytes, if that is an expression whose value is worth showing.
    pub(crate) value: Option<Range<usize>>,
    /// Where a semicolon belongs, in bytes: after a last expression that has no value, so that
    /// evcxr does not compile the cell a second time just to show `()`.
    pub(crate) semicolon: Option<usize>,
}

/// Blanks out the lines that are commands to evcxr or to the shell; offsets stay.
pub(crate) fn without_commands(code: &str) -> String {
    code.split_inclusive('\n')
        .map(|line| {
            if is_command(line) {
                let length = line.trim_end_matches('\n').len();
                " ".repeat(length) + &line[length..]
            } else {
                line.to_owned()
            }
        })
        .collect()
}

/// The commands of a cell alone, with empty lines between them, so that they have their numbers; none
/// if there are no commands, or nothing else.
pub(crate) fn commands_apart(code: &str) -> Option<String> {
    let rust = without_commands(code);
    if rust.trim().is_empty() || rust == code {
        return None;
    }
    Some(
        code.split_inclusive('\n')
            .map(|line| if is_command(line) { line } else { "\n" })
            .collect(),
    )
}

/// Whether a line is a command, `:dep` or `!ls` say, rather than Rust.
pub(crate) fn is_command(line: &str) -> bool {
    line.starts_with(':') || (line.starts_with('!') && !line.starts_with("!("))
}

fn body(code: &str) -> Option<ast::StmtList> {
    let text = format!("{OPENING}{code}\n}}");
    let file = SourceFile::parse(&text, Edition::Edition2024).syntax_node();
    ast::Fn::cast(file.children().next()?)?.body()?.stmt_list()
}

/// The statements of a cell, those within others left out.
pub(crate) fn statements(code: &str) -> impl Iterator<Item = ast::Stmt> {
    body(&without_commands(code))
        .into_iter()
        .flat_map(|body| body.statements())
}

/// How `code` ends.
pub(crate) fn ending(code: &str) -> Ending {
    let without_value = Ending {
        value: None,
        semicolon: None,
    };
    let code = without_commands(code);
    let Some(last) = body(&code).and_then(|list| list.syntax().children().last()) else {
        return without_value;
    };
    let Some(expression) = ast::Expr::cast(last.clone()) else {
        return without_value;
    };
    let range = last.text_range();
    let place = |offset: TextSize| (usize::from(offset) - OPENING.len()).min(code.len());
    if never_has_value(&expression) {
        return Ending {
            value: None,
            semicolon: Some(place(range.end())),
        };
    }
    Ending {
        value: Some(place(range.start())..place(range.end())),
        semicolon: None,
    }
}

fn never_has_value(expression: &ast::Expr) -> bool {
    match expression {
        ast::Expr::ForExpr(_) | ast::Expr::WhileExpr(_) => true,
        ast::Expr::LoopExpr(the_loop) => !the_loop
            .loop_body()
            .is_some_and(|body| has_break_value(body.syntax())),
        ast::Expr::MacroExpr(call) => {
            call.macro_call()
                .and_then(|call| call.path())
                .is_some_and(|path| {
                    let name = path.syntax().text().to_string();
                    matches!(
                        name.as_str(),
                        "print"
                            | "println"
                            | "eprint"
                            | "eprintln"
                            | "assert"
                            | "assert_eq"
                            | "assert_ne"
                            | "panic"
                    )
                })
        }
        ast::Expr::BinExpr(operation) => {
            matches!(operation.op_kind(), Some(ast::BinaryOp::Assignment { .. }))
        }
        _ => false,
    }
}

fn has_break_value(body: &SyntaxNode) -> bool {
    body.descendants()
        .filter_map(ast::BreakExpr::cast)
        .any(|the_break| the_break.expr().is_some())
}

/// Whether `code` can be run as it stands.
pub fn completeness(code: &str) -> Completeness {
    let rust = without_commands(code);
    let tokens = tokens(&rust);
    let mut open: Vec<&str> = Vec::new();
    let mut last = None;
    for token in &tokens {
        match token.kind {
            SyntaxKind::L_PAREN | SyntaxKind::L_BRACK | SyntaxKind::L_CURLY => {
                open.push(token.text);
            }
            SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY => {
                let opener = match token.text {
                    ")" => "(",
                    "]" => "[",
                    _ => "{",
                };
                if open.pop() != Some(opener) {
                    return Completeness::Invalid;
                }
            }
            SyntaxKind::WHITESPACE => continue,
            SyntaxKind::COMMENT => {
                if unterminated_comment(token.text) {
                    return incomplete(&open);
                }
                continue;
            }
            SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING
                if unterminated_string(token.text) =>
            {
                return incomplete(&open);
            }
            _ => {}
        }
        last = Some(token);
    }
    if !open.is_empty() {
        return incomplete(&open);
    }
    match last {
        Some(token) if wants_more(token.kind) => incomplete(&open),
        _ => Completeness::Complete,
    }
}

fn incomplete(open: &[&str]) -> Completeness {
    Completeness::Incomplete {
        indent: " ".repeat(4 * open.len()),
    }
}

/// Whether nothing valid ends with such a token.
fn wants_more(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::DOT
            | K::COMMA
            | K::EQ
            | K::PLUS
            | K::MINUS
            | K::STAR
            | K::SLASH
            | K::PERCENT
            | K::AMP
            | K::PIPE
            | K::CARET
            | K::L_ANGLE
            | K::COLON
            | K::BANG
            | K::LET_KW
            | K::FN_KW
            | K::STRUCT_KW
            | K::ENUM_KW
            | K::IMPL_KW
            | K::TRAIT_KW
            | K::USE_KW
            | K::MOD_KW
            | K::IF_KW
            | K::ELSE_KW
            | K::MATCH_KW
            | K::FOR_KW
            | K::WHILE_KW
            | K::IN_KW
            | K::MUT_KW
            | K::PUB_KW
            | K::AS_KW
    )
}

fn unterminated_comment(text: &str) -> bool {
    text.starts_with("/*") && text.matches("/*").count() > text.matches("*/").count()
}

fn unterminated_string(text: &str) -> bool {
    let Some(start) = text.find('"') else {
        return true;
    };
    let hashes = text[..start].matches('#').count();
    if text[..start].contains('r') {
        let closing = format!("\"{}", "#".repeat(hashes));
        return text.len() < start + 1 + closing.len() || !text[start + 1..].ends_with(&closing);
    }
    let mut escaped = false;
    for character in text[start + 1..].chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    true
}

/// One token of Rust code.
pub(crate) struct Token<'a> {
    pub(crate) kind: SyntaxKind,
    pub(crate) text: &'a str,
    /// The kind of what follows, spaces left out.
    pub(crate) next: Option<SyntaxKind>,
}

/// All tokens of `code`, spaces and comments too; together they are the code.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let text = format!("{OPENING}{code}\n}}");
    let file = SourceFile::parse(&text, Edition::Edition2024).syntax_node();
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for token in file
        .descendants_with_tokens()
        .filter_map(|element| element.into_token())
    {
        let range = token.text_range();
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        // A token at either edge may reach into the wrapping; only what is the cell's counts.
        let start = start.max(OPENING.len()) - OPENING.len();
        let end = end.max(OPENING.len()) - OPENING.len();
        let (start, end) = (start.min(code.len()), end.min(code.len()));
        if start < end {
            tokens.push(Token {
                kind: token.kind(),
                text: &code[start..end],
                next: None,
            });
        }
    }
    let mut next = None;
    for token in tokens.iter_mut().rev() {
        token.next = next;
        if token.kind != SyntaxKind::WHITESPACE {
            next = Some(token.kind);
        }
    }
    tokens
}

/// The tokens of a whole file, with their kinds; together they are the file. Signs of several
/// characters, `->` say, are several tokens.
pub(crate) fn file_tokens(text: &str) -> Vec<(SyntaxKind, &str)> {
    let lexed = LexedStr::new(Edition::Edition2024, text);
    (0..lexed.len())
        .map(|index| (lexed.kind(index), &text[lexed.text_range(index)]))
        .collect()
}
