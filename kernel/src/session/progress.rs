//! What cargo is compiling, told live.
//!
//! evcxr prints cargo's "Compiling …" lines on this process's standard error; a pipe stands there,
//! and whatever else comes through it goes on to where standard error really is.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::pipes::CapturedErrors;
use crate::events::{Event, EventSender};

/// Starts the thread that reads the captured standard error.
///
/// `work` is the directory in which cargo compiles, and `from_nothing` whether all dependencies
/// are still to be compiled, so that a total can be told.
pub(crate) fn watch(
    errors: CapturedErrors,
    events: EventSender,
    work: PathBuf,
    from_nothing: bool,
) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("kerust-progress".to_owned())
        .spawn(move || {
            forward(
                errors.captured,
                errors.original,
                &events,
                &work,
                from_nothing,
            )
        })?;
    Ok(())
}

fn forward(
    captured: PipeReader,
    mut original: std::fs::File,
    events: &EventSender,
    work: &PathBuf,
    from_nothing: bool,
) {
    let mut lines = BufReader::new(captured);
    let mut line = Vec::new();
    let mut compiled = HashSet::new();
    let mut total = None;
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let Some(package) = text.trim_start().strip_prefix("Compiling ") else {
            // Nothing can be done about a log that nobody takes.
            let _ = original.write_all(&line);
            continue;
        };
        let mut words = package.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let version = words.next().unwrap_or_default().to_owned();
        compiled.insert((name.clone(), version));
        if from_nothing && total.is_none() {
            total = Some(count_packages(work));
        }
        let of = match total {
            Some(total) if total >= compiled.len() => format!(" {}/{total}", compiled.len()),
            _ => String::new(),
        };
        events.send(Event::Progress(Some(format!("compiling{of}: {name}"))));
    }
}

/// How many packages the cells depend on; 0 if cargo does not say.
fn count_packages(work: &PathBuf) -> usize {
    let output = Command::new("cargo")
        .args(["tree", "--edges", "normal,build", "--prefix", "none"])
        .current_dir(work)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else {
        return 0;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: HashSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    // The cells' own package is among them.
    packages.len().saturating_sub(1)
}
