//! The commands of cells: what `:help` shows.

use std::fmt::Write;

use crate::events::Display;

/// A group of commands: its title, and each command with what it does.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

/// What most people need.
const COMMON: &[Group] = &[
    (
        "Crates",
        &[
            (":dep regex = \"1\"", "use a crate from crates.io"),
            (
                ":dep tool = { path = \"../tool\" }",
                "use a crate in a folder, relative to the notebook",
            ),
            (":show_deps", "list the crates in use"),
            (":offline 1", "use only crates that are already downloaded"),
        ],
    ),
    (
        "Looking around",
        &[
            (":vars", "list the variables and their types"),
            (":type NAME", "tell the type of a variable"),
            (":doc NAME", "show the documentation of a name"),
            (":explain", "explain the last compile error in full"),
        ],
    ),
    (
        "Cells",
        &[
            (":timing", "tell how long each cell compiles and runs"),
            (":opt 3", "optimize cells (0 at first, to compile quickly)"),
            (":fmt {:#?}", "show values in another format"),
            (":types", "show values with their types"),
            ("!ls", "run a command of the shell"),
        ],
    ),
    (
        "Session",
        &[
            (":clear", "forget all variables and definitions"),
            (":restart", "start a fresh process: variables are lost"),
            (":env NAME=VALUE", "set a variable of the environment"),
            (":help", "show this table"),
        ],
    ),
];

/// What few people need.
const RARE: Group = (
    "Less common",
    &[
        (":t NAME", "the same as :type"),
        (":efmt {}", "show errors that `?` returns in another format"),
        (":build_env NAME=VALUE", "set a variable for the compiler"),
        (":linker lld", "link with mold, lld or system"),
        (
            ":cache 1000",
            "keep compiled crates for later, up to 1000 MiB",
        ),
        (":clear_cache", "delete them"),
        (":sccache 1", "compile through sccache"),
        (
            ":preserve_vars_on_panic 0",
            "compile faster, lose variables on a panic",
        ),
        (":allow_static_linking 1", "link crates into the cells"),
        (":toolchain nightly", "use another compiler"),
        (
            ":codegen_backend cranelift",
            "use another code generator (nightly)",
        ),
        (":time_passes", "tell the compiler's own times (nightly)"),
        (":load_config", "read evcxr's settings again"),
        (":last_compile_dir", "tell where cells are compiled"),
        (":last_error_json", "show the last compile error as JSON"),
        (":internal_debug", "show what evcxr does"),
        (":version", "tell evcxr's version"),
    ],
);

/// A command.
pub(crate) struct Command {
    /// Its name, with the colon.
    pub(crate) name: &'static str,
    /// How it is used.
    pub(crate) usage: &'static str,
    /// What it does.
    pub(crate) what: &'static str,
}

/// All commands, the most useful ones first.
pub(crate) fn commands() -> impl Iterator<Item = Command> {
    COMMON
        .iter()
        .chain([&RARE])
        .flat_map(|(_, commands)| commands.iter())
        .filter_map(|(usage, what)| {
            let name = usage.split(' ').next()?;
            name.starts_with(':')
                .then_some(Command { name, usage, what })
        })
}

const INTRODUCTION: &str = "A cell is Rust code. Its last expression is shown unless it ends with a semicolon; \
     variables and definitions stay for later cells. kerust needs no `:dep` line. \
     Lines that start with `:` or `!` are commands:";

/// The table of commands.
pub(super) fn display() -> Display {
    Display::html(html(), text())
}

fn text() -> String {
    let mut text = wrapped(INTRODUCTION, 78);
    for (title, commands) in COMMON.iter().chain([&RARE]) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n\n{title}");
        for (command, what) in *commands {
            if command.len() > 26 {
                let _ = write!(text, "\n  {command}\n  {:<26} {what}", "");
            } else {
                let _ = write!(text, "\n  {command:<26} {what}");
            }
        }
    }
    text
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if lines
            .last()
            .is_some_and(|line| line.len() + 1 + word.len() > width)
        {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn html() -> String {
    let mut html = format!(
        "<div style=\"max-width: 46em\"><p>{}</p>",
        with_code(INTRODUCTION)
    );
    html.push_str(TABLE);
    for (title, commands) in COMMON {
        rows(&mut html, title, commands);
    }
    html.push_str("</table>");
    let (title, commands) = RARE;
    let _ = write!(
        html,
        "<details style=\"margin-top: .5em\"><summary>{title}</summary>{TABLE}"
    );
    rows(&mut html, "", commands);
    html.push_str("</table></details></div>");
    html
}

const TABLE: &str = "<table style=\"border-collapse: collapse; margin: 0\">";

fn rows(html: &mut String, title: &str, commands: &[(&str, &str)]) {
    const CELL: &str =
        "text-align: left; vertical-align: top; padding: 2px 1.5em 2px 0; background: none";
    if !title.is_empty() {
        let _ = write!(
            html,
            "<tr><th colspan=\"2\" style=\"{CELL}; padding-top: .7em\">{title}</th></tr>"
        );
    }
    for (command, what) in commands {
        let _ = write!(
            html,
            "<tr><td style=\"{CELL}; white-space: nowrap\"><code>{}</code></td>\
             <td style=\"{CELL}\">{}</td></tr>",
            escaped(command),
            escaped(what)
        );
    }
}

/// Text with words in backticks, as HTML.
fn with_code(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(html, "<code>{}</code>", escaped(part));
        } else {
            html.push_str(&escaped(part));
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
