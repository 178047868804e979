//! The lines that are commands, `:dep` say: which there are, and what they do.

use super::{Completion, Completions, Inspection};

/// The commands' names and what they do, the most useful ones first.
const COMMANDS: [(&str, &str); 33] = [
    (
        ":dep",
        "Adds a crate: `:dep NAME = \"VERSION\"`, or `:dep NAME = { path = \"…\" }`.",
    ),
    (":vars", "Lists the variables and their types."),
    (":type", "Shows the type of a variable: `:type NAME`."),
    (":t", "Shows the type of a variable, like `:type`."),
    (
        ":doc",
        "Shows the documentation of a name: `:doc Vec::push`.",
    ),
    (":help", "Lists the commands."),
    (
        ":clear",
        "Forgets all variables and definitions; compiled crates stay.",
    ),
    (
        ":restart",
        "Ends the process of the cells: variables are lost, definitions stay.",
    ),
    (
        ":opt",
        "Sets the optimization level of the cells: 0, 1, 2, 3, s or z.",
    ),
    (":show_deps", "Lists the crates that `:dep` added."),
    (":explain", "Explains the last error of the compiler."),
    (
        ":env",
        "Sets an environment variable for the cells: `:env KEY=VALUE`.",
    ),
    (
        ":build_env",
        "Sets an environment variable for the compiler: `:build_env KEY=VALUE`.",
    ),
    (
        ":fmt",
        "Sets how values are shown that have no display of their own: `:fmt {:?}`.",
    ),
    (
        ":efmt",
        "Sets how errors are shown that leave a cell by `?`: `:efmt {:?}`.",
    ),
    (":types", "Switches the display of types with values."),
    (":timing", "Switches the display of the cells' times."),
    (
        ":time_passes",
        "Switches the display of the compiler's own times; needs a nightly compiler.",
    ),
    (
        ":preserve_vars_on_panic",
        "Says whether variables are kept when a cell panics: 0 or 1.",
    ),
    (
        ":allow_static_linking",
        "Says whether crates may be linked statically: 0 or 1.",
    ),
    (
        ":toolchain",
        "Sets the toolchain that compiles the cells: `:toolchain nightly`.",
    ),
    (
        ":linker",
        "Shows or sets the linker: `system`, `lld` or `mold`.",
    ),
    (
        ":codegen_backend",
        "Shows or sets the compiler's backend; needs a nightly compiler.",
    ),
    (":offline", "Says whether cargo stays offline: 0 or 1."),
    (
        ":cache",
        "Sets the size of the cache of compiled crates, in MiB; 0 turns it off.",
    ),
    (":clear_cache", "Empties the cache of `:cache`."),
    (
        ":sccache",
        "Says whether crates are compiled by sccache: 0 or 1.",
    ),
    (":load_config", "Reads evcxr's configuration again."),
    (
        ":last_compile_dir",
        "Shows the folder in which cells are compiled.",
    ),
    (
        ":last_error_json",
        "Shows the compiler's last error as JSON.",
    ),
    (":internal_debug", "Switches evcxr's own debugging output."),
    (":version", "Shows evcxr's version."),
    (":quit", "Says how to end the session."),
];

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
    let matches = COMMANDS
        .iter()
        .filter(|(name, _)| name.starts_with(typed))
        .map(|(name, text)| Completion {
            text: (*name).to_owned(),
            kind: "magic".to_owned(),
            signature: String::new(),
            documentation: (*text).to_owned(),
        })
        .collect();
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
    let (_, text) = COMMANDS.iter().find(|(command, _)| *command == name)?;
    Some(Inspection::new(
        format!("{name}\n\n{}", text.replace('`', "")),
        format!("`{name}`\n\n{text}"),
    ))
}

/// Whether `position` is in the line of a command to evcxr or the shell.
pub(super) fn is_in_command(code: &str, position: usize) -> bool {
    let start = code[..position]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    crate::source::is_command(&code[start..])
}
