//! Errors as the value of a cell.

use super::html::{RED, escape, folded, frame};
use super::{Bundle, show, show_result};
use crate::Error;

/// A page shows so many letters of a help; what is longer is unfolded.
const MOST_LETTERS: usize = 200;

impl Error {
    /// The error in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let text = self.to_string();
        let html = format!(
            "<div style=\"border-left:4px solid {RED};padding:2px 10px;white-space:pre-wrap\">\
             <b style=\"color:{RED}\">Error</b> {}</div>",
            with_help(&text)
        );
        Bundle::text(format!("Error: {text}")).html(frame(&html))
    }

    /// Shows the error below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the error as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

/// The text as HTML, a long help folded behind its first words.
fn with_help(text: &str) -> String {
    let is_long = |help: &str| help.chars().count() > MOST_LETTERS;
    match text
        .split_once("\n  help: ")
        .filter(|(_, help)| is_long(help))
    {
        None => escape(text),
        Some((message, help)) => {
            let mut first: String = help.chars().take(MOST_LETTERS / 2).collect();
            // Up to the end of a word.
            first.truncate(first.rfind(char::is_whitespace).unwrap_or(first.len()));
            let summary = format!("help: {} …", escape(&first));
            escape(message) + &folded(&summary, &escape(help))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    #[test]
    fn words_of_the_user_are_not_markup() {
        let error = Error::argument("units", "a number above 0", "<b>").remedy("use 1");
        let bundle = error.bundle();
        let text = well_formed(bundle.get("text/html").unwrap_or_default());
        assert!(text.contains("got &lt;b&gt;\n  help: use 1"));
        assert!(bundle.plain().starts_with("Error: argument `units`"));
        assert!(!bundle.to_html().contains("<details>"));
    }

    #[test]
    fn a_long_help_is_unfolded() {
        let known: Vec<String> = (0..60).map(|i| format!("activation_{i}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let bundle = Error::unknown_name("activation", "<relu>", &known).bundle();
        let html = bundle.to_html();
        let start = "`&lt;relu&gt;`<details><summary>help: known: activation_0, activation_1,";
        assert!(html.contains(start), "{html}");
        assert!(html.contains(" …</summary>known: activation_0, "), "{html}");
        let text = well_formed(&html);
        assert!(text.ends_with("activation_59"), "{text}");
        assert!(bundle.plain().ends_with("activation_59"));
    }
}
