//! What stands at a place: its signature or type, and its documentation.

use ra_ap_ide::{
    FileId, FileRange, HoverAction, HoverConfig, HoverDocFormat, HoverResult,
    MemoryLayoutHoverConfig, MemoryLayoutHoverRenderKind, NavigationTarget, RaFixtureConfig,
    SubstTyLen, TextRange, TextSize,
};
use ra_ap_syntax::ast::{self, HasArgList};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind, SyntaxToken, TokenAtOffset};

use super::Inspection;
use super::analyzer::Place;
use super::completion::first_paragraph;
use super::description::{self, Description};

/// Describes what stands at `place`: the word there, or else what is called around it.
pub(super) fn inspect(place: &Place, detailed: bool) -> Option<Inspection> {
    let found = hover(place, place.file, subject(place)?, detailed)?;
    let mut description = Description::new(&found.markup);
    if description.documentation.is_empty()
        && let Some(kind) = type_of(&found, description.type_name())
        && let Some(offset) = kind.focus_range
        && let Some(of_type) = hover(place, kind.file_id, offset.start(), false)
    {
        let documentation = Description::new(&of_type.markup).documentation;
        description.documentation = if detailed {
            documentation
        } else {
            first_paragraph(&documentation)
        };
    }
    let markdown = description.markdown();
    let text = description::plain(&markdown);
    (!text.is_empty()).then(|| Inspection::new(text, markdown))
}

fn hover(place: &Place, file: FileId, offset: TextSize, detailed: bool) -> Option<HoverResult> {
    let range = FileRange {
        file_id: file,
        range: TextRange::empty(offset),
    };
    let found = place.analysis.hover(&config(detailed), range).ok()??;
    Some(found.info)
}

/// Where the type with this name is defined, which is that of a variable or field.
fn type_of<'a>(found: &'a HoverResult, name: &str) -> Option<&'a NavigationTarget> {
    found.actions.iter().find_map(|action| match action {
        HoverAction::GoToType(types) => types
            .iter()
            .map(|kind| &kind.nav)
            .find(|target| target.name.as_str() == name),
        _ => None,
    })
}

/// Where to look.
fn subject(place: &Place) -> Option<TextSize> {
    let file = SourceFile::parse(&place.text, Edition::Edition2024).syntax_node();
    let offset = TextSize::from(place.offset as u32);
    let (before, after) = match file.token_at_offset(offset) {
        TokenAtOffset::None => return None,
        TokenAtOffset::Single(token) => (None, Some(token)),
        TokenAtOffset::Between(before, after) => (Some(before), Some(after)),
    };
    let within = |token: &SyntaxToken| {
        usize::from(token.text_range().start()) >= place.start
            && usize::from(token.text_range().end()) <= place.end
    };
    let tokens = [before.clone(), after.clone()];
    let word = tokens
        .into_iter()
        .flatten()
        .filter(within)
        .find(|token| is_word(token.kind()));
    if let Some(word) = word {
        return Some(word.text_range().start());
    }
    let called = before
        .or(after)?
        .parent_ancestors()
        .find_map(|node| called(&node))?;
    (usize::from(called) >= place.start).then_some(called)
}

fn is_word(kind: SyntaxKind) -> bool {
    kind == SyntaxKind::IDENT
        || kind == SyntaxKind::LIFETIME_IDENT
        || kind.is_keyword(Edition::Edition2024)
}

/// Where the name of the function, method or macro is that `node` calls.
fn called(node: &ra_ap_syntax::SyntaxNode) -> Option<TextSize> {
    let name = if let Some(call) = ast::MethodCallExpr::cast(node.clone()) {
        call.arg_list()?;
        call.name_ref()?
    } else if let Some(call) = ast::CallExpr::cast(node.clone()) {
        let ast::Expr::PathExpr(path) = call.expr()? else {
            return None;
        };
        path.path()?.segment()?.name_ref()?
    } else if let Some(call) = ast::MacroCall::cast(node.clone()) {
        call.path()?.segment()?.name_ref()?
    } else {
        return None;
    };
    Some(name.syntax().text_range().start())
}

fn config(detailed: bool) -> HoverConfig<'static> {
    let layout = MemoryLayoutHoverConfig {
        size: Some(MemoryLayoutHoverRenderKind::Decimal),
        offset: None,
        alignment: Some(MemoryLayoutHoverRenderKind::Decimal),
        padding: None,
        niches: false,
    };
    let count = if detailed { 1000 } else { 20 };
    HoverConfig {
        links_in_hover: false,
        memory_layout: detailed.then_some(layout),
        documentation: true,
        keywords: true,
        format: HoverDocFormat::Markdown,
        max_trait_assoc_items_count: Some(count),
        max_fields_count: Some(count),
        max_enum_variants_count: Some(count),
        max_subst_ty_len: SubstTyLen::Unlimited,
        show_drop_glue: false,
        ra_fixture: RaFixtureConfig::default(),
    }
}
