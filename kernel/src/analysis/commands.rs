//! The lines that are commands, `:dep` say: what can stand in them, and what they do.

use super::{Completion, Completions, Inspection};
use crate::session::help;

/// The command in whose line `position` is: its start, and its name's end.
fn name_range(code: &str, position: usize) -> Option<(usize, usize)> {
    let start = code[..position]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = code[start..].lines().next().unwrap_or_default();
    if !line.starts_with(':') || line.starts_with("::") {
        return None;
    }
    let length = line[1..]
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .map_or(line.len(), |length| length + 1);
    Some((start, start + length))
}

/// The commands that can stand at `position`; nothing if no command stands there.
pub(super) fn complete(code: &str, position: usize) -> Option<Completions> {
    let (start, end) = name_range(code, position)?;
    if position > end {
        return None;
    }
    let typed = &code[start..position];
    let mut matches: Vec<Completion> = Vec::new();
    for command in help::commands().filter(|command| command.name.starts_with(typed)) {
        if matches.iter().all(|other| other.text != command.name) {
            matches.push(Completion {
                text: command.name.to_owned(),
                kind: "magic".to_owned(),
                signature: String::new(),
                documentation: description(&command),
            });
        }
    }
    Some(Completions {
        matches,
        start,
        end,
    })
}

/// What the command at `position` does.
pub(super) fn inspect(code: &str, position: usize) -> Option<Inspection> {
    let (start, end) = name_range(code, position)?;
    let name = &code[start..end];
    let command = help::commands().find(|command| command.name == name)?;
    let text = description(&command);
    Some(Inspection::new(
        format!("{name}\n\n{}", text.replace('`', "")),
        format!("`{name}`\n\n{text}"),
    ))
}

fn description(command: &help::Command) -> String {
    format!("`{}`: {}", command.usage, command.what)
}

/// Whether `position` is in the line of a command to evcxr or the shell.
pub(super) fn is_in_command(code: &str, position: usize) -> bool {
    let start = code[..position]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    crate::source::is_command(&code[start..])
}
