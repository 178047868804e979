//! A layer as the value of a cell: its class and its arguments.

use serde_json::Value;

use super::Bundle;
use super::html::{FAINT, Table, escape, folded, frame};
use super::width::{filled, terminal_width};
use crate::layers::Layer;

/// So many arguments are seen before all are unfolded.
const FEW: usize = 3;
/// How the further lines of the text begin.
const INDENT: &str = "    ";

/// The layer in every form in which it can be shown.
pub(crate) fn bundle(layer: &dyn Layer) -> Bundle {
    let class_name = layer.class_name();
    let arguments = arguments(layer);
    let text = text(class_name, &arguments, terminal_width());
    Bundle::text(text).html(frame(&html(class_name, &arguments)))
}

/// The arguments that say something, by their names in Keras; none of a layer that does not tell.
fn arguments(layer: &dyn Layer) -> Vec<(String, String)> {
    let Ok(config) = layer.get_config() else {
        return Vec::new();
    };
    let given = config.as_value().as_object().into_iter().flatten();
    given
        .filter(|(name, value)| {
            let usual = name.as_str() == "trainable" && **value == Value::Bool(true);
            !value.is_null() && !usual
        })
        .map(|(name, value)| (name.clone(), short(value)))
        .collect()
}

/// `relu`, `(3, 3)`, `GlorotUniform`.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(short).collect();
            format!("({})", values.join(", "))
        }
        Value::Object(fields) => match fields.get("class_name") {
            Some(Value::String(class_name)) => class_name.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// `Dense(units=10, activation=relu, ...)`, broken between the arguments.
fn text(class_name: &str, arguments: &[(String, String)], width: usize) -> String {
    let end = |i: usize| if i + 1 < arguments.len() { ", " } else { ")" };
    let mut words: Vec<String> = arguments
        .iter()
        .enumerate()
        .map(|(i, (name, value))| format!("{name}={value}{}", end(i)))
        .collect();
    match words.first_mut() {
        Some(first) => first.insert_str(0, &format!("{class_name}(")),
        None => return format!("{class_name}()"),
    }
    let room = width.saturating_sub(INDENT.len());
    let lines = filled(words.iter().map(String::as_str), room);
    lines.join(&format!("\n{INDENT}"))
}

fn html(class_name: &str, arguments: &[(String, String)]) -> String {
    let class_name = escape(class_name);
    if arguments.is_empty() {
        return format!("<b>{class_name}</b>");
    }
    let few = arguments.iter().take(FEW);
    let mut few: Vec<String> = few.map(|(name, value)| format!("{name} {value}")).collect();
    if arguments.len() > FEW {
        few.push("…".to_string());
    }
    let mut table = Table::new(&[0, 1], Vec::new());
    for (name, value) in arguments {
        table.row(vec![escape(name), escape(value)], false);
    }
    let few = escape(&few.join(" · "));
    let summary = format!("<b>{class_name}</b> <span style=\"{FAINT}\">{few}</span>");
    folded(&summary, &table.to_html())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;
    use crate::layers::{Conv2D, Flatten};

    #[test]
    fn the_arguments_that_say_something_are_there() {
        let shown = bundle(&Conv2D::new(32, (3, 3)).activation("relu"));
        let text = shown.plain();
        assert!(text.starts_with("Conv2D("), "{text}");
        assert!(text.contains("filters=32"), "{text}");
        assert!(text.contains("kernel_size=(3, 3)"), "{text}");
        assert!(text.contains("kernel_initializer=GlorotUniform"), "{text}");
        assert!(!text.contains("bias_regularizer"), "{text}");
        let html = shown.get("text/html").unwrap_or_default();
        assert!(html.contains("<details><summary><b>Conv2D</b>"), "{html}");
        well_formed(html);
    }

    #[test]
    fn lines_are_broken_between_arguments() {
        let arguments: Vec<(String, String)> = (0..30)
            .map(|i| (format!("argument_{i}"), i.to_string()))
            .collect();
        for width in [60, 80, 120] {
            let text = text("Wide", &arguments, width);
            assert!(text.lines().count() > 4);
            assert!(text.lines().all(|line| line.len() <= width), "{text}");
            assert!(text.ends_with("argument_29=29)"), "{text}");
        }
        assert_eq!(text("Bare", &[], 80), "Bare()");
    }

    #[test]
    fn layers_without_arguments_are_named() {
        assert!(bundle(&Flatten::new()).plain().starts_with("Flatten("));
    }
}
