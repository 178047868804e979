//! What can stand at a place.

use ra_ap_ide::{
    CompletionConfig, CompletionFieldsToResolve, CompletionItem, CompletionItemKind, FilePosition,
    RaFixtureConfig, SymbolKind,
};
use ra_ap_ide_db::imports::insert_use::{ImportGranularity, InsertUseConfig, PrefixKind};

use super::analyzer::Place;
use super::document::WRAPPER;
use super::{Completion, Completions};

/// More are of no use to anybody.
const MOST: usize = 500;

/// What can stand at `place`, the likeliest first.
pub(super) fn complete(place: &Place) -> Completions {
    let position = FilePosition {
        file_id: place.file,
        offset: (place.offset as u32).into(),
    };
    let nothing = Completions::nothing(place.offset - place.start);
    let Ok(Some(items)) = place.analysis.completions(&config(), position, None) else {
        return nothing;
    };
    let Some(range) = items.first().map(|item| item.source_range) else {
        return nothing;
    };
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    if start < place.start || end > place.end || place.offset < start {
        return nothing;
    }
    let typed = &place.text[start..place.offset];
    let (mut exact, mut others) = (Vec::new(), Vec::new());
    for item in items {
        let Some(text) = insertion(&item).filter(|_| item.source_range == range) else {
            continue;
        };
        if text.starts_with(typed) {
            exact.push((rank(&item, &text), text, item));
        } else if text.to_lowercase().starts_with(&typed.to_lowercase()) {
            others.push((rank(&item, &text), text, item));
        }
    }
    let mut found = if exact.is_empty() { others } else { exact };
    // The sort is stable.
    found.sort_by(|(one, _, _), (other, _, _)| one.cmp(other));
    let mut matches: Vec<Completion> = Vec::new();
    for (_, text, item) in found {
        if matches.len() == MOST {
            break;
        }
        if !matches.iter().any(|known| known.text == text) {
            matches.push(Completion {
                kind: kind(&item).to_owned(),
                signature: signature(&item),
                documentation: item
                    .documentation
                    .as_ref()
                    .map(|text| first_paragraph(text.as_str()))
                    .unwrap_or_default(),
                text,
            });
        }
    }
    Completions {
        matches,
        start: start - place.start,
        end: end - place.start,
    }
}

/// The text that `item` puts in the place of what was typed.
fn insertion(item: &CompletionItem) -> Option<String> {
    let mut edits = item.text_edit.iter();
    let (edit, more) = (edits.next()?, edits.next());
    if more.is_some() || edit.delete != item.source_range || !item.import_to_add.is_empty() {
        return None;
    }
    let text = edit.insert.trim_end();
    let ours = text.starts_with(WRAPPER);
    // Placeholders are for editors that jump to them, and two underscores hide a name.
    let useful = !text.is_empty() && !text.contains(['…', ',']) && !text.starts_with("__");
    (useful && !ours).then(|| text.to_owned())
}

/// The order of kinds. Members keep the order of their definitions, a type's own methods before
/// those of what it stands for; the rest has rust-analyzer's order, then that of the alphabet.
fn rank(item: &CompletionItem, text: &str) -> (u8, u32, String) {
    use CompletionItemKind as Kind;
    let relevance = item.relevance;
    let group = match item.kind {
        Kind::SymbolKind(SymbolKind::Local | SymbolKind::ValueParam | SymbolKind::SelfParam)
        | Kind::Binding => 0,
        Kind::SymbolKind(SymbolKind::Field) => 1,
        Kind::SymbolKind(SymbolKind::Variant) => 2,
        Kind::SymbolKind(SymbolKind::Function) if relevance.trait_.is_none() => 3,
        Kind::SymbolKind(SymbolKind::Method) if relevance.trait_.is_none() => 4,
        Kind::SymbolKind(SymbolKind::Method | SymbolKind::Function) => 7,
        Kind::SymbolKind(SymbolKind::CrateRoot | SymbolKind::Module | SymbolKind::ToolModule) => 6,
        Kind::Keyword | Kind::BuiltinType | Kind::Snippet | Kind::Expression => 8,
        _ => 5,
    };
    let group = if item.deprecated { 9 } else { group };
    if matches!(group, 1..=4) {
        return (group, 0, String::new());
    }
    (group, u32::MAX - relevance.score(), text.to_owned())
}

/// The kind, in words that front ends know.
fn kind(item: &CompletionItem) -> &'static str {
    use SymbolKind as S;
    match item.kind {
        CompletionItemKind::SymbolKind(kind) => match kind {
            S::Function | S::Method => "function",
            S::Struct
            | S::Enum
            | S::Union
            | S::Trait
            | S::TypeAlias
            | S::TypeParam
            | S::SelfType => "class",
            S::Module | S::CrateRoot | S::ToolModule => "module",
            S::Field => "property",
            S::Macro | S::ProcMacro | S::Derive | S::Attribute | S::BuiltinAttr => "macro",
            S::ValueParam | S::SelfParam => "param",
            _ => "instance",
        },
        CompletionItemKind::Keyword => "keyword",
        CompletionItemKind::BuiltinType => "class",
        _ => "instance",
    }
}

/// The signature of a function, the type of anything else.
fn signature(item: &CompletionItem) -> String {
    item.detail
        .clone()
        .or_else(|| item.label.detail_right.clone())
        .unwrap_or_default()
}

pub(super) fn first_paragraph(documentation: &str) -> String {
    documentation
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn config() -> CompletionConfig<'static> {
    CompletionConfig {
        enable_postfix_completions: false,
        enable_imports_on_the_fly: false,
        enable_self_on_the_fly: false,
        enable_auto_iter: false,
        enable_auto_await: false,
        enable_private_editable: false,
        enable_term_search: false,
        term_search_fuel: 0,
        full_function_signatures: true,
        callable: None,
        add_colons_to_module: false,
        add_semicolon_to_unit: false,
        snippet_cap: None,
        insert_use: InsertUseConfig {
            granularity: ImportGranularity::Item,
            enforce_granularity: false,
            prefix_kind: PrefixKind::ByCrate,
            group: false,
            skip_glob_imports: false,
        },
        prefer_no_std: false,
        prefer_prelude: true,
        prefer_absolute: false,
        snippets: Vec::new(),
        limit: None,
        fields_to_resolve: CompletionFieldsToResolve::empty(),
        exclude_flyimport: Vec::new(),
        exclude_traits: &[],
        ra_fixture: RaFixtureConfig::default(),
    }
}
