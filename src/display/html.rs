//! Pieces of HTML that all displays share: no scripts, no style sheets, no network.

/// The text color of the theme, light or dark.
pub(crate) const INK: &str = "var(--jp-ui-font-color1, currentColor)";
/// For what matters less.
pub(crate) const FAINT: &str = "opacity:.7";
pub(crate) const BLUE: &str = "#3a85d0";
pub(crate) const GREEN: &str = "#2e9e5b";
pub(crate) const AMBER: &str = "#c77c02";
pub(crate) const RED: &str = "#d94141";
/// Thin lines, visible on light and dark.
pub(crate) const LINE: &str = "rgba(128,128,128,.3)";

/// Text as HTML: nothing in it is read as markup.
///
/// # Example
/// ```
/// assert_eq!(kerust::display::escape("a < \"b\""), "a &lt; &quot;b&quot;");
/// ```
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// The frame round every display: the theme's font and color.
pub(crate) fn frame(content: &str) -> String {
    format!(
        "<div style=\"font:13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif);color:{INK};\
         font-variant-numeric:tabular-nums;max-width:960px;overflow-x:auto\">{content}</div>"
    )
}

/// A table; the columns in `left` are aligned to the left, the others to the right. The cells are
/// HTML.
pub(crate) struct Table {
    left: &'static [usize],
    wrapped: &'static [usize],
    head: Vec<String>,
    rows: Vec<(Vec<String>, bool)>,
}

impl Table {
    pub(crate) fn new(left: &'static [usize], head: Vec<String>) -> Table {
        Table {
            left,
            wrapped: &[],
            head,
            rows: Vec::new(),
        }
    }

    /// Breaks the lines of these columns where the table is too wide for the page.
    pub(crate) fn wrap(mut self, columns: &'static [usize]) -> Table {
        self.wrapped = columns;
        self
    }

    /// Adds a row; a `marked` one stands out.
    pub(crate) fn row(&mut self, cells: Vec<String>, marked: bool) {
        self.rows.push((cells, marked));
    }

    pub(crate) fn to_html(&self) -> String {
        let mut html = String::from(
            "<table style=\"border-collapse:collapse;border:none;margin:4px 0;font-size:13px\">",
        );
        if !self.head.is_empty() {
            let cells = self.cells("th", &self.head);
            html += &format!("<thead>{}</thead>", row(&cells, "background:none"));
        }
        html += "<tbody>";
        for (cells, marked) in &self.rows {
            let style = if *marked {
                "background:rgba(46,158,91,.14);font-weight:600"
            } else {
                "background:none"
            };
            html += &row(&self.cells("td", cells), style);
        }
        html + "</tbody></table>"
    }

    /// Style is given cell by cell only where front ends have their own for cells.
    fn cells(&self, tag: &str, cells: &[String]) -> String {
        let mut html = String::new();
        for (i, cell) in cells.iter().enumerate() {
            let align = if self.left.contains(&i) {
                "left"
            } else {
                "right"
            };
            let wrap = if self.wrapped.contains(&i) {
                ""
            } else {
                ";white-space:nowrap"
            };
            html += &format!(
                "<{tag} style=\"text-align:{align};padding:2px 10px 2px 4px{wrap}\">\
                 {cell}</{tag}>"
            );
        }
        html
    }
}

fn row(cells: &str, style: &str) -> String {
    format!("<tr style=\"{style};border-bottom:1px solid {LINE}\">{cells}</tr>")
}

/// A bar of so many pixels, filled to `share` (0 to 1).
pub(crate) fn bar(share: f64, color: &str, height: usize) -> String {
    let percent = 100.0 * share.clamp(0.0, 1.0);
    let shape = format!("height:{height}px;border-radius:2px;background");
    format!(
        "<div style=\"{shape}:{LINE};margin:4px 0\">\
         <div style=\"{shape}:{color};width:{percent:.1}%\"></div></div>"
    )
}

/// What is seen when it is unfolded; both are HTML.
pub(crate) fn folded(summary: &str, body: &str) -> String {
    format!("<details><summary>{summary}</summary>{body}</details>")
}

/// Text as it is, line by line; what is long scrolls.
pub(crate) fn lines(text: &str) -> String {
    format!(
        "<pre style=\"margin:4px 0;background:none;color:inherit;max-height:400px;\
         overflow:auto\">{}</pre>",
        escape(text)
    )
}

/// Checks in tests that tags are closed in order; returns the text between them.
#[cfg(test)]
pub(crate) fn well_formed(html: &str) -> String {
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .collect();
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()), "in {html}");
        } else if !tag.ends_with('/') && !["img", "br", "meta"].contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_escaped_text_is_markup() {
        assert_eq!(escape("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
        assert_eq!(escape("飞机"), "飞机");
    }

    #[test]
    fn a_table_is_well_formed() {
        let mut table = Table::new(&[0], vec!["a".into(), "b".into()]);
        table.row(vec!["1".into(), "2".into()], true);
        assert_eq!(well_formed(&frame(&table.to_html())), "ab12");
        assert_eq!(well_formed(&bar(0.5, BLUE, 4)), "");
        assert_eq!(
            well_formed(&folded("more", &lines("1 < 2"))),
            "more1 &lt; 2"
        );
    }

    /// How bright a color is, from 0 to 1, as the Web Content Accessibility Guidelines count it.
    fn luminance(color: &str) -> f64 {
        let part = |at: usize| {
            let value = u8::from_str_radix(&color[at..at + 2], 16).expect("a color");
            let value = f64::from(value) / 255.0;
            match value <= 0.03928 {
                true => value / 12.92,
                false => ((value + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn colors_of_words_can_be_read_on_light_and_dark_pages() {
        for page in ["#ffffff", "#111111", "#1e1e1e"] {
            for color in [GREEN, AMBER, RED] {
                let (a, b) = (luminance(page) + 0.05, luminance(color) + 0.05);
                let contrast = a.max(b) / a.min(b);
                assert!(contrast >= 3.0, "{color} on {page}: {contrast}");
            }
        }
    }
}
