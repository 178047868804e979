//! [`Bundle`]: one thing to show, in every form that somebody may be able to see.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// One thing to show, as text and in richer forms; a front end takes the richest one it knows.
///
/// # Example
/// ```
/// use kerust::display::Bundle;
/// let bundle = Bundle::text("5 cats").html("<b>5</b> cats");
/// assert_eq!(bundle.plain(), "5 cats");
/// assert_eq!(bundle.get("text/html"), Some("<b>5</b> cats"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    plain: String,
    /// MIME type and content; binary content in base64.
    rich: Vec<(&'static str, String)>,
}

impl Bundle {
    /// A bundle that is only text so far.
    pub fn text(plain: impl Into<String>) -> Bundle {
        Bundle {
            plain: plain.into(),
            rich: Vec::new(),
        }
    }

    /// Adds HTML. It must not need scripts or the network; user text in it goes through
    /// [`escape`](super::escape).
    #[must_use]
    pub fn html(self, html: impl Into<String>) -> Bundle {
        self.with("text/html", html.into())
    }

    /// Adds an SVG drawing.
    #[must_use]
    pub fn svg(self, svg: impl Into<String>) -> Bundle {
        self.with("image/svg+xml", svg.into())
    }

    /// Adds the bytes of a PNG file.
    #[must_use]
    pub fn png(self, png: &[u8]) -> Bundle {
        self.with("image/png", STANDARD.encode(png))
    }

    fn with(mut self, mime: &'static str, content: String) -> Bundle {
        self.rich.retain(|(known, _)| *known != mime);
        self.rich.push((mime, content));
        self
    }

    /// The text form, which every bundle has.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// The content in one MIME type; binary content is base64.
    pub fn get(&self, mime: &str) -> Option<&str> {
        if mime == "text/plain" {
            return Some(&self.plain);
        }
        self.rich
            .iter()
            .find(|(known, _)| *known == mime)
            .map(|(_, content)| content.as_str())
    }

    /// Whether there is no richer form than text.
    pub(super) fn is_text(&self) -> bool {
        self.rich.is_empty()
    }

    /// The `data` of a Jupyter display message.
    pub fn to_json(&self) -> Value {
        let mut data = Map::new();
        data.insert("text/plain".into(), self.plain.clone().into());
        for (mime, content) in &self.rich {
            data.insert((*mime).into(), content.clone().into());
        }
        Value::Object(data)
    }

    /// The bundle as a piece of a page, made from its richest form.
    pub(super) fn to_html(&self) -> String {
        if let Some(html) = self.get("text/html").or_else(|| self.get("image/svg+xml")) {
            return html.to_string();
        }
        if let Some(png) = self.get("image/png") {
            return format!(
                "<img alt=\"{}\" src=\"data:image/png;base64,{png}\">",
                super::escape(&self.plain)
            );
        }
        format!("<pre>{}</pre>", super::escape(&self.plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_always_has_text_and_keeps_one_content_per_type() {
        let bundle = Bundle::text("x").html("a").html("b").png(b"\x89PNG");
        let json = bundle.to_json();
        assert_eq!(json["text/plain"], "x");
        assert_eq!(json["text/html"], "b");
        assert_eq!(json["image/png"], "iVBORw==");
        assert_eq!(bundle.get("image/svg+xml"), None);
    }

    #[test]
    fn a_page_shows_the_richest_form() {
        assert_eq!(Bundle::text("a<b").to_html(), "<pre>a&lt;b</pre>");
        let picture = Bundle::text("\"p\"").png(b"").to_html();
        assert!(picture.starts_with("<img alt=\"&quot;p&quot;\""));
        assert_eq!(Bundle::text("").svg("<svg/>").to_html(), "<svg/>");
    }
}
