//! Errors as the value of a cell.

use super::html::{RED, escape, frame};
use super::{Bundle, show, show_result};
use crate::Error;

impl Error {
    /// The error in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let text = self.to_string();
        let html = format!(
            "<div style=\"border-left:4px solid {RED};padding:2px 10px;white-space:pre-wrap\">\
             <b style=\"color:{RED}\">Error</b> {}</div>",
            escape(&text)
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
    }
}
