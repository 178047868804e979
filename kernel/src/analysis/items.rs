//! What a cell defines for the cells after it: its items, each with a key by which a later one
//! replaces it.

use ra_ap_syntax::ast::{self, HasAttrs, HasName, HasVisibility};
use ra_ap_syntax::{AstNode, Edition, SourceFile};

use crate::source::{OPENING, without_commands};

/// An item or one name of a `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// What is replaced by a later item with the same key.
    pub(super) key: String,
    /// Its code.
    pub(super) text: String,
    /// Whether it is a macro, which only counts below its definition.
    pub(super) is_macro: bool,
}

/// The items of a cell, those within functions and blocks left out.
pub(super) fn of_cell(code: &str) -> Vec<Item> {
    let mut items = Vec::new();
    for item in nodes(&without_commands(code)) {
        match &item {
            ast::Item::Use(import) => add_imports(import, &mut items),
            _ => items.push(Item {
                key: key(&item),
                text: item.syntax().text().to_string(),
                is_macro: matches!(item, ast::Item::MacroRules(_) | ast::Item::MacroDef(_)),
            }),
        }
    }
    items
}

/// A cell's code without its items and commands: spaces stand in their place.
pub(super) fn blanked(code: &str) -> String {
    let mut text = without_commands(code);
    for item in nodes(&text) {
        let range = item.syntax().text_range();
        let start = usize::from(range.start()) - OPENING.len();
        let end = usize::from(range.end()) - OPENING.len();
        let blank: String = text[start..end]
            .bytes()
            .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
            .collect();
        text.replace_range(start..end, &blank);
    }
    text
}

fn nodes(code: &str) -> Vec<ast::Item> {
    let text = format!("{OPENING}{code}\n}}");
    let file = SourceFile::parse(&text, Edition::Edition2024).tree();
    let body = file
        .syntax()
        .children()
        .find_map(ast::Fn::cast)
        .and_then(|function| function.body()?.stmt_list());
    body.iter()
        .flat_map(|body| body.syntax().children())
        .filter_map(ast::Item::cast)
        .filter(|item| usize::from(item.syntax().text_range().end()) <= OPENING.len() + code.len())
        .collect()
}

fn key(item: &ast::Item) -> String {
    let name = match item {
        ast::Item::Const(item) => item.name(),
        ast::Item::Enum(item) => item.name(),
        ast::Item::Fn(item) => item.name(),
        ast::Item::MacroRules(item) => item.name(),
        ast::Item::MacroDef(item) => item.name(),
        ast::Item::Module(item) => item.name(),
        ast::Item::Static(item) => item.name(),
        ast::Item::Struct(item) => item.name(),
        ast::Item::Trait(item) => item.name(),
        ast::Item::TypeAlias(item) => item.name(),
        ast::Item::Union(item) => item.name(),
        ast::Item::Impl(item) => return impl_key(item),
        _ => None,
    };
    match name {
        Some(name) => name.text().to_string(),
        None => item.syntax().text().to_string(),
    }
}

/// A block run again replaces itself; another block for the same type stands beside it.
fn impl_key(block: &ast::Impl) -> String {
    let mut key = String::from("impl");
    for part in [block.trait_(), block.self_ty()].into_iter().flatten() {
        key.push(' ');
        key.push_str(&part.syntax().text().to_string());
    }
    let items = block.assoc_item_list();
    for item in items.iter().flat_map(|list| list.assoc_items()) {
        let name = match &item {
            ast::AssocItem::Const(item) => item.name(),
            ast::AssocItem::Fn(item) => item.name(),
            ast::AssocItem::TypeAlias(item) => item.name(),
            ast::AssocItem::MacroCall(_) => None,
        };
        if let Some(name) = name {
            key.push(' ');
            key.push_str(name.text().as_ref());
        }
    }
    key
}

/// Adds one item for each name that `import` brings, so that each can be replaced on its own.
fn add_imports(import: &ast::Use, items: &mut Vec<Item>) {
    let mut head: String = import
        .attrs()
        .map(|attribute| format!("{} ", attribute.syntax().text()))
        .collect();
    if let Some(visibility) = import.visibility() {
        head.push_str(&format!("{} ", visibility.syntax().text()));
    }
    if let Some(tree) = import.use_tree() {
        add_tree(&tree, "", &head, items);
    }
}

fn add_tree(tree: &ast::UseTree, prefix: &str, head: &str, items: &mut Vec<Item>) {
    let own = tree
        .path()
        .map(|path| path.syntax().text().to_string())
        .unwrap_or_default();
    let path = match (prefix.is_empty(), own.as_str()) {
        (_, "" | "self") => prefix.to_owned(),
        (true, own) => own.to_owned(),
        (false, own) => format!("{prefix}::{own}"),
    };
    if let Some(list) = tree.use_tree_list() {
        for tree in list.use_trees() {
            add_tree(&tree, &path, head, items);
        }
        return;
    }
    let (key, end) = if tree.star_token().is_some() {
        (format!("{path}::*"), "::*".to_owned())
    } else {
        let renamed = tree.rename();
        let name = renamed.as_ref().and_then(|rename| rename.name());
        let end = renamed
            .map(|rename| format!(" {}", rename.syntax().text()))
            .unwrap_or_default();
        let last = path.rsplit("::").next().unwrap_or_default();
        match name {
            Some(name) => (name.text().to_string(), end),
            // `as _` names nothing.
            None if !end.is_empty() => (format!("{path}{end}"), end),
            None => (last.to_owned(), end),
        }
    };
    if !path.is_empty() {
        items.push(Item {
            key,
            text: format!("{head}use {path}{end};"),
            is_macro: false,
        });
    }
}
