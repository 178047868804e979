//! Errors whose cause is not in the code as such but in how a notebook keeps variables, told with
//! what helps.
//!
//! Between two cells a variable lies in a store: it must own what it holds, its type must have a
//! name, and a cell that moves it takes it away from all later ones.

use std::collections::HashMap;

/// One such error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The variable it is about.
    pub variable: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// The trap behind an error of evcxr or the compiler, if it is one.
pub fn recognize(message: &str, code: Option<&str>, gone: &Gone) -> Option<Trap> {
    let variable = quoted(message, 0)?;
    let trap = |what: String, remedy: String| {
        Some(Trap {
            variable: variable.to_owned(),
            what,
            remedy,
        })
    };
    if message.contains("contains a reference with a non-static lifetime") {
        return trap(
            format!("`{variable}` borrows from another variable, so it cannot be kept for later cells"),
            "keep a value that owns its content: `.to_owned()`, `.to_vec()`, `.clone()`; or put the \
             lines that need the borrow in braces, `{ … }`, and nothing of them is kept"
                .to_owned(),
        );
    }
    if message.contains("is a closure, which cannot be persisted") {
        return trap(
            format!(
                "`{variable}` is a closure, whose type has no name, so it cannot be kept for later cells"
            ),
            format!(
                "write a function, `fn {variable}(…)`, or name the type: \
                 `let {variable}: Box<dyn Fn(i32) -> i32> = Box::new(…);`"
            ),
        );
    }
    if message.contains("which cannot be persisted") {
        let kind = quoted(message, 1).unwrap_or("a type without a name");
        let remedy = if kind.starts_with("std::iter::") || kind.contains("Iterator") {
            "collect it, `let … : Vec<_> = ….collect();`, or put the lines that need it in braces, \
             `{ … }`, and nothing of them is kept"
        } else {
            "name the type: `Box<dyn …>`; or put the lines that need it in braces, `{ … }`, and \
             nothing of them is kept"
        };
        return trap(
            format!(
                "`{variable}` is of type `{kind}`, which cannot be written out, so it cannot be kept for later cells"
            ),
            remedy.to_owned(),
        );
    }
    if message.contains("automatically determine type of variable") {
        return trap(
            format!("the type of `{variable}` is not clear without running the compiler"),
            format!("write it out: `let {variable}: … = …;`"),
        );
    }
    if code == Some("E0425")
        && let Some(line) = gone.line(variable)
    {
        return trap(
            format!("`{variable}` is not there any more: an earlier cell moved it"),
            format!(
                "in `{}`, use `&{variable}` or `{variable}.clone()` instead of `{variable}`; run the \
                 cell that makes `{variable}` again, then that one",
                line.trim()
            ),
        );
    }
    None
}

/// The text in the pair of backticks with this number, from 0.
fn quoted(message: &str, number: usize) -> Option<&str> {
    message.split('`').nth(2 * number + 1)
}

/// The line of `code` that makes `variable`, from 1.
pub fn line_of(variable: &str, code: &str) -> Option<usize> {
    let makes = |line: &str| {
        line.match_indices("let ").any(|(start, _)| {
            words(&line[start + 4..])
                .take_while(|word| *word != "=")
                .any(|word| word == variable)
        })
    };
    code.lines().position(makes).map(|index| index + 1)
}

/// The names in `line`, and `=`.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| {
        !(character.is_alphanumeric() || character == '_' || character == '=')
    })
    .filter(|word| !word.is_empty())
}

/// The variables that cells took away, and how.
#[derive(Default)]
pub struct Gone {
    known: Vec<String>,
    /// The line that moved each.
    lines: HashMap<String, String>,
}

impl Gone {
    /// Notes what a cell that ran left of the variables.
    pub fn cell_ended(&mut self, code: &str, variables: &[(String, String)]) {
        let has = |name: &str| variables.iter().any(|(other, _)| other == name);
        for name in self.known.drain(..).filter(|name| !has(name)) {
            let last = code
                .lines()
                .rfind(|line| words(line).any(|word| word == name));
            if let Some(line) = last {
                self.lines.insert(name, line.to_owned());
            }
        }
        self.lines.retain(|name, _| !has(name));
        self.known
            .extend(variables.iter().map(|(name, _)| name.clone()));
    }

    /// Forgets everything: the variables went all at once, which was told.
    pub fn clear(&mut self) {
        *self = Gone::default();
    }

    fn line(&self, name: &str) -> Option<&str> {
        self.lines.get(name).map(String::as_str)
    }
}
