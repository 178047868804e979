//! What happens to a cell's text before evcxr gets it.

use super::errors::pointer;
use super::library::Library;
use super::{help, paths};
use crate::events::{CellError, Display};
use crate::source;

/// A cell, ready for evcxr.
pub(crate) struct Prepared {
    /// The cell's code; each line has the number that it has in the notebook.
    pub(crate) code: String,
    /// What to tell the user about lines that were left out.
    pub(crate) notes: Vec<String>,
    /// What the commands that are answered here show.
    pub(crate) shown: Vec<Display>,
    /// Whether the cell ends with an expression worth showing.
    pub(crate) has_value: bool,
    /// Whether it asks for a fresh process for the cells.
    pub(crate) begins_afresh: bool,
    /// Whether it makes evcxr start such a process itself.
    pub(crate) restarts: bool,
    /// Whether it changes the form in which evcxr shows values.
    pub(crate) reformats: bool,
    /// The optimisation level that it asks for.
    pub(crate) level: Option<String>,
}

/// Prepares `code`: takes out the commands that the kernel answers itself, and ends a last
/// expression without a value by a semicolon. `timing` says whether cells tell how long they took.
///
/// # Errors
/// If a command cannot be followed.
pub(crate) fn prepare(
    code: &str,
    library: &Library,
    timing: &mut bool,
) -> Result<Prepared, CellError> {
    let mut prepared = Prepared {
        code: String::with_capacity(code.len()),
        notes: Vec::new(),
        shown: Vec::new(),
        has_value: false,
        begins_afresh: false,
        restarts: false,
        reformats: false,
        level: None,
    };
    for (index, line) in code.split_inclusive('\n').enumerate() {
        let command = line.trim_end();
        if prepared.answer(command, library, timing) {
            if line.ends_with('\n') {
                prepared.code.push('\n');
            }
        } else if let Some(arguments) = command.strip_prefix(":dep ") {
            let arguments = paths::resolve(arguments.trim()).map_err(|reason| {
                CellError::new("DepFailed", &reason, &[pointer(code, index + 1)])
            })?;
            let rest = &line[command.len()..];
            prepared.code.push_str(&format!(":dep {arguments}{rest}"));
        } else {
            prepared.code.push_str(line);
        }
    }
    let ending = source::ending(&prepared.code);
    prepared.has_value = ending.value.is_some();
    if let Some(position) = ending.semicolon {
        prepared.code.insert(position, ';');
    }
    Ok(prepared)
}

impl Prepared {
    /// Whether `line` is a command that is answered here.
    fn answer(&mut self, line: &str, library: &Library, timing: &mut bool) -> bool {
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
            ":help" => {
                self.shown.push(help::display());
                true
            }
            ":timing" => {
                *timing = match arguments {
                    "1" | "on" => true,
                    "0" | "off" => false,
                    _ => !*timing,
                };
                self.notes.push(if *timing {
                    "From now on each cell tells how long it took; `:timing` again ends that."
                        .to_owned()
                } else {
                    "Cells do not tell any more how long they took.".to_owned()
                });
                true
            }
            ":quit" => {
                self.notes
                    .push("To end the session, shut down the kernel.".to_owned());
                true
            }
            ":clear" => {
                self.restarts = true;
                false
            }
            ":restart" => {
                self.begins_afresh = true;
                self.notes.push(
                    "The cells have a fresh process: variables are gone, definitions stay."
                        .to_owned(),
                );
                true
            }
            ":fmt" | ":types" => {
                self.reformats = true;
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
