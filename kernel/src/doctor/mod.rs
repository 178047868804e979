//! `kerust doctor`: whether everything is there that cells need, and what to do if not.

mod folders;
mod jupyter;
mod machine;
mod programs;
mod report;
mod rust;

use std::io;

use self::report::Report;

/// How well one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// It does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
struct Finding {
    health: Health,
    /// What was looked at, in a word or two.
    subject: &'static str,
    /// What it is like.
    text: String,
    /// What to do about it.
    fix: Option<String>,
}

impl Finding {
    fn ok(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            health: Health::Ok,
            subject,
            text: text.into(),
            fix: None,
        }
    }

    fn warning(subject: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            health: Health::Warning,
            fix: Some(fix.into()),
            ..Finding::ok(subject, text)
        }
    }

    fn problem(subject: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            health: Health::Problem,
            ..Finding::warning(subject, text, fix)
        }
    }
}

/// Looks at everything and prints what it finds. Returns whether there is no problem.
pub(crate) fn run() -> io::Result<bool> {
    let mut report = Report::start();
    for look in [rust::look, jupyter::look, machine::look, folders::look] {
        for finding in look() {
            report.print(&finding);
        }
    }
    Ok(report.finish())
}
