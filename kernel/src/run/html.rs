//! An executed notebook as one self-contained page: no script, nothing fetched from elsewhere.

use kerust::display::escape;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::ansi::{self, Color, Style};
use super::highlight::rust;
use super::notebook::{Notebook, joined, source};

const STYLE: &str = include_str!("page.css");

/// The page of `notebook`.
pub fn page(notebook: &Notebook, title: &str) -> String {
    let mut body = String::new();
    for cell in notebook.cells() {
        match cell["cell_type"].as_str() {
            Some("markdown") => {
                let text = source(cell);
                body += &format!(
                    "<section class=\"cell text\">\n{}</section>\n",
                    markdown(&text, cell)
                );
            }
            Some("code") => body += &code_cell(cell),
            _ => {
                let text = escape(&source(cell));
                body += &format!("<section class=\"cell\"><pre>{text}</pre></section>\n");
            }
        }
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"kerust {}\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        language(&body),
        env!("CARGO_PKG_VERSION"),
        escape(title),
    )
}

/// The language of the page's text: Chinese if it holds a good share of Chinese characters.
fn language(body: &str) -> &'static str {
    let chinese = body
        .chars()
        .filter(|character| ('\u{4E00}'..='\u{9FFF}').contains(character))
        .count();
    if chinese > 50 { "zh" } else { "en" }
}

fn code_cell(cell: &Value) -> String {
    let count = match cell["execution_count"].as_u64() {
        Some(count) => count.to_string(),
        None => " ".to_owned(),
    };
    let mut html = format!(
        "<section class=\"cell code\">\n<div class=\"row\"><div class=\"prompt\">[{count}]:</div>\
         <pre class=\"input\"><code>{}</code></pre></div>\n",
        rust(source(cell).trim_end()),
    );
    for output in cell["outputs"].as_array().into_iter().flatten() {
        let is_result = output["output_type"] == "execute_result";
        let prompt = if is_result {
            format!("[{count}]:")
        } else {
            String::new()
        };
        html += &format!(
            "<div class=\"row\"><div class=\"prompt result\">{prompt}</div>\
             <div class=\"output\">{}</div></div>\n",
            output_html(output),
        );
    }
    html += "</section>\n";
    html
}

fn output_html(output: &Value) -> String {
    match output["output_type"].as_str() {
        Some("stream") => {
            let class = if output["name"] == "stderr" {
                "stderr"
            } else {
                "stdout"
            };
            format!(
                "<pre class=\"{class}\">{}</pre>",
                colored(&joined(&output["text"]))
            )
        }
        Some("error") => {
            let traceback: Vec<&str> = output["traceback"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "<pre class=\"error\">{}</pre>",
                colored(&traceback.join("\n"))
            )
        }
        _ => bundle_html(&output["data"], &output["metadata"]),
    }
}

/// The richest form of a display.
fn bundle_html(data: &Value, metadata: &Value) -> String {
    let text = |mime: &str| data.get(mime).map(joined).filter(|text| !text.is_empty());
    if let Some(html) = text("text/html") {
        return format!("<div class=\"html\">{html}</div>");
    }
    if let Some(svg) = text("image/svg+xml") {
        let start = svg.find("<svg").unwrap_or(0);
        return format!("<div class=\"image\">{}</div>", &svg[start..]);
    }
    for mime in ["image/png", "image/jpeg", "image/gif", "image/webp"] {
        if let Some(base64) = text(mime) {
            let base64: String = base64.split_whitespace().collect();
            let size: String = ["width", "height"]
                .into_iter()
                .filter_map(|name| Some((name, metadata[mime][name].as_u64()?)))
                .map(|(name, value)| format!(" {name}=\"{value}\""))
                .collect();
            let alternative = escape(&text("text/plain").unwrap_or_default());
            return format!(
                "<div class=\"image\"><img src=\"data:{mime};base64,{}\" \
                 alt=\"{alternative}\"{size}></div>",
                escape(&base64)
            );
        }
    }
    if let Some(source) = text("text/markdown") {
        return format!(
            "<div class=\"text\">{}</div>",
            markdown(&source, &Value::Null)
        );
    }
    if let Some(plain) = text("text/plain").or_else(|| text("text/latex")) {
        return format!("<pre>{}</pre>", colored(&plain));
    }
    match data.as_object().and_then(|data| data.iter().next()) {
        Some((mime, value)) => {
            format!(
                "<pre class=\"unknown\">{}: {}</pre>",
                escape(mime),
                escape(&value.to_string())
            )
        }
        None => String::new(),
    }
}

/// Markdown as HTML; Rust in it is colored like the cells, and pictures attached to the cell are
/// put in place.
fn markdown(text: &str, cell: &Value) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut fence: Option<(bool, String)> = None;
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Start(Tag::CodeBlock(kind)) => {
            let is_rust = matches!(&kind, CodeBlockKind::Fenced(name)
                if name.split([',', ' ']).next() == Some("rust"));
            fence = Some((is_rust, String::new()));
            None
        }
        Event::Text(text) if fence.is_some() => {
            if let Some((_, code)) = &mut fence {
                code.push_str(&text);
            }
            None
        }
        Event::End(TagEnd::CodeBlock) => {
            let (is_rust, code) = fence.take()?;
            let code = if is_rust { rust(&code) } else { escape(&code) };
            let html = format!("<pre class=\"fence\"><code>{code}</code></pre>\n");
            Some(Event::Html(CowStr::from(html)))
        }
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Some(Event::Start(Tag::Image {
            link_type,
            dest_url: attachment(&dest_url, cell).map_or(dest_url, CowStr::from),
            title,
            id,
        })),
        event => Some(event),
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// The address that holds a picture attached to the cell.
fn attachment(address: &str, cell: &Value) -> Option<String> {
    let name = address.strip_prefix("attachment:")?;
    let attachments = &cell["attachments"];
    // An address cannot hold every character, so Jupyter writes some as `%` and two digits.
    let pictures = attachments
        .get(name)
        .or_else(|| attachments.get(unescaped(name)))?;
    let (mime, data) = pictures.as_object()?.iter().next()?;
    Some(format!("data:{mime};base64,{}", joined(data)))
}

/// An address with the bytes that its `%XX` stand for.
fn unescaped(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text with a terminal's colors as HTML.
fn colored(text: &str) -> String {
    ansi::spans(text)
        .into_iter()
        .map(|span| {
            let text = escape(&span.text);
            match style_attributes(span.style) {
                Some(attributes) => format!("<span{attributes}>{text}</span>"),
                None => text,
            }
        })
        .collect()
}

fn style_attributes(style: Style) -> Option<String> {
    if style == Style::default() {
        return None;
    }
    let mut classes = Vec::new();
    let mut rules = String::new();
    let mut color = |color: Option<Color>, class: &str, property: &str| match color {
        Some(Color::Named(number)) => classes.push(format!("{class}{number}")),
        Some(Color::Exact(red, green, blue)) => {
            rules += &format!("{property}:rgb({red},{green},{blue});");
        }
        None => {}
    };
    color(style.foreground, "af", "color");
    color(style.background, "ab", "background-color");
    for (set, class) in [
        (style.bold, "bold"),
        (style.italic, "italic"),
        (style.underline, "underline"),
        (style.dim, "dim"),
    ] {
        if set {
            classes.push(class.to_owned());
        }
    }
    let mut attributes = String::new();
    if !classes.is_empty() {
        attributes += &format!(" class=\"{}\"", classes.join(" "));
    }
    if !rules.is_empty() {
        attributes += &format!(" style=\"{rules}\"");
    }
    Some(attributes)
}
