//! evcxr's errors and the library's panic reports as errors that a notebook shows.

use evcxr::{CompilationError, Error};

use super::additions::Additions;
use super::shared::Panic;
use super::traps::{self, Gone};
use crate::events::CellError;
use crate::text::width;

const RED: &str = "\x1b[1;31m";
const BLUE: &str = "\x1b[1;34m";
const CYAN: &str = "\x1b[1;36m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// The name of the error that a process had loaded a library which was compiled again.
pub(crate) const RESTARTED: &str = "ProcessRestarted";

/// What evcxr says when it gives up, for the user.
pub(crate) fn from_evcxr(
    error: &Error,
    code: &str,
    additions: &Additions,
    gone: &Gone,
) -> CellError {
    if let Error::CompilationErrors(errors) = error {
        return from_compiler(errors, code, additions, gone);
    }
    let mut message = error.to_string();
    // evcxr's own rust-analyzer knows less of types than the kernel's.
    let unknown = |variable: &str| {
        message.contains(&format!(
            "automatically determine type of variable `{variable}`"
        ))
    };
    if let Some((variable, kind)) = additions
        .unnameable
        .iter()
        .find(|(variable, _)| unknown(variable))
    {
        message = format!("The variable `{variable}` has type `{kind}` which cannot be persisted.");
    }
    let Some(trap) = traps::recognize(&message, None, gone) else {
        return CellError::new("Error", message.trim_end(), &[]);
    };
    let mut details = vec![help(&trap.remedy)];
    details.extend(traps::line_of(&trap.variable, code).map(|line| pointer(code, line)));
    CellError::new("CannotBeKept", &trap.what, &details)
}

fn help(text: &str) -> String {
    format!("{CYAN}help{RESET}: {text}")
}

/// What is gone with the cells' process, and what is not.
pub(crate) fn lost() -> String {
    "All variables are lost; functions, types and `use` lines of earlier cells are kept. A fresh \
     process is ready: run the cells again that make the variables."
        .to_owned()
}

/// All compile errors of a cell as one error.
fn from_compiler(
    errors: &[CompilationError],
    code: &str,
    additions: &Additions,
    gone: &Gone,
) -> CellError {
    let lines: Vec<&str> = code.lines().collect();
    let real: Vec<&CompilationError> = errors
        .iter()
        .filter(|error| error.level() != "warning")
        .collect();
    if real.is_empty() {
        // evcxr does not know a type, and then compiles the cell only to look for errors.
        return CellError::new(
            "CannotBeKept",
            "the type of a variable of this cell is not clear without running the compiler",
            &[help("write the types out: `let name: … = …;`")],
        );
    }
    let shown = real;
    let first = shown.first();
    let ename = first
        .and_then(|error| error.code())
        .unwrap_or("CompileError")
        .to_owned();
    let evalue = first.map_or_else(|| "the cell does not compile".to_owned(), |e| e.message());
    let trap = shown
        .iter()
        .find_map(|error| traps::recognize(&error.message(), error.code(), gone));
    let mut traceback = Vec::new();
    if let Some(trap) = &trap {
        traceback.push(format!(
            "{RED}{ename}{RESET}: {}\n{}",
            trap.what,
            help(&trap.remedy)
        ));
    }
    traceback.extend(shown.iter().map(|error| render(error, &lines, additions)));
    CellError {
        ename,
        evalue: trap.map_or(evalue, |trap| trap.what),
        traceback,
    }
}

/// One compile error in the form that rustc gives it, with the cell's own line numbers.
fn render(error: &CompilationError, lines: &[&str], additions: &Additions) -> String {
    let code = error
        .code()
        .map(|code| format!("[{code}]"))
        .unwrap_or_default();
    let mut text = format!("{RED}error{code}{RESET}{BOLD}: {}{RESET}", error.message());
    let mut spans: Vec<_> = error
        .spanned_messages()
        .iter()
        .filter_map(|message| message.span.map(|span| (span, message)))
        .map(|(mut span, message)| {
            span.start_column = additions.original_column(span.start_line, span.start_column);
            span.end_column = additions.original_column(span.end_line, span.end_column);
            (span, message)
        })
        .collect();
    spans.sort_by_key(|(span, _)| (span.start_line, span.start_column));
    let digits = spans
        .iter()
        .map(|(span, _)| span.start_line.to_string().len())
        .max()
        .unwrap_or(1);
    let margin = " ".repeat(digits);
    if let Some((span, _)) = spans.iter().find(|(_, m)| m.is_primary).or(spans.first()) {
        text += &format!(
            "\n{margin}{BLUE}-->{RESET} cell:{}:{}\n{margin} {BLUE}|{RESET}",
            span.start_line, span.start_column
        );
    }
    let mut last_line = 0;
    for (span, message) in spans {
        let Some(line) = lines.get(span.start_line.wrapping_sub(1)) else {
            continue;
        };
        if span.start_line != last_line {
            text += &format!("\n{BLUE}{:>digits$} |{RESET} {line}", span.start_line);
            last_line = span.start_line;
        }
        let end = if span.end_line == span.start_line {
            span.end_column
        } else {
            line.chars().count() + 1
        };
        let before = columns(line, 1, span.start_column);
        let under = columns(line, span.start_column, end).max(1);
        let (color, mark) = if message.is_primary {
            (RED, "^")
        } else {
            (BLUE, "-")
        };
        let label = message.label.replace('\n', " ");
        // evcxr says it once more where the compiler leaves the label empty.
        let again = label.strip_prefix("error: ") == Some(error.message().as_str());
        let label = if again { "" } else { label.as_str() };
        text += &format!(
            "\n{margin} {BLUE}|{RESET} {}{color}{} {label}{RESET}",
            " ".repeat(before),
            mark.repeat(under)
        );
    }
    for told in error.help() {
        text += &format!("\n{margin} {BLUE}={RESET} {}", help(&suggestion(&told)));
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        text += &format!("\n{margin} {BLUE}={RESET} {BOLD}note{RESET}: {hint}");
    }
    text
}

/// A help of the compiler on one line; the replacement that it suggests, if any, follows its text.
fn suggestion(told: &str) -> String {
    match told.split_once("\n\n") {
        Some((text, replacement)) if !replacement.trim().is_empty() => {
            format!("{text}: `{}`", replacement.trim())
        }
        _ => told.trim_end().to_owned(),
    }
}

/// How many columns the characters from column `start` up to `end` (from 1) take on the screen.
fn columns(line: &str, start: usize, end: usize) -> usize {
    line.chars()
        .skip(start.saturating_sub(1))
        .take(end.saturating_sub(start))
        .map(width)
        .sum()
}

/// A panic of the cell; `generated` is the file that evcxr compiled for it.
pub(crate) fn from_panic(panic: Option<&Panic>, code: &str, generated: Option<&str>) -> CellError {
    let Some(panic) = panic else {
        return CellError::new("panic", "the cell panicked", &[]);
    };
    let mut details = Vec::new();
    match cell_line(panic, code, generated) {
        Some(number) => details.push(pointer(code, number)),
        None if panic.file.is_empty() => {}
        None => details.push(format!("  at {}:{}", short_path(&panic.file), panic.line)),
    }
    if let Some(thread) = panic.thread.as_deref().filter(|thread| *thread != "main") {
        details.push(format!("  in thread `{thread}`"));
    }
    CellError::new("panic", &panic.message, &details)
}

/// A panic that did not end the cell, as a line of text.
pub(crate) fn survived_panic(panic: &Panic) -> String {
    let thread = panic.thread.as_deref().unwrap_or("unnamed");
    format!("thread `{thread}` panicked: {}\n", panic.message)
}

/// An error that left the cell by `?`.
pub(crate) fn from_question_mark(message: &str, code: &str) -> CellError {
    let evalue = if message.is_empty() {
        "the cell ended early by `?`"
    } else {
        message
    };
    let mut with_mark = code
        .lines()
        .enumerate()
        .filter(|(_, line)| has_question_mark(line));
    let details = match (with_mark.next(), with_mark.next()) {
        (Some((index, _)), None) => vec![pointer(code, index + 1)],
        _ => Vec::new(),
    };
    CellError::new("Error", evalue, &details)
}

fn has_question_mark(line: &str) -> bool {
    line.split("//").next().unwrap_or_default().contains('?')
}

/// Shows one line of a cell, with its number and an arrow.
pub(crate) fn pointer(code: &str, number: usize) -> String {
    let line = code.lines().nth(number.wrapping_sub(1)).unwrap_or_default();
    format!("{BLUE}  --> {number} |{RESET} {line}")
}

/// The line of the cell at which a panic happened, if it happened in the cell.
pub(crate) fn cell_line(panic: &Panic, code: &str, generated: Option<&str>) -> Option<usize> {
    if !panic.file.ends_with("src/lib.rs") || panic.file.starts_with('/') {
        return None;
    }
    line_in_cell(panic.line, code, generated)
}

/// The line of the cell that is line `number` of the file that evcxr compiled for it.
///
/// evcxr puts each statement of a cell on lines of its own, unchanged: so it is the cell's line with
/// the same text; where several have it, their order decides.
pub(crate) fn line_in_cell(number: usize, code: &str, generated: Option<&str>) -> Option<usize> {
    let generated: Vec<&str> = generated?.lines().collect();
    let mut number = number;
    let mut wanted = generated.get(number.checked_sub(1)?)?.trim();
    if wanted.ends_with('(') && !code.lines().any(|line| line.trim() == wanted) {
        // evcxr's own, round the last expression, which to the compiler starts there.
        wanted = generated.get(number)?.trim();
        number += 1;
    }
    if !wanted.contains(char::is_alphanumeric) {
        // A brace alone may as well be one of evcxr's.
        return None;
    }
    let lines_where = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let lines = code.lines().enumerate();
        lines
            .filter(|(_, line)| fits(line.trim()))
            .map(|(index, _)| index + 1)
            .collect()
    };
    let mut same = lines_where(&|line| line == wanted);
    if same.is_empty() {
        same = lines_where(&|line| line.contains(char::is_alphanumeric) && wanted.ends_with(line));
    }
    let after = generated[number..]
        .iter()
        .filter(|line| line.trim() == wanted)
        .count();
    same.get(same.len().checked_sub(after + 1)?).copied()
}

/// A path as it is worth showing: a crate's name and version and what follows, for a dependency.
fn short_path(path: &str) -> &str {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.iter().position(|part| *part == "src") {
        Some(source) if source > 0 => {
            let start: usize = parts[..source - 1].iter().map(|part| part.len() + 1).sum();
            &path[start..]
        }
        _ => path,
    }
}
