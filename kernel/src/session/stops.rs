//! Places in a cell's code where it can be stopped.
//!
//! A compiled loop cannot be stopped from outside without ending its process, and the variables
//! with it. So every loop, function and closure of a cell begins by asking the library whether the
//! user wants it to go on; if not, the cell unwinds like after a panic, and what earlier cells made
//! is kept. The questions stand on the cell's own lines, so line numbers stay what they are.
//!
//! Not asked: what the compiler evaluates itself (`const`), `Drop` (unwinding out of it would end
//! the process), functions for callers in other languages, and what stands in a macro's call.

use ra_ap_syntax::ast::{self, HasModuleItem};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxNode};

use crate::source::{OPENING, without_commands};

/// The question.
const ASK: &str = " ::kerust::notebook::keep_running();";
/// What makes a block of a closure's expression, before and behind it.
const BLOCK: [&str; 2] = ["{ ::kerust::notebook::keep_running(); ", " }"];

/// What to add to `code`, and where in it, in bytes; nothing if it cannot be parsed.
pub fn stops(code: &str) -> Vec<(usize, String)> {
    let rust = without_commands(code);
    let text = format!("{OPENING}{rust}\n}}");
    let parse = SourceFile::parse(&text, Edition::Edition2024);
    let file = parse.tree();
    // Half a loop is no place for anything: the compiler shall see what the user wrote.
    let Some(ast::Item::Fn(cell)) = file.items().next() else {
        return Vec::new();
    };
    if !parse.errors().is_empty() || cell.syntax().text_range() != file.syntax().text_range() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for node in cell.syntax().descendants().skip(1) {
        let can_stop = matches!(
            node.kind(),
            SyntaxKind::FOR_EXPR
                | SyntaxKind::WHILE_EXPR
                | SyntaxKind::LOOP_EXPR
                | SyntaxKind::FN
                | SyntaxKind::CLOSURE_EXPR
        );
        if !can_stop || excluded(&node) {
            continue;
        }
        let body = match node.kind() {
            SyntaxKind::FOR_EXPR | SyntaxKind::WHILE_EXPR | SyntaxKind::LOOP_EXPR => {
                node.children().filter_map(ast::BlockExpr::cast).last()
            }
            SyntaxKind::FN => ast::Fn::cast(node).and_then(|function| function.body()),
            SyntaxKind::CLOSURE_EXPR => {
                match ast::ClosureExpr::cast(node).and_then(|closure| closure.body()) {
                    Some(ast::Expr::BlockExpr(body)) if body.modifier().is_none() => Some(body),
                    Some(expression) => {
                        let range = expression.syntax().text_range();
                        found.push((usize::from(range.start()), BLOCK[0]));
                        found.push((usize::from(range.end()), BLOCK[1]));
                        None
                    }
                    None => None,
                }
            }
            _ => None,
        };
        if let Some(offset) = body.as_ref().and_then(first_place) {
            found.push((offset, ASK));
        }
    }
    found
        .into_iter()
        .filter_map(|(offset, piece)| Some((offset.checked_sub(OPENING.len())?, piece.to_owned())))
        .filter(|(offset, _)| *offset <= code.len())
        .collect()
}

/// Where the first statement of a block can stand.
fn first_place(body: &ast::BlockExpr) -> Option<usize> {
    let list = body.stmt_list()?;
    let has_attributes = list
        .syntax()
        .children()
        .any(|child| child.kind() == SyntaxKind::ATTR);
    let brace = list.l_curly_token()?;
    (!has_attributes).then(|| usize::from(brace.text_range().end()))
}

/// Whether `node` is in a place where nothing may be asked.
fn excluded(node: &SyntaxNode) -> bool {
    let in_length = node.ancestors().any(|ancestor| {
        let array = ancestor.parent().and_then(ast::ArrayExpr::cast);
        // The length in `[0; N]`.
        array.is_some_and(|array| {
            array.semicolon_token().is_some_and(|semicolon| {
                semicolon.text_range().end() <= ancestor.text_range().start()
            })
        })
    });
    in_length || node.ancestors().any(is_constant)
}

/// Whether `ancestor` keeps what is in it from asking.
fn is_constant(ancestor: SyntaxNode) -> bool {
    match ancestor.kind() {
        SyntaxKind::CONST
        | SyntaxKind::STATIC
        | SyntaxKind::CONST_ARG
        | SyntaxKind::ARRAY_TYPE
        | SyntaxKind::VARIANT => true,
        SyntaxKind::BLOCK_EXPR => {
            ast::BlockExpr::cast(ancestor).is_some_and(|block| block.const_token().is_some())
        }
        SyntaxKind::FN => ast::Fn::cast(ancestor)
            .is_some_and(|function| function.const_token().is_some() || function.abi().is_some()),
        SyntaxKind::IMPL => ast::Impl::cast(ancestor).is_some_and(|the_impl| {
            the_impl
                .trait_()
                .is_some_and(|name| name.syntax().text().to_string().ends_with("Drop"))
        }),
        _ => false,
    }
}
