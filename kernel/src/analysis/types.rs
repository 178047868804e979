//! The types of a cell's variables, as text to be added to the cell.
//!
//! What a later cell shall see has to be written with its type, for each cell is a program of its
//! own. evcxr finds the types by a rust-analyzer of its own, which reads every package a second time
//! and on the same thread that compiles. With all types in the cell it has nothing to read.

use std::ops::Range;

use ra_ap_hir::{HirDisplay, Module, ModuleDef, PathResolution, Semantics, Trait, Type, attach_db};
use ra_ap_ide_db::base_db::EditionedFileId;
use ra_ap_ide_db::{FileId, RootDatabase};
use ra_ap_syntax::ast::{self, HasModuleItem, HasName, make};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, TextSize};

use super::document::{SHOWN, WRAPPER};
use crate::source;

/// What there is to know of a cell before it is compiled.
#[derive(Debug, Default, PartialEq)]
pub struct Findings {
    /// What has to be added to it, each at a place in bytes.
    pub additions: Vec<(usize, String)>,
    /// Its variables whose type has no name, and what that type is.
    pub unnameable: Vec<(String, String)>,
}

/// Whether the cell `code` makes variables whose types have to be found.
pub(crate) fn needs_types(code: &str) -> bool {
    source::statements(code).any(|statement| match statement {
        ast::Stmt::LetStmt(statement) => !has_type(&statement),
        _ => false,
    })
}

/// Whether `statement` makes one variable and states its type.
fn has_type(statement: &ast::LetStmt) -> bool {
    let is_complete = |stated: ast::Type| is_complete(&stated.syntax().text().to_string());
    matches!(statement.pat(), Some(ast::Pat::IdentPat(_)))
        && statement.ty().is_some_and(is_complete)
}

/// Where the cell is in the file that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    /// Where it starts and ends, in bytes of the file.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the value that it shows is, in bytes of the cell.
    pub(super) value: Option<Range<usize>>,
}

/// Looks at the cell that stands at `extent` in `file`. Added is the type of each variable that has
/// none that evcxr could use, and the display of the last value if it has none of its own.
pub(super) fn find(db: &RootDatabase, file: FileId, extent: &Extent) -> Findings {
    attach_db(db, || {
        let sema = Semantics::new(db);
        let source = sema.parse(EditionedFileId::new(db, file, Edition::Edition2024));
        let Some(function) = source.items().find_map(|item| match item {
            ast::Item::Fn(function) if is_named(&function, WRAPPER) => Some(function),
            _ => None,
        }) else {
            return Findings::default();
        };
        let (Some(body), Some(scope)) = (function.body(), sema.scope(function.syntax())) else {
            return Findings::default();
        };
        let cell = Cell {
            sema: &sema,
            module: scope.module(),
            debug: match scope.speculative_resolve(&make::path_from_text("::core::fmt::Debug")) {
                Some(PathResolution::Def(ModuleDef::Trait(debug))) => Some(debug),
                _ => None,
            },
            extent,
        };
        let mut found = Findings::default();
        for statement in body.statements() {
            match statement {
                ast::Stmt::LetStmt(statement) if cell.contains(statement.syntax()) => {
                    cell.add_types(&statement, &mut found);
                }
                ast::Stmt::ExprStmt(statement) => {
                    if let (Some(value), Some(shown)) = (&extent.value, shown_value(&statement))
                        && cell.needs_display(&shown)
                    {
                        let call = "::kerust::notebook::debugged(&(";
                        found.additions.push((value.start, call.to_owned()));
                        found.additions.push((value.end, "))".to_owned()));
                    }
                }
                _ => {}
            }
        }
        found
    })
}

fn is_named(function: &ast::Fn, name: &str) -> bool {
    function.name().is_some_and(|own| own.text() == name)
}

/// The cell's last value, repeated behind the cell with the call that would show it.
fn shown_value(statement: &ast::ExprStmt) -> Option<ast::MethodCallExpr> {
    match statement.expr()? {
        ast::Expr::MethodCallExpr(call) if call.name_ref()?.text() == SHOWN => Some(call),
        _ => None,
    }
}

struct Cell<'a, 'db> {
    sema: &'a Semantics<'db, RootDatabase>,
    module: Module,
    debug: Option<Trait>,
    extent: &'a Extent,
}

impl<'db> Cell<'_, 'db> {
    fn contains(&self, node: &ra_ap_syntax::SyntaxNode) -> bool {
        let range = node.text_range();
        usize::from(range.start()) >= self.extent.start
            && usize::from(range.end()) <= self.extent.end
    }

    fn position(&self, offset: TextSize) -> usize {
        usize::from(offset) - self.extent.start
    }

    /// The types for what `statement` makes.
    fn add_types(&self, statement: &ast::LetStmt, found: &mut Findings) {
        let Some(pattern) = statement.pat() else {
            return;
        };
        if has_type(statement) {
            return;
        }
        let bindings: Vec<ast::IdentPat> = pattern
            .syntax()
            .descendants()
            .filter_map(ast::IdentPat::cast)
            .collect();
        if let (ast::Pat::IdentPat(binding), [_], None) =
            (&pattern, bindings.as_slice(), statement.ty())
            && binding.ref_token().is_none()
        {
            if let Some(text) = self.type_of(binding, found) {
                let end = self.position(binding.syntax().text_range().end());
                found.additions.push((end, format!(": {text}")));
            }
            return;
        }
        // A pattern has one type for all of it, so its parts are bound once more.
        let end = self.position(statement.syntax().text_range().end());
        for binding in bindings {
            let (Some(name), Some(text)) = (binding.name(), self.type_of(&binding, found)) else {
                continue;
            };
            let mutable = match binding.mut_token() {
                Some(_) if binding.ref_token().is_none() => "mut ",
                _ => "",
            };
            let again = format!(" let {mutable}{name}: {text} = {name};");
            found.additions.push((end, again));
        }
    }

    /// The type of a variable as the cell can write it; none if there is no way to.
    fn type_of(&self, binding: &ast::IdentPat, found: &mut Findings) -> Option<String> {
        let kind = self.sema.type_of_binding_in_pat(binding)?;
        // evcxr tells the user about closures.
        if kind.is_closure() {
            return None;
        }
        let text = |allow_opaque| {
            kind.display_source_code(self.sema.db, self.module.into(), allow_opaque)
                .ok()
                .filter(|text| is_complete(text))
        };
        let name = text(false);
        if let (None, Some(opaque), Some(variable)) = (&name, text(true), binding.name()) {
            found.unnameable.push((variable.to_string(), opaque));
        }
        name
    }

    /// Whether the value is to be shown as `{:?}` because nothing else shows it: evcxr would compile
    /// the cell once more to find that out.
    fn needs_display(&self, shown: &ast::MethodCallExpr) -> bool {
        let Some(value) = shown
            .receiver()
            .and_then(|receiver| self.sema.type_of_expr(&receiver))
        else {
            return false;
        };
        self.sema.resolve_method_call(shown).is_none() && self.is_debug(&value.original)
    }

    fn is_debug(&self, value: &Type<'db>) -> bool {
        !value.contains_unknown()
            && self
                .debug
                .is_some_and(|debug| value.impls_trait(self.sema.db, debug, &[]))
    }
}

/// Whether `text` is a type with nothing left open.
fn is_complete(text: &str) -> bool {
    let file = SourceFile::parse(&format!("const _: {text} = v();"), Edition::Edition2024);
    file.errors().is_empty()
        && !file
            .syntax_node()
            .descendants()
            .any(|node| matches!(node.kind(), SyntaxKind::ERROR | SyntaxKind::INFER_TYPE))
}
