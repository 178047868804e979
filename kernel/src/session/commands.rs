//! What happens to a cell's text before evcxr gets it.

use super::library::Library;
use crate::source;

/// A cell, ready for evcxr.
pub(crate) struct Prepared {
    /// The cell's code; each line has the number that it has in the notebook.
    pub(crate) code: String,
    /// What to tell the user about lines that were left out.
    pub(crate) notes: Vec<String>,
    /// Whether the cell ends with an expression worth showing.
    pub(crate) has_value: bool,
    /// Whether it makes evcxr start a fresh process for the cells.
    pub(crate) restarts: bool,
    /// The optimisation level that it asks for.
    pub(crate) level: Option<String>,
}

/// Prepares `code`: takes out the commands that the kernel answers itself, and ends a last
/// expression without a value by a semicolon.
pub(crate) fn prepare(code: &str, library: &Library) -> Prepared {
    let mut prepared = Prepared {
        code: String::with_capacity(code.len()),
        notes: Vec::new(),
        has_value: false,
        restarts: false,
        level: None,
    };
    for line in code.split_inclusive('\n') {
        if prepared.answer(line.trim_end(), library) {
            if line.ends_with('\n') {
                prepared.code.push('\n');
            }
        } else {
            prepared.code.push_str(line);
        }
    }
    let ending = source::ending(&prepared.code);
    prepared.has_value = ending.has_value;
    if let Some(position) = ending.semicolon {
        prepared.code.insert(position, ';');
    }
    prepared
}

impl Prepared {
    /// Whether `line` is a command that is answered here.
    fn answer(&mut self, line: &str, library: &Library) -> bool {
        let mut words = line.splitn(2, char::is_whitespace);
        let command = words.next().unwrap_or_default();
        let arguments = words.next().unwrap_or_default().trim();
        match command {
            ":dep" if names_library(arguments) => {
                let origin = match library.root() {
                    Some(root) => format!("the sources in {}", root.display()),
                    None => format!("release {}", env!("CARGO_PKG_VERSION")),
                };
                self.notes.push(format!(
                    "kerust is part of this kernel ({origin}): its `:dep` line is not needed here."
                ));
                true
            }
            ":opt" => {
                let level = if arguments.is_empty() { "2" } else { arguments };
                if matches!(level, "0" | "1" | "2" | "3" | "s" | "z") {
                    self.notes.push(format!(
                        "Cells are compiled at optimization level {level} from now on; the \
                         libraries always at 3."
                    ));
                    self.level = Some(match level {
                        "s" | "z" => format!("\"{level}\""),
                        _ => level.to_owned(),
                    });
                } else {
                    self.notes.push(format!(
                        "`{level}` is not an optimization level: use 0, 1, 2, 3, s or z."
                    ));
                }
                true
            }
            ":quit" => {
                self.notes
                    .push("To end the session, shut down the kernel.".to_owned());
                true
            }
            ":clear" | ":restart" => {
                self.restarts = true;
                false
            }
            _ => false,
        }
    }
}

fn names_library(arguments: &str) -> bool {
    let name = arguments.split(['=', ' ']).next().unwrap_or_default();
    name == "kerust"
}
